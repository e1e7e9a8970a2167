"""`hlc prescriptions`: what was prescribed, and what holds it up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.dispatches import show_dispatch
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import DrugId, OrderId, PatientId, PrescriptionId, SubscriptionId
from hlc_core.orders.api import GetOrder
from hlc_core.prescriptions.api import (
    AskRenewal,
    BlockKind,
    CancelPrescription,
    CloseBlock,
    DispatchFill,
    DraftPrescription,
    GetDispatch,
    GetPrescription,
    HoldPrescription,
    ListPrescriptions,
    OpenBlock,
    Prescribe,
    PrescriptionCard,
    PrescriptionState,
    ProposePrescriptions,
    ReleasePrescription,
    ScriptItem,
    ShowToCarePortals,
    SignPrescription,
)

app = group("Prescriptions: written on an approved decision, filled at a pharmacy.")

Word = Annotated[str, typer.Argument(metavar="PRESCRIPTION", help="Its Rx number (RX-…) or id.")]
OrderWord = Annotated[str, typer.Argument(metavar="ORDER", help="The order's number (R-…) or id.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Prescriber = Annotated[str, typer.Option(help="The name on the print.")]
Pharmacy = Annotated[str, typer.Option(help="Who fills it; else the organization's.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[list[PrescriptionState] | None, typer.Option(help="Only these.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id).")] = None,
    order: Annotated[str | None, typer.Option(help="Only this order's (number or id).")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Prescriptions, newest first."""
    desk = desk_of(context)
    page = desk.ask(
        ListPrescriptions(
            states=tuple(state or ()),
            patient=None if patient is None else PatientId(patient),
            order=None if order is None else _order(desk, order),
            after=None if cursor is None else PrescriptionId(cursor),
            limit=limit,
        )
    )
    desk.out.page(
        page,
        ("number", "state", "drug", ">fills left", "until", "blocked by", "patient"),
        lambda card: (
            card.prescription.number,
            card.state,
            f"{card.prescription.medicine.name} {card.prescription.medicine.strength}",
            card.fills_left,
            card.prescription.expires_on,
            ", ".join(block.kind for block in card.open_blocks),
            card.prescription.patient,
        ),
        "Nothing was prescribed.",
    )


@app.command()
def show(context: typer.Context, prescription: Word) -> None:
    """One prescription, its fills, and what can be done with it."""
    desk = desk_of(context)
    _show(desk, desk.ask(GetPrescription(prescription=prescription)))


@app.command()
def propose(context: typer.Context, order: OrderWord) -> None:
    """What could be prescribed for an order, and whether an approval is in force."""
    desk = desk_of(context)
    found = desk.ask(ProposePrescriptions(order=_order(desk, order)))
    desk.out.record(
        found,
        (
            ("order", found.order),
            ("approved", found.approved),
            ("drugs", tuple(f"{one.label.name} {one.label.strength} ({one.id})" for one in found.drugs)),
            ("prescribed already", found.standing),
        ),
    )


@app.command()
def prescribe(
    context: typer.Context,
    order: OrderWord,
    drug: Annotated[list[str] | None, typer.Option(help="A drug's id; else what the products map to.")] = None,
    prescriber: Prescriber = "",
    pharmacy: Pharmacy = "",
) -> None:
    """Prescribe and send everything that an approved order needs, as the catalog proposes."""
    desk = desk_of(context)
    items = tuple(ScriptItem(drug=DrugId(one)) for one in drug or ())
    wish = Prescribe(order=_order(desk, order), items=items, prescriber=prescriber, pharmacy=pharmacy)
    for one in desk.execute(wish):
        _show(desk, desk.ask(GetPrescription(prescription=one.id)), "Prescribed; a worker sends it.")


@app.command()
def draft(
    context: typer.Context,
    order: OrderWord,
    drug: Annotated[str, typer.Argument(help="The drug's id.")],
    directions: Annotated[str | None, typer.Option(help="Else as the catalog proposes.")] = None,
    quantity: Annotated[int | None, typer.Option(help="Else as the catalog proposes.")] = None,
    days_supply: Annotated[int | None, typer.Option(help="Else as the catalog proposes.")] = None,
    refills: Annotated[int | None, typer.Option(help="Else as the catalog proposes.")] = None,
    expires: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its last day.")] = None,
    prescriber: Prescriber = "",
) -> None:
    """Write a prescription without signing it."""
    desk = desk_of(context)
    item = ScriptItem(
        drug=DrugId(drug),
        directions=directions,
        quantity=quantity,
        days_supply=days_supply,
        refills=refills,
        expires_on=None if expires is None else expires.date(),
    )
    made = desk.execute(DraftPrescription(order=_order(desk, order), item=item, prescriber=prescriber))
    _show(desk, desk.ask(GetPrescription(prescription=made.id)), "Written; it has to be signed.")


@app.command()
def sign(context: typer.Context, prescription: Word) -> None:
    """Sign a draft: from now on it may be filled."""
    desk = desk_of(context)
    desk.execute(SignPrescription(prescription=_id(desk, prescription)))
    _show(desk, desk.ask(GetPrescription(prescription=prescription)), "Signed.")


