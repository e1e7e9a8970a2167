"""Who is treated. All of it is personal data: bodies are sealed by the storage, and nothing of it goes into events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import OrganizationId, PatientId
from hlc_core.kernel.text import email, line


class Standing(StrEnum):
    """Whether the address was new when the patient was made.

    A PROVISIONAL patient bought with an address that an account already has; it joins the account only after proof
    of control. MERGED: it has joined. Source: spec/commerce, Checkout 3.
    """

    ACCOUNT = "account"
    PROVISIONAL = "provisional"
    MERGED = "merged"


@frozen(kw_only=True)
class Address:
    """A postal address."""

    address1: str = field(repr=False)
    city: str = field(repr=False)
    postal_code: str = field(repr=False)
    country_code: str = "US"
    province_code: str = ""
    address2: str = field(default="", repr=False)


@frozen(kw_only=True)
class Contact:
    """How to reach somebody, as they wrote it. `checked` gives the usable form."""

    email: str = field(repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    def checked(self) -> Contact:
        """Trimmed and valid. Refuses: Invalid, naming all fields at fault at once."""
        faults: list[Fault] = []
        parts: dict[str, str] = {}
        checks: tuple[tuple[str, Callable[[], str]], ...] = (
            ("email", lambda: email(self.email, "email")),
            ("name", lambda: line(self.name, "name", most=120, least=1)),
            ("phone", lambda: line(self.phone, "phone", most=32)),
        )
        for name, check in checks:
            try:
                parts[name] = check()
            except Invalid as refusal:
                faults += refusal.faults
        if faults:
            raise Invalid("Some of the contact details cannot be used.", *faults)
        return Contact(**parts)


@frozen(kw_only=True)
class Patient:
    """A patient of one organization. `email_key` finds the address without storing it in a column.

    `claims` is the account whose address a provisional patient used; `external_id` the key of an import.
    """

    id: PatientId
    organization: OrganizationId
    standing: Standing
    contact: Contact
    email_key: str
    created_at: datetime
    address: Address | None = None
    claims: PatientId | None = None
    external_id: str | None = None
    indexed: int = 0
    version: int = 0
