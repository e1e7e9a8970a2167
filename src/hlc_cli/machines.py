"""`hlc machines`: the lifecycles, drawn and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_cli.output import Output
from hlc_core.invariants.api import moves_follow_their_machine
from hlc_core.kernel.errors import Conflict, Fault, Missing
from hlc_core.kernel.machine import AnyMachine
from hlc_core.kernel.text import counted
from hlc_core.registry import MACHINES

app = group("Machines: the lifecycles as tables. They say what can be done, and what cannot.")

MOVES = moves_follow_their_machine.__name__

Name = Annotated[str, typer.Argument(help="Its name, as `hlc machines list` has it.")]


class BooksDisagree(Conflict):
    """Stored states or moves are not in the tables."""


@app.command("list")
def list_(context: typer.Context) -> None:
    """All lifecycles."""
    out = desk_of(context).out
    if out.json:
        out.data({"items": [_as_data(machine) for machine in MACHINES]})
        return
    out.table(
        ("name", "begins", ">states", ">edges", "ends"),
        [(one.name, one.initial, len(one.states), len(one.rules), tuple(sorted(one.final))) for one in MACHINES],
    )


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """One lifecycle as its table: from, on what, to, under which condition, by whom."""
    _show(desk_of(context).out, _named(name))


@app.command()
def draw(context: typer.Context, name: Name) -> None:
    """One lifecycle as a Mermaid diagram."""
    out, machine = desk_of(context).out, _named(name)
    if out.json:
        out.data({"name": machine.name, "mermaid": machine.mermaid()})
    else:
        out.plain(machine.mermaid())


@app.command()
def check(context: typer.Context) -> None:
    """Compare every stored state and move of the clinic with the tables."""
    desk = desk_of(context)
    found = [one for one in desk.services.check_invariants(desk.operator) if one.invariant == MOVES]
    if found:
        raise BooksDisagree(
            f"{counted(len(found), 'lifecycle is', 'lifecycles are')} not as the tables allow.",
            *(Fault(" ".join(one.subjects), f"{one.means} {one.remedy}") for one in found),
        )
    desk.out.record({"findings": []}, (), "Every stored state and move is as the tables allow.")


def _show(out: Output, machine: AnyMachine) -> None:
    if out.json:
        out.data(_as_data(machine))
        return
    out.table(
        ("from", "on", "to", "if", "may", "causes"),
        [
            (
                rule.source,
                f"{rule.trigger} (by hand)" if rule.manual else rule.trigger,
                rule.target,
                rule.guard.__name__.replace("_", " ") if rule.guard else "",
                rule.permission or "HLC",
                rule.causes,
            )
            for rule in machine.rules
        ],
    )
    notes = [(state, note.waits_for, note.staff, note.deadline_days) for state, note in machine.notes.items()]
    if notes:
        out.table(("state", "waits for", "means", ">late after days"), notes)


def _as_data(machine: AnyMachine) -> dict[str, object]:
    rules: Sequence[dict[str, object]] = [
        {
            "from": rule.source,
            "trigger": rule.trigger,
            "to": rule.target,
            "guard": rule.guard.__name__ if rule.guard else None,
            "permission": rule.permission,
            "manual": rule.manual,
            "causes": rule.causes,
        }
        for rule in machine.rules
    ]
    return {
        "name": machine.name,
        "initial": machine.initial,
        "final": sorted(machine.final),
        "states": list(machine.states),
        "rules": rules,
    }


def _named(name: str) -> AnyMachine:
    found = next((machine for machine in MACHINES if machine.name == name.strip().replace("-", "_").lower()), None)
    if found is None:
        names = ", ".join(machine.name for machine in MACHINES)
        raise Missing(f"There is no lifecycle {name!r}.", Fault("name", f"one of: {names}"))
    return found
