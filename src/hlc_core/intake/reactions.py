"""What intake does, in the same transaction, when orders are placed or moved."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.intake.events import IntakeNeedsCorrection, IntakeRejected
from hlc_core.intake.machine import IntakeState, IntakeTrigger
from hlc_core.intake.model import IntakeSession
from hlc_core.intake.opening import complete, open_intakes, tell
from hlc_core.intake.ports import Env
from hlc_core.kernel.evolve import evolve
from hlc_core.orders.api import Order, OrderCreated, OrderState, OrderStatusUpdated, OrderTrigger

_ASKING = (OrderState.AWAITING_REQUIREMENTS, OrderState.PROCESSING)
_DECIDED = (IntakeState.SUBMITTED, IntakeState.APPROVED)
_MOVED = (*_ASKING, OrderState.REJECTED)


def orders_created(events: Sequence[OrderCreated], env: Env) -> None:
    """An order that asks for answers, or only for a clinician's look, gets its intake."""
    wanted = [event.order for event in events if event.state in _ASKING]
    if wanted:
        open_intakes(env.orders.many(wanted), env)


def orders_moved(events: Sequence[OrderStatusUpdated], env: Env) -> None:
    """An order that was moved by other hands takes its intake along; one that intake moved is in step already."""
    wanted = {event.order: event for event in events if event.state in _MOVED}
    if not wanted:
        return
    orders = {order.id: order for order in env.orders.many(wanted)}
    asking = [order for order in orders.values() if order.state in _ASKING]
    sessions = {one.order: one for one in (open_intakes(asking, env) if asking else ())}
    for order in orders.values():
        session = sessions.get(order.id)
        if session is None and order.state is OrderState.REJECTED:
            session = next(iter(env.intakes.of_orders((order.id,))), None)
        if session is not None:
            _follow(session, order, wanted[order.id].trigger, env)


def _follow(session: IntakeSession, order: Order, trigger: OrderTrigger, env: Env) -> None:
    now = env.clock.now()
    if order.state is OrderState.AWAITING_REQUIREMENTS and session.state in _DECIDED:
        back = evolve(session.move(IntakeTrigger.SEND_BACK, now), asked=(), note=order.history[-1].reason)
        env.intakes.save(back)
        tell(IntakeNeedsCorrection, back, env)
    elif trigger is OrderTrigger.SUBMIT_INTAKE and session.with_patient:
        complete(session, IntakeTrigger.TAKE, env)
    elif order.state is OrderState.REJECTED and session.state in _DECIDED:
        rejected = session.move(IntakeTrigger.REJECT, now)
        env.intakes.save(rejected)
        tell(IntakeRejected, rejected, env)
    elif (
        trigger is OrderTrigger.REOPEN
        and order.state is OrderState.PROCESSING
        and session.state in (IntakeState.REJECTED, IntakeState.APPROVED)
    ):
        env.intakes.save(session.move(IntakeTrigger.REOPEN, now))
