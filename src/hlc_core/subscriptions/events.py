"""What happened to subscriptions."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, TypedDict

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import MethodId, ObligationId, OrderId, PatientId, ProductId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.subscriptions.model import OpenDebt, Subscription


class Common(TypedDict):
    """The fields of `SubscriptionEvent`, to be spread into an event."""

    subscription: SubscriptionId
    number: str
    patient: PatientId
    order: OrderId
    product: ProductId
    state: str
    cycle: int
    period_start: date
    period_end: date


@frozen(kw_only=True)
class SubscriptionEvent(Event):
    """What all of them carry: whose, of which order and product, and the cycle and period last paid."""

    subscription: SubscriptionId
    number: str
    patient: PatientId
    order: OrderId
    product: ProductId
    state: str
    cycle: int
    period_start: date
    period_end: date

    @property
    def subject(self) -> str:
        return self.subscription


@frozen(kw_only=True)
class SubscriptionCreated(SubscriptionEvent):
    """Bought. `amount` is what was billed at once; in a trial the first cycle is billed on `period_end`."""

    name: ClassVar[str] = "subscription.created"
    amount: Money
    trial: bool


@frozen(kw_only=True)
class SubscriptionActivated(SubscriptionEvent):
    """The first cycle is paid (at once, or after the trial)."""

    name: ClassVar[str] = "subscription.activated"


@frozen(kw_only=True)
class SubscriptionRenewed(SubscriptionEvent):
    """A cycle was paid off session: `cycle` and its period. `amount` is the money, `credit` what credit covered."""

    name: ClassVar[str] = "subscription.renewed"
    amount: Money
    credit: Money


@frozen(kw_only=True)
class SubscriptionPastDue(SubscriptionEvent):
    """The renewal of `failed_cycle` was declined; emitted on the edge, not at every further decline."""

    name: ClassVar[str] = "subscription.past_due"
    failed_cycle: int
    amount: Money


@frozen(kw_only=True)
class SubscriptionRecovered(SubscriptionEvent):
    """The failed renewal was paid after all; `subscription.renewed` of the same cycle comes with it."""

    name: ClassVar[str] = "subscription.recovered"
    amount: Money


@frozen(kw_only=True)
class SubscriptionPaused(SubscriptionEvent):
    """Nothing more is billed; `resume_on` is the agreed end of the pause, if any."""

    name: ClassVar[str] = "subscription.paused"
    resume_on: date | None


@frozen(kw_only=True)
class SubscriptionResumed(SubscriptionEvent):
    """The pause is over; `next_due` is when it is billed next."""

    name: ClassVar[str] = "subscription.resumed"
    next_due: date | None


@frozen(kw_only=True)
class SubscriptionCancelled(SubscriptionEvent):
    """Ended before its time. `open_debt` says what happens to a billed and unpaid cycle (`open_cycle`).

    `credit` is what the patient still had: it is theirs.
    """

    name: ClassVar[str] = "subscription.cancelled"
    reason: str
    open_debt: OpenDebt
    open_cycle: int | None
    credit: Money


@frozen(kw_only=True)
class SubscriptionSwitched(SubscriptionEvent):
    """`product` took the place of `from_product`. `charged` money was paid for it, `credited` was given back."""

    name: ClassVar[str] = "subscription.switched"
    from_product: ProductId
    charged: Money
    credited: Money


@frozen(kw_only=True)
class SwitchPlanned(SubscriptionEvent):
    """`to_product` takes the place of `product` with the period's end."""

    name: ClassVar[str] = "subscription.switch_planned"
    to_product: ProductId
    on: date


@frozen(kw_only=True)
class SubscriptionCompleted(SubscriptionEvent):
    """All cycles of the commitment are done, or were paid off."""

    name: ClassVar[str] = "subscription.completed"
    paid_off: bool


@frozen(kw_only=True)
class EndingPlanned(SubscriptionEvent):
    """It ends with the current period, unless somebody changes their mind."""

    name: ClassVar[str] = "subscription.ending_planned"
    ends_on: date
    reason: str


@frozen(kw_only=True)
class PlansWithdrawn(SubscriptionEvent):
    """What was planned for the period's end (ending, pause, switch) is off; it goes on as before."""

    name: ClassVar[str] = "subscription.plans_withdrawn"


@frozen(kw_only=True)
class BillForgiven(SubscriptionEvent):
    """A billed cycle is not collected any more: its invoice is void and its retries stop."""

    name: ClassVar[str] = "subscription.bill_forgiven"
    forgiven_cycle: int
    amount: Money
    reason: str


@frozen(kw_only=True)
class CyclesForgiven(SubscriptionEvent):
    """Missed cycles, from `first` to `last`, will never be billed. Source: spec/billing, missed periods."""

    name: ClassVar[str] = "subscription.cycles_forgiven"
    first: int
    last: int


@frozen(kw_only=True)
class PaymentDue(SubscriptionEvent):
    """A confirmed change costs money. One debt, one `obligation`; the change is made when it is paid."""

    obligation: ObligationId
    amount: Money
    quote_hash: str
    method: MethodId | None
    gateway: str


@frozen(kw_only=True)
class SwitchPaymentDue(PaymentDue):
    """A confirmed switch awaits its payment."""

    name: ClassVar[str] = "subscription.switch_payment_due"


@frozen(kw_only=True)
class PayoffPaymentDue(PaymentDue):
    """A confirmed payoff awaits its payment."""

    name: ClassVar[str] = "subscription.payoff_payment_due"


@frozen(kw_only=True)
class ChangeDeclined(SubscriptionEvent):
    """The payment of a switch or payoff was declined; everything stays as it was."""

    name: ClassVar[str] = "subscription.change_declined"
    quote_hash: str


@frozen(kw_only=True)
class PaidOutOfTurn(SubscriptionEvent):
    """Money came for something that is no longer open; it stands as credit, and staff may refund it."""

    name: ClassVar[str] = "subscription.paid_out_of_turn"
    amount: Money
    paid_for: str


@frozen(kw_only=True)
class DebtPaid(SubscriptionEvent):
    """The open debt of a subscription that has ended was paid; it does not come back to life."""

    name: ClassVar[str] = "subscription.debt_paid"
    paid_cycle: int
    amount: Money


@frozen(kw_only=True)
class MethodChanged(SubscriptionEvent):
    """It is charged to another saved method from now on."""

    name: ClassVar[str] = "subscription.method_changed"
    method: MethodId


def about(held: Subscription) -> Common:
    """The fields that every event of the subscription carries."""
    return Common(
        subscription=held.id,
        number=held.number,
        patient=held.patient,
        order=held.order,
        product=held.terms.product,
        state=held.state.value,
        cycle=held.cycle,
        period_start=held.period.start,
        period_end=held.period.end,
    )
