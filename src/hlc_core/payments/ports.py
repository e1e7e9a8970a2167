"""What payments need from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol, TypeVar

from hlc_core.kernel.ids import AttemptId, EventId, MethodId, ObligationId, PatientId, RefundId
from hlc_core.kernel.repository import Repository
from hlc_core.patients.api import Env as PatientsEnv
from hlc_core.payments.gateway import Gateways
from hlc_core.payments.model import Capabilities, PaymentAttempt, ProcessorEvent, Refund, SavedMethod

X = TypeVar("X")
Y = TypeVar("Y")


class PaymentAttempts(Repository[AttemptId, PaymentAttempt], Protocol):
    """Attempts. Refuses when written: AlreadyExists (a second unclosed attempt at an obligation)."""

    def assume(self, attempts: Iterable[PaymentAttempt]) -> None:
        """Take the caller's word for how these stand; a wrong one is found when they are written, and read anew."""
        ...

    def of_obligations(self, obligations: Iterable[ObligationId]) -> Sequence[PaymentAttempt]:
        """All attempts at these obligations, by number."""
        ...

    def of_object(self, gateway: str, object_id: str) -> PaymentAttempt | None:
        """The attempt that owns the gateway's object."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[PaymentAttempt]:
        """Live attempts that the resolver must look at, longest due first."""
        ...

    def settled(self, gateway: str, since: datetime, until: datetime) -> Sequence[PaymentAttempt]:
        """Paid attempts settled in [since, until)."""
        ...

    def quarantined(self, limit: int) -> Sequence[PaymentAttempt]:
        """Attempts that wait for a person."""
        ...


class Refunds(Repository[RefundId, Refund], Protocol):
    """Refunds."""

    def of_attempt(self, attempt: AttemptId) -> Sequence[Refund]:
        """All refunds of the attempt."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Refund]:
        """Refunds without a definite answer that must be looked at."""
        ...


class SavedMethods(Repository[MethodId, SavedMethod], Protocol):
    """Patients' saved methods."""

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[SavedMethod]:
        """All methods of these patients, in one statement."""
        ...

    def expiring(self, month: date, after: MethodId | None, limit: int) -> Sequence[SavedMethod]:
        """Active cards whose last month is the month of the date, by id."""
        ...


class ProcessorEvents(Protocol):
    """The payment timeline; it only grows."""

    def add(self, aggregate: ProcessorEvent) -> None:
        """One more line."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> Sequence[ProcessorEvent]:
        """Lines of these checkouts, invoices or carts, oldest first."""
        ...

    def newest(self, before: EventId | None, limit: int) -> Sequence[ProcessorEvent]:
        """Lines before the id (None: from the newest)."""
        ...


class Env(PatientsEnv, Protocol):
    """What use cases of payments may touch. There is no gateway in it: none is called inside a transaction."""

    @property
    def attempts(self) -> PaymentAttempts: ...
    @property
    def refunds(self) -> Refunds: ...
    @property
    def methods(self) -> SavedMethods: ...
    @property
    def processor_events(self) -> ProcessorEvents: ...
    @property
    def gateways(self) -> Capable: ...


class Capable(Protocol):
    """The capabilities of gateways, as data; calling one is not possible through this. Refuses: Missing."""

    def capabilities(self, name: str) -> Capabilities:
        """What the gateway can do."""
        ...


class Parallel(Protocol):
    """Calls a function for many inputs at once, outside of transactions; answers in the order of the inputs."""

    def map(self, function: Callable[[X], Y], items: Sequence[X]) -> Sequence[Y]:
        """All results; an exception of one call is raised after all ended."""
        ...


__all__ = ["Capable", "Env", "Gateways", "Parallel", "PaymentAttempts", "ProcessorEvents", "Refunds", "SavedMethods"]
