"""What billing needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hlc_core.billing.model import BillingRun, BillingRunId, ExpiryReminder, HeldRenewal, SetAside
from hlc_core.kernel.ids import PatientId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.prescriptions.api import Env as PrescriptionsEnv
from hlc_core.prescriptions.api import HeldBack
from hlc_core.recovery.api import Env as RecoveryEnv


class BillingRuns(Repository[BillingRunId, BillingRun], Protocol):
    """The records of runs."""

    def recent(self, limit: int) -> Sequence[BillingRun]:
        """The last ones, newest first."""
        ...


class SetAsides(Repository[SubscriptionId, SetAside], Protocol):
    """Subscriptions that runs leave out, by the subscription's id."""

    def waiting(self, after: SubscriptionId | None, limit: int) -> Sequence[SetAside]:
        """Those not released, by id, from behind `after`."""
        ...


class HeldRenewals(Repository[SubscriptionId, HeldRenewal], Protocol):
    """Renewals that care holds back, by the subscription's id."""

    def standing(
        self, why: HeldBack | None, patient: PatientId | None, after: SubscriptionId | None, limit: int
    ) -> Sequence[HeldRenewal]:
        """Those that are held now, by id, from behind `after`."""
        ...


class ExpiryReminders(Repository[str, ExpiryReminder], Protocol):
    """What patients were told of their cards. Refuses when written: AlreadyExists (told before)."""


class Env(RecoveryEnv, PrescriptionsEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def billing_runs(self) -> BillingRuns: ...
    @property
    def set_aside(self) -> SetAsides: ...
    @property
    def held_renewals(self) -> HeldRenewals: ...
    @property
    def expiry_reminders(self) -> ExpiryReminders: ...
