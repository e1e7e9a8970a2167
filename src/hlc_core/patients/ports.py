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

    def account(self, email_key: str) -> Patient | None:
        """The account with that address."""
        ...

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Patient]:
        """Patients imported under these keys."""
        ...

    def joined(self, patient: PatientId) -> Sequence[Patient]:
        """The patients that merged into this one."""
        ...

    def page(self, after: PatientId | None, limit: int) -> Sequence[Patient]:
        """Patients by id, after the given one."""
        ...


class Fingerprints(Protocol):
    """Keyed hashes by which equal texts are found without being stored."""

    def of(self, text: str) -> str:
        """The hash of the folded text."""
        ...


class Env(OrganizationEnv, Protocol):
    """What use cases of patients may touch."""

    @property
    def patients(self) -> Patients: ...
    @property
    def fingerprints(self) -> Fingerprints: ...
