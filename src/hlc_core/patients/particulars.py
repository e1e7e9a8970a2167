"""What staff, a partner or the patient tell of a person, checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.text import line
from hlc_core.patients.model import OLDEST, Address, Contact, Gender, MedicalHistory
from hlc_core.patients.ports import Phones

LONGEST_NUMBER = 64


@frozen(kw_only=True)
class Particulars:
    """A person. A birth date that is not known is nothing, never a made-up one."""

    contact: Contact
    address: Address | None = None
    number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: Gender | None = field(default=None, repr=False)
    history: MedicalHistory | None = field(default=None, repr=False)
    whatsapp: str = field(default="", repr=False)

    def checked(self, phones: Phones, country: str, today: date) -> Particulars:
        """Trimmed, phones in international form. Refuses: Invalid, naming all fields at fault at once."""
        faults: list[Fault] = []
        contact, number = self.contact, self.number
        try:
            contact = contact.checked(needs_email=False)
        except Invalid as refusal:
            faults += refusal.faults
        said: dict[str, str] = {}
        for name, text in (("phone", contact.phone), ("whatsapp", self.whatsapp)):
            try:
                said[name] = phones.e164(text, country) if text.strip() else ""
            except Invalid:
                faults.append(Fault(name, "write it with its country code, such as +12125550100"))
        try:
            number = line(number, "number", most=LONGEST_NUMBER) or None if number is not None else None
        except Invalid as refusal:
            faults += refusal.faults
        faults += self._others(today)
        if faults:
            raise Invalid("Some of the details cannot be used.", *dict.fromkeys(faults))
        phone = said["phone"]
        return evolve(self, contact=evolve(contact, phone=phone), number=number, whatsapp=said["whatsapp"])

    def _others(self, today: date) -> Iterator[Fault]:
        if self.birth_date is not None and not OLDEST <= self.birth_date <= today:
            yield Fault("birth_date", f"a day from {OLDEST} to today, or nothing where it is not known")
        if self.history is not None:
            yield from self.history.faults()
        if self.address is not None:
            for name in ("address1", "city", "postal_code", "province_code", "address2"):
                try:
                    line(getattr(self.address, name), f"address.{name}")
                except Invalid as refusal:
                    yield from refusal.faults
            code = self.address.country_code
            if not (code.isascii() and code.isalpha() and code.isupper() and len(code) == 2):
                yield Fault("address.country_code", "two capital letters, such as US")
