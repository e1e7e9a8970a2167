"""`hlc dispatches`: the way of each fill to its pharmacy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hlc_adapters.pharmacies.documents import as_pdf
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import DispatchId
from hlc_core.prescriptions.api import (
    AcknowledgeDispatch,
    CancelDispatch,
    DispatchCard,
    DispatchState,
    GetDispatch,
    ListDispatches,
    PrintPrescription,
    RetryDispatch,
)

app = group("Dispatches: the way of each fill to its pharmacy.")

Id = Annotated[str, typer.Argument(metavar="DISPATCH", help="The dispatch's id.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[list[DispatchState] | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Dispatches, newest first, and why each is where it is."""
    desk = desk_of(context)
    after = None if cursor is None else DispatchId(cursor)
    desk.out.page(
        desk.ask(ListDispatches(states=tuple(state or ()), after=after, limit=limit)),
        ("status", "pharmacy", ">fill", "progress", ">tries", "why", "id"),
        lambda one: (one.status, one.pharmacy, one.fill, one.progress, one.attempts, one.because, one.id),
        "Nothing was dispatched.",
    )


@app.command()
def show(context: typer.Context, dispatch: Id) -> None:
    """One dispatch."""
    desk = desk_of(context)
    show_dispatch(desk, desk.ask(GetDispatch(dispatch=DispatchId(dispatch))))


@app.command()
def run(context: typer.Context) -> None:
    """Take what waits to the pharmacies now, as the worker does."""
    desk = desk_of(context)
    carried = 0
    while done := desk.services.dispatch_due(desk.machine):
        carried += done
    desk.out.record({"carried": carried}, (("carried", carried),))


@app.command()
def retry(context: typer.Context, dispatch: Id) -> None:
    """Send a failed one again, under the same id; the pharmacy is asked first whether it has it."""
    desk = desk_of(context)
    desk.execute(RetryDispatch(dispatch=DispatchId(dispatch)))
    show_dispatch(desk, desk.ask(GetDispatch(dispatch=DispatchId(dispatch))), "Queued again.")


@app.command()
def acknowledge(context: typer.Context, dispatch: Id) -> None:
    """The pharmacy said, by whatever way, that it has it."""
    desk = desk_of(context)
    desk.execute(AcknowledgeDispatch(dispatch=DispatchId(dispatch)))
    show_dispatch(desk, desk.ask(GetDispatch(dispatch=DispatchId(dispatch))), "Acknowledged.")


@app.command()
def cancel(
    context: typer.Context,
    dispatch: Id,
    reason: Annotated[str, typer.Option(help="Why; asked for what may have arrived.")] = "",
) -> None:
    """Let it stand for nothing; tell the pharmacy, if it may have it."""
    desk = desk_of(context)
    desk.execute(CancelDispatch(dispatch=DispatchId(dispatch), reason=reason))
    show_dispatch(desk, desk.ask(GetDispatch(dispatch=DispatchId(dispatch))), "Cancelled.")


@app.command("print")
def print_(
    context: typer.Context,
    dispatch: Id,
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="Where the print goes.")],
) -> None:
    """The prescription as a PDF to print. The file is personal."""
    desk = desk_of(context)
    content = as_pdf(desk.ask(PrintPrescription(dispatch=DispatchId(dispatch))))
    file.touch(mode=0o600)
    file.write_bytes(content)
    desk.out.record({"file": str(file), "bytes": len(content)}, (("file", str(file)), ("bytes", len(content))))


def show_dispatch(desk: Desk, card: DispatchCard, sentence: str = "") -> None:
    """One dispatch, for every command that ends with one."""
    parcel = card.tracking
    desk.out.record(
        card,
        (
            ("dispatch", card.id),
            ("status", card.status),
            ("", card.because),
            ("pharmacy", card.pharmacy),
            ("fill", card.fill),
            ("prescription", card.prescription),
            ("order", card.order),
            ("tries", card.attempts),
            ("last answer", " ".join(word for word in (card.code, card.error) if word) or None),
            ("reference", card.reference or None),
            ("progress", card.progress),
            ("tracking", None if parcel is None else f"{parcel.carrier} {parcel.number}"),
            ("sent", card.sent_at),
            ("acknowledged", card.acknowledged_at),
            ("looked at next", card.next_look_at),
            ("can be moved by", card.actions),
        ),
        sentence,
    )
