"""Subscriptions, recovery cases, billing runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import above, at_most, below, eq, one_of
from hlc_adapters.storage.shapes.subscriptions import (
    BILLING_RUNS,
    EXPIRY_REMINDERS,
    HELD_RENEWALS,
    RECOVERY_CASES,
    SET_ASIDES,
    SUBSCRIPTIONS,
)
from hlc_core.billing.model import BillingRun, BillingRunId, ExpiryReminder, HeldRenewal, SetAside
from hlc_core.kernel.ids import OrderId, PatientId, RecoveryId, SubscriptionId
from hlc_core.prescriptions.api import HeldBack
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase
from hlc_core.subscriptions.machine import State
from hlc_core.subscriptions.model import Subscription


@frozen
class StoredSubscriptions(Rows[SubscriptionId, Subscription]):
    """Subscriptions."""

    shape = SUBSCRIPTIONS

    def due(self, on: date, after: SubscriptionId | None, limit: int) -> Sequence[Subscription]:
        """Those with `next_due <= on`, by id."""
        where = [at_most("next_due", on)] if after is None else [at_most("next_due", on), above("id", after)]
        return self.unit.select(self.shape, *where, limit=limit)

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Subscription]:
        """Those that were bought with one of the orders."""
        return self.unit.chunks(self.shape, "order_id", orders)

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[Subscription]:
        """Those of the patients."""
        return self.unit.chunks(self.shape, "patient", patients)

    def numbered(self, number: str) -> Subscription | None:
        """The one with the customer-facing number."""
        found = self.unit.select(self.shape, eq("number", number), limit=1)
        return found[0] if found else None

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Subscription]:
        """Those that were taken over under one of the keys."""
        return self.unit.chunks(self.shape, "external_id", external_ids)

    def page(self, states: Sequence[State], after: SubscriptionId | None, limit: int) -> Sequence[Subscription]:
        """Those in one of the states, by id."""
        where = [one_of("state", tuple(states))] if states else []
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)


@frozen
class StoredRecoveries(Rows[RecoveryId, RecoveryCase]):
    """Recovery cases."""

    shape = RECOVERY_CASES

    def due(self, on: date, after: RecoveryId | None, limit: int) -> Sequence[RecoveryCase]:
        """Cases whose `due_on` is on or before the date."""
        where = [at_most("due_on", on)] if after is None else [at_most("due_on", on), above("id", after)]
        return self.unit.select(self.shape, *where, limit=limit)

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[RecoveryCase]:
        """All cases of these patients."""
        return self.unit.chunks(self.shape, "patient", patients)

    def of_subscriptions(self, subscriptions: Iterable[SubscriptionId]) -> Sequence[RecoveryCase]:
        """All cases of these subscriptions."""
        return self.unit.chunks(self.shape, "subscription", subscriptions)

    def page(self, states: Sequence[RecoveryState], after: RecoveryId | None, limit: int) -> Sequence[RecoveryCase]:
        """Cases in these states, newest first."""
        where = [one_of("state", tuple(states))] if states else []
        if after is not None:
            where.append(below("id", after))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)


@frozen
class StoredBillingRuns(Rows[BillingRunId, BillingRun]):
    """The records of runs."""

    shape = BILLING_RUNS

    def recent(self, limit: int) -> Sequence[BillingRun]:
        """The last ones, newest first."""
        return self.unit.select(self.shape, order=("-id",), limit=limit)


@frozen
class StoredSetAsides(Rows[SubscriptionId, SetAside]):
    """Subscriptions that runs leave out."""

    shape = SET_ASIDES

    def waiting(self, after: SubscriptionId | None, limit: int) -> Sequence[SetAside]:
        """Those not released."""
        where = [eq("waiting", True)]
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)


@frozen
class StoredHeldRenewals(Rows[SubscriptionId, HeldRenewal]):
    """Renewals that care holds back."""

    shape = HELD_RENEWALS

    def standing(
        self, why: HeldBack | None, patient: PatientId | None, after: SubscriptionId | None, limit: int
    ) -> Sequence[HeldRenewal]:
        """Those that are held now."""
        where = [eq("standing", True)]
        where += [eq(column, value) for column, value in (("why", why), ("patient", patient)) if value is not None]
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)


@frozen
class StoredExpiryReminders(Rows[str, ExpiryReminder]):
    """What patients were told of their cards."""

    shape = EXPIRY_REMINDERS
