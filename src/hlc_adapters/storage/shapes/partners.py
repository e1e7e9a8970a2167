"""Shapes of what other systems tell us. Bodies are sealed: payloads are personal and clinical."""

from hlc_adapters.storage.shape import Index, Shape, Unique, text
from hlc_core.partners.machine import INBOX
from hlc_core.partners.model import InboundMessage, PartnerRecord


def _event(message: InboundMessage) -> str:
    return f"{message.source}|{message.event_id}"


def _wait_key(message: InboundMessage) -> str | None:
    return message.wait_key or None


def _record(record: PartnerRecord) -> str:
    return f"{record.partner}|{record.kind}|{record.their_id}"


def _customer(record: PartnerRecord) -> str | None:
    return f"{record.partner}|{record.customer}" if record.customer else None


INBOUND_MESSAGES: Shape[InboundMessage] = Shape(
    "inbound_messages",
    InboundMessage,
    (text("state"), text("source"), text("event", _event), text("wait_key", _wait_key)),
    uniques=(Unique("one_message_per_event", ("event",)),),
    indexes=(Index(("source", "state", "id")), Index(("state", "id")), Index(("source", "id")), Index(("wait_key",))),
    machine=INBOX,
    sealed=True,
    kind="message",
    listed="webhooks at /webhooks/messages",
)

PARTNER_RECORDS: Shape[PartnerRecord] = Shape(
    "partner_records",
    PartnerRecord,
    (text("partner"), text("kind"), text("record", _record), text("customer", _customer), text("patient")),
    uniques=(Unique("one_record_per_partner_kind_and_id", ("record",)),),
    indexes=(Index(("partner", "kind", "id")), Index(("partner", "id")), Index(("kind", "id")), Index(("customer",))),
    sealed=True,
    kind="partner's record",
)

SHAPES = (INBOUND_MESSAGES, PARTNER_RECORDS)
