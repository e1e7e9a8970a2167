"""What recovery needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from hlc_core.invoicing.api import Env as InvoicingEnv
from hlc_core.kernel.ids import PatientId, RecoveryId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.orders.api import Env as OrdersEnv
from hlc_core.payments.api import Env as PaymentsEnv
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase
from hlc_core.subscriptions.api import Env as SubscriptionsEnv


class RecoveryCases(Repository[RecoveryId, RecoveryCase], Protocol):
    """Cases. Refuses when written: AlreadyExists (a second case of one invoice)."""

    def due(self, on: date, after: RecoveryId | None, limit: int) -> Sequence[RecoveryCase]:
        """Cases whose `due_on` is on or before the date, in the order of their ids, behind `after`."""
        ...

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[RecoveryCase]:
        """All cases of these patients, in one statement."""
        ...

    def of_subscriptions(self, subscriptions: Iterable[SubscriptionId]) -> Sequence[RecoveryCase]:
        """All cases of these subscriptions, in one statement."""
        ...

    def page(self, states: Sequence[RecoveryState], after: RecoveryId | None, limit: int) -> Sequence[RecoveryCase]:
        """Cases in these states, behind (opened before) `after`, newest first."""
        ...


class Env(SubscriptionsEnv, OrdersEnv, InvoicingEnv, PaymentsEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def recoveries(self) -> RecoveryCases: ...
