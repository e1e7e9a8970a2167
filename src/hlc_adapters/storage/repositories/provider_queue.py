"""The provider queue: items and documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Op, Where, above, at_most, eq
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.prescriptions import REFILLS
from hlc_adapters.storage.shapes.provider_queue import PATIENT_DOCUMENTS, QUEUE_ITEMS
from hlc_core.kernel.ids import DocumentId, PatientId, QueueItemId
from hlc_core.provider_queue.model import PatientDocument, QueueItem, places_until
from hlc_core.provider_queue.ports import Wanted


@frozen
class StoredQueueItems(Rows[QueueItemId, QueueItem]):
    """Items."""

    shape = QUEUE_ITEMS

    def open_of(self, subjects: Iterable[str]) -> Sequence[QueueItem]:
        """The open items of these subjects."""
        return self.unit.chunks(self.shape, "open_subject", subjects, of=(INVOICES, ORDERS, REFILLS))

    def of_subject(self, subject: str) -> Sequence[QueueItem]:
        """Every item of it, oldest first."""
        return self.unit.select(self.shape, eq("subject", subject))

    def open_of_patients(self, patients: Iterable[PatientId]) -> Sequence[QueueItem]:
        """The open items of these patients."""
        return self.unit.chunks(self.shape, "open_patient", patients)

    def page(self, wanted: Wanted, now: datetime, after: str | None, limit: int) -> Sequence[QueueItem]:
        """By place, from behind that place up to now."""
        behind = () if after is None else (above("place", after),)
        where = (*_conditions(wanted), *behind, at_most("place", places_until(now)))
        return self.unit.select(self.shape, *where, order=("place",), limit=limit)

    def count(self, wanted: Wanted, now: datetime) -> int:
        """How many there are up to now."""
        return self.unit.count(self.shape, *_conditions(wanted), at_most("place", places_until(now)))

    def all_open(self, after: QueueItemId | None, limit: int) -> Sequence[QueueItem]:
        """Open items by id."""
        behind = () if after is None else (above("id", after),)
        return self.unit.select(self.shape, Where("open_subject", Op.GT, ""), *behind, limit=limit)


def _conditions(wanted: Wanted) -> tuple[Where, ...]:
    named = (("source", wanted.source), ("readiness", wanted.readiness), ("patient", wanted.patient))
    return (eq("state", wanted.state), *(eq(column, value) for column, value in named if value is not None))


@frozen
class StoredPatientDocuments(Rows[DocumentId, PatientDocument]):
    """Documents from elsewhere."""

    shape = PATIENT_DOCUMENTS

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[PatientDocument]:
        """All documents of these patients."""
        return self.unit.chunks(self.shape, "patient", patients)
