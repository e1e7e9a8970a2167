"""What was bought, for whom, and where it is on its way."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    CartId,
    InvoiceId,
    OrderId,
    OrganizationId,
    PatientId,
    ProductId,
    SubscriptionId,
)
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Unit
from hlc_core.orders.machine import ORDER, OrderFacts, OrderRule, OrderState, OrderTrigger
from hlc_core.patients.api import Address, Contact


class SourceContext(StrEnum):
    """How the order came to be."""

    CHECKOUT = "checkout"
    RENEWAL = "renewal"
    REFILL = "refill"
    STAFF = "staff"
    IMPORT = "import"


class ReductionType(StrEnum):
    """How a line's discount was agreed."""

    DOLLAR = "dollar"
    PERCENT = "percent"


@frozen(kw_only=True)
class Billing:
    """The billing period that a subscription's order or line belongs to. `start` included, `end` not."""

    interval: Unit
    interval_count: int
    cycle: int
    start: date
    end: date


@frozen(kw_only=True)
class OrderLine:
    """One thing bought, under the terms of that day. `list_price` and `price` are of the whole line.

    `reduction_amount` is in minor units for `dollar` and in basis points for `percent`; price is list price less
    the reduction. `tax` comes on top.
    """

    product: ProductId
    name: str
    quantity: int
    list_price: Money
    price: Money
    drug_name: str = ""
    reduction_amount: int = 0
    reduction_type: ReductionType = ReductionType.DOLLAR
    tax: Money | None = None
    subscription: SubscriptionId | None = None
    billing: Billing | None = None


@frozen(kw_only=True)
class Amounts:
    """total = base - discount - credit used; base includes tax. Source: spec/commerce, Further facts."""

    base: Money
    discount: Money
    credit_used: Money

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return self.base - self.discount - self.credit_used


@frozen(kw_only=True)
class Needs:
    """What has to happen before the pharmacy may act, frozen when the order is placed."""

    questionnaires: tuple[str, ...] = ()
    review: bool = False
    prescription: bool = False
    labs: bool = False
    shipment: bool = True


@frozen(kw_only=True)
class Source:
    """Where the buyer came from, for attribution."""

    context: SourceContext
    channel: str = ""
    path: str = ""
    domain: str = ""
    cart: CartId | None = None


@frozen(kw_only=True)
class Tracking:
    """The parcel. `shipped_at` is set the first time it is handed over, and never again."""

    carrier: str = ""
    number: str = ""
    url: str = ""
    shipped_at: datetime | None = None


@frozen(kw_only=True)
class PaymentRecovery:
    """What the recovery of a failed renewal says on the order; statuses are the words of spec/billing, Recovery."""

    status: str
    retry_count: int = 0
    max_retry_count: int = 0
    next_retry_at: datetime | None = None
    last_retry_at: datetime | None = None
    url: str = ""
    auto_charge_status: str = ""
    auto_charge_message: str = ""


@frozen(kw_only=True)
class Queueing:
    """An administrator put the order before a provider: `queued_for_provider`. Source: spec/README, Decided."""

    reason: str
    by: str
    at: datetime


@frozen(kw_only=True)
class Step:
    """One line of the status history; `by` is an actor id, `trigger` what moved it."""

    state: OrderState
    trigger: OrderTrigger
    at: datetime
    by: str
    reason: str = ""


@frozen(kw_only=True, slots=False)
class Order:
    """An order. `number` is the short customer-facing one; `deadline` is when whoever's turn it is, is late.

    `contact` and `shipping_address` are the buyer's as they were that day: personal. `history` holds the moves.
    """

    id: OrderId
    organization: OrganizationId
    number: str
    patient: PatientId
    contact: Contact
    lines: tuple[OrderLine, ...]
    amounts: Amounts
    source: Source
    needs: Needs
    placed_at: datetime
    entered_at: datetime
    state: OrderState = OrderState.INCOMPLETE
    deadline: datetime | None = None
    shipping_address: Address | None = None
    coupon: str = ""
    billing: Billing | None = None
    subscriptions: tuple[SubscriptionId, ...] = ()
    invoice: InvoiceId | None = None
    paid: bool = False
    intake_submitted: bool = False
    results_received: bool = False
    fully_refunded: bool = False
    tracking: Tracking | None = None
    recovery: PaymentRecovery | None = None
    history: tuple[Step, ...] = ()
    external_id: str | None = None
    queued_for_provider: Queueing | None = None
    version: int = 0

    @property
    def facts(self) -> OrderFacts:
        """What the guards read."""
        return OrderFacts(
            paid=self.paid,
            needs_questionnaire=bool(self.needs.questionnaires),
            intake_submitted=self.intake_submitted,
            needs_review=self.needs.review,
            needs_prescription=self.needs.prescription,
            needs_labs=self.needs.labs,
            has_results=self.results_received,
            has_tracking=self.tracking is not None and bool(self.tracking.number),
            needs_shipment=self.needs.shipment,
            fully_refunded=self.fully_refunded,
        )

    def rule(self, trigger: OrderTrigger) -> OrderRule:
        """The edge that the trigger would take. Refuses: IllegalTransition, GuardRefused."""
        return ORDER.rule(self.state, trigger, _learn(self, trigger, self.entered_at).facts)

    def allowed(self) -> tuple[OrderRule, ...]:
        """Every edge that could be taken now."""
        return tuple(
            rule
            for rule in ORDER.rules
            if rule.source is self.state
            and (rule.guard is None or rule.guard(_learn(self, rule.trigger, self.entered_at).facts))
        )

    def move(self, trigger: OrderTrigger, at: datetime, by: str, reason: str = "") -> Order:
        """The order after the trigger, with its history, deadline and what the edge changes.

        Refuses: IllegalTransition, GuardRefused.
        """
        known = _learn(self, trigger, at)
        state = ORDER.step(self.state, trigger, known.facts)
        days = ORDER.notes[state].deadline_days
        return evolve(
            known,
            state=state,
            entered_at=at,
            deadline=None if days is None else at + timedelta(days=days),
            history=(*self.history, Step(state=state, trigger=trigger, at=at, by=by, reason=reason)),
        )


def _learn(order: Order, trigger: OrderTrigger, at: datetime) -> Order:
    """What a trigger itself makes true."""
    if trigger is OrderTrigger.SUBMIT:
        return evolve(order, paid=order.paid or order.amounts.total.is_zero)
    if trigger is OrderTrigger.PAY:
        return evolve(order, paid=True)
    if trigger is OrderTrigger.SUBMIT_INTAKE:
        return evolve(order, intake_submitted=True)
    if trigger is OrderTrigger.SEND_BACK:
        return evolve(order, intake_submitted=False)
    if trigger is OrderTrigger.ORDER_LABS:
        return evolve(order, needs=evolve(order.needs, labs=True), results_received=False)
    if trigger is OrderTrigger.RECEIVE_RESULTS:
        return evolve(order, results_received=True)
    if trigger in (OrderTrigger.SHIP, OrderTrigger.SHIP_UNTRACKED):
        parcel = order.tracking or Tracking()
        return evolve(order, tracking=evolve(parcel, shipped_at=parcel.shipped_at or at))
    return order
