"""`hlc sessions`: who is signed in, and ending it."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_core.identity.api import ListSessions, RevokeSessions, user_named
from hlc_core.kernel.ids import SessionId

app = group("Who is signed in, and ending it.")

Person = Annotated[str, typer.Argument(help="Their address, or their id.")]


@app.command("list")
def list_(
    context: typer.Context,
    person: Person,
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 200.")] = 50,
) -> None:
    """The sign-ins of a person at the clinic, newest first."""
    desk = desk_of(context)
    found = desk.ask(ListSessions(user=user_named(person, desk.services.porter), limit=limit))
    desk.out.items(
        found,
        ("state", "since", "last used", "until", "address", "2FA", "id"),
        lambda one: (
            one.state,
            one.opened_at,
            one.used_at,
            one.ends_at,
            one.address,
            one.second_factor,
            one.id,
        ),
        "That person never signed in here.",
    )


@app.command()
def revoke(
    context: typer.Context,
    person: Person,
    session: Annotated[str, typer.Option(help="Only this one.")] = "",
) -> None:
    """End the sign-ins of a person at the clinic, at once."""
    desk = desk_of(context)
    user = user_named(person, desk.services.porter)
    ended = desk.execute(RevokeSessions(user=user, session=SessionId(session) if session else None))
    if desk.out.json:
        desk.out.data({"ended": ended})
    desk.out.say(f"Ended: {ended}.")
