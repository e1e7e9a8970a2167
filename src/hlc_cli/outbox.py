"""`hlc outbox`: stored events on their way to the outside world."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Limit, group
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.text import counted

app = group("Outbox: stored events whose delivery to the outside world was given up.")


@app.command()
def parked(context: typer.Context, limit: Limit = 50) -> None:
    """Events whose delivery was given up, oldest first."""
    desk = desk_of(context)
    desk.out.items(
        desk.services.deliveries.parked(desk.organization.id, limit),
        ("event", "at", ">attempts", "error", "subject", "id"),
        lambda one: (one.name, one.at, one.attempts, one.error, one.subject, one.id),
        "Nothing is parked.",
    )


@app.command()
def retry(
    context: typer.Context,
    events: Annotated[list[str] | None, typer.Argument(help="Ids of parked events; none: all of them.")] = None,
) -> None:
    """Let parked events be tried again from the start."""
    desk = desk_of(context)
    deliveries, clinic = desk.services.deliveries, desk.organization.id
    wanted = events or [one.id for one in deliveries.parked(clinic, 1000)]
    count = deliveries.unpark(clinic, wanted, desk.services.clock.now())
    if events and count < len(events):
        raise Missing("Not all of these events are parked.", Fault("events", f"{count} of {len(events)} were retried"))
    desk.out.record({"retried": count}, (), f"{counted(count, 'event')} will be tried again.")
