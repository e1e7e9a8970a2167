"""`hlc doctor`: what must be true of the books, checked on the live database."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_core.invariants.api import NAMES
from hlc_core.kernel.errors import Conflict, Fault


class BooksDisagree(Conflict):
    """Something that must be true of the books is not."""


def doctor(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How far back the gateways' books are read.", min=1, max=400)] = 35,
    full: Annotated[bool, typer.Option("--full", help="Open every sealed row, not only some of each table.")] = False,
) -> None:
    """Check the database, its migrations, and everything that must be true of money and lifecycles.

    Nothing is changed. Each finding names the rows, what it means, and what to do.
    """
    desk = desk_of(context)
    found = desk.services.check_invariants(desk.operator, days=days, full=full)
    if found:
        raise BooksDisagree(
            f"{len(found)} things are not as they must be.",
            *(Fault(f"{one.invariant} ({', '.join(one.subjects)})", f"{one.means} {one.remedy}") for one in found),
        )
    desk.out.record(
        {"checked": list(NAMES), "findings": []},
        (),
        f"The database is migrated, and all {len(NAMES)} things that must be true of the books are.",
    )
