"""Reading a partner's payload: one thing may have several names, and nothing is guessed beyond them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.partners.model import Said, Told
from hlc_core.patients.api import OLDEST, Address
from hlc_core.provider_queue.api import key_of

_AMERICAN = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", re.ASCII)
_YES = frozenset({"true", "yes", "1", "y", "checked", "on", "complete", "completed", "done"})

EMAIL = ("customer_email", "customer.email", "patient_email", "email", "email_address", "patient.email")
NAME = ("patient_name", "customer_name", "customer.name", "name", "full_name", "patient.name")
FIRST = ("first_name", "customer.first_name", "patient.first_name", "firstname")
LAST = ("last_name", "customer.last_name", "patient.last_name", "lastname")
PHONE = ("phone", "phone_number", "customer_phone", "customer.phone", "patient_phone", "patient.phone")
AS_OF = (
    "updated_at", "last_modified", "last_modified_at", "modified_at", "submitted_at", "submission_time",
    "submission_date", "created_at", "date_created", "timestamp",
)  # fmt: skip
STREET = ("address1", "address_line_1", "street", "street_address", "address", "shipping_address", "line1")
STREET2 = ("address2", "address_line_2", "apartment", "apt", "unit", "line2")
CITY = ("city", "town")
STATE = ("province_code", "state", "province", "region", "state_code")
ZIP = ("postal_code", "zip", "zip_code", "zipcode", "postcode")
COUNTRY = ("country_code", "country")
BORN = (
    "date_of_birth", "dob", "birth_date", "birthdate", "birthday", "customer.date_of_birth", "customer.dob",
    "patient.date_of_birth", "patient.dob", "patient.birth_date",
)  # fmt: skip
_AROUND = ("shipping_address.", "shipping.", "address.", "patient.", "customer.", "")
CLINIC = ("clinic_id", "clinic", "organization", "organization_id")
THEIR_ID = (
    "patient_id", "customer._id", "customer_id", "record_id", "airtable_record_id", "airtable_id", "submission_id",
    "id",
)  # fmt: skip


@frozen(kw_only=True)
class Fields:
    """A payload by the folded names of its fields; `written` are these names as the partner writes them."""

    by_name: Mapping[str, str]
    written: Mapping[str, str] = field(factory=dict)

    def first(self, names: Sequence[str]) -> str:
        """What is said under the first of the names that says anything."""
        return next((said for name in names if (said := self.by_name.get(_folded(name), "").strip())), "")

    def name_of(self, names: Sequence[str]) -> str:
        """Their own name of the field: the one that says something, else one that was sent, else the first that would
        be understood."""
        sent = [name for name in map(_folded, names) if name in self.written]
        telling = [name for name in sent if self.by_name[name].strip()]
        return next((self.written[name] for name in (*telling, *sent)), names[0])

    def yes(self, names: Sequence[str]) -> bool:
        """Whether it is affirmed."""
        return self.first(names).strip().lower() in _YES

    @property
    def name(self) -> str:
        """The whole name, however it was told."""
        return self.first(NAME) or " ".join(part for part in (self.first(FIRST), self.first(LAST)) if part)

    @property
    def as_of(self) -> str:
        """The instant that it speaks of, as sortable text in UTC; empty where none was told or it cannot be read."""
        return instant_of(self.first(AS_OF))

    def born(self, today: date) -> date | None:
        """The birth date, as year-month-day or month/day/year; None where none was told, or one that cannot be."""
        words = self.first(BORN)
        american = _AMERICAN.fullmatch(words)
        try:
            if american is not None:
                read = date(int(american[3]), int(american[1]), int(american[2]))
            else:
                read = date.fromisoformat(words[:10])
        except ValueError:
            return None
        return read if OLDEST <= read <= today else None

    @property
    def address(self) -> Address | None:
        """Where to send things, if street, city and postal code are told. Refuses: Invalid (a country by no code)."""
        street, city, code = self._part(STREET), self._part(CITY), self._part(ZIP)
        if not (street and city and code):
            return None
        country = self._part(COUNTRY).upper()
        two_letters = _COUNTRIES.get(country, country)
        if not (len(two_letters) == 2 and two_letters.isascii() and two_letters.isalpha()):
            raise Invalid("That address cannot be used.", Fault("country_code", "two letters, such as US"))
        return Address(
            address1=street[:200],
            address2=self._part(STREET2)[:200],
            city=city[:100],
            province_code=self._part(STATE)[:40],
            postal_code=code[:20],
            country_code=two_letters,
        )

    def _part(self, names: Sequence[str]) -> str:
        return " ".join(self.first([f"{around}{name}" for around in _AROUND for name in names]).split())


_COUNTRIES = {"": "US", "UNITED STATES": "US", "USA": "US", "UNITED STATES OF AMERICA": "US", "CANADA": "CA"}


def read(told: Told) -> Fields:
    """The payload; of two fields with one folded name the first that says something counts."""
    found: dict[str, str] = {}
    written: dict[str, str] = {}
    for one in told.fields:
        name = _folded(one.key)
        if not found.get(name, "").strip():
            found[name], written[name] = one.value, one.key
    return Fields(by_name=found, written=written)


def instant_of(text: str) -> str:
    """An ISO instant or date as sortable text in UTC; nothing where it is none."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return ""
    zoned = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return f"{zoned.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"


_OURS: Mapping[str, Sequence[str]] = {
    "email": EMAIL,
    "name": NAME,
    "phone": PHONE,
    "external_id": THEIR_ID,
    "address.address1": STREET,
    "address.address2": STREET2,
    "address.city": CITY,
    "address.province_code": STATE,
    "address.postal_code": ZIP,
    "address.country_code": COUNTRY,
    "country_code": COUNTRY,
}


def in_their_words(faults: Sequence[Fault], told: Fields) -> tuple[Fault, ...]:
    """The faults under the partner's own names of its fields, as it sent them."""
    return tuple(
        Fault(told.name_of(_OURS[one.field]) if one.field in _OURS else one.field, one.message, theirs=True)
        for one in faults
    )


def others(told: Told, *known: Sequence[str]) -> Iterator[Said]:
    """The fields that are none of the known names and say something."""
    names = {_folded(name) for group in known for name in group}
    return (one for one in told.fields if one.value.strip() and _folded(one.key) not in names)


def _folded(name: str) -> str:
    return ".".join(key_of(part) for part in name.split("."))
