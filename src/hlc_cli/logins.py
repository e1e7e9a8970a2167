"""`hlc logins`: how people prove who they are, and who tried to."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_core.identity.api import (
    ListLoginAttempts,
    LoginOutcome,
    ResetSecondFactor,
    SendReset,
    set_password,
    user_named,
)
from hlc_core.kernel.ids import LoginAttemptId

app = group("Sign-ins: who tried, passwords, lost second factors. `hlc sessions` has who is in.")

Person = Annotated[str, typer.Argument(help="Their address, or their id.")]


@app.command("list")
def list_(
    context: typer.Context,
    outcome: Annotated[LoginOutcome | None, typer.Option(help="Only those that ended so.")] = None,
    person: Annotated[str, typer.Option(help="Only those of this address or id.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 200.")] = 50,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Go on behind this, as the last page said.")] = None,
) -> None:
    """Tries to sign in at the clinic, newest first."""
    desk = desk_of(context)
    user = user_named(person, desk.services.porter) if person else None
    after = None if cursor is None else LoginAttemptId(cursor)
    page = desk.ask(ListLoginAttempts(outcome=outcome, user=user, cursor=after, limit=limit))
    desk.out.page(
        page,
        ("at", "outcome", "user", "address", "device", "new device"),
        lambda one: (one.at, one.outcome, one.user, one.origin.address, one.origin.agent, one.new_device),
        "Nobody tried to sign in.",
    )


@app.command("set-password")
def set_password_(
    context: typer.Context,
    person: Person,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the standard input, without asking.")] = False,
) -> None:
    """Set somebody's password; all their sign-ins end. For the first one, and when no mail arrives."""
    desk = desk_of(context)
    user = user_named(person, desk.services.porter)
    if stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    set_password(user, password, desk.services.porter, person)
    if desk.out.json:
        desk.out.data({"user": user})
    desk.out.say("The password is set; every sign-in of the person was ended.")


@app.command("send-reset")
def send_reset(context: typer.Context, person: Person) -> None:
    """Mail a person of the clinic a link to set their password."""
    desk = desk_of(context)
    reset = desk.execute(SendReset(user=user_named(person, desk.services.porter)))
    if desk.out.json:
        desk.out.data({"reset": reset})
    desk.out.say("The link goes out with the next turn of the worker.")


@app.command("reset-2fa")
def reset_2fa(context: typer.Context, person: Person) -> None:
    """Take away a lost authenticator app, and forget wrong codes; the clinic's own rules stay."""
    desk = desk_of(context)
    had = desk.execute(ResetSecondFactor(user=user_named(person, desk.services.porter)))
    if desk.out.json:
        desk.out.data({"reset": had})
    desk.out.say("It was taken away." if had else "There was none.")
