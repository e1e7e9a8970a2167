"""Putting an order before a provider, and taking it from there: for the provider queue, which answers for who may."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrderId
from hlc_core.orders.errors import NotForAProvider
from hlc_core.orders.machine import OrderState
from hlc_core.orders.model import Order, Queueing
from hlc_core.orders.ports import Env


def queue_order(id: OrderId, reason: str, env: Env) -> Order:
    """The order with the flag and its reason; one that has it stays as it is.

    Refuses: Missing, NotForAProvider (it does not stand in AWAITING_SCRIPT).
    """
    order = env.orders.get(id)
    if order.queued_for_provider is not None:
        return order
    if order.state is not OrderState.AWAITING_SCRIPT:
        raise NotForAProvider(
            f"The order is {order.state}; only one that awaits its prescription can be put before a provider.",
            Fault("order", "in AWAITING_SCRIPT"),
        )
    queueing = Queueing(reason=reason, by=env.actor.id, at=env.clock.now())
    queued = evolve(order, queued_for_provider=queueing)
    env.orders.save(queued)
    return queued


def unqueue_orders(orders: Sequence[OrderId], env: Env) -> tuple[Order, ...]:
    """The orders without the flag. Refuses: Missing."""
    env.orders.many(orders)
    return tuple(_unqueue(env.orders.get(order), env) for order in orders)


def _unqueue(order: Order, env: Env) -> Order:
    if order.queued_for_provider is None:
        return order
    taken = evolve(order, queued_for_provider=None)
    env.orders.save(taken)
    return taken
