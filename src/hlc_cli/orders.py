"""`hlc orders`: what was bought, and where it is on its way."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import OrderId, PatientId
from hlc_core.orders.api import (
    GetOrder,
    LateOrders,
    ListOrders,
    MoveOrder,
    Order,
    OrderCard,
    OrderState,
    OrderTrigger,
    SetTracking,
)

app = group("Orders: what was bought, and where it is on its way.")

Word = Annotated[str, typer.Argument(metavar="ORDER", help="Its number (R-…) or id.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[OrderState | None, typer.Option(help="Only these.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id); all states.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only those that somebody is late with, oldest first.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Orders, newest first."""
    desk = desk_of(context)
    if late:
        page = desk.ask(LateOrders(cursor=cursor, limit=limit))
    else:
        who = None if patient is None else PatientId(patient)
        page = desk.ask(ListOrders(state=state, patient=who, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("number", "state", "waits for", "until", "late", "from", ">total", "placed", "patient"),
        lambda card: (
            card.order.number,
            card.order.state,
            card.waits_for,
            card.order.deadline,
            "late" if card.late else "",
            card.order.source.context,
            card.order.amounts.total,
            card.order.placed_at,
            card.order.contact.name,
        ),
    )


@app.command()
def show(context: typer.Context, order: Word) -> None:
    """One order, and what can be done with it."""
    desk = desk_of(context)
    _show(desk, desk.ask(GetOrder(order=order)))


@app.command()
def move(
    context: typer.Context,
    order: Word,
    trigger: Annotated[OrderTrigger, typer.Argument(help="What happened; `hlc orders show` names what is possible.")],
    reason: Annotated[str, typer.Option(help="Why; exceptional steps ask for it.")] = "",
    expected: Annotated[OrderState | None, typer.Option(help="Refuse, if the order stands elsewhere by now.")] = None,
) -> None:
    """Move an order along one of its declared edges."""
    desk = desk_of(context)
    id = _id(desk, order)
    moved = desk.execute(MoveOrder(order=id, trigger=trigger, reason=reason, expected=expected))
    _show(desk, desk.ask(GetOrder(order=moved.id)), f"Moved to {moved.state}.")


@app.command()
def track(
    context: typer.Context,
    order: Word,
    carrier: Annotated[str, typer.Argument(help="Who carries the parcel.")],
    number: Annotated[str, typer.Argument(help="The tracking number.")],
    url: Annotated[str, typer.Option(help="Where it can be followed.")] = "",
) -> None:
    """Say how the parcel can be followed; the state stays."""
    desk = desk_of(context)
    command = SetTracking(order=_id(desk, order), carrier=carrier, tracking_number=number, tracking_url=url)
    tracked = desk.execute(command)
    _show(desk, desk.ask(GetOrder(order=tracked.id)), "The parcel can be followed.")


def _id(desk: Desk, order: str) -> OrderId:
    return desk.ask(GetOrder(order=order)).order.id


def _show(desk: Desk, card: OrderCard, sentence: str = "") -> None:
    order = card.order
    desk.out.record(
        card,
        (
            ("order", order.number),
            ("id", order.id),
            ("state", order.state),
            ("waits for", card.waits_for),
            ("until", order.deadline),
            ("late", "yes" if card.late else None),
            ("patient", f"{order.contact.name} ({order.patient})"),
            ("lines", tuple(f"{line.quantity} x {line.name}" for line in order.lines)),
            ("total", order.amounts.total),
            ("paid", order.paid),
            ("from", order.source.context),
            ("placed", order.placed_at),
            ("subscriptions", order.subscriptions),
            ("invoice", order.invoice),
            *_parcel(order),
            ("recovery", None if order.recovery is None else order.recovery.status),
            ("can be moved by", tuple(_action(action.trigger, action.asks_reason) for action in card.actions)),
        ),
        sentence,
    )


def _parcel(order: Order) -> tuple[tuple[str, object], ...]:
    if order.tracking is None:
        return ()
    parcel = order.tracking
    return (
        ("tracking", " ".join(word for word in (parcel.carrier, parcel.number, parcel.url) if word)),
        ("shipped", parcel.shipped_at),
    )


def _action(trigger: OrderTrigger, asks_reason: bool) -> str:
    return f"{trigger} (with --reason)" if asks_reason else trigger
