"""`hlc refills`: the further fills of prescriptions and plans."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import PatientId, RefillId
from hlc_core.refills.api import (
    ApproveRefill,
    CancelRefill,
    CompleteRefill,
    DeclineRefill,
    GetRefill,
    ListRefills,
    RefillCard,
    RefillState,
    SendRefill,
)

app = group("Refills: the further fills of prescriptions and plans, due by date.")

Id = Annotated[str, typer.Argument(metavar="REFILL", help="The refill's id.")]
Reason = Annotated[str, typer.Option(help="Why.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[list[RefillState] | None, typer.Option(help="Only these.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id).")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Refills, newest first, and what each waits for."""
    desk = desk_of(context)
    after = None if cursor is None else RefillId(cursor)
    who = None if patient is None else PatientId(patient)
    desk.out.page(
        desk.ask(ListRefills(states=tuple(state or ()), patient=who, after=after, limit=limit)),
        ("state", "due", ">fill", "why", "patient", "id"),
        lambda card: (
            card.state,
            card.refill.due_on,
            card.refill.fill,
            card.because,
            card.refill.patient,
            card.refill.id,
        ),
        "No refill is planned.",
    )


@app.command()
def show(context: typer.Context, refill: Id) -> None:
    """One refill, both of its gates, and what can be done with it."""
    desk = desk_of(context)
    _show(desk, refill)


@app.command()
def run(context: typer.Context) -> None:
    """Look at what is due now, as the worker does."""
    desk = desk_of(context)
    expired, due = desk.services.move_refills(desk.machine)
    desk.out.record({"due": due, "expired": expired}, (("fell due", due), ("prescriptions expired", expired)))


@app.command()
def approve(context: typer.Context, refill: Id) -> None:
    """A provider approves it; its prescription has to allow it."""
    desk = desk_of(context)
    desk.execute(ApproveRefill(refill=RefillId(refill)))
    _show(desk, refill, "Approved.")


@app.command()
def send(
    context: typer.Context,
    refill: Id,
    pharmacy: Annotated[str, typer.Option(help="Who fills it; else the organization's.")] = "",
) -> None:
    """Send an approved one."""
    desk = desk_of(context)
    desk.execute(SendRefill(refill=RefillId(refill), pharmacy=pharmacy))
    _show(desk, refill, "Queued; a worker sends it.")


@app.command()
def complete(context: typer.Context, refill: Id, reason: Reason = "") -> None:
    """It was given by another way."""
    desk = desk_of(context)
    desk.execute(CompleteRefill(refill=RefillId(refill), reason=reason))
    _show(desk, refill, "Completed.")


@app.command()
def decline(context: typer.Context, refill: Id, reason: Reason = "") -> None:
    """A provider says no; nothing is sent."""
    desk = desk_of(context)
    desk.execute(DeclineRefill(refill=RefillId(refill), reason=reason))
    _show(desk, refill, "Declined.")


@app.command()
def cancel(context: typer.Context, refill: Id, reason: Reason = "") -> None:
    """It will not come."""
    desk = desk_of(context)
    desk.execute(CancelRefill(refill=RefillId(refill), reason=reason))
    _show(desk, refill, "Cancelled.")


def _show(desk: Desk, id: str, sentence: str = "") -> None:
    card: RefillCard = desk.ask(GetRefill(refill=RefillId(id)))
    one = card.refill
    desk.out.record(
        card,
        (
            ("refill", one.id),
            ("state", card.state),
            ("", card.because),
            ("due", one.due_on),
            ("fill", one.fill),
            ("patient", one.patient),
            ("prescription", one.prescription),
            ("invoice", one.invoice),
            ("subscription", one.subscription),
            ("order", one.order),
            ("dispatch", one.dispatch),
            ("payment", f"{one.payment}: {one.payment_note}"),
            ("clinical", f"{one.clinical}: {one.clinical_note}"),
            ("can be moved by", card.actions),
        ),
        sentence,
    )