@app.command()
def dispatch(
    context: typer.Context,
    prescription: Word,
    order: Annotated[str | None, typer.Option(help="For which order; else its own.")] = None,
    pharmacy: Pharmacy = "",
) -> None:
    """Send the next fill."""
    desk = desk_of(context)
    wanted = None if order is None else _order(desk, order)
    made = desk.execute(DispatchFill(prescription=_id(desk, prescription), order=wanted, pharmacy=pharmacy))
    show_dispatch(desk, desk.ask(GetDispatch(dispatch=made.id)), "Queued; a worker sends it.")


@app.command()
def hold(context: typer.Context, prescription: Word, reason: Reason = "") -> None:
    """Let nothing be dispatched."""
    desk = desk_of(context)
    desk.execute(HoldPrescription(prescription=_id(desk, prescription), reason=reason))
    _show(desk, desk.ask(GetPrescription(prescription=prescription)), "On hold.")


@app.command()
def release(context: typer.Context, prescription: Word) -> None:
    """Let it be filled again."""
    desk = desk_of(context)
    desk.execute(ReleasePrescription(prescription=_id(desk, prescription)))
    _show(desk, desk.ask(GetPrescription(prescription=prescription)), "Released.")


@app.command()
def cancel(context: typer.Context, prescription: Word, reason: Reason = "") -> None:
    """End it; what a pharmacy has is withdrawn by hand."""
    desk = desk_of(context)
    desk.execute(CancelPrescription(prescription=_id(desk, prescription), reason=reason))
    _show(desk, desk.ask(GetPrescription(prescription=prescription)), "Cancelled.")


@app.command()
def block(
    context: typer.Context,
    prescription: Word,
    kind: Annotated[BlockKind, typer.Argument(help="What has to be settled.")],
    note: Annotated[str, typer.Option(help="More about it.")] = "",
) -> None:
    """Something has to be settled before the next fill goes out."""
    desk = desk_of(context)
    desk.execute(OpenBlock(prescription=_id(desk, prescription), kind=kind, note=note))
    _show(desk, desk.ask(GetPrescription(prescription=prescription)), "Noted.")


@app.command()
def unblock(
    context: typer.Context,
    prescription: Word,
    number: Annotated[int, typer.Argument(help="The block's number, as `show` has it.")],
    answer: Annotated[str, typer.Option(help="How it was settled.")] = "",
) -> None:
    """It is settled; what waited for the last one goes out."""
    desk = desk_of(context)
    desk.execute(CloseBlock(prescription=_id(desk, prescription), number=number, answer=answer))
    _show(desk, desk.ask(GetPrescription(prescription=prescription)), "Settled.")


@app.command()
def renewal(
    context: typer.Context, subscription: Annotated[str, typer.Argument(help="The subscription's id.")]
) -> None:
    """May this subscription be charged again, as far as care is concerned?"""
    desk = desk_of(context)
    found = desk.ask(AskRenewal(subscription=SubscriptionId(subscription)))
    desk.out.record(
        found,
        (
            ("subscription", found.subscription),
            ("permitted", found.permitted),
            ("why not", found.for_staff or None),
            ("the patient reads", found.for_patient or None),
        ),
    )


@app.command()
def careportals(context: typer.Context, prescription: Word) -> None:
    """`prescription.created` as CarePortals is told it."""
    desk = desk_of(context)
    told = desk.ask(ShowToCarePortals(prescription=_id(desk, prescription)))
    desk.out.record(told, tuple(told.items()))


def _order(desk: Desk, word: str) -> OrderId:
    return desk.ask(GetOrder(order=word)).order.id


def _id(desk: Desk, word: str) -> PrescriptionId:
    return desk.ask(GetPrescription(prescription=word)).prescription.id


def _show(desk: Desk, card: PrescriptionCard, sentence: str = "") -> None:
    one = card.prescription
    desk.out.record(
        card,
        (
            ("prescription", one.number),
            ("id", one.id),
            ("state", card.state),
            ("", card.for_staff),
            ("patient", one.patient),
            ("order", one.order),
            ("drug", f"{one.medicine.name} {one.medicine.strength}, {one.medicine.form}"),
            ("quantity", f"{one.quantity} {one.unit} for {one.days_supply} days"),
            ("directions", one.directions),
            ("fills left", card.fills_left),
            ("until", one.expires_on),
            ("approved by", f"{one.approval.clinician} ({one.approval.licence.state} {one.approval.licence.number})"),
            ("decision", f"{one.approval.decision}, revision {one.approval.revision}"),
            ("to be settled", tuple(f"{b.number}: {b.kind} {b.note}".strip() for b in card.open_blocks)),
            ("fills", tuple(f"{d.fill}: {d.status} at {d.pharmacy} ({d.id})" for d in card.dispatches)),
            ("can be moved by", card.actions),
        ),
        sentence,
    )
