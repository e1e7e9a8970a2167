"""`hlc keys`: keys for the API."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_core.identity.api import ListApiKeys, MakeApiKey, RevokeApiKey
from hlc_core.kernel.ids import ApiKeyId

app = group("Keys for the API: of the settings (`new`), and stored ones with scopes (`make`).")


class KeyKind(StrEnum):
    """Whom a key lets in. The key of a patient also names the patient: see the guide on HTTP."""

    STAFF = "staff"
    SYSTEM = "system"


def new_key(kind: str) -> str:
    """A fresh key of 256 random bits."""
    return f"hlc_{kind}_{secrets.token_urlsafe(32)}"


@app.command()
def new(
    context: typer.Context,
    kind: Annotated[KeyKind, typer.Option(help="Whom it lets in.")] = KeyKind.STAFF,
) -> None:
    """Make a key. It is shown once and kept nowhere: put it into HLC_API_KEYS of the service."""
    out = desk_of(context).out
    key = new_key(kind)
    if out.json:
        out.data({"key": key})
        return
    out.plain(key)
    out.note(f"Add it to HLC_API_KEYS (parted by commas); where there are several clinics as {kind}:CLINIC:KEY.")
    out.note("Send it as `Authorization: Bearer …`.")


@app.command()
def auth(context: typer.Context) -> None:
    """Make a key for HLC_AUTH_KEY, from which codes, links and tokens are derived. Keep it; it is shown once."""
    out = desk_of(context).out
    key = secrets.token_urlsafe(48)
    if out.json:
        out.data({"key": key})
        return
    out.plain(key)
    out.note("Put it into HLC_AUTH_KEY of the service and of the worker. Another one ends every sign-in and link.")


@app.command()
def make(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="A permission key that it holds; once for each.")],
    days: Annotated[int, typer.Option(help="How long it lasts; 0 for ever.")] = 365,
) -> None:
    """Make a stored key for a program of the clinic. It is shown this once."""
    desk = desk_of(context)
    made = desk.execute(MakeApiKey(name=name, scopes=tuple(scope), days=days or None))
    if desk.out.json:
        desk.out.data({"key": made.key, "apiKey": made.api_key})
        return
    desk.out.plain(made.key)
    desk.out.note(f"{made.api_key.id}: send it as `Authorization: Bearer …`; `hlc keys revoke` ends it.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """The stored keys of the clinic, newest first."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListApiKeys()),
        ("name", "scopes", "made", "until", "last used", "revoked", "id"),
        lambda one: (one.name, one.scopes, one.made_at, one.expires_at, one.used_at, one.revoked_at, one.id),
        "No stored keys: `hlc keys make NAME --scope …`.",
    )


@app.command()
def revoke(context: typer.Context, key: Annotated[str, typer.Argument(help="The id of the key.")]) -> None:
    """End a stored key, at once."""
    desk = desk_of(context)
    ended = desk.execute(RevokeApiKey(key=ApiKeyId(key)))
    if desk.out.json:
        desk.out.data({"id": ended.id, "revokedAt": ended.revoked_at})
    desk.out.say(f"{ended.name} lets nobody in any more.")
