"""`hlc drugs`: the drug catalog."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import DrugId
from hlc_core.prescriptions.api import (
    AddDrug,
    ChangeDrug,
    Drug,
    DrugLabel,
    DrugSchedule,
    GetDrug,
    ListDrugs,
    RestoreDrug,
    WithdrawDrug,
)

app = group("Drugs: what can be prescribed, and how it is proposed. `hlc import drugs` takes a file.")

Id = Annotated[str, typer.Argument(metavar="DRUG", help="The drug's id.")]
Name = Annotated[str, typer.Option(help="On the label; products map to it by this.")]
Compound = Annotated[str, typer.Option(help="What is behind it.")]
Strength = Annotated[str, typer.Option(help="Such as 2.5 mg/mL.")]
Form = Annotated[str, typer.Option(help="Such as tablet, vial, cream.")]
Schedule = Annotated[DrugSchedule, typer.Option(help="How the law controls it.")]
Directions = Annotated[str, typer.Option(help="What is proposed to the prescriber.")]
Quantity = Annotated[int, typer.Option(help="How much one fill has.")]
UnitOf = Annotated[str, typer.Option(help="Such as tablets, mL.")]
Days = Annotated[int, typer.Option("--days-supply", help="How long one fill lasts.")]
Refills = Annotated[int, typer.Option(help="How many refills are proposed.")]
Code = Annotated[str, typer.Option(help="An NDC such as 0002-1506-80.")]


@app.command("list")
def list_(
    context: typer.Context,
    active: Annotated[bool, typer.Option("--active", help="Only those that can be prescribed.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """The catalog, in the order of its making."""
    desk = desk_of(context)
    after = None if cursor is None else DrugId(cursor)
    desk.out.page(
        desk.ask(ListDrugs(active_only=active, after=after, limit=limit)),
        ("name", "strength", "form", "schedule", ">days", ">refills", "active", "id"),
        lambda one: (
            one.label.name,
            one.label.strength,
            one.label.form,
            one.label.schedule,
            one.label.days_supply,
            one.label.refills,
            "" if one.active else "withdrawn",
            one.id,
        ),
        "No drug is in the catalog; `hlc import drugs` takes a file.",
    )


@app.command()
def show(context: typer.Context, drug: Id) -> None:
    """One drug."""
    desk = desk_of(context)
    _show(desk, desk.ask(GetDrug(drug=DrugId(drug))))


@app.command()
def add(
    context: typer.Context,
    name: Name,
    compound: Compound,
    strength: Strength,
    form: Form,
    schedule: Schedule = DrugSchedule.NONE,
    directions: Directions = "",
    quantity: Quantity = 1,
    unit: UnitOf = "",
    days_supply: Days = 30,
    refills: Refills = 0,
    code: Code = "",
) -> None:
    """A new drug."""
    desk = desk_of(context)
    label = DrugLabel(
        name=name,
        compound=compound,
        strength=strength,
        form=form,
        schedule=schedule,
        directions=directions,
        quantity=quantity,
        unit=unit,
        days_supply=days_supply,
        refills=refills,
        code=code,
    )
    _show(desk, desk.execute(AddDrug(label=label)), "Added.")


@app.command()
def change(
    context: typer.Context,
    drug: Id,
    name: Annotated[str | None, typer.Option(help="On the label; products map to it by this.")] = None,
    compound: Annotated[str | None, typer.Option(help="What is behind it.")] = None,
    strength: Annotated[str | None, typer.Option(help="Such as 2.5 mg/mL.")] = None,
    form: Annotated[str | None, typer.Option(help="Such as tablet, vial, cream.")] = None,
    schedule: Annotated[DrugSchedule | None, typer.Option(help="How the law controls it.")] = None,
    directions: Annotated[str | None, typer.Option(help="What is proposed to the prescriber.")] = None,
    quantity: Annotated[int | None, typer.Option(help="How much one fill has.")] = None,
    unit: Annotated[str | None, typer.Option(help="Such as tablets, mL.")] = None,
    days_supply: Annotated[int | None, typer.Option(help="How long one fill lasts.")] = None,
    refills: Annotated[int | None, typer.Option(help="How many refills are proposed.")] = None,
    code: Annotated[str | None, typer.Option(help="An NDC such as 0002-1506-80.")] = None,
) -> None:
    """Change what is said about a drug; what is left out stays. Prescriptions that were written keep what they say."""
    desk = desk_of(context)
    old = desk.ask(GetDrug(drug=DrugId(drug))).label
    label = DrugLabel(
        name=old.name if name is None else name,
        compound=old.compound if compound is None else compound,
        strength=old.strength if strength is None else strength,
        form=old.form if form is None else form,
        schedule=schedule or old.schedule,
        directions=old.directions if directions is None else directions,
        quantity=old.quantity if quantity is None else quantity,
        unit=old.unit if unit is None else unit,
        days_supply=old.days_supply if days_supply is None else days_supply,
        refills=old.refills if refills is None else refills,
        code=old.code if code is None else code,
    )
    _show(desk, desk.execute(ChangeDrug(drug=DrugId(drug), label=label)), "Changed.")


@app.command()
def withdraw(context: typer.Context, drug: Id) -> None:
    """Prescribe it no more."""
    desk = desk_of(context)
    _show(desk, desk.execute(WithdrawDrug(drug=DrugId(drug))), "Withdrawn.")


@app.command()
def restore(context: typer.Context, drug: Id) -> None:
    """Prescribe it again."""
    desk = desk_of(context)
    _show(desk, desk.execute(RestoreDrug(drug=DrugId(drug))), "Restored.")


def _show(desk: Desk, drug: Drug, sentence: str = "") -> None:
    label = drug.label
    desk.out.record(
        drug,
        (
            ("drug", label.name),
            ("id", drug.id),
            ("compound", label.compound),
            ("strength", label.strength),
            ("form", label.form),
            ("schedule", label.schedule),
            ("directions", label.directions),
            ("quantity", f"{label.quantity} {label.unit}".strip()),
            ("days supply", label.days_supply),
            ("refills", label.refills),
            ("code", label.code or None),
            ("active", drug.active),
        ),
        sentence,
    )
