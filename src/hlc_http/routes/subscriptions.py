"""Subscriptions: reading and changing them. A patient sees only their own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from attrs import frozen

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import MethodId, OrderId, PatientId, ProductId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.time import Interval, Period
from hlc_core.payments.api import ListMethods, MethodState, NoUsableMethod
from hlc_core.subscriptions.api import (
    Action,
    CancelSubscription,
    ChangeKind,
    ChangeMethod,
    ExplainSubscription,
    Explanation,
    ForgiveBill,
    GetSubscription,
    KeepSubscription,
    ListSubscriptions,
    OpenDebt,
    PauseSubscription,
    PayOffSubscription,
    Quote,
    QuotePayoff,
    QuoteSwitch,
    ResumeAs,
    ResumeSubscription,
    State,
    Subscription,
    SubscriptionNumbered,
    SubscriptionsOfPatient,
    SwitchSubscription,
    When,
    actions,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("subscriptions", who=Who.STAFF)


@frozen(kw_only=True)
class SubscriptionsQuery(Paged):
    """In some states (parted by commas; none: all); those of one patient come on one page."""

    states: tuple[State, ...] = ()
    patient: PatientId | None = None


@frozen(kw_only=True)
class PauseBody:
    """From when, until when, and how it then goes on."""

    when: When = When.NOW
    resume_on: date | None = None
    resume_as: ResumeAs = ResumeAs.NEW_PERIOD


@frozen(kw_only=True)
class ResumeBody:
    """How it goes on, and what becomes of a renewal that failed before."""

    resume_as: ResumeAs = ResumeAs.NEW_PERIOD
    open_debt: OpenDebt = OpenDebt.COLLECT


@frozen(kw_only=True)
class CancelBody:
    """When it ends, why (a sentence for the books), and what becomes of a renewal that is billed and not paid."""

    reason: str
    when: When = When.PERIOD_END
    open_debt: OpenDebt = OpenDebt.COLLECT


@frozen(kw_only=True)
class SwitchWish:
    """The other product; the quantity stays, unless another is named."""

    product_id: ProductId
    when: When = When.NOW
    quantity: int | None = None


@frozen(kw_only=True)
class SwitchBody(SwitchWish):
    """The quoted switch, and the hash of its quote: exactly that is charged, or nothing is done."""

    quote_hash: str


@frozen(kw_only=True)
class PayoffBody:
    """The hash of the quote: exactly that is charged, or nothing is done."""

    quote_hash: str


@frozen(kw_only=True)
class ReasonBody:
    """Why: a sentence for the books."""

    reason: str


@frozen(kw_only=True)
class MethodBody:
    """A saved method of the same patient."""

    method_id: MethodId


@frozen(kw_only=True)
class SubscriptionAnswer:
    """A standing agreement. `changing` waits for its payment; `owed` is the open bill; `actions` may be done now."""

    id: SubscriptionId
    number: str
    state: State
    patient: PatientId
    order: OrderId
    product: ProductId
    name: str
    quantity: int
    price: Money
    interval: Interval
    cycle: int
    paid_cycles: int
    committed_cycles: int | None
    period: Period
    next_due: date | None
    owed: Money | None
    credit: Money
    method: MethodId | None
    gateway: str
    trial_end: date | None
    ends_with_period: bool
    pauses_with_period: bool
    becomes: str
    changing: ChangeKind | None
    resume_on: date | None
    created_at: datetime
    ended_at: datetime | None
    version: int
    actions: tuple[Action, ...]


@routes.get(
    "/api/v1/subscriptions",
    "List subscriptions",
    query=SubscriptionsQuery,
    answers=Page[SubscriptionAnswer],
    uses=ListSubscriptions,
    who=Who.PATIENT,
)
def list_subscriptions(call: Call[Nothing, SubscriptionsQuery]) -> Page[SubscriptionAnswer]:
    """In the order in which they began. A patient gets their own, whatever is asked."""
    asked = call.query
    limited(asked.limit)
    if call.by_patient:
        own = call.ask_as_owner(SubscriptionsOfPatient(patient=call.own_id, joined=call.actor.joined))
        return Page(tuple(shown(one, call) for one in own))
    if asked.patient is not None:
        held = call.ask(SubscriptionsOfPatient(patient=asked.patient))
        return Page(tuple(shown(one, call) for one in held if not asked.states or one.state in asked.states))
    after = None if asked.cursor is None else SubscriptionId(asked.cursor)
    page = call.ask(ListSubscriptions(states=asked.states, after=after, limit=asked.limit))
    return Page(tuple(shown(one, call) for one in page.items), page.next)


@routes.get(
    "/api/v1/subscriptions/{subscription_id}",
    "Show a subscription",
    answers=SubscriptionAnswer,
    uses=GetSubscription,
    who=Who.PATIENT,
)
def show_subscription(call: Call[Nothing, Nothing]) -> SubscriptionAnswer:
    """By its id or its number."""
    return shown(_held(call), call)


@routes.get(
    "/api/v1/subscriptions/{subscription_id}/explain",
    "Why is it as it is?",
    answers=Explanation,
    uses=ExplainSubscription,
    who=Who.PATIENT,
)
def explain_subscription(call: Call[Nothing, Nothing]) -> Explanation:
    """What comes next, from whom, by when."""
    asked = ExplainSubscription(subscription=_held(call).id)
    return call.ask_as_owner(asked) if call.by_patient else call.ask(asked)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/pause",
    "Stop billing for a while",
    body=PauseBody,
    answers=SubscriptionAnswer,
    uses=PauseSubscription,
    idempotent=True,
)
def pause_subscription(call: Call[PauseBody, Nothing]) -> SubscriptionAnswer:
    body = call.body
    command = PauseSubscription(
        subscription=_id(call), when=body.when, resume_on=body.resume_on, resume_as=body.resume_as
    )
    return shown(call.execute(command), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/resume",
    "End a pause",
    body=ResumeBody,
    answers=SubscriptionAnswer,
    uses=ResumeSubscription,
    idempotent=True,
)
def resume_subscription(call: Call[ResumeBody, Nothing]) -> SubscriptionAnswer:
    body = call.body
    command = ResumeSubscription(subscription=_id(call), resume_as=body.resume_as, open_debt=body.open_debt)
    return shown(call.execute(command), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/cancel",
    "End it",
    body=CancelBody,
    answers=SubscriptionAnswer,
    uses=CancelSubscription,
    idempotent=True,
)
def cancel_subscription(call: Call[CancelBody, Nothing]) -> SubscriptionAnswer:
    """Now, or with the paid period."""
    body = call.body
    command = CancelSubscription(subscription=_id(call), when=body.when, reason=body.reason, open_debt=body.open_debt)
    return shown(call.execute(command), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/keep",
    "Take back what is planned",
    answers=SubscriptionAnswer,
    uses=KeepSubscription,
    idempotent=True,
)
def keep_subscription(call: Call[Nothing, Nothing]) -> SubscriptionAnswer:
    """An ending, a pause or a switch at the period's end."""
    return shown(call.execute(KeepSubscription(subscription=_id(call))), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/switch/quote",
    "What a switch would cost",
    body=SwitchWish,
    answers=Quote,
    uses=QuoteSwitch,
)
def quote_switch(call: Call[SwitchWish, Nothing]) -> Quote:
    body = call.body
    asked = QuoteSwitch(subscription=_id(call), product=body.product_id, when=body.when, quantity=body.quantity)
    return call.ask(asked)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/switch",
    "Confirm a switch and pay it",
    body=SwitchBody,
    answers=SubscriptionAnswer,
    uses=SwitchSubscription,
    idempotent=True,
    waits=True,
)
def switch_subscription(call: Call[SwitchBody, Nothing]) -> SubscriptionAnswer:
    """With `changing` in the answer the payment is in doubt: the change follows it by itself."""
    body = call.body
    command = SwitchSubscription(
        subscription=_id(call),
        product=body.product_id,
        when=body.when,
        quantity=body.quantity,
        quote_hash=body.quote_hash,
    )
    return shown(call.services.switch_subscription(command, call.envelope), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/payoff/quote",
    "What settling it at once would cost",
    answers=Quote,
    uses=QuotePayoff,
)
def quote_payoff(call: Call[Nothing, Nothing]) -> Quote:
    return call.ask(QuotePayoff(subscription=_id(call)))


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/payoff",
    "Confirm a payoff and pay it",
    body=PayoffBody,
    answers=SubscriptionAnswer,
    uses=PayOffSubscription,
    idempotent=True,
    waits=True,
)
def pay_off_subscription(call: Call[PayoffBody, Nothing]) -> SubscriptionAnswer:
    command = PayOffSubscription(subscription=_id(call), quote_hash=call.body.quote_hash)
    return shown(call.services.pay_off_subscription(command, call.envelope), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/method",
    "Charge another saved method",
    body=MethodBody,
    answers=SubscriptionAnswer,
    uses=ChangeMethod,
    idempotent=True,
)
def change_method(call: Call[MethodBody, Nothing]) -> SubscriptionAnswer:
    held = _held(call)
    methods = call.ask(ListMethods(patient=held.patient))
    wanted = next((one for one in methods if one.id == call.body.method_id), None)
    if wanted is None or wanted.state is not MethodState.ACTIVE:
        raise NoUsableMethod("The patient has no such method.", Fault("methodId", "one of the patient's saved methods"))
    command = ChangeMethod(subscription=held.id, method=wanted.id, gateway=wanted.gateway)
    return shown(call.execute(command), call)


