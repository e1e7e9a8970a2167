"""Who is treated. All of it is personal data: bodies are sealed by the storage, and nothing of it goes into events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import ActorId, MergeId, OrganizationId, PatientId
from hlc_core.kernel.personal import Personal
from hlc_core.kernel.text import email, line
from hlc_core.patients.machine import MergeState

OLDEST = date(1880, 1, 1)
"""Nobody who is alive was born before."""


class Standing(StrEnum):
    """Whether the address was new when the patient was made.

    A PROVISIONAL patient bought with an address that an account already has; it joins the account only after proof
    of control. MERGED: it has joined. Source: spec/commerce, Checkout 3.
    """

    ACCOUNT = "account"
    PROVISIONAL = "provisional"
    MERGED = "merged"


class Gender(StrEnum):
    """Administrative gender, as FHIR has it. Not known is no gender at all, never a made-up one."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


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

    def checked(self, needs_email: bool = True) -> Contact:
        """Trimmed and valid. Refuses: Invalid, naming all fields at fault at once."""
        faults: list[Fault] = []
        parts: dict[str, str] = {}
        without = not needs_email and not self.email.strip()
        checks: tuple[tuple[str, Callable[[], str]], ...] = (
            ("email", lambda: "" if without else email(self.email, "email")),
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
class MedicalHistory:
    """What a patient tells of their health. `habits` are tags such as `smoker`, `bruxism`."""

    conditions: tuple[str, ...] = field(default=(), repr=False)
    allergies: tuple[str, ...] = field(default=(), repr=False)
    medications: tuple[str, ...] = field(default=(), repr=False)
    habits: tuple[str, ...] = field(default=(), repr=False)
    notes: str = field(default="", repr=False)

    def faults(self) -> Iterator[Fault]:
        """What cannot be stored: too many entries, or entries that are empty or too long."""
        lists = (
            ("conditions", self.conditions),
            ("allergies", self.allergies),
            ("medications", self.medications),
            ("habits", self.habits),
        )
        for name, entries in lists:
            if len(entries) > 100 or any(not entry.strip() or len(entry) > 200 for entry in entries):
                yield Fault(f"history.{name}", "at most 100 entries of 1 to 200 characters")
        if len(self.notes) > 10_000:
            yield Fault("history.notes", "at most 10000 characters")


@frozen(kw_only=True)
class Patient:
    """A patient of one organization. `email_key`, `phone_key` and `number_key` find it without storing these in a
    column; `indexed` is the number of the key under which all its hashes are made (0: some are still to be made).

    `claims` is the account whose address a provisional patient used, or that it was merged into; `external_id` the key
    of an import. `portal_access`: the patient may sign in. Health data is read for a purpose.
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
    number: str | None = field(default=None, repr=False)
    birth_date: Personal[date] | None = None
    gender: Personal[Gender] | None = None
    history: Personal[MedicalHistory] | None = None
    portal_access: bool = False
    has_whatsapp: bool = False
    whatsapp: str = field(default="", repr=False)
    phone_key: str | None = None
    number_key: str | None = None
    version: int = 0


@frozen(kw_only=True)
class PatientLink:
    """Under which id a partner's system knows a patient; the row's own id is a hash of both: each stands once."""

    id: str
    organization: OrganizationId
    patient: PatientId
    system: str
    value: str = field(repr=False)
    version: int = 0


@frozen(kw_only=True)
class NameGram:
    """The hash of a piece of a patient's name."""

    id: str
    organization: OrganizationId
    patient: PatientId
    gram: str
    version: int = 0


@frozen(kw_only=True)
class PatientMerge:
    """A duplicate that was joined to another record, with everything that undoing takes.

    `evidence` says what the two had in common. `filled` names the fields that the record took over because it had none;
    `links` are the partners' ids that went over. `before` is how the duplicate stood.
    """

    id: MergeId
    organization: OrganizationId
    state: MergeState
    duplicate: PatientId
    into: PatientId
    evidence: tuple[str, ...]
    reason: str = field(repr=False)
    filled: tuple[str, ...]
    links: tuple[str, ...]
    before: Standing
    claimed: PatientId | None
    by: ActorId
    at: datetime
    undone_at: datetime | None = None
    version: int = 0
