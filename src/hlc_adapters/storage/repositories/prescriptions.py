"""Drugs, prescriptions, dispatches, refills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Op, Where, above, at_most, below, eq, one_of
from hlc_adapters.storage.shapes.prescriptions import DISPATCHES, DRUGS, PRESCRIPTIONS, REFILLS
from hlc_core.kernel.ids import (
    DispatchId,
    DrugId,
    InvoiceId,
    OrderId,
    PatientId,
    PrescriptionId,
    RefillId,
    SubscriptionId,
)
from hlc_core.prescriptions.machine import DispatchState, PrescriptionState
from hlc_core.prescriptions.model import Dispatch, Drug, Prescription
from hlc_core.refills.machine import RefillState
from hlc_core.refills.model import Refill


def _behind(after: str | None) -> tuple[Where, ...]:
    return () if after is None else (above("id", after),)


def _before(after: str | None) -> tuple[Where, ...]:
    return () if after is None else (below("id", after),)


def _in(states: Sequence[str]) -> tuple[Where, ...]:
    return (one_of("state", tuple(states)),) if states else ()


@frozen
class StoredDrugs(Rows[DrugId, Drug]):
    """Drugs."""

    shape = DRUGS

    def keyed(self, keys: Iterable[str]) -> Sequence[Drug]:
        """Those with these keys."""
        return self.unit.chunks(self.shape, "key", keys)

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Drug]:
        """Those that were imported under these keys."""
        return self.unit.chunks(self.shape, "external_id", external_ids)

    def called(self, words: Iterable[str]) -> Sequence[Drug]:
        """The active ones whose folded name is one of the words."""
        return [drug for drug in self.unit.chunks(self.shape, "called", words) if drug.active]

    def page(self, active_only: bool, after: DrugId | None, limit: int) -> Sequence[Drug]:
        """In the order of their ids."""
        where = (eq("active", True),) if active_only else ()
        return self.unit.select(self.shape, *where, *_behind(after), limit=limit)


@frozen
class StoredPrescriptions(Rows[PrescriptionId, Prescription]):
    """Prescriptions."""

    shape = PRESCRIPTIONS

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Prescription]:
        """All that were written for these orders."""
        return self.unit.chunks(self.shape, "order_id", orders)

    def of_subscriptions(self, subscriptions: Iterable[SubscriptionId]) -> Sequence[Prescription]:
        """All of these subscriptions."""
        return self.unit.chunks(self.shape, "subscription", subscriptions)

    def of_patient(self, patient: PatientId, after: PrescriptionId | None, limit: int) -> Sequence[Prescription]:
        """A patient's, newest first."""
        return self.unit.select(self.shape, eq("patient", patient), *_before(after), order=("-id",), limit=limit)

    def numbered(self, number: str) -> Prescription | None:
        """The one with that Rx number."""
        found = self.unit.select(self.shape, eq("number", number), limit=1)
        return found[0] if found else None

    def page(
        self, states: Sequence[PrescriptionState], after: PrescriptionId | None, limit: int
    ) -> Sequence[Prescription]:
        """Those in one of the states, newest first."""
        return self.unit.select(self.shape, *_in(states), *_before(after), order=("-id",), limit=limit)

    def run_out(self, today: date, limit: int) -> Sequence[Prescription]:
        """Those not ended whose last day is before that day."""
        return self.unit.select(self.shape, at_most("last_day", today - timedelta(days=1)), limit=limit)


@frozen
class StoredDispatches(Rows[DispatchId, Dispatch]):
    """Dispatches."""

    shape = DISPATCHES

    def due(self, now: datetime, limit: int) -> Sequence[Dispatch]:
        """Those that may be taken, oldest first."""
        return self.unit.select(self.shape, at_most("available_at", now), limit=limit, locked=True)

    def of_prescriptions(self, prescriptions: Iterable[PrescriptionId]) -> Sequence[Dispatch]:
        """All of these prescriptions."""
        return self.unit.chunks(self.shape, "prescription", prescriptions)

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Dispatch]:
        """All that fill these orders."""
        return self.unit.chunks(self.shape, "order_id", orders)

    def page(self, states: Sequence[DispatchState], after: DispatchId | None, limit: int) -> Sequence[Dispatch]:
        """Those in one of the states, newest first."""
        return self.unit.select(self.shape, *_in(states), *_before(after), order=("-id",), limit=limit)


@frozen
class StoredRefills(Rows[RefillId, Refill]):
    """Refills."""

    shape = REFILLS

    def of_origins(self, origins: Iterable[str]) -> Sequence[Refill]:
        """All that are planned for these prescriptions or invoices."""
        return self.unit.chunks(self.shape, "origin", origins)

    def of_prescriptions(self, prescriptions: Iterable[PrescriptionId]) -> Sequence[Refill]:
        """All that these prescriptions fill."""
        return self.unit.chunks(self.shape, "prescription", prescriptions)

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Refill]:
        """All that are sent with these orders."""
        return self.unit.chunks(self.shape, "order_id", orders)

    def of_invoices(self, invoices: Iterable[InvoiceId]) -> Sequence[Refill]:
        """All that these invoices pay for."""
        return self.unit.chunks(self.shape, "invoice", invoices)

    def of_subscriptions(self, subscriptions: Iterable[SubscriptionId]) -> Sequence[Refill]:
        """All of these subscriptions."""
        return self.unit.chunks(self.shape, "subscription", subscriptions)

    def of_patient(self, patient: PatientId, after: RefillId | None, limit: int) -> Sequence[Refill]:
        """A patient's, newest first."""
        return self.unit.select(self.shape, eq("patient", patient), *_before(after), order=("-id",), limit=limit)

    def scheduled(self, on: date, after: RefillId | None, limit: int) -> Sequence[Refill]:
        """SCHEDULED ones whose day is on or before that day."""
        return self.unit.select(self.shape, at_most("scheduled_on", on), *_behind(after), limit=limit)

    def waiting(self, after: RefillId | None, limit: int) -> Sequence[Refill]:
        """Those that wait for a provider."""
        due = Where("waiting_since", Op.GE, date(1970, 1, 1))
        return self.unit.select(self.shape, due, *_behind(after), limit=limit)

    def page(self, states: Sequence[RefillState], after: RefillId | None, limit: int) -> Sequence[Refill]:
        """Those in one of the states, newest first."""
        return self.unit.select(self.shape, *_in(states), *_before(after), order=("-id",), limit=limit)
