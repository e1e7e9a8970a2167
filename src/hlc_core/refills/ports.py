"""What refills need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, PrescriptionId, RefillId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.prescriptions.api import Env as PrescriptionsEnv
from hlc_core.refills.machine import RefillState
from hlc_core.refills.model import Refill


class Refills(Repository[RefillId, Refill], Protocol):
    """Refuses when written: AlreadyExists (a second row for the same origin and fill number)."""

    def of_origins(self, origins: Iterable[str]) -> Sequence[Refill]:
        """All that are planned for these prescriptions or invoices."""
        ...

    def of_prescriptions(self, prescriptions: Iterable[PrescriptionId]) -> Sequence[Refill]:
        """All that these prescriptions fill."""
        ...

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Refill]:
        """All that are sent with these orders."""
        ...

    def of_invoices(self, invoices: Iterable[InvoiceId]) -> Sequence[Refill]:
        """All that these invoices pay for."""
        ...

    def of_subscriptions(self, subscriptions: Iterable[SubscriptionId]) -> Sequence[Refill]:
        """All of these subscriptions."""
        ...

    def of_patient(self, patient: PatientId, after: RefillId | None, limit: int) -> Sequence[Refill]:
        """A patient's, newest first."""
        ...

    def scheduled(self, on: date, after: RefillId | None, limit: int) -> Sequence[Refill]:
        """SCHEDULED ones whose day is on or before that day, in the order of their ids."""
        ...

    def waiting(self, after: RefillId | None, limit: int) -> Sequence[Refill]:
        """Those that wait for a provider (see `Refill.waits_for_provider`), in the order of their ids."""
        ...

    def page(self, states: Sequence[RefillState], after: RefillId | None, limit: int) -> Sequence[Refill]:
        """Those in one of the states (none named: all), newest first."""
        ...


class Env(PrescriptionsEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def refills(self) -> Refills: ...
