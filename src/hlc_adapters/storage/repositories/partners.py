"""What other systems tell us: messages, and their records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Where, below, eq
from hlc_adapters.storage.shapes.partners import INBOUND_MESSAGES, PARTNER_RECORDS
from hlc_core.kernel.ids import MessageId, PartnerRecordId
from hlc_core.partners.machine import MessageState
from hlc_core.partners.model import InboundMessage, MessageSource, PartnerRecord, RecordKind


def _named(**columns: str | None) -> tuple[Where, ...]:
    return tuple(eq(column, value) for column, value in columns.items() if value is not None)


def _before(after: str | None) -> tuple[Where, ...]:
    return () if after is None else (below("id", after),)


@frozen
class StoredInboundMessages(Rows[MessageId, InboundMessage]):
    """Messages."""

    shape = INBOUND_MESSAGES

    def known(self, source: MessageSource, event_id: str) -> InboundMessage | None:
        """The message of that event."""
        found = self.unit.select(self.shape, eq("event", f"{source}|{event_id}"), limit=1)
        return found[0] if found else None

    def waiting_for(self, keys: Iterable[str]) -> Sequence[InboundMessage]:
        """Those with these hashes."""
        return self.unit.chunks(self.shape, "wait_key", keys)

    def page(
        self, source: MessageSource | None, state: MessageState | None, after: MessageId | None, limit: int
    ) -> Sequence[InboundMessage]:
        """Newest first."""
        where = (*_named(source=source, state=state), *_before(after))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def count(self, source: MessageSource, state: MessageState) -> int:
        """How many of that source stand there."""
        return self.unit.count(self.shape, eq("source", source), eq("state", state))


@frozen
class StoredPartnerRecords(Rows[PartnerRecordId, PartnerRecord]):
    """Partners' records."""

    shape = PARTNER_RECORDS

    def known(self, partner: str, kind: RecordKind, their_id: str) -> PartnerRecord | None:
        """The record of that id."""
        found = self.unit.select(self.shape, eq("record", f"{partner}|{kind}|{their_id}"), limit=1)
        return found[0] if found else None

    def of_customer(self, partner: str, customer: str) -> Sequence[PartnerRecord]:
        """The records of one of their customers."""
        return self.unit.select(self.shape, eq("customer", f"{partner}|{customer}"))

    def page(
        self, partner: str | None, kind: RecordKind | None, after: PartnerRecordId | None, limit: int
    ) -> Sequence[PartnerRecord]:
        """Newest first."""
        where = (*_named(partner=partner, kind=kind), *_before(after))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)
