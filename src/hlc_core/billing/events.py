"""What billing tells."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from attrs import frozen

from hlc_core.billing.model import BillingRunId
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import MethodId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money


@frozen(kw_only=True)
class BillingRunEnded(Event):
    """A run is over; `stopped` says why it did nothing, or is empty."""

    name: ClassVar[str] = "billing.run_ended"
    run: BillingRunId
    as_of: date
    charges: int
    billed: Money
    stopped: str

    @property
    def subject(self) -> str:
        return self.run


@frozen(kw_only=True)
class SubscriptionSetAside(Event):
    """A run could not bill a subscription and left it out; a task for staff."""

    name: ClassVar[str] = "billing.subscription_set_aside"
    subscription: SubscriptionId
    identity: str
    cause: str

    @property
    def subject(self) -> str:
        return self.subscription


@frozen(kw_only=True)
class RenewalHeld(Event):
    """A renewal is due and not charged, because care does not permit it now. Why is not told: it is clinical."""

    name: ClassVar[str] = "renewal.held"
    subscription: SubscriptionId
    patient: PatientId
    due_on: date

    @property
    def subject(self) -> str:
        return self.subscription


@frozen(kw_only=True)
class RenewalReleased(Event):
    """What was held is held no more: it was charged, or is not to be renewed."""

    name: ClassVar[str] = "renewal.released"
    subscription: SubscriptionId
    patient: PatientId

    @property
    def subject(self) -> str:
        return self.subscription


@frozen(kw_only=True)
class CardExpiring(Event):
    """A card that a running subscription is charged to expires in `days` days, or fewer if a day was missed.

    Told once per card and named day. Source: spec/billing, Payments (saved payment methods).
    """

    name: ClassVar[str] = "payment_method.expiring"
    method: MethodId
    patient: PatientId
    expires_on: date
    days: int

    @property
    def subject(self) -> str:
        return self.method
