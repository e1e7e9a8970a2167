"""Attempts, refunds, saved methods, the payment timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import above, at_most, below, eq, one_of
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, PROCESSOR_EVENTS, REFUNDS, SAVED_METHODS
from hlc_core.kernel.ids import AttemptId, EventId, MethodId, ObligationId, PatientId, RefundId
from hlc_core.payments.machine import AttemptState
from hlc_core.payments.model import MethodState, PaymentAttempt, ProcessorEvent, Refund, SavedMethod


@frozen
class StoredAttempts(Rows[AttemptId, PaymentAttempt]):
    """Payment attempts."""

    shape = PAYMENT_ATTEMPTS

    def assume(self, attempts: Iterable[PaymentAttempt]) -> None:
        """Take the caller's word for how these stand."""
        self.unit.assume(self.shape, attempts)

    def of_obligations(self, obligations: Iterable[ObligationId]) -> Sequence[PaymentAttempt]:
        """All attempts at these obligations, by number."""
        found = self.unit.chunks(self.shape, "obligation", obligations)
        return sorted(found, key=lambda attempt: (attempt.payment.obligation, attempt.number))

    def of_object(self, gateway: str, object_id: str) -> PaymentAttempt | None:
        """The attempt that owns the gateway's object."""
        found = self.unit.select(self.shape, eq("gateway", gateway), eq("object_id", object_id), limit=1)
        return found[0] if found else None

    def due(self, now: datetime, limit: int) -> Sequence[PaymentAttempt]:
        """Live attempts that must be looked at."""
        return self.unit.select(self.shape, at_most("next_check_at", now), order=("next_check_at", "id"), limit=limit)

    def settled(self, gateway: str, since: datetime, until: datetime) -> Sequence[PaymentAttempt]:
        """Paid attempts settled in [since, until)."""
        found = self.unit.select(self.shape, eq("gateway", gateway), below("settled_at", until))
        return [a for a in found if a.settled_at is not None and a.settled_at >= since]

    def quarantined(self, limit: int) -> Sequence[PaymentAttempt]:
        """Attempts that wait for a person."""
        return self.unit.select(self.shape, eq("state", AttemptState.QUARANTINE), limit=limit)


@frozen
class StoredRefunds(Rows[RefundId, Refund]):
    """Refunds."""

    shape = REFUNDS

    def of_attempt(self, attempt: AttemptId) -> Sequence[Refund]:
        """All refunds of the attempt."""
        return self.unit.select(self.shape, eq("attempt", attempt))

    def due(self, now: datetime, limit: int) -> Sequence[Refund]:
        """Refunds that must be looked at."""
        return self.unit.select(self.shape, at_most("next_check_at", now), order=("next_check_at", "id"), limit=limit)


@frozen
class StoredMethods(Rows[MethodId, SavedMethod]):
    """Saved methods."""

    shape = SAVED_METHODS

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[SavedMethod]:
        """All methods of these patients."""
        return self.unit.chunks(self.shape, "patient", patients)

    def expiring(self, month: date, after: MethodId | None, limit: int) -> Sequence[SavedMethod]:
        """Active cards whose last month is the month of the date."""
        where = [eq("state", MethodState.ACTIVE), eq("expires", month.year * 12 + month.month - 1)]
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)


@frozen
class StoredProcessorEvents(Rows[EventId, ProcessorEvent]):
    """The payment timeline."""

    shape = PROCESSOR_EVENTS

    def of_subjects(self, subjects: Sequence[str]) -> Sequence[ProcessorEvent]:
        """Lines of these, oldest first."""
        return self.unit.select(self.shape, one_of("subject", subjects))

    def newest(self, before: EventId | None, limit: int) -> Sequence[ProcessorEvent]:
        """Lines before the id, newest first."""
        where = () if before is None else (below("id", before),)
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)
