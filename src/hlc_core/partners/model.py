"""Messages of other systems, and the records that we keep of theirs. All of it is personal or clinical."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MessageId, OrganizationId, PartnerRecordId, PatientId
from hlc_core.partners.machine import INBOX, MessageFacts, MessageState, MessageTrigger

MOST_TRIES = 8
"""So often a message is tried by itself; then it is parked."""


class MessageSource(StrEnum):
    """Who tells us things. The words are those of the paths and of the monitor."""

    STRIPE = "stripe"
    WELLMEDR_INTAKE = "wellmedr-intake"
    WELLMEDR_INVOICE = "wellmedr-invoice"
    CAREPORTALS = "careportals"
    PHARMACY = "pharmacy"


@frozen(kw_only=True)
class Said:
    """One field of a payload: a dotted key (`customer.email`), and what it says, numbers as they were written."""

    key: str
    value: str = field(repr=False)


@frozen(kw_only=True)
class Told:
    """What came: its fields, flattened; or the body as text where it could not be read."""

    fields: tuple[Said, ...] = field(default=(), repr=False)
    unread: str = field(default="", repr=False)

    @property
    def said(self) -> Mapping[str, str]:
        """The fields by key."""
        return {one.key: one.value for one in self.fields}


@frozen(kw_only=True, slots=False)
class InboundMessage:
    """One message, stored once for each (source, event id), however often it is sent.

    `kind` is what it tells of (`order.created`). `wait_key` is a keyed hash of what it waits for, so that it is tried
    again when that comes. `touched` are the ids of what it made or changed.
    """

    id: MessageId
    organization: OrganizationId
    source: MessageSource
    event_id: str
    kind: str
    received_at: datetime
    told: Told = field(repr=False)
    state: MessageState = MessageState.RECEIVED
    wait_key: str = field(default="", repr=False)
    tries: int = 0
    code: str = ""
    error: str = field(default="", repr=False)
    outcome: str = ""
    touched: tuple[str, ...] = ()
    ended_at: datetime | None = None
    version: int = 0

    def processed(self, outcome: str, touched: tuple[str, ...], at: datetime) -> InboundMessage:
        """The message, worked off. Refuses: IllegalTransition."""
        state = INBOX.step(self.state, MessageTrigger.PROCESS, MessageFacts())
        return evolve(
            self,
            state=state,
            tries=self.tries + 1,
            outcome=outcome,
            touched=touched,
            ended_at=at,
            code="",
            error="",
        )

    def failed(self, code: str, error: str, lasting: bool, at: datetime) -> InboundMessage:
        """The message after a try that failed; parked when that was the last one. Refuses: IllegalTransition."""
        facts = MessageFacts(tries_left=not lasting and self.tries + 1 < MOST_TRIES)
        state = INBOX.step(self.state, MessageTrigger.FAIL, facts)
        return evolve(self, state=state, tries=self.tries + 1, code=code, error=error, ended_at=at)

    def held(self, code: str) -> InboundMessage:
        """The message, kept for when its source is switched on again. Refuses: IllegalTransition."""
        return evolve(self, state=INBOX.step(self.state, MessageTrigger.HOLD, MessageFacts()), code=code)

    def replayed(self) -> InboundMessage:
        """The message, to be tried from the start. Refuses: IllegalTransition."""
        state = INBOX.step(self.state, MessageTrigger.REPLAY, MessageFacts())
        return evolve(self, state=state, tries=0, code="", error="", ended_at=None)

    def corrected(self, kind: str, told: Told, wait_key: str) -> InboundMessage:
        """The message as it was sent again, to be tried from the start. Refuses: IllegalTransition."""
        state = INBOX.step(self.state, MessageTrigger.CORRECT, MessageFacts())
        fresh = evolve(self, kind=kind, told=told, wait_key=wait_key)
        return evolve(fresh, state=state, tries=0, code="", error="", ended_at=None)

    def allowed(self) -> tuple[MessageTrigger, ...]:
        """What may be done by hand now."""
        given = {rule.trigger for rule in INBOX.rules if rule.permission is not None}
        return tuple(trigger for trigger in INBOX.allowed(self.state, MessageFacts()) if trigger in given)


class RecordKind(StrEnum):
    """What a partner keeps a record of."""

    SUBSCRIPTION = "subscription"
    ORDER = "order"
    PRESCRIPTION = "prescription"


@frozen(kw_only=True)
class Fact:
    """One field of a partner's record, and the stamp by which a later word on it is told from an earlier one."""

    key: str
    value: str = field(repr=False)
    stamp: str


@frozen(kw_only=True)
class PartnerRecord:
    """What a partner has in its books, as far as it told us: never our own order or subscription.

    Facts are merged field by field, the later stamp winning, so that messages may come in any order and any number.
    `ours` is the order or subscription with us that it speaks of, where there is one.
    """

    id: PartnerRecordId
    organization: OrganizationId
    partner: str
    kind: RecordKind
    their_id: str
    facts: tuple[Fact, ...] = field(default=(), repr=False)
    customer: str = ""
    patient: PatientId | None = None
    found_by: str = ""
    ours: str = ""
    version: int = 0

    def fact(self, key: str) -> str:
        """What it says of that, or nothing."""
        return next((one.value for one in self.facts if one.key == key), "")

    @property
    def status(self) -> str:
        """Their word for where it stands."""
        return self.fact("status")

    @property
    def number(self) -> str:
        """Their customer-facing id."""
        return self.fact("id")
