"""What arrived and progressed fills mean for their order and their prescription: pure reading, then moves.

Several fills of one order may be recorded at once by several workers, none of which sees the others' news. So a fill
whose news the order does not show yet stays due (`available_at`), and a worker looks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import (
    Order,
    OrderState,
    OrderTrigger,
    SetTracking,
    Tracking,
    move_orders,
    set_tracking,
)
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.machine import PrescriptionState, PrescriptionTrigger
from hlc_core.prescriptions.model import Dispatch, Prescription, Progress
from hlc_core.prescriptions.ports import Env

LOOK_AGAIN = timedelta(minutes=10)

RANK = {
    Progress.NONE: 0,
    Progress.PACKED: 1,
    Progress.SHIPPED: 2,
    Progress.DELIVERED: 3,
    Progress.RETURNED: 4,
}
"""How far a fill is."""

_BEFORE_PHARMACY = frozenset({OrderState.AWAITING_SCRIPT})
_PARCELS = frozenset({OrderState.AWAITING_SHIPMENT, OrderState.SHIPPED, OrderState.COMPLETED, OrderState.RETURNED})
_SENT = "Everything that was prescribed is at the pharmacy."
_SAID = "As the pharmacy said."


def settle(one: Dispatch, env: Env) -> Dispatch:
    """The order and the prescription of a fill that arrived, moved as far as all the fills of the order allow."""
    standing = [each for each in env.dispatches.of_orders((one.order,)) if each.stands]
    written = env.prescriptions.of_orders((one.order,))
    order = env.orders.get(one.order)
    if all(each.arrived for each in standing) and not any(_unsigned(each) for each in written):
        order = _advance(order, standing, env)
    _deplete(env.prescriptions.get(one.prescription), env)
    shown = _shows(order, one)
    after = evolve(env.dispatches.get(one.id), available_at=None if shown else env.clock.now() + LOOK_AGAIN)
    env.dispatches.save(after)
    return after


def _unsigned(one: Prescription) -> bool:
    return one.state is PrescriptionState.DRAFT


def _shows(order: Order, one: Dispatch) -> bool:
    """Whether the order stands where the fill's news leads, or where nobody asks for them any more."""
    return order.state not in _BEFORE_PHARMACY and _reached(order) >= RANK[one.progress]


def _reached(order: Order) -> int:
    match order.state:
        case OrderState.AWAITING_FULFILLMENT:
            return 0
        case OrderState.AWAITING_SHIPMENT:
            return RANK[Progress.PACKED]
        case OrderState.SHIPPED:
            return RANK[Progress.SHIPPED]
        case OrderState.COMPLETED if order.needs.shipment:
            return RANK[Progress.DELIVERED]
        case OrderState.AWAITING_SCRIPT:
            return -1
        case _:
            return RANK[Progress.RETURNED]


def _advance(order: Order, standing: Sequence[Dispatch], env: Env) -> Order:
    """One step after the other, as far as the slowest fill has come."""
    slowest = min(standing, key=lambda each: RANK[each.progress])
    rank = RANK[slowest.progress]
    if order.state is OrderState.AWAITING_SCRIPT:
        order = move_orders((order.id,), OrderTrigger.PRESCRIBE, env, _SENT)[0]
    if order.state is OrderState.AWAITING_FULFILLMENT and not order.needs.shipment and rank >= RANK[Progress.SHIPPED]:
        return _moved(order, OrderTrigger.FINISH, env)
    if order.state is OrderState.AWAITING_FULFILLMENT and order.needs.shipment and rank >= RANK[Progress.PACKED]:
        order = _moved(order, OrderTrigger.PACK, env)
    parcel = next((each.tracking for each in standing if each.tracking is not None), None)
    if order.state in _PARCELS and parcel is not None:
        order = _tracked(order, parcel, env)
    if order.state is OrderState.AWAITING_SHIPMENT and rank >= RANK[Progress.SHIPPED]:
        tracked = order.tracking is not None and bool(order.tracking.number)
        order = _moved(order, OrderTrigger.SHIP if tracked else OrderTrigger.SHIP_UNTRACKED, env)
    if order.state is OrderState.SHIPPED and rank == RANK[Progress.DELIVERED]:
        order = _moved(order, OrderTrigger.DELIVER, env)
    returnable = (OrderState.SHIPPED, OrderState.COMPLETED) if order.needs.shipment else ()
    if order.state in returnable and rank == RANK[Progress.RETURNED]:
        order = _moved(order, OrderTrigger.RETURN, env)
    return order


def _moved(order: Order, trigger: OrderTrigger, env: Env) -> Order:
    return move_orders((order.id,), trigger, env, _SAID)[0]


def _tracked(order: Order, parcel: Tracking, env: Env) -> Order:
    if order.tracking is not None and order.tracking.number == parcel.number:
        return order
    wish = SetTracking(order=order.id, carrier=parcel.carrier, tracking_number=parcel.number, tracking_url=parcel.url)
    return set_tracking(wish, env)


def _deplete(one: Prescription, env: Env) -> None:
    if one.state is not PrescriptionState.ACTIVE or one.next_fill is not None:
        return
    fills = [each for each in env.dispatches.of_prescriptions((one.id,)) if each.stands]
    if all(each.arrived for each in fills):
        today = local_date(env.clock.now(), env.organization.zone)
        depleted = one.moved(PrescriptionTrigger.DEPLETE, today)
        env.prescriptions.save(depleted)
        env.outbox.put(told.moved(one, depleted))


def sent_back(one: Dispatch, why: str, env: Env) -> None:
    """The pharmacy gave a fill back that it had: the order goes back to the prescriber, where it can."""
    order = env.orders.get(one.order)
    if order.state is OrderState.AWAITING_FULFILLMENT:
        move_orders((order.id,), OrderTrigger.RETURN_SCRIPT, env, why or "The pharmacy gave it back.")
