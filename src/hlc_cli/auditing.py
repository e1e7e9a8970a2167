"""`hlc audit`: who did what."""

from __future__ import annotations

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.audit.api import ListAuditEntries

app = group("Audit: who did what, and what was refused to whom.")


@app.command("list")
def list_(context: typer.Context, limit: Limit = 20, cursor: Cursor = None) -> None:
    """Commands, newest first, with what they asked (without free text) and what they wrote."""
    desk = desk_of(context)
    page = desk.ask(ListAuditEntries(cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("at", "who", "command", "outcome", "wrote"),
        lambda one: (one.at, f"{one.actor_kind} {one.actor}", one.command, one.outcome, one.written),
    )
