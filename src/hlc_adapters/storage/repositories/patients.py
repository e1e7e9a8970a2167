"""Patients, under which ids partners know them, the pieces of their names, and which became one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Where, below, eq, one_of
from hlc_adapters.storage.shapes.patients import PATIENT_GRAMS, PATIENT_LINKS, PATIENT_MERGES, PATIENTS
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.kernel.ids import MergeId, OrganizationId, PatientId
from hlc_core.patients.model import NameGram, Patient, PatientLink, PatientMerge, Standing


def _among(column: str, values: tuple[str, ...]) -> Where:
    return eq(column, values[0]) if len(values) == 1 else one_of(column, values)


@frozen
class StoredPatients(Rows[PatientId, Patient]):
    """Patients of one organization."""

    shape = PATIENTS

    def account_under(self, email_keys: tuple[str, ...]) -> Patient | None:
        """The account whose address has one of these hashes."""
        found = self.unit.select(self.shape, _among("account_key", email_keys), limit=1)
        return found[0] if found else None

    def with_emails(self, email_keys: tuple[str, ...]) -> Sequence[Patient]:
        """Everybody whose address has one of these hashes."""
        return self.unit.select(self.shape, _among("email_key", email_keys), order=("-id",))

    def with_phones(self, phone_keys: tuple[str, ...], limit: int) -> Sequence[Patient]:
        """Those whose phone has one of these hashes."""
        return self.unit.select(self.shape, _among("phone_key", phone_keys), order=("-id",), limit=limit)

    def with_number(self, number_keys: tuple[str, ...]) -> Patient | None:
        """The one whose number has one of these hashes."""
        found = self.unit.select(self.shape, _among("number_key", number_keys), limit=1)
        return found[0] if found else None

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Patient]:
        """Patients imported under these keys."""
        return self.unit.select(self.shape, one_of("external_id", tuple(external_ids)))

    def joined(self, patient: PatientId) -> Sequence[Patient]:
        """The patients that merged into this one."""
        return [p for p in self.unit.select(self.shape, eq("claims", patient)) if p.standing is Standing.MERGED]

    def claiming(self, patient: PatientId) -> Sequence[Patient]:
        """Provisional patients who used this one's address."""
        return [p for p in self.unit.select(self.shape, eq("claims", patient)) if p.standing is Standing.PROVISIONAL]

    def unindexed(self, number: int, limit: int) -> Sequence[Patient]:
        """Patients whose hashes are older than that key."""
        return self.unit.select(self.shape, below("indexed", number), order=("indexed", "id"), limit=limit)

    def page(self, after: PatientId | None, limit: int) -> Sequence[Patient]:
        """Patients, the newest first: their ids are ordered by time."""
        where = () if after is None else (below("id", after),)
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def all_told(self) -> int:
        """How many there are."""
        return self.unit.count(self.shape)


@frozen
class StoredPatientLinks(Rows[str, PatientLink]):
    """The partners' ids of patients."""

    shape = PATIENT_LINKS

    def of(self, patients: Iterable[PatientId]) -> Sequence[PatientLink]:
        """Those of these patients."""
        wanted = tuple(patients)
        return self.unit.select(self.shape, one_of("patient", wanted)) if wanted else ()


@frozen
class StoredNameGrams:
    """The hashed pieces of names."""

    unit: UnitOfWork

    def put(self, patient: PatientId, grams: frozenset[str]) -> None:
        """These are the pieces of the patient's name now."""
        there = {row.gram: row for row in self.unit.select(PATIENT_GRAMS, eq("patient", patient))}
        for gram in there.keys() - grams:
            self.unit.remove(PATIENT_GRAMS, there[gram])
        organization = OrganizationId(self.unit.organization)
        for gram in sorted(grams - there.keys()):
            made = NameGram(id=f"{patient}:{gram}", organization=organization, patient=patient, gram=gram)
            self.unit.add(PATIENT_GRAMS, made)

    def holding(self, grams: Iterable[str], limit: int) -> Sequence[NameGram]:
        """Pieces with one of these hashes, at most so many of each."""
        found: list[NameGram] = []
        for gram in grams:
            found += self.unit.select(PATIENT_GRAMS, eq("gram", gram), order=("-id",), limit=limit)
        return found


@frozen
class StoredPatientMerges(Rows[MergeId, PatientMerge]):
    """Merges."""

    shape = PATIENT_MERGES

    def of(self, patient: PatientId) -> Sequence[PatientMerge]:
        """The newest first."""
        found = {
            one.id: one
            for column in ("duplicate", "into_patient")
            for one in self.unit.select(self.shape, eq(column, patient))
        }
        return sorted(found.values(), key=lambda one: one.id, reverse=True)
