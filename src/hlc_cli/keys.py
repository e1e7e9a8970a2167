"""`hlc keys`: keys for the API."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import group

app = group("Keys for the API.")


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
