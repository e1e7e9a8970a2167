"""`hlc audit`: who did what, whether that is still as it was recorded, and taking it along."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hlc_adapters.auditing import ExportForm, export, verify
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.audit.api import GetCheckpoint, ListAllAuditEntries, ListAllMoves, ListAuditEntries, ListMoves, Outcome
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import Fault, Invalid, Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId
from hlc_core.kernel.text import counted
from hlc_core.kernel.time import zone

app = group("Audit: who did what, what was refused to whom, who read what; and whether that record was touched.")

ActorOption = Annotated[str | None, typer.Option("--actor", help="Only what this actor did.")]
CommandOption = Annotated[str | None, typer.Option("--command", help="Only this command or question: MoveOrder.")]
OutcomeOption = Annotated[Outcome | None, typer.Option("--outcome", help="Only what ended so.")]
SubjectOption = Annotated[str | None, typer.Option("--subject", help="Only what wrote or showed this id.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="From this time on: 2026-01-31 or 2026-01-31T08:00.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Before this time.")]
AcrossOption = Annotated[
    bool, typer.Option("--across", help="Only what somebody did who acted beyond their own organizations.")
]
ImpersonatedOption = Annotated[
    bool, typer.Option("--impersonated", help="Only what was done on behalf of somebody else.")
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Also what was done on behalf of somebody else, which clinics do not see.")
]
PlatformOption = Annotated[
    bool, typer.Option("--platform", help="The record of what belongs to no clinic: passwords, lists of all clinics.")
]


@app.command("list")
def list_(
    context: typer.Context,
    actor: ActorOption = None,
    command: CommandOption = None,
    outcome: OutcomeOption = None,
    subject: SubjectOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    all_: AllOption = False,
    impersonated: ImpersonatedOption = False,
    across: AcrossOption = False,
    platform: PlatformOption = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Commands and reads of health data, newest first, with what they asked (without free text), wrote and showed."""
    desk = desk_of(context)
    envelope, hours = _whose(desk, platform)
    kept = _only(all_, impersonated)
    page = desk.services.application.ask(
        evolve(
            kept, actor=_actor(actor), command=command, outcome=outcome, subject=subject,
            since=_instant(hours, "--since", since), until=_instant(hours, "--until", until), across=across,
            limit=limit, cursor=cursor,
        ),
        envelope,
    )  # fmt: skip
    desk.out.page(
        page,
        ("at", "who", "on behalf of", "command", "outcome", "wrote or showed"),
        lambda one: (
            one.at, f"{one.actor_kind} {one.actor}", one.on_behalf_of, one.command, one.outcome,
            one.written or one.shown,
        ),
    )  # fmt: skip


@app.command()
def moves(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="The id of an order, an invoice, a session or anything with a state.")],
    all_: AllOption = False,
) -> None:
    """Every move of one thing through its states, oldest first."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListAllMoves(subject=subject) if all_ else ListMoves(subject=subject)),
        ("at", "from", "to", "by", "on behalf of", "command"),
        lambda one: (one.at, one.source, one.target, one.actor, one.on_behalf_of, one.cause),
        "Nothing of that name ever moved.",
    )


@app.command("verify")
def verify_(
    context: typer.Context,
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", help="A line of `hlc audit checkpoint` that was kept elsewhere.")
    ] = None,
    platform: PlatformOption = False,
) -> None:
    """Whether the record is as it was sealed: finds every edit, deletion, insertion and reordering. Ends with 1 if not.

    What was recorded in the last minutes is not sealed yet; that the end was not cut off is shown by a checkpoint only.
    """
    desk = desk_of(context)
    found = verify(desk.services.application, _whose(desk, platform)[0], checkpoint)
    if desk.out.json:
        desk.out.data(found)
    else:
        desk.out.say(
            f"{counted(found.entries, 'entry', 'entries')} under {counted(found.seals, 'seal')}; "
            f"{counted(found.waiting, 'is', 'are')} not sealed yet."
        )
        if not found.signed:
            desk.out.say("The seals are not signed: set HLC_AUDIT_KEY.")
        desk.out.table(
            ("breach", "seal", "entry"), ((one.breach, one.seal, one.entry) for one in found.broken)
        ) if found.broken else desk.out.say("Nothing was touched.")
    if not found.sound:
        raise typer.Exit(1)


@app.command()
def checkpoint(context: typer.Context, platform: PlatformOption = False) -> None:
    """The end of the chain as it stands: keep the line where the keepers of the database cannot change it."""
    desk = desk_of(context)
    found = desk.services.application.ask(GetCheckpoint(), _whose(desk, platform)[0])
    if found is None:
        raise Unavailable("Nothing is sealed yet.", Fault("sealing", "`hlc worker` seals what is two minutes old"))
    if desk.out.json:
        desk.out.data(found)
    else:
        desk.out.plain(str(found))


@app.command("export")
def export_(
    context: typer.Context,
    form: Annotated[ExportForm, typer.Option("--format", help="A table for spreadsheets, or JSON lines.")] = (
        ExportForm.CSV
    ),
    out: Annotated[Path | None, typer.Option("--out", help="Into this file; else to the standard output.")] = None,
    actor: ActorOption = None,
    command: CommandOption = None,
    outcome: OutcomeOption = None,
    subject: SubjectOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    all_: AllOption = False,
    impersonated: ImpersonatedOption = False,
    across: AcrossOption = False,
    platform: PlatformOption = False,
) -> None:
    """The record as a file, newest first, at most 100,000 entries. Cells that look like formulas are made harmless."""
    desk = desk_of(context)
    envelope, hours = _whose(desk, platform)
    wanted = evolve(
        _only(all_, impersonated), actor=_actor(actor), command=command, outcome=outcome, subject=subject,
        since=_instant(hours, "--since", since), until=_instant(hours, "--until", until), across=across,
    )  # fmt: skip
    parts = export(desk.services.application, envelope, wanted, form)
    if out is None:
        sys.stdout.writelines(parts)
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)
    except OSError:
        raise Unavailable(f"{out} cannot be written.", Fault("--out", "name a place that is writable")) from None
    desk.out.say(f"Written to {out}.")


def _whose(desk: Desk, platform: bool) -> tuple[Envelope, str]:
    """The envelope of the question, and the time zone in which times are meant."""
    return (desk.above, "UTC") if platform else (desk.operator, desk.organization.zone)


def _only(all_: bool, impersonated: bool) -> ListAuditEntries:
    """The question, on whosever behalf."""
    return ListAllAuditEntries(impersonated=impersonated) if all_ or impersonated else ListAuditEntries()


def _actor(text: str | None) -> ActorId | None:
    return None if text is None else ActorId(text)


def _instant(hours: str, option: str, text: str | None) -> datetime | None:
    """A time on the clocks of that zone, unless it names its own offset. Refuses: Invalid."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("That time is not understood.", Fault(option, "write 2026-01-31 or 2026-01-31T08:00")) from None
    return read if read.tzinfo is not None else read.replace(tzinfo=zone(hours))
