"""`hlc encryption`, and the same commands under `hlc keys`: the keys under which stored data is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from attrs import frozen

from hlc_adapters.encryption.master import new_master_key
from hlc_adapters.encryption.rotation import organizations_with_keys
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import group
from hlc_core.encryption.api import (
    DestroySpentKeys,
    EncryptionKey,
    KeyPurpose,
    KeyReport,
    KeyState,
    ListEncryptionKeys,
    ReportKeys,
    RotateKeys,
    WrapKeys,
)
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import Conflict, Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, OrganizationId
from hlc_core.kernel.text import counted

app = group("Encryption: the keys under which health and personal data is stored.")

Everywhere = Annotated[
    bool, typer.Option("--everywhere", help="Of every organization, and of the logins that belong to none.")
]


class NotWhole(Conflict):
    """After a rotation some rows are still not under the active key."""


@frozen(kw_only=True)
class Rotated:
    """What a rotation did in one organization."""

    organization: OrganizationId
    keys: tuple[EncryptionKey, ...]
    wrapped: int
    rows: int
    patients: int
    left: int
    destroyed: tuple[EncryptionKey, ...]


@app.command("rotate")
def rotate(
    context: typer.Context,
    index: Annotated[
        bool, typer.Option("--index", help="The keys of the hashes, too: patients are indexed anew.")
    ] = False,
    master: Annotated[
        bool, typer.Option("--master", help="Only wrap the keys under the first key of HLC_ENCRYPTION_KEY; quick.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="No new key: go on with what is not under the active one.")
    ] = False,
    everywhere: Everywhere = False,
) -> None:
    """Replace the key of an organization, and seal every row anew, while the service runs.

    Interrupted, `--resume` goes on where it was; so does the worker. At the end it is verified that nothing is left.
    A replaced key is destroyed an hour later, by the worker or by the next `--resume`.
    """
    desk = desk_of(context)
    purposes = () if master or resume else (KeyPurpose.BODY, KeyPurpose.INDEX) if index else (KeyPurpose.BODY,)
    done = [_rotated(desk, one, purposes, master) for one in _organizations(desk, everywhere)]
    left = [one for one in done if one.left]
    if left:
        raise NotWhole(
            "Some rows are not under the active key yet; others may be writing.",
            *(
                Fault(one.organization, f"{counted(one.left, 'row')}: run `hlc keys rotate --resume` again")
                for one in left
            ),
        )
    desk.out.items(
        done,
        ("organization", "new keys", ">wrapped anew", ">rows sealed anew", ">patients indexed anew", "destroyed"),
        lambda one: (
            one.organization,
            [key.id for key in one.keys],
            one.wrapped,
            one.rows,
            one.patients,
            [key.id for key in one.destroyed],
        ),
    )


@app.command("report")
def report(context: typer.Context, everywhere: Everywhere = False) -> None:
    """Which keys are in use, how many rows are under each, and what the hashes tell somebody without a key."""
    desk = desk_of(context)
    reports = [
        (one, desk.services.application.ask(ReportKeys(), _as(desk, one))) for one in _organizations(desk, everywhere)
    ]
    if desk.out.json:
        desk.out.data({"items": [{"organization": one, "report": found} for one, found in reports]})
        return
    for organization, found in reports:
        desk.out.say(f"Organization {organization}")
        _show(desk, found)


@app.command("status")
def status(context: typer.Context) -> None:
    """The keys of the organization, and how many rows are not under the active one yet."""
    desk = desk_of(context)
    keys = desk.ask(ListEncryptionKeys())
    left = desk.services.rotation.left(desk.organization.id)
    if desk.out.json:
        desk.out.data({"keys": list(keys), "left": left})
        return
    desk.out.items(keys, *_KEYS, "No key yet: the first one is made with the first sealed row.")
    rest = f"{counted(left, 'row is', 'rows are')} not under the active key."
    desk.out.say(rest if left else "Every row is under the active key.")


@app.command("new-key")
def new_encryption_key(context: typer.Context) -> None:
    """Make a master key. It is shown once and kept nowhere: put it into HLC_ENCRYPTION_KEY, and a copy elsewhere."""
    out = desk_of(context).out
    key = new_master_key()
    if out.json:
        out.data({"key": key})
        return
    out.plain(key)
    out.note("Set it as HLC_ENCRYPTION_KEY. To replace a master key: HLC_ENCRYPTION_KEY=NEW,OLD and")
    out.note("`hlc keys rotate --master --everywhere`; then OLD may go. Without the key nothing can be read again.")


def also_under(keys: typer.Typer) -> None:
    """The same commands in the group of keys, where they are looked for."""
    keys.command("rotate")(rotate)
    keys.command("report")(report)
    keys.command("new-encryption-key")(new_encryption_key)


def _rotated(desk: Desk, organization: OrganizationId, purposes: Sequence[KeyPurpose], master: bool) -> Rotated:
    execute, envelope = desk.services.application.execute, _as(desk, organization)
    if master:
        wrapped = execute(WrapKeys(), envelope)
        return Rotated(organization=organization, keys=(), wrapped=wrapped, rows=0, patients=0, left=0, destroyed=())
    wanted = tuple(one for one in purposes if organization != PLATFORM or one is KeyPurpose.BODY)
    made = execute(RotateKeys(purposes=wanted), envelope) if wanted else ()
    with desk.out.progress(f"Rows of {organization}") as progress:
        turn = desk.services.rotation.run(organization, progress)
    patients = desk.services.index_patients(envelope)
    destroyed = execute(DestroySpentKeys(), envelope)
    return Rotated(
        organization=organization,
        keys=made,
        wrapped=0,
        rows=turn.rows,
        patients=patients,
        left=turn.left,
        destroyed=destroyed,
    )


def _organizations(desk: Desk, everywhere: bool) -> Sequence[OrganizationId]:
    return organizations_with_keys(desk.services.backend) if everywhere else (desk.organization.id,)


def _as(desk: Desk, organization: OrganizationId) -> Envelope:
    """The operator in that organization; beyond the chosen one it is the machine's own work."""
    if organization == desk.organization.id:
        return desk.operator
    machine = desk.machine
    return evolve(machine, actor=evolve(machine.actor, organization=organization))


_KEYS = (
    ("key", "state", "made", "replaced", "destroyed", "master"),
    lambda key: (key.id, key.state, key.made_at, key.replaced_at, key.destroyed_at, key.master),
)


def _show(desk: Desk, found: KeyReport) -> None:
    out = desk.out
    out.items(found.keys, *_KEYS, "No key yet: the first one is made with the first sealed row.")
    out.table(
        ("table", "body key", ">rows"),
        [(one.table, f"body-{one.number:04x}" if one.number else "in the clear", one.rows) for one in found.tallies],
    )
    out.table(
        ("hashes", ">rows", ">different", ">most frequent", "what they tell without a key"),
        [(f"{one.table}.{one.column}", one.rows, one.distinct, one.most_frequent, one.tells) for one in found.leaks],
    )
    dead = [key for key in found.keys if key.state is KeyState.DESTROYED and found.under(key.number)]
    for key in dead:
        out.say(f"Rows are under {key.id}, which is destroyed: they cannot be read.")
