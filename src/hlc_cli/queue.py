"""`hlc queue`: what waits for a prescriber."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_adapters.projection import compare_all, mend_all
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.errors import Conflict, Fault
from hlc_core.kernel.ids import PatientId, QueueItemId
from hlc_core.kernel.text import counted
from hlc_core.orders.api import GetOrder
from hlc_core.provider_queue.api import (
    Answered,
    CountQueue,
    DeclineItem,
    ExplainInvoice,
    GetQueueItem,
    HoldKind,
    ItemSource,
    ItemState,
    ListQueue,
    MarkPrescribed,
    QueueDetail,
    QueueOrder,
    Readiness,
    ReleaseItem,
    RemoveItem,
)

app = group("Provider queue: what waits for a prescriber, and how it leaves.")

Item = Annotated[str, typer.Argument(metavar="ITEM", help="The id of the item (qi_…).")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept.")]


class NotInStep(Conflict):
    """The queue and its sources do not say the same."""


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[ItemState, typer.Option(help="Which.")] = ItemState.WAITING,
    source: Annotated[ItemSource | None, typer.Option(help="Only what waits for this.")] = None,
    readiness: Annotated[Readiness | None, typer.Option(help="Only these.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id).")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """What waits, oldest first."""
    desk = desk_of(context)
    who = None if patient is None else PatientId(patient)
    query = ListQueue(state=state, source=source, readiness=readiness, patient=who, cursor=cursor, limit=limit)
    desk.out.page(
        desk.ask(query),
        ("id", "label", "readiness", "since", "patient", "treatment", ">amount", "order", "invoice", "to settle"),
        lambda card: (
            card.item.id,
            card.label,
            card.item.readiness,
            card.item.due_at,
            card.patient_name,
            card.item.treatment.medication,
            card.amount,
            card.order_number,
            card.invoice_number,
            tuple(hold.kind for hold in card.item.open_holds) or tuple(card.item.flags),
        ),
        "Nothing is here.",
    )


@app.command()
def count(context: typer.Context) -> None:
    """How much waits."""
    desk = desk_of(context)
    counted = desk.ask(CountQueue())
    desk.out.record(counted, (("waiting", counted.waiting), ("ready", counted.ready), ("withheld", counted.withheld)))


@app.command()
def show(context: typer.Context, item: Item) -> None:
    """One item, with what a prescriber needs. The read is recorded."""
    desk = desk_of(context)
    _show(desk, desk.ask(GetQueueItem(item=QueueItemId(item))))


@app.command()
def prescribed(
    context: typer.Context,
    item: Item,
    note: Annotated[str, typer.Option(help="Such as the number in the other system.")] = "",
) -> None:
    """Say that it was prescribed and sent."""
    desk = desk_of(context)
    left = desk.execute(MarkPrescribed(item=QueueItemId(item), note=note))
    _show(desk, desk.ask(GetQueueItem(item=left.id)), "It was prescribed.")


@app.command()
def decline(context: typer.Context, item: Item, reason: Reason) -> None:
    """Do not prescribe it; nothing is sent."""
    desk = desk_of(context)
    left = desk.execute(DeclineItem(item=QueueItemId(item), reason=reason))
    _show(desk, desk.ask(GetQueueItem(item=left.id)), "It was declined.")


@app.command()
def remove(context: typer.Context, item: Item, reason: Reason) -> None:
    """Take it off the queue; the order stays where it is."""
    desk = desk_of(context)
    left = desk.execute(RemoveItem(item=QueueItemId(item), reason=reason))
    _show(desk, desk.ask(GetQueueItem(item=left.id)), "It was removed.")


@app.command()
def release(
    context: typer.Context,
    item: Item,
    hold: Annotated[HoldKind, typer.Argument(help="What is settled.")],
    answer: Annotated[str, typer.Option("--answer", help="What was found.")],
) -> None:
    """Say that what withholds it is settled."""
    desk = desk_of(context)
    settled = desk.execute(ReleaseItem(item=QueueItemId(item), hold=hold, answer=answer))
    _show(desk, desk.ask(GetQueueItem(item=settled.id)), f"It is {settled.state}.")


@app.command()
def add(
    context: typer.Context,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's number (R-…) or id.")],
    reason: Reason,
) -> None:
    """Put an order that awaits its prescription before a provider."""
    desk = desk_of(context)
    id = desk.ask(GetOrder(order=order)).order.id
    queued = desk.execute(QueueOrder(order=id, reason=reason))
    _show(desk, desk.ask(GetQueueItem(item=queued.id)), "It waits for a provider.")


@app.command()
def explain(
    context: typer.Context,
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="Its number (INV-…) or id.")],
) -> None:
    """Why is this invoice not queued?"""
    desk = desk_of(context)
    told = desk.ask(ExplainInvoice(invoice=invoice))
    sentence = "It waits for a prescriber." if told.waits else "It does not wait for a prescriber:"
    facts = [(one.reason, f"{one.means} {one.remedy}") for one in told.obstacles]
    desk.out.record(told, (("invoice", told.number), ("item", told.item), *facts), sentence)


@app.command()
def rebuild(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="Only say what differs; exit 5 if anything does.")] = False,
) -> None:
    """Compare the queue with invoices, refills and orders, and mend what differs."""
    desk = desk_of(context)
    found = compare_all(desk.ask)
    mended = 0 if check else mend_all(found, desk.execute)
    desk.out.items(
        found,
        ("difference", "source", "subject", "item"),
        lambda one: (one.kind, one.source, one.subject, one.item),
        "The queue says what its sources say.",
    )
    if check and found:
        raise NotInStep(f"{counted(len(found), 'difference')}.", Fault("queue", "run `hlc queue rebuild` to mend them"))
    if mended:
        desk.out.say(f"{mended} mended.")


def _show(desk: Desk, detail: QueueDetail, sentence: str = "") -> None:
    card = detail.card
    item, treatment = card.item, card.item.treatment
    desk.out.record(
        detail,
        (
            ("item", item.id),
            ("label", card.label),
            ("state", item.state),
            ("readiness", item.readiness),
            ("clinic", card.clinic),
            ("patient", f"{card.patient_name or 'unknown here'} ({item.patient})"),
            ("treatment", " ".join(part for part in (treatment.medication, treatment.plan) if part)),
            ("product", treatment.product),
            ("known from", treatment.taken_from),
            ("GLP-1, last 30 days", treatment.glp1_last_30),
            ("which", treatment.glp1_type),
            ("invoice", card.invoice_number),
            ("order", card.order_number),
            ("amount", card.amount),
            ("since", item.due_at),
            ("queued because", item.reason),
            ("to settle", tuple(f"{hold.kind}: {hold.task}" for hold in item.open_holds)),
            ("flags", item.flags),
            ("left", None if item.ending is None else item.ending.at),
            ("by", None if item.ending is None else item.ending.by),
            ("because", None if item.ending is None else item.ending.reason),
            ("answers", tuple(f"{one.key}: {one.value}" for one in _answers(detail))),
            ("note", detail.soap_note),
            ("can be", item.allowed()),
        ),
        sentence,
    )


def _answers(detail: QueueDetail) -> tuple[Answered, ...]:
    return (*detail.answers, *(one for document in detail.documents for one in document.answers))
