"""What recovery tells. Source: spec/billing, Recovery (the event payload)."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.recovery.ladder import Ending
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RECOVERY_URL, AutoCharge, RecoveryCase


@frozen(kw_only=True)
class PaymentRecovery:
    """`paymentRecovery` of the payload."""

    status: RecoveryState
    retry_count: int
    max_retry_count: int
    next_retry_at: datetime | None
    last_retry_at: datetime | None
    recovery_url: str
    auto_charge_status: AutoCharge
    auto_charge_message: str


@frozen(kw_only=True)
class FailedOrder:
    """`order` of the payload; `source_context` is always that of a renewal."""

    id: OrderId | None
    subscription_id: SubscriptionId
    source_context: str = "renewal"


@frozen(kw_only=True)
class FailedSubscription:
    """`subscription` of the payload."""

    id: SubscriptionId


@frozen(kw_only=True)
class RenewalPaymentFailed(Event):
    """A renewal's charge was refused, or there was nothing to charge. On the wire `payment.failed`."""

    name: ClassVar[str] = "payment.failed"
    recovery: RecoveryId
    invoice: InvoiceId
    patient: PatientId
    amount: Money
    subscription: FailedSubscription
    order: FailedOrder
    payment_recovery: PaymentRecovery

    @property
    def subject(self) -> str:
        return self.recovery


@frozen(kw_only=True)
class _CaseEvent(Event):
    recovery: RecoveryId
    invoice: InvoiceId
    subscription: SubscriptionId
    patient: PatientId
    amount: Money

    @property
    def subject(self) -> str:
        return self.recovery


@frozen(kw_only=True)
class RetryReminderDue(_CaseEvent):
    """The patient is to be reminded after a failed retry. Only told where notifications are on."""

    name: ClassVar[str] = "recovery.reminder_due"
    retry_count: int
    next_retry_on: date | None
    recovery_url: str


@frozen(kw_only=True)
class PaymentMethodNeeded(_CaseEvent):
    """The patient is to be asked for a payment method. Only told where notifications are on, once per wait."""

    name: ClassVar[str] = "recovery.method_needed"
    recovery_url: str


@frozen(kw_only=True)
class RecoveryResolved(_CaseEvent):
    """Nothing is owed any more: paid, forgiven or void."""

    name: ClassVar[str] = "recovery.resolved"
    ending: Ending


@frozen(kw_only=True)
class RecoveryFailed(_CaseEvent):
    """Recovery ended without money; the debt stays visible."""

    name: ClassVar[str] = "recovery.failed_final"
    ending: Ending


@frozen(kw_only=True)
class RecoveryHeld(_CaseEvent):
    """A try waits for a person's ruling; nothing more is tried until then. A task for staff."""

    name: ClassVar[str] = "recovery.held"
    why: str


def failed(case: RecoveryCase) -> RenewalPaymentFailed:
    """The event of a case whose charge has just failed."""
    return RenewalPaymentFailed(
        recovery=case.id,
        invoice=case.invoice,
        patient=case.patient,
        amount=case.amount,
        subscription=FailedSubscription(id=case.subscription),
        order=FailedOrder(id=case.order, subscription_id=case.subscription),
        payment_recovery=PaymentRecovery(
            status=case.state,
            retry_count=case.retry_count,
            max_retry_count=case.max_retry_count,
            next_retry_at=case.next_retry_at,
            last_retry_at=case.last_retry_at,
            recovery_url=RECOVERY_URL,
            auto_charge_status=case.auto_charge,
            auto_charge_message=case.auto_charge_message,
        ),
    )


def method_needed(case: RecoveryCase) -> PaymentMethodNeeded:
    """The event of a case that has just begun to wait for a method."""
    return PaymentMethodNeeded(
        recovery=case.id,
        invoice=case.invoice,
        subscription=case.subscription,
        patient=case.patient,
        amount=case.amount,
        recovery_url=RECOVERY_URL,
    )


def reminder_due(case: RecoveryCase) -> RetryReminderDue:
    """The event of a case whose retry has just failed."""
    return RetryReminderDue(
        recovery=case.id,
        invoice=case.invoice,
        subscription=case.subscription,
        patient=case.patient,
        amount=case.amount,
        retry_count=case.retry_count,
        next_retry_on=case.next_retry_on,
        recovery_url=RECOVERY_URL,
    )


def ended(case: RecoveryCase, ending: Ending) -> RecoveryResolved | RecoveryFailed:
    """The event of a case that has just ended."""
    kind = RecoveryResolved if case.state is RecoveryState.RESOLVED else RecoveryFailed
    return kind(
        recovery=case.id,
        invoice=case.invoice,
        subscription=case.subscription,
        patient=case.patient,
        amount=case.amount,
        ending=ending,
    )


def held(case: RecoveryCase, why: str) -> RecoveryHeld:
    """The event of a case that has just been stopped for a ruling."""
    return RecoveryHeld(
        recovery=case.id,
        invoice=case.invoice,
        subscription=case.subscription,
        patient=case.patient,
        amount=case.amount,
        why=why,
    )
