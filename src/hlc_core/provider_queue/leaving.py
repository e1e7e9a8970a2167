"""The only ways out of the queue: prescribed, declined, removed, completed. No event of a payment is among them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.invoicing.api import Processing, ScriptOutcome, process_prescriptions
from hlc_core.kernel.ids import InvoiceId, OrderId
from hlc_core.orders.api import unqueue_orders
from hlc_core.provider_queue import events
from hlc_core.provider_queue.machine import ItemTrigger
from hlc_core.provider_queue.model import Ending, ItemSource, QueueItem
from hlc_core.provider_queue.ports import Env
from hlc_core.refills.api import CancelRefill, cancel_refill

OUTCOMES = {
    ItemTrigger.PRESCRIBE: ScriptOutcome.PRESCRIBED,
    ItemTrigger.DECLINE: ScriptOutcome.DECLINED,
    ItemTrigger.REMOVE: ScriptOutcome.REMOVED,
}
"""What the invoice keeps of each way out; a refill is completed by itself."""


_NOTHING_SENT = frozenset({ItemTrigger.DECLINE, ItemTrigger.REMOVE})


@frozen(kw_only=True)
class Leaving:
    """An item that goes, how, and why."""

    item: QueueItem
    trigger: ItemTrigger
    reason: str = ""


def leave(leavings: Sequence[Leaving], env: Env) -> tuple[QueueItem, ...]:
    """The items as they left, in order; invoices and orders that they stood for are told in the same transaction.

    Refuses: IllegalTransition, GuardRefused (completed, and no refill).
    """
    gone = tuple(_leave(one, env) for one in leavings)
    done = [
        Processing(invoice=InvoiceId(one.item.subject), outcome=OUTCOMES[one.trigger])
        for one in leavings
        if one.item.source is ItemSource.INVOICE and one.trigger in OUTCOMES
    ]
    known = {one.id for one in env.invoices.many([each.invoice for each in done])} if done else set()
    process_prescriptions([each for each in done if each.invoice in known], env)
    _cancel_planned([one for one in leavings if one.trigger in _NOTHING_SENT], env)
    unqueue_orders([OrderId(one.item.subject) for one in leavings if one.item.source is ItemSource.ORDER], env)
    return gone


def _cancel_planned(leavings: Sequence[Leaving], env: Env) -> None:
    """What was not prescribed has no refills: those that were planned with its invoice will not come."""
    paid = [InvoiceId(one.item.subject) for one in leavings if one.item.source is ItemSource.INVOICE]
    for refill in env.refills.of_invoices(paid) if paid else ():
        if not refill.ended and refill.dispatch is None and refill.prescription is None:
            cancel_refill(CancelRefill(refill=refill.id, reason="Its plan was not prescribed."), env)


def _leave(leaving: Leaving, env: Env) -> QueueItem:
    ending = Ending(at=env.clock.now(), by=env.actor.id, reason=leaving.reason)
    gone = leaving.item.ended(leaving.trigger, ending)
    env.queue_items.save(gone)
    env.outbox.put(events.left(gone, leaving.trigger))
    return gone