@routes.post(
    "/api/v1/subscriptions/{subscription_id}/forgive",
    "Ask no more for the open bill",
    body=ReasonBody,
    answers=SubscriptionAnswer,
    uses=ForgiveBill,
    idempotent=True,
)
def forgive_bill(call: Call[ReasonBody, Nothing]) -> SubscriptionAnswer:
    return shown(call.execute(ForgiveBill(subscription=_id(call), reason=call.body.reason)), call)


def shown(held: Subscription, call: Call[Any, Any]) -> SubscriptionAnswer:
    """The subscription as the API shows it."""
    terms = held.terms
    return SubscriptionAnswer(
        id=held.id,
        number=held.number,
        state=held.state,
        patient=held.patient,
        order=held.order,
        product=terms.product,
        name=terms.name,
        quantity=terms.quantity,
        price=terms.price_of_cycle(held.paid + 1),
        interval=terms.cycle_interval,
        cycle=held.cycle,
        paid_cycles=held.paid,
        committed_cycles=terms.cycles,
        period=held.period,
        next_due=held.next_due,
        owed=None if held.bill is None else held.bill.due,
        credit=held.credit,
        method=held.method,
        gateway=held.gateway,
        trial_end=held.trial_end,
        ends_with_period=held.cancel_at_period_end,
        pauses_with_period=held.pause_at_period_end,
        becomes="" if held.next_terms is None else held.next_terms.name,
        changing=None if held.change is None else held.change.kind,
        resume_on=held.resume_on,
        created_at=held.created_at,
        ended_at=held.ended_at,
        version=held.version,
        actions=call.offered((one, PauseSubscription) for one in actions(held, held.today(call.services.clock.now()))),
    )


def _held(call: Call[Any, Any]) -> Subscription:
    word = call.part("subscription_id")
    if word.startswith("sub_"):
        return call.ask_own(GetSubscription(subscription=SubscriptionId(word)), lambda held: held.patient)
    return call.ask_own(SubscriptionNumbered(number=word), lambda held: held.patient)


def _id(call: Call[Any, Any]) -> SubscriptionId:
    """The subscription's id; a number is looked up."""
    word = call.part("subscription_id")
    return SubscriptionId(word) if word.startswith("sub_") else _held(call).id
