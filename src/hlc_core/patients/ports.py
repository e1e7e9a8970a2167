"""What patients need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.repository import Repository
from hlc_core.organizations.api import Env as OrganizationEnv
from hlc_core.patients.model import Patient


class Patients(Repository[PatientId, Patient], Protocol):
    """Patients. Refuses when written: AlreadyExists (a second account with the same address)."""

    def account_under(self, email_keys: tuple[str, ...]) -> Patient | None:
        """The account whose address has one of these hashes."""
        ...

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Patient]:
        """Patients imported under these keys."""
        ...

    def joined(self, patient: PatientId) -> Sequence[Patient]:
        """The patients that merged into this one."""
        ...

    def unindexed(self, number: int, limit: int) -> Sequence[Patient]:
        """Patients whose hashes are not all made under the index key of that number."""
        ...

    def page(self, after: PatientId | None, limit: int) -> Sequence[Patient]:
        """Patients by id, after the given one."""
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
    def fingerprints(self) -> Fingerprints: ...
