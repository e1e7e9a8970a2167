"""What refills do, in the same transaction, when prescriptions, dispatches, orders and subscriptions tell something."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrderId
from hlc_core.kernel.time import Unit, local_date
from hlc_core.orders.api import OrderCreated, OrderState, OrderStatusUpdated, SourceContext
from hlc_core.prescriptions.api import (
    DispatchArrived,
    DispatchCancelled,
    DispatchQueued,
    Prescription,
    PrescriptionCreated,
    PrescriptionMoved,
    PrescriptionState,
)
from hlc_core.refills.events import told
from hlc_core.refills.gates import judged, see
from hlc_core.refills.machine import RefillState, RefillTrigger
from hlc_core.refills.model import Gate, Refill
from hlc_core.refills.planning import LONG_PLANS, RefillPlan, for_renewal, keep_new, plan_refills
from hlc_core.refills.ports import Env
from hlc_core.refills.usecases import ended
from hlc_core.subscriptions.api import Subscription, SubscriptionCancelled


def prescriptions_created(events: Sequence[PrescriptionCreated], env: Env) -> None:
    """A prescription for a prepaid plan of 6 or 12 months has its refills planned from the day of its signature."""
    known = [event.subscription for event in events if event.subscription is not None]
    held = {one.id: one for one in env.subscriptions.many(known)} if known else {}
    plans = []
    for one in env.prescriptions.many([event.prescription for event in events if event.subscription in held]):
        months = None if one.subscription is None else _prepaid_months(held[one.subscription])
        if months is not None:
            plans.append(_plan(one, months, env))
    if plans:
        plan_refills(plans, env)


def _prepaid_months(one: Subscription) -> int | None:
    """How long one payment lasts, where that is a plan with refills; a shorter rhythm has a renewal for each fill."""
    span = one.terms.cycle_interval
    months = {Unit.MONTH: span.count, Unit.YEAR: span.count * 12}.get(span.unit)
    return months if months in LONG_PLANS else None


def _plan(one: Prescription, months: int, env: Env) -> RefillPlan:
    signed = one.signed_at or one.written_at
    return RefillPlan(
        patient=one.patient,
        start=local_date(signed, env.organization.zone),
        months=months,
        prescription=one.id,
        subscription=one.subscription,
        treatment=f"{one.medicine.name} {one.medicine.strength}",
        payment=Gate.OPEN,
        payment_note="The plan is paid.",
    )


def orders_placed(events: Sequence[OrderCreated], env: Env) -> None:
    """A paid renewal that needs a prescription asks for the next fill of the one that stands."""
    _renewals(
        [
            event.order
            for event in events
            if event.state is OrderState.AWAITING_SCRIPT and event.source_context == SourceContext.RENEWAL
        ],
        env,
    )


def orders_moved(events: Sequence[OrderStatusUpdated], env: Env) -> None:
    """The same, when the money of a renewal came later. A refill whose order ended without it ends with it."""
    renewals = [event for event in events if event.source_context == SourceContext.RENEWAL]
    _renewals([event.order for event in renewals if event.state is OrderState.AWAITING_SCRIPT], env)
    gone = [
        event.order
        for event in events
        if event.state in (OrderState.CANCELLED, OrderState.REFUNDED, OrderState.REJECTED)
    ]
    if gone:
        for one in env.refills.of_orders(gone):
            if not one.ended and one.dispatch is None:
                ended(one, RefillTrigger.CANCEL, "Its order has ended.", env)


_GONE = frozenset({OrderState.CANCELLED, OrderState.REFUNDED, OrderState.REJECTED})


def _renewals(orders: Sequence[OrderId], env: Env) -> None:
    """One statement for the prescriptions of the whole batch; agreements that never had one make no refill."""
    found = [order for order in (env.orders.many(orders) if orders else ()) if order.subscriptions]
    if not found:
        return
    subscriptions = {id for order in found for id in order.subscriptions}
    written: dict[str, list[Prescription]] = {}
    for one in env.prescriptions.of_subscriptions(subscriptions):
        if one.subscription is not None and one.signed_at is not None:
            written.setdefault(one.subscription, []).append(one)
    if not written:
        return
    known = {one.order for one in env.refills.of_orders([order.id for order in found])}
    planned = env.refills.of_origins([one.id for each in written.values() for one in each])
    last: dict[str, int] = {}
    for refill in planned:
        last[refill.origin] = max(last.get(refill.origin, 0), refill.fill)
    today, wanted = local_date(env.clock.now(), env.organization.zone), []
    for order in found:
        for id in () if order.id in known else order.subscriptions:
            for one in _newest(written.get(id, ())):
                last[one.id] = last.get(one.id, 0) + 1
                wanted.append(for_renewal(one, order, last[one.id], today, env))
    if wanted:
        keep_new(wanted, env)


def _newest(written: Sequence[Prescription]) -> list[Prescription]:
    """The newest prescription of each medicine."""
    return list({one.medicine.drug: one for one in sorted(written, key=lambda one: one.id)}.values())


def fills_queued(events: Sequence[DispatchQueued], env: Env) -> None:
    """What is queued for the order of a refill is its dispatch, also under a prescription that was written anew."""
    for event in events:
        mine = [one for one in env.refills.of_orders((event.order,)) if one.dispatch is None and one.state in _WAITS]
        same = [one for one in mine if one.prescription == event.prescription]
        for one in same or (mine if len(mine) == 1 else ()):
            env.refills.save(evolve(one, dispatch=event.dispatch, prescription=event.prescription))


_WAITS = (RefillState.SCHEDULED, RefillState.PENDING_PROVIDER, RefillState.APPROVED)


def fills_arrived(events: Sequence[DispatchArrived], env: Env) -> None:
    """The pharmacy has it: the refill is completed."""
    arrived = {event.dispatch for event in events}
    for one in env.refills.of_orders([event.order for event in events]):
        if one.dispatch in arrived and not one.ended:
            due = one if one.state is not RefillState.SCHEDULED else _fallen_due(one, env)
            ended(due, RefillTrigger.COMPLETE, "", env)


def _fallen_due(one: Refill, env: Env) -> Refill:
    """Sent before the job had looked at it: its day has come all the same."""
    seen = see((one,), env)
    known = evolve(
        judged(one, seen, local_date(env.clock.now(), env.organization.zone), automatic=False), payment=Gate.OPEN
    )
    after = evolve(known.moved(RefillTrigger.FALL_DUE), became_due_at=env.clock.now())
    env.refills.save(after)
    return after


def fills_cancelled(events: Sequence[DispatchCancelled], env: Env) -> None:
    """Its dispatch stands for nothing any more: it waits for a provider again."""
    gone = {event.dispatch for event in events}
    for one in env.refills.of_orders([event.order for event in events]):
        if one.dispatch in gone and not one.ended:
            env.refills.save(evolve(one, dispatch=None))


def prescriptions_moved(events: Sequence[PrescriptionMoved], env: Env) -> None:
    """What was approved under a prescription that ended or is on hold waits for a provider's decision again."""
    changed = [event.prescription for event in events if event.state is not PrescriptionState.ACTIVE]
    if not changed:
        return
    mine = [
        one
        for one in env.refills.of_prescriptions(changed)
        if one.state is RefillState.APPROVED and one.dispatch is None
    ]
    seen, today = see(mine, env), local_date(env.clock.now(), env.organization.zone)
    for one in mine:
        known = judged(one, seen, today, automatic=False)
        if known.clinical is not Gate.OPEN:
            after = known.moved(RefillTrigger.REVOKE)
            env.refills.save(after)
            env.outbox.put(told(after))


def subscriptions_cancelled(events: Sequence[SubscriptionCancelled], env: Env) -> None:
    """What is still scheduled goes with the agreement. Source: spec/care, Refills."""
    for one in env.refills.of_subscriptions([event.subscription for event in events]):
        if one.state is RefillState.SCHEDULED:
            ended(one, RefillTrigger.CANCEL, "Its subscription was cancelled.", env)
