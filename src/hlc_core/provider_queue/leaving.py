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

OUTCOMES = {
    ItemTrigger.PRESCRIBE: ScriptOutcome.PRESCRIBED,
    ItemTrigger.DECLINE: ScriptOutcome.DECLINED,
    ItemTrigger.REMOVE: ScriptOutcome.REMOVED,
}
"""What the invoice keeps of each way out; a refill is completed by itself."""


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
    unqueue_orders([OrderId(one.item.subject) for one in leavings if one.item.source is ItemSource.ORDER], env)
    return gone


def _leave(leaving: Leaving, env: Env) -> QueueItem:
    ending = Ending(at=env.clock.now(), by=env.actor.id, reason=leaving.reason)
    gone = leaving.item.ended(leaving.trigger, ending)
    env.queue_items.save(gone)
    env.outbox.put(events.left(gone, leaving.trigger))
    return gone
