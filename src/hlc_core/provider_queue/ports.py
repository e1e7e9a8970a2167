"""What the provider queue needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from hlc_core.kernel.ids import DocumentId, PatientId, QueueItemId
from hlc_core.kernel.repository import Repository
from hlc_core.people.api import Env as PeopleEnv
from hlc_core.provider_queue.machine import ItemState
from hlc_core.provider_queue.model import ItemSource, PatientDocument, QueueItem, Readiness
from hlc_core.refills.api import Env as RefillsEnv


@frozen(kw_only=True)
class Wanted:
    """Which items a page is asked for; None stands for all."""

    state: ItemState = ItemState.WAITING
    source: ItemSource | None = None
    readiness: Readiness | None = None
    patient: PatientId | None = None


class QueueItems(Repository[QueueItemId, QueueItem], Protocol):
    """Items. Refuses when written: AlreadyExists (a second open item of one subject)."""

    def open_of(self, subjects: Iterable[str]) -> Sequence[QueueItem]:
        """The open items of these invoices, refills and orders, in one statement."""
        ...

    def of_subject(self, subject: str) -> Sequence[QueueItem]:
        """Every item that ever stood for it, oldest first."""
        ...

    def open_of_patients(self, patients: Iterable[PatientId]) -> Sequence[QueueItem]:
        """The open items of these patients."""
        ...

    def page(self, wanted: Wanted, now: datetime, after: str | None, limit: int) -> Sequence[QueueItem]:
        """By their place, behind that place; nothing whose time has not come."""
        ...

    def count(self, wanted: Wanted, now: datetime) -> int:
        """How many those are."""
        ...

    def all_open(self, after: QueueItemId | None, limit: int) -> Sequence[QueueItem]:
        """Open items by id, behind `after`: for comparing with the sources."""
        ...


class PatientDocuments(Repository[DocumentId, PatientDocument], Protocol):
    """Documents from elsewhere. Refuses when written: AlreadyExists (a second of one kind, patient and partner)."""

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[PatientDocument]:
        """All documents of these patients, in one statement."""
        ...


class Env(RefillsEnv, PeopleEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def queue_items(self) -> QueueItems: ...
    @property
    def patient_documents(self) -> PatientDocuments: ...
