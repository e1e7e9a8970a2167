"""What is asked of the inbox: lists, one message, the monitor; and of partners' records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import field, frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MessageId, PartnerRecordId, PatientId
from hlc_core.kernel.paging import Page, limited
from hlc_core.orders.api import CarePortalsStatus, OrderState, from_careportals, to_careportals
from hlc_core.partners.machine import INBOX, MessageState, MessageTrigger
from hlc_core.partners.model import InboundMessage, MessageSource, PartnerRecord, RecordKind, Told
from hlc_core.partners.ports import Env


@frozen(kw_only=True)
class MessageCard:
    """A message as lists show it: without its payload, which is personal."""

    message: InboundMessage
    meaning: str
    actions: tuple[MessageTrigger, ...]


def _card(message: InboundMessage) -> MessageCard:
    return MessageCard(
        message=evolve(message, told=Told(), wait_key=""),
        meaning=INBOX.notes[message.state].staff,
        actions=message.allowed(),
    )


@frozen(kw_only=True)
class ListMessages(Query[Page[MessageCard]]):
    """Messages, newest first, of one source or state or all."""

    source: MessageSource | None = None
    state: MessageState | None = None
    cursor: str | None = None
    limit: int = 50


def list_messages(query: ListMessages, env: Env) -> Page[MessageCard]:
    """Refuses: Invalid (limit)."""
    room = limited(query.limit)
    after = None if query.cursor is None else MessageId(query.cursor)
    found = env.inbox.page(query.source, query.state, after, room + 1)
    return Page(tuple(map(_card, found[:room])), found[room - 1].id if len(found) > room else None)


@frozen(kw_only=True)
class GetMessage(Query[InboundMessage]):
    """One message with its payload."""

    message: MessageId


def get_message(query: GetMessage, env: Env) -> InboundMessage:
    """Refuses: Missing."""
    return env.inbox.get(query.message)


@frozen(kw_only=True)
class SourceHealth:
    """How one source fares: how many messages stand where, and when the last one was worked off or failed."""

    source: MessageSource
    received: int
    processed: int
    failed: int
    parked: int
    held: int
    last_processed_at: datetime | None
    last_failed_at: datetime | None
    last_failure: str


@frozen(kw_only=True)
class MonitorInbox(Query[tuple[SourceHealth, ...]]):
    """Successes and failures by source."""


def monitor_inbox(query: MonitorInbox, env: Env) -> tuple[SourceHealth, ...]:
    """Every source, also those from which nothing came."""
    return tuple(_health(source, env) for source in MessageSource)


def _health(source: MessageSource, env: Env) -> SourceHealth:
    counts = {state: env.inbox.count(source, state) for state in MessageState}
    done = env.inbox.page(source, MessageState.PROCESSED, None, 1) if counts[MessageState.PROCESSED] else ()
    trouble = [
        one
        for state in (MessageState.FAILED, MessageState.PARKED)
        if counts[state]
        for one in env.inbox.page(source, state, None, 1)
    ]
    last = max(trouble, key=lambda one: one.id, default=None)
    return SourceHealth(
        source=source,
        received=counts[MessageState.RECEIVED],
        processed=counts[MessageState.PROCESSED],
        failed=counts[MessageState.FAILED],
        parked=counts[MessageState.PARKED],
        held=counts[MessageState.HELD],
        last_processed_at=done[0].ended_at if done else None,
        last_failed_at=None if last is None else last.ended_at,
        last_failure="" if last is None else last.code,
    )


@frozen(kw_only=True)
class RecordCard:
    """A partner's record: their word and ours for where it stands, and whether the two agree."""

    id: PartnerRecordId
    partner: str
    kind: RecordKind
    their_id: str
    number: str = field(repr=False)
    status: str
    our_status: str
    ours: str
    in_step: bool | None
    patient: PatientId | None
    found_by: str


@frozen(kw_only=True)
class ListPartnerRecords(Query[Page[RecordCard]]):
    """Partners' records, newest first."""

    partner: str | None = None
    kind: RecordKind | None = None
    cursor: str | None = None
    limit: int = 50


def list_partner_records(query: ListPartnerRecords, env: Env) -> Page[RecordCard]:
    """Refuses: Invalid (limit)."""
    room = limited(query.limit)
    after = None if query.cursor is None else PartnerRecordId(query.cursor)
    found = env.partner_records.page(query.partner, query.kind, after, room + 1)
    cards = tuple(_record(one, env) for one in found[:room])
    return Page(cards, found[room - 1].id if len(found) > room else None)


@frozen(kw_only=True)
class GetPartnerRecord(Query[PartnerRecord]):
    """One record with every field that was told."""

    record: PartnerRecordId


def get_partner_record(query: GetPartnerRecord, env: Env) -> PartnerRecord:
    """Refuses: Missing."""
    return env.partner_records.get(query.record)


def _record(record: PartnerRecord, env: Env) -> RecordCard:
    ours = _our_state(record, env)
    means = None
    if record.kind is RecordKind.ORDER and record.status in list(CarePortalsStatus):
        means = from_careportals(CarePortalsStatus(record.status))
    return RecordCard(
        id=record.id,
        partner=record.partner,
        kind=record.kind,
        their_id=record.their_id,
        number=record.number,
        status=record.status,
        our_status=ours if ours is not None else ("" if means is None else means),
        ours=record.ours,
        in_step=None if ours is None or not record.status else to_careportals(ours) == record.status,
        patient=record.patient,
        found_by=record.found_by,
    )


def _our_state(record: PartnerRecord, env: Env) -> OrderState | None:
    from_us = None if record.kind is not RecordKind.ORDER or not record.ours else env.orders.numbered(record.number)
    return None if from_us is None else from_us.state


def shown_in_message(_: GetMessage, message: InboundMessage) -> Iterator[str]:
    """A payload is personal: the read is recorded."""
    yield f"message {message.id}"


def shown_in_records(_: ListPartnerRecords, page: Page[RecordCard]) -> Iterator[str]:
    """What a partner has of somebody is personal: the read is recorded."""
    return (f"patient {one.patient}" for one in page.items if one.patient is not None)


def shown_in_record(_: GetPartnerRecord, record: PartnerRecord) -> Iterator[str]:
    """What a partner told is personal: the read is recorded."""
    yield f"partner's record {record.id}"
    if record.patient is not None:
        yield f"patient {record.patient}"
