"""How the queue follows its sources, in the transaction that changes them. Batch shaped: a statement, not a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hlc_core.intake.api import IntakeCompleted
from hlc_core.invoicing.api import InvoicePaid, InvoiceRefunded
from hlc_core.kernel.evolve import evolve
from hlc_core.orders.api import Order, OrderState, OrderStatusUpdated
from hlc_core.provider_queue.leaving import Leaving, leave
from hlc_core.provider_queue.machine import ItemTrigger
from hlc_core.provider_queue.model import Flag, QueueItem, Readiness
from hlc_core.provider_queue.ports import Env
from hlc_core.provider_queue.queueing import queue_invoices, queue_refills, readiness_of, refresh_answers
from hlc_core.refills.api import RefillEvent, RefillState

ENDS = {
    OrderState.AWAITING_FULFILLMENT: ItemTrigger.PRESCRIBE,
    OrderState.REJECTED: ItemTrigger.DECLINE,
    OrderState.CANCELLED: ItemTrigger.REMOVE,
}
"""Where an order goes when its prescription was dealt with. REFUNDED is none of them: money moves no item."""


REFILL_ENDS = {
    RefillState.COMPLETED: ItemTrigger.COMPLETE,
    RefillState.DECLINED: ItemTrigger.DECLINE,
    RefillState.CANCELLED: ItemTrigger.REMOVE,
}
"""How the end of a refill ends its item."""


def invoices_paid(paid: Sequence[InvoicePaid], env: Env) -> None:
    """What was paid and has to be prescribed waits from now on."""
    queue_invoices(env.invoices.many([event.invoice for event in paid]), env)


def invoices_refunded(refunded: Sequence[InvoiceRefunded], env: Env) -> None:
    """Money that went back is flagged, and takes nothing out: that is for a person to decide."""
    fully = [event.invoice for event in refunded if event.fully]
    for item in env.queue_items.open_of(fully) if fully else ():
        if Flag.REFUNDED not in item.flags:
            env.queue_items.save(evolve(item, flags=(*item.flags, Flag.REFUNDED)))


def orders_moved(moved: Sequence[OrderStatusUpdated], env: Env) -> None:
    """An order that was prescribed, rejected or cancelled takes its items along; any other move is only noted."""
    orders = [order for order in env.orders.many(dict.fromkeys(event.order for event in moved)) if _concerns(order)]
    if not orders:
        return
    items = _items_of(orders, env)
    leavings = []
    for order in orders:
        trigger = ENDS.get(order.state)
        for item in items.get(order.id, ()):
            if trigger is not None:
                leavings.append(Leaving(item=item, trigger=trigger, reason=_why(order)))
            elif order.state is not OrderState.REFUNDED:
                _note(item, readiness_of(order, ()), env)
    if leavings:
        leave(leavings, env)


def intakes_completed(completed: Sequence[IntakeCompleted], env: Env) -> None:
    """What a patient answered is shown with what waits for the order."""
    refresh_answers(tuple(dict.fromkeys(event.order for event in completed)), env)


def refills_seen(seen: Sequence[RefillEvent], env: Env) -> None:
    """A refill that is due waits for a provider, approved or not."""
    queue_refills(env.refills.many(dict.fromkeys(event.refill for event in seen)), env)


def refills_ended(ended: Sequence[RefillEvent], env: Env) -> None:
    """A refill that was completed, declined or cancelled takes its item along."""
    refills = {refill.id: refill for refill in env.refills.many(dict.fromkeys(event.refill for event in ended))}
    leavings = []
    for item in env.queue_items.open_of(refills):
        refill = None if item.refill is None else refills.get(item.refill)
        trigger = None if refill is None else REFILL_ENDS.get(refill.state)
        if refill is not None and trigger is not None:
            leavings.append(Leaving(item=item, trigger=trigger, reason=refill.reason))
    if leavings:
        leave(leavings, env)


def _concerns(order: Order) -> bool:
    return order.needs.prescription or order.queued_for_provider is not None


def _items_of(orders: Sequence[Order], env: Env) -> dict[str, list[QueueItem]]:
    owners: dict[str, str] = {order.id: order.id for order in orders}
    owners |= {order.invoice: order.id for order in orders if order.invoice is not None}
    found: dict[str, list[QueueItem]] = {}
    for item in _open(owners, env):
        found.setdefault(owners[item.subject], []).append(item)
    return found


def _open(subjects: Iterable[str], env: Env) -> Sequence[QueueItem]:
    return env.queue_items.open_of(subjects)


def _why(order: Order) -> str:
    return order.history[-1].reason if order.history else ""


def _note(item: QueueItem, readiness: Readiness, env: Env) -> None:
    if item.readiness is not readiness:
        env.queue_items.save(evolve(item, readiness=readiness))
