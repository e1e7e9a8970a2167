"""Patients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import above, below, eq, one_of
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_core.kernel.ids import PatientId
from hlc_core.patients.model import Patient, Standing


@frozen
class StoredPatients(Rows[PatientId, Patient]):
    """Patients of one organization."""

    shape = PATIENTS

    def account_under(self, email_keys: tuple[str, ...]) -> Patient | None:
        """The account whose address has one of these hashes."""
        where = eq("account_key", email_keys[0]) if len(email_keys) == 1 else one_of("account_key", email_keys)
        found = self.unit.select(self.shape, where, limit=1)
        return found[0] if found else None

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Patient]:
        """Patients imported under these keys."""
        return self.unit.select(self.shape, one_of("external_id", tuple(external_ids)))

    def joined(self, patient: PatientId) -> Sequence[Patient]:
        """The patients that merged into this one."""
        return [p for p in self.unit.select(self.shape, eq("claims", patient)) if p.standing is Standing.MERGED]

    def unindexed(self, number: int, limit: int) -> Sequence[Patient]:
        """Patients whose hashes are older than that key."""
        return self.unit.select(self.shape, below("indexed", number), order=("indexed", "id"), limit=limit)

    def page(self, after: PatientId | None, limit: int) -> Sequence[Patient]:
        """Patients by id."""
        where = () if after is None else (above("id", after),)
        return self.unit.select(self.shape, *where, limit=limit)
