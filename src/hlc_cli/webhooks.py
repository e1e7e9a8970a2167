"""`hlc webhooks`: what other systems told us."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.errors import Fault, Unavailable
from hlc_core.kernel.ids import MessageId, PartnerRecordId
from hlc_core.kernel.text import counted
from hlc_core.partners.api import (
    GetMessage,
    GetPartnerRecord,
    InboundMessage,
    ListMessages,
    ListPartnerRecords,
    MessageCard,
    MessageSource,
    MessageState,
    MonitorInbox,
    RecordKind,
    ReplayMessage,
)

app = group("Webhooks in: what other systems told us, worked off once, failures kept and replayed.")

Message = Annotated[str, typer.Argument(metavar="MESSAGE", help="The id of the message (msg_…).")]


@app.command("list")
def list_(
    context: typer.Context,
    source: Annotated[MessageSource | None, typer.Option(help="Only from there.")] = None,
    state: Annotated[MessageState | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Messages, newest first, without their payload."""
    desk = desk_of(context)
    desk.out.page(
        desk.ask(ListMessages(source=source, state=state, cursor=cursor, limit=limit)),
        ("id", "source", "event", "state", "came", ">tries", "outcome", "failure"),
        lambda card: (
            card.message.id,
            card.message.source,
            card.message.kind,
            card.message.state,
            card.message.received_at,
            card.message.tries,
            card.message.outcome,
            card.message.code,
        ),
        "No message came.",
    )


@app.command()
def show(context: typer.Context, message: Message) -> None:
    """One message with its payload, which is personal: who looked is recorded."""
    desk = desk_of(context)
    _show(desk, desk.ask(GetMessage(message=MessageId(message))))


@app.command()
def replay(
    context: typer.Context,
    messages: Annotated[list[str] | None, typer.Argument(help="Ids; none: all parked ones.")] = None,
) -> None:
    """Have messages tried again from the start; a worker takes them in a moment."""
    desk = desk_of(context)
    wanted = messages or [card.message.id for card in _all(desk, MessageState.PARKED)]
    for id in wanted:
        desk.execute(ReplayMessage(message=MessageId(id)))
    desk.out.record({"replayed": len(wanted)}, (), f"{counted(len(wanted), 'message')} will be tried again.")


@app.command()
def monitor(context: typer.Context) -> None:
    """Successes and failures by source."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(MonitorInbox()),
        (
            "source",
            ">worked off",
            ">waiting",
            ">failed",
            ">parked",
            ">held",
            "last worked off",
            "last failed",
            "failure",
        ),
        lambda one: (
            one.source,
            one.processed,
            one.received,
            one.failed,
            one.parked,
            one.held,
            one.last_processed_at,
            one.last_failed_at,
            one.last_failure,
        ),
    )


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to write; it must not exist.")],
    state: Annotated[MessageState, typer.Option(help="Which.")] = MessageState.PARKED,
) -> None:
    """Write messages with their payloads as lines of JSON, for when working them off stays broken."""
    desk = desk_of(context)
    cards = _all(desk, state)
    try:
        file.touch(mode=0o600, exist_ok=False)
        with file.open("w", encoding="utf-8") as lines:
            for card in cards:
                message = desk.ask(GetMessage(message=card.message.id))
                lines.write(json.dumps(_exported(message), ensure_ascii=False) + "\n")
    except OSError as error:
        raise Unavailable("The file cannot be written.", Fault("file", (error.strerror or "").lower())) from None
    desk.out.record(
        {"exported": len(cards)},
        (),
        f"{counted(len(cards), 'message was', 'messages were')} written; the file is personal data.",
    )


@app.command()
def records(
    context: typer.Context,
    partner: Annotated[str | None, typer.Option(help="Only theirs.")] = None,
    kind: Annotated[RecordKind | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """What partners have in their books, and whether it is in step with ours."""
    desk = desk_of(context)
    desk.out.page(
        desk.ask(ListPartnerRecords(partner=partner, kind=kind, cursor=cursor, limit=limit)),
        ("id", "partner", "kind", "their id", "number", "status", "ours", "in step", "patient", "found by"),
        lambda one: (
            one.id,
            one.partner,
            one.kind,
            one.their_id,
            one.number,
            one.status,
            one.our_status,
            one.in_step,
            one.patient,
            one.found_by,
        ),
        "Nothing was told.",
    )


@app.command()
def record(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="The id of the record (prec_…).")],
) -> None:
    """One record of a partner with all that was told, which is personal: who looked is recorded."""
    desk = desk_of(context)
    told = desk.ask(GetPartnerRecord(record=PartnerRecordId(record)))
    facts = [(fact.key, fact.value) for fact in told.facts]
    desk.out.record(told, (("record", told.id), ("their id", told.their_id), ("patient", told.patient), *facts))


def _all(desk: Desk, state: MessageState) -> list[MessageCard]:
    found: list[MessageCard] = []
    cursor: str | None = None
    while True:
        page = desk.ask(ListMessages(state=state, cursor=cursor, limit=200))
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def _exported(message: InboundMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "source": message.source.value,
        "event": message.kind,
        "eventId": message.event_id,
        "receivedAt": message.received_at.isoformat(),
        "failure": message.code,
        "payload": message.told.unread or {one.key: one.value for one in message.told.fields},
    }


def _show(desk: Desk, message: InboundMessage) -> None:
    desk.out.record(
        message,
        (
            ("message", message.id),
            ("source", message.source),
            ("event", message.kind),
            ("event id", message.event_id),
            ("state", message.state),
            ("came", message.received_at),
            ("tries", message.tries),
            ("outcome", message.outcome),
            ("touched", message.touched),
            ("failure", message.code),
            ("means", message.error),
            ("can be", message.allowed()),
            *((one.key, one.value) for one in message.told.fields),
            ("body", message.told.unread),
        ),
    )
