"""What partners need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hlc_core.kernel.ids import MessageId, PartnerRecordId
from hlc_core.kernel.repository import Repository
from hlc_core.partners.machine import MessageState
from hlc_core.partners.model import InboundMessage, MessageSource, PartnerRecord, RecordKind
from hlc_core.provider_queue.api import Env as QueueEnv


class InboundMessages(Repository[MessageId, InboundMessage], Protocol):
    """Messages. Refuses when written: AlreadyExists (a second one of a source and event id)."""

    def known(self, source: MessageSource, event_id: str) -> InboundMessage | None:
        """The message of that event."""
        ...

    def waiting_for(self, keys: Iterable[str]) -> Sequence[InboundMessage]:
        """Those that wait for what has these hashes, worked off or not."""
        ...

    def page(
        self, source: MessageSource | None, state: MessageState | None, after: MessageId | None, limit: int
    ) -> Sequence[InboundMessage]:
        """Newest first, behind (received before) `after`."""
        ...

    def count(self, source: MessageSource, state: MessageState) -> int:
        """How many of that source stand there."""
        ...


class PartnerRecords(Repository[PartnerRecordId, PartnerRecord], Protocol):
    """Partners' records. Refuses when written: AlreadyExists (a second one of a partner, kind and id)."""

    def known(self, partner: str, kind: RecordKind, their_id: str) -> PartnerRecord | None:
        """The record of that id."""
        ...

    def of_customer(self, partner: str, customer: str) -> Sequence[PartnerRecord]:
        """The records of one of their customers."""
        ...

    def page(
        self, partner: str | None, kind: RecordKind | None, after: PartnerRecordId | None, limit: int
    ) -> Sequence[PartnerRecord]:
        """Newest first, behind `after`."""
        ...


class Env(QueueEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def inbox(self) -> InboundMessages: ...
    @property
    def partner_records(self) -> PartnerRecords: ...
