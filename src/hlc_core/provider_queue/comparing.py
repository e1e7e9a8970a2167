"""Whether the projection says what its sources say, and mending it where it does not.

An item waits exactly while its source gives a reason: a paid invoice whose prescription is not dealt with, a refill
that is due and not decided, an order with an administrator's flag. Source: spec/care, Provider queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from hlc_core.invoicing.api import Invoice, ScriptOutcome
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.ids import InvoiceId, OrderId, QueueItemId, RefillId
from hlc_core.kernel.paging import limited
from hlc_core.orders.api import Order
from hlc_core.provider_queue.leaving import Leaving, leave
from hlc_core.provider_queue.machine import ItemTrigger
from hlc_core.provider_queue.model import ItemSource, QueueItem
from hlc_core.provider_queue.ports import Env
from hlc_core.provider_queue.queueing import REFILLS_SEEN, queue_invoices, queue_refills
from hlc_core.provider_queue.reactions import REFILL_ENDS
from hlc_core.provider_queue.usecases import queued_item
from hlc_core.refills.api import Refill

_TRIGGERS = {
    ScriptOutcome.PRESCRIBED: ItemTrigger.PRESCRIBE,
    ScriptOutcome.DECLINED: ItemTrigger.DECLINE,
    ScriptOutcome.REMOVED: ItemTrigger.REMOVE,
}


class Side(StrEnum):
    """From where the comparison looks: each source, and the projection itself."""

    INVOICES = "invoices"
    REFILLS = "refills"
    ORDERS = "orders"
    ITEMS = "items"


class DifferenceKind(StrEnum):
    """What is wrong."""

    MISSING = "missing"
    STRAY = "stray"


@frozen(kw_only=True)
class Difference:
    """`missing`: the source gives a reason to wait, and no item does. `stray`: an item waits without a reason."""

    kind: DifferenceKind
    source: ItemSource
    subject: str
    item: QueueItemId | None = None


@frozen(kw_only=True)
class Compared:
    """One page of the comparison; `next` is where to go on."""

    looked_at: int
    differences: tuple[Difference, ...]
    next: str | None


@frozen(kw_only=True)
class CompareQueue(Query[Compared]):
    """Compare one page of a side with the other side."""

    side: Side
    cursor: str | None = None
    limit: int = 200


def compare_queue(query: CompareQueue, env: Env) -> Compared:
    """Refuses: Invalid (limit)."""
    room = limited(query.limit)
    if query.side is Side.ITEMS:
        items = env.queue_items.all_open(None if query.cursor is None else QueueItemId(query.cursor), room)
        strays = tuple(_difference(DifferenceKind.STRAY, item) for item in items if not _has_reason(item, env))
        return Compared(looked_at=len(items), differences=strays, next=items[-1].id if len(items) == room else None)
    if query.side is Side.INVOICES:
        rows: Sequence[Invoice | Order | Refill] = env.invoices.awaiting_script(_invoice(query.cursor), room)
        source = ItemSource.INVOICE
    elif query.side is Side.REFILLS:
        after = None if query.cursor is None else RefillId(query.cursor)
        rows, source = env.refills.page(tuple(sorted(REFILLS_SEEN)), after, room), ItemSource.REFILL
    else:
        rows = env.orders.queued(None if query.cursor is None else OrderId(query.cursor), room)
        source = ItemSource.ORDER
    standing = {item.subject for item in env.queue_items.open_of([row.id for row in rows])} if rows else set()
    missing = tuple(
        Difference(kind=DifferenceKind.MISSING, source=source, subject=row.id) for row in rows if row.id not in standing
    )
    return Compared(looked_at=len(rows), differences=missing, next=rows[-1].id if len(rows) == room else None)


@frozen(kw_only=True)
class MendQueue(Command[int]):
    """Bring the projection to what its sources say, for these differences; what is right by now is left alone."""

    differences: tuple[Difference, ...]


def mend_queue(command: MendQueue, env: Env) -> int:
    """How many were mended."""
    mended = 0
    for one in command.differences:
        if one.kind is DifferenceKind.STRAY:
            item = None if one.item is None else env.queue_items.find(one.item)
            if item is not None and item.open and not _has_reason(item, env):
                leave((Leaving(item=item, trigger=_trigger(item, env), reason="Its source had ended."),), env)
                mended += 1
        elif one.source is ItemSource.INVOICE:
            found = env.invoices.many([InvoiceId(one.subject)])
            mended += len(queue_invoices(found, env))
        elif one.source is ItemSource.REFILL:
            mended += len(queue_refills(env.refills.many([RefillId(one.subject)]), env))
        else:
            order = env.orders.find(OrderId(one.subject))
            waits = order is not None and order.queued_for_provider is not None
            if order is not None and waits and not env.queue_items.open_of([order.id]):
                queued_item(order, env)
                mended += 1
    return mended


def _has_reason(item: QueueItem, env: Env) -> bool:
    if item.source is ItemSource.INVOICE:
        invoice = env.invoices.find(InvoiceId(item.subject))
        return invoice is not None and invoice.awaits_script
    if item.source is ItemSource.ORDER:
        order = env.orders.find(OrderId(item.subject))
        return order is not None and order.queued_for_provider is not None
    refill = env.refills.find(RefillId(item.subject))
    return refill is not None and refill.state in REFILLS_SEEN


def _trigger(item: QueueItem, env: Env) -> ItemTrigger:
    if item.source is ItemSource.REFILL:
        refill = env.refills.find(RefillId(item.subject))
        return ItemTrigger.REMOVE if refill is None else REFILL_ENDS[refill.state]
    invoice = env.invoices.find(InvoiceId(item.subject)) if item.source is ItemSource.INVOICE else None
    outcome = None if invoice is None else invoice.prescribing.outcome
    return ItemTrigger.REMOVE if outcome is None else _TRIGGERS[outcome]


def _difference(kind: DifferenceKind, item: QueueItem) -> Difference:
    return Difference(kind=kind, source=item.source, subject=item.subject, item=item.id)


def _invoice(cursor: str | None) -> InvoiceId | None:
    return None if cursor is None else InvoiceId(cursor)
