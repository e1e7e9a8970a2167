"""`hlc doctor`: what must be true of the books, checked on the live database, and repaired where it can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_core.invariants.api import NAMES, Finding, Outcome, Repaired
from hlc_core.kernel.errors import Conflict, Fault
from hlc_core.kernel.text import counted

WRONG = 5
"""The exit code when something is not as it must be: that of a conflict."""

_WORDS = {
    Outcome.REPAIRED: "It was repaired.",
    Outcome.REMAINS: "It was repaired in vain.",
    Outcome.NEEDS_A_PERSON: "Somebody has to act.",
}


class BooksDisagree(Conflict):
    """Something that must be true of the books is not."""


def doctor(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How far back the gateways' books are read.", min=1, max=400)] = 35,
    full: Annotated[
        bool,
        typer.Option("--full", help="Open every sealed row, not only some of each table, and look at all persons."),
    ] = False,
    settle: Annotated[
        int, typer.Option(help="Seconds that a payment must have rested before it is compared with them.", min=0)
    ] = 60,
    repair: Annotated[
        bool, typer.Option("--repair", help="Do what needs no person, by the use cases that do it anyway.")
    ] = False,
) -> None:
    """Check the database, its migrations, and everything that must be true of money and lifecycles.

    Each finding names the rows, what it means, what to do, and whether --repair can do it. Without it nothing is
    changed. Whatever is still wrong at the end makes the exit code 5.
    """
    desk = desk_of(context)
    if repair:
        done = desk.services.repair(desk.operator, settle_seconds=settle, days=days)
        left = [one for one in done if one.outcome is not Outcome.REPAIRED]
        _tell(desk, done, [_repaired(one) for one in left], [_repaired(one) for one in done if one not in left])
        return
    found = desk.services.check_invariants(desk.operator, settle_seconds=settle, days=days, full=full)
    _tell(desk, found, [_found(one) for one in found], ())


def _tell(desk: Desk, findings: Sequence[Finding | Repaired], wrong: Sequence[Fault], mended: Sequence[Fault]) -> None:
    if desk.out.json:
        desk.out.data({"checked": list(NAMES), "findings": list(findings)})
        if wrong:
            raise typer.Exit(WRONG)
        return
    for fault in mended:
        desk.out.say(f"{fault.field}: {fault.message}")
    if wrong:
        raise BooksDisagree(f"{counted(len(wrong), 'thing is not as it', 'things are not as they')} must be.", *wrong)
    desk.out.say(f"The database is migrated, and all {len(NAMES)} things that must be true of the books are.")


def _found(finding: Finding) -> Fault:
    can = " `hlc doctor --repair` can do it." if finding.repair is not None else ""
    return Fault(_name(finding), f"{finding.means} {finding.remedy}{can}")


def _repaired(done: Repaired) -> Fault:
    why = f" ({done.why})" if done.why else ""
    remedy = "" if done.outcome is Outcome.REPAIRED else f" {done.finding.remedy}"
    return Fault(_name(done.finding), f"{done.finding.means} {_WORDS[done.outcome]}{why}{remedy}")


def _name(finding: Finding) -> str:
    return f"{finding.invariant} ({', '.join(finding.subjects)})"
