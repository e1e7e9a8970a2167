"""What patients need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hlc_core.kernel.ids import MergeId, PatientId
from hlc_core.kernel.repository import Repository
from hlc_core.organizations.api import Env as OrganizationEnv
from hlc_core.patients.model import NameGram, Patient, PatientLink, PatientMerge


class Patients(Repository[PatientId, Patient], Protocol):
    """Patients. Refuses when written: AlreadyExists (a second account with the same address, or a number twice)."""

    def account_under(self, email_keys: tuple[str, ...]) -> Patient | None:
        """The account whose address has one of these hashes."""
        ...

    def with_emails(self, email_keys: tuple[str, ...]) -> Sequence[Patient]:
        """Everybody whose address has one of these hashes, provisional and merged ones too."""
        ...

    def with_phones(self, phone_keys: tuple[str, ...], limit: int) -> Sequence[Patient]:
        """Those whose phone has one of these hashes."""
        ...

    def with_number(self, number_keys: tuple[str, ...]) -> Patient | None:
        """The one whose number has one of these hashes."""
        ...

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Patient]:
        """Patients imported under these keys."""
        ...

    def joined(self, patient: PatientId) -> Sequence[Patient]:
        """The patients that merged into this one."""
        ...

    def claiming(self, patient: PatientId) -> Sequence[Patient]:
        """Provisional patients who used this one's address and have not joined it."""
        ...

    def unindexed(self, number: int, limit: int) -> Sequence[Patient]:
        """Patients whose hashes are not all made under the index key of that number."""
        ...

    def page(self, after: PatientId | None, limit: int) -> Sequence[Patient]:
        """Patients, the newest first, behind the given one."""
        ...

    def all_told(self) -> int:
        """How many there are."""
        ...


class PatientLinks(Repository[str, PatientLink], Protocol):
    """The partners' ids of patients."""

    def of(self, patients: Iterable[PatientId]) -> Sequence[PatientLink]:
        """Those of these patients."""
        ...

    def remove(self, aggregate: PatientLink) -> None:
        """Take the link away."""
        ...


class NameGrams(Protocol):
    """The hashed pieces of names."""

    def put(self, patient: PatientId, grams: frozenset[str]) -> None:
        """These are the pieces of the patient's name now; others are taken away."""
        ...

    def holding(self, grams: Iterable[str], limit: int) -> Sequence[NameGram]:
        """Pieces with one of these hashes, at most so many of each, those of the newest patients first."""
        ...


class PatientMerges(Repository[MergeId, PatientMerge], Protocol):
    """Merges."""

    def of(self, patient: PatientId) -> Sequence[PatientMerge]:
        """Those in which the patient is the duplicate or the record that it joined, the newest first."""
        ...


class Phones(Protocol):
    """The numbering plans of the world."""

    def e164(self, text: str, country: str) -> str:
        """The number in international form, such as +12125550100; what was dialled at home gets the country's prefix.

        Refuses: Invalid (no number of any plan).
        """
        ...


class Fingerprints(Protocol):
    """Keyed hashes by which equal texts are found without being stored. Fold the text first."""

    def of(self, text: str) -> str:
        """The hash by which it is found in the whole installation: for logins, which belong to no organization."""
        ...

    @property
    def number(self) -> int:
        """The number of the organization's key under which hashes are made now."""
        ...

    def key(self, field: str, text: str) -> str:
        """The hash of a field's text in this organization; the same text in another field has another hash."""
        ...

    def keys(self, field: str, text: str) -> tuple[str, ...]:
        """The hashes under every key that rows may carry while keys are changed: look for any of them."""
        ...


class Env(OrganizationEnv, Protocol):
    """What use cases of patients may touch."""

    @property
    def patients(self) -> Patients: ...
    @property
    def patient_links(self) -> PatientLinks: ...
    @property
    def name_grams(self) -> NameGrams: ...
    @property
    def patient_merges(self) -> PatientMerges: ...
    @property
    def phones(self) -> Phones: ...
    @property
    def fingerprints(self) -> Fingerprints: ...
