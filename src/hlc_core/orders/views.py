"""Questions about orders, and the answer to: why is this order here?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import OrderId, PatientId, SubscriptionId
from hlc_core.kernel.paging import Page, limited
from hlc_core.orders.careportals import CarePortalsStatus, to_careportals
from hlc_core.orders.machine import ORDER, OrderRule, OrderState, OrderTrigger
from hlc_core.orders.model import Order
from hlc_core.orders.moving import may
from hlc_core.orders.ports import Env


@frozen(kw_only=True)
class Action:
    """An edge that could be taken now: by whom (`permission`; empty: HLC itself), and whether a reason is asked."""

    trigger: OrderTrigger
    to: OrderState
    permission: str
    asks_reason: bool
    causes: str


@frozen(kw_only=True)
class OrderCard:
    """An order as lists and pages show it. `actions` are those of the asking actor."""

    order: Order
    careportals: CarePortalsStatus
    waits_for: str
    late: bool
    actions: tuple[Action, ...]


def card(order: Order, env: Env) -> OrderCard:
    """The order, whose turn it is, whether that is late, and what the actor can do."""
    return OrderCard(
        order=order,
        careportals=to_careportals(order.state),
        waits_for=ORDER.notes[order.state].waits_for,
        late=order.deadline is not None and order.deadline <= env.clock.now(),
        actions=tuple(_action(rule) for rule in order.allowed() if may(rule, env)),
    )


@frozen(kw_only=True)
class GetOrder(Query[OrderCard]):
    """One order, by id or by its customer-facing number."""

    order: str


def get_order(query: GetOrder, env: Env) -> OrderCard:
    """Refuses: Missing."""
    return card(_by_id_or_number(query.order, env), env)


@frozen(kw_only=True)
class ListOrders(Query[Page[OrderCard]]):
    """Orders, newest first; of one state, of one patient, or all. `cursor` is the last id of the page before."""

    state: OrderState | None = None
    patient: PatientId | None = None
    joined: tuple[PatientId, ...] = ()
    """Records of the same person that joined that one: theirs, too."""
    cursor: str | None = None
    limit: int = 50


def list_orders(query: ListOrders, env: Env) -> Page[OrderCard]:
    """A patient's list is not filtered by state. Refuses: Invalid (limit)."""
    after = None if query.cursor is None else OrderId(query.cursor)
    room = limited(query.limit) + 1
    if query.patient is not None:
        return _page(env.orders.of_patients((query.patient, *query.joined), after, room), query.limit, env)
    return _page(env.orders.page(query.state, after, room), query.limit, env)


@frozen(kw_only=True)
class LateOrders(Query[Page[OrderCard]]):
    """Orders whose deadline has passed, in the order of their making."""

    cursor: str | None = None
    limit: int = 50


def late_orders(query: LateOrders, env: Env) -> Page[OrderCard]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else OrderId(query.cursor)
    return _page(env.orders.late(env.clock.now(), after, limited(query.limit) + 1), query.limit, env)


@frozen(kw_only=True)
class OrdersOfSubscription(Query[tuple[OrderCard, ...]]):
    """The newest orders of a subscription."""

    subscription: SubscriptionId
    limit: int = 50


def orders_of_subscription(query: OrdersOfSubscription, env: Env) -> tuple[OrderCard, ...]:
    """An unknown subscription has none. Refuses: Invalid (limit)."""
    return tuple(card(order, env) for order in env.orders.of_subscription(query.subscription, limited(query.limit)))


@frozen(kw_only=True)
class Explanation:
    """Why an order is where it is. `next_events` would move it on; `tried` is what was done so far, oldest first."""

    order: OrderId
    number: str
    state: OrderState
    because: str
    for_patient: str
    for_staff: str
    since: datetime
    next_events: tuple[Action, ...]
    from_whom: str
    by_when: datetime | None
    late: bool
    tried: tuple[str, ...]
    actions: tuple[Action, ...]


@frozen(kw_only=True)
class ExplainOrder(Query[Explanation]):
    """Why is this order here? By id or by its customer-facing number."""

    order: str


def explain_order(query: ExplainOrder, env: Env) -> Explanation:
    """Refuses: Missing."""
    order = _by_id_or_number(query.order, env)
    shown, note = card(order, env), ORDER.notes[order.state]
    return Explanation(
        order=order.id,
        number=order.number,
        state=order.state,
        because=_because(order),
        for_patient=note.patient,
        for_staff=note.staff,
        since=order.entered_at,
        next_events=tuple(_action(rule) for rule in order.allowed() if not rule.manual and _forward(rule)),
        from_whom=note.waits_for,
        by_when=order.deadline,
        late=shown.late,
        tried=(*_history(order), *_payments(order, env), *_recovery(order)),
        actions=shown.actions,
    )


def _by_id_or_number(word: str, env: Env) -> Order:
    order = env.orders.find(OrderId(word)) or env.orders.numbered(word.strip().upper())
    if order is None:
        raise Missing("There is no such order.", Fault("order", "its id or number; see `hlc orders list`", sent=word))
    return order


def _forward(rule: OrderRule) -> bool:
    return rule.trigger is not OrderTrigger.REFUND


def _action(rule: OrderRule) -> Action:
    return Action(
        trigger=rule.trigger,
        to=rule.target,
        permission=rule.permission or "",
        asks_reason=rule.manual,
        causes=rule.causes,
    )


def _because(order: Order) -> str:
    if not order.history:
        return "A draft: nobody has placed it."
    last = order.history[-1]
    guard = next(
        (
            rule.guard.__name__.replace("_", " ")
            for rule in ORDER.rules
            if rule.trigger is last.trigger
            and rule.target is last.state
            and rule.guard is not None
            and (len(order.history) < 2 or rule.source is order.history[-2].state)
        ),
        "",
    )
    parts = [f"{last.trigger} by {last.by}", guard, last.reason]
    return ": ".join(part for part in parts if part)


def _history(order: Order) -> list[str]:
    return [
        f"{step.at:%Y-%m-%d %H:%M} {step.trigger} to {step.state} by {step.by}"
        + (f": {step.reason}" if step.reason else "")
        for step in order.history
    ]


def _payments(order: Order, env: Env) -> list[str]:
    invoice = None if order.invoice is None else env.invoices.find(order.invoice)
    if invoice is None:
        return []
    attempts = sorted(env.attempts.of_obligations((invoice.obligation,)), key=lambda attempt: attempt.number)
    return [
        f"{attempt.opened_at:%Y-%m-%d %H:%M} payment attempt {attempt.number} of {attempt.payment.amount}: "
        + " ".join(word for word in (attempt.state, attempt.code, attempt.text) if word)
        for attempt in attempts
    ]


def _recovery(order: Order) -> list[str]:
    if order.recovery is None:
        return []
    told = order.recovery
    plan = "" if told.next_retry_at is None else f", next {told.next_retry_at:%Y-%m-%d %H:%M}"
    return [f"recovery {told.status}: retry {told.retry_count} of {told.max_retry_count}{plan}"]


def _page(found: Sequence[Order], limit: int, env: Env) -> Page[OrderCard]:
    shown = found[:limit]
    return Page(tuple(card(order, env) for order in shown), shown[-1].id if len(found) > limit else None)
