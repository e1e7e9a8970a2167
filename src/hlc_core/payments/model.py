"""What moves money: attempts, refunds, saved methods, and the answers of a gateway as a closed set."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    AttemptId,
    EventId,
    MethodId,
    ObligationId,
    OrganizationId,
    PatientId,
    RefundId,
)
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.money import Money
from hlc_core.payments.machine import ATTEMPT, AttemptState, AttemptTrigger, RefundState


class Result(StrEnum):
    """Everything that a gateway can be understood to have said."""

    CREATED = "created"
    UNCONFIRMED = "unconfirmed"
    CAPTURED = "captured"
    DECLINED = "declined"
    ACTION = "action"
    PENDING = "pending"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    NOT_FOUND = "not_found"
    NO_ANSWER = "no_answer"


class DeclineClass(StrEnum):
    """Why a charge was refused, as far as retrying is concerned. Source: spec/billing, Recovery."""

    HARD = "hard"
    SOFT = "soft"
    NEEDS_ACTION = "needs_action"
    OUTAGE = "outage"


class Purpose(StrEnum):
    """What the obligation is: who reacts when it is paid."""

    CHECKOUT = "checkout"
    RENEWAL = "renewal"
    SWITCH = "switch"
    PAYOFF = "payoff"
    BALANCE = "balance"


@frozen(kw_only=True)
class Card:
    """What may be shown of a card."""

    brand: str
    last_four: str
    expires_month: int
    expires_year: int

    def expired(self, on: date) -> bool:
        """Whether the card's last month lies before the local date."""
        return (self.expires_year, self.expires_month) < (on.year, on.month)


@frozen(kw_only=True)
class Instrument:
    """How a gateway is told what to charge: its token and, for a stored method, its customer. Secret."""

    token: str
    customer: str | None = None
    card: Card | None = None


@frozen(kw_only=True)
class ChargeRequest:
    """What a gateway needs for one attempt; `reference` is our attempt id and travels in its metadata."""

    reference: AttemptId
    organization: OrganizationId
    amount: Money
    instrument: Instrument
    off_session: bool
    keep_method: bool = True
    return_url: str = ""


@frozen(kw_only=True)
class RefundRequest:
    """What a gateway needs for one refund of a captured object; `reference` is our refund id."""

    reference: RefundId
    organization: OrganizationId
    object_id: str
    amount: Money


@frozen(kw_only=True)
class StoreRequest:
    """What a gateway needs to keep a card without a charge; `reference` is ours, and the same for a repetition.

    `customer` is the gateway's name of a patient who has a method there already. The token is secret.
    """

    reference: str
    organization: OrganizationId
    token: str = field(repr=False)
    customer: str | None = None
    return_url: str = ""


@frozen(kw_only=True)
class Answer:
    """What a gateway said, in our words. A decline is an answer, not an error.

    `amount` is what it says it captured or refunded; `instrument` is the reusable method it kept, if any.
    """

    result: Result
    object_id: str | None = None
    charge_id: str | None = None
    amount: Money | None = None
    decline: DeclineClass | None = None
    code: str = ""
    text: str = ""
    action_url: str | None = None
    instrument: Instrument | None = None


@frozen(kw_only=True)
class Capabilities:
    """What a gateway can do, as data that the charge protocol reads. Times in seconds.

    `two_step`: an object is made first and confirmed later, and cancelling the object fences it.
    `key_lifetime`: how long a repeated key replays the first answer; 0 where there are no keys.
    `find_by_reference`: our reference can be looked up. `longest_flight`: after that an unseen request is dead.
    """

    two_step: bool
    cancel: bool
    key_lifetime: int
    find_by_reference: bool
    off_session: bool
    refunds: bool
    partial_refunds: bool
    longest_flight: int


@frozen(kw_only=True)
class Charge:
    """One line of the gateway's own books, for reconciliation. `reference` is our attempt id, where it kept it."""

    object_id: str
    reference: str | None
    amount: Money
    refunded: Money
    at: datetime
    organization: OrganizationId | None = None


@frozen(kw_only=True, slots=False)
class Payment:
    """The payment of one obligation, as its owner asks for it. `subject` is the owner's id (checkout, invoice).

    `method` is the saved method that is charged, if it is one.
    """

    obligation: ObligationId
    purpose: Purpose
    subject: str
    patient: PatientId
    amount: Money
    instrument: Instrument
    gateway: str
    off_session: bool
    keep_method: bool = True
    method: MethodId | None = None
    return_url: str = ""
    """Where the buyer comes back to from the bank; empty where nobody is present."""


@frozen(kw_only=True, slots=False)
class PaymentAttempt:
    """One numbered try to move money for one obligation. Source: design/charge-protocol, Rows."""

    id: AttemptId
    organization: OrganizationId
    payment: Payment
    number: int
    state: AttemptState
    opened_at: datetime
    request_hash: str
    object_id: str | None = None
    charge_id: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    next_check_at: datetime | None = None
    check_count: int = 0
    decline: DeclineClass | None = None
    code: str = ""
    text: str = ""
    action_url: str | None = None
    refunded: Money | None = None
    disputed: bool = False
    version: int = 0

    @property
    def live(self) -> bool:
        """Whether money may still move, or may have moved unseen."""
        return self.state in LIVE

    def move(self, trigger: AttemptTrigger, **learnt: Any) -> PaymentAttempt:
        """The attempt after the trigger, with the fields that were learnt with it. Refuses: IllegalTransition."""
        return evolve(self, state=ATTEMPT.step(self.state, trigger, _NO_FACTS), **learnt)

    @property
    def request(self) -> ChargeRequest:
        """What the gateway is asked."""
        return ChargeRequest(
            reference=self.id,
            organization=self.organization,
            amount=self.payment.amount,
            instrument=self.payment.instrument,
            off_session=self.payment.off_session,
            keep_method=self.payment.keep_method,
            return_url=self.payment.return_url,
        )


_NO_FACTS = NoFacts()

LIVE = frozenset(
    {AttemptState.OPEN, AttemptState.SENT, AttemptState.ACTION, AttemptState.UNKNOWN, AttemptState.CLOSING}
)
"""States in which the attempt blocks every other one of its obligation. Source: design/charge-protocol."""


@frozen(kw_only=True, slots=False)
class Refund:
    """Money going back for one paid attempt; its sum never exceeds what was captured."""

    id: RefundId
    organization: OrganizationId
    attempt: AttemptId
    gateway: str
    object_id: str
    amount: Money
    reason: str
    state: RefundState
    opened_at: datetime
    sent_at: datetime | None = None
    next_check_at: datetime | None = None
    check_count: int = 0
    code: str = ""
    text: str = ""
    version: int = 0

    @property
    def since(self) -> datetime:
        """From when requests may be under way, and the gateway remembers the key."""
        return self.sent_at or self.opened_at


class MethodState(StrEnum):
    """Whether a saved method can be charged."""

    ACTIVE = "active"
    DEAD = "dead"
    REMOVED = "removed"


@frozen(kw_only=True, slots=False)
class SavedMethod:
    """A patient's stored card at one gateway; the token is the gateway's, the card number never reaches HLC."""

    id: MethodId
    organization: OrganizationId
    patient: PatientId
    gateway: str
    instrument: Instrument
    default: bool
    state: MethodState
    saved_at: datetime
    version: int = 0
    reference: str = ""
    """Under which the gateway was asked to keep it, where that happened without a charge."""


class ProcessorEventKind(StrEnum):
    """Lines of the payment timeline. Source: spec/billing, Processor events."""

    TOKENIZATION_FAILED = "TOKENIZATION_FAILED"
    CUSTOMER_PROFILE_LINKED = "CUSTOMER_PROFILE_LINKED"
    PAYMENT_SUCCEEDED = "PAYMENT_SUCCEEDED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    PAYMENT_ATTEMPT_OPENED = "PAYMENT_ATTEMPT_OPENED"
    PAYMENT_UNKNOWN = "PAYMENT_UNKNOWN"
    PAYMENT_RESOLVED = "PAYMENT_RESOLVED"
    PAYMENT_DISPUTED = "PAYMENT_DISPUTED"
    PAYMENT_QUARANTINED = "PAYMENT_QUARANTINED"
    RECONCILIATION_FAILED = "RECONCILIATION_FAILED"


@frozen(kw_only=True, slots=False)
class ProcessorEvent:
    """One line of the payment timeline; it outlives the cart it belongs to."""

    id: EventId
    organization: OrganizationId
    at: datetime
    kind: ProcessorEventKind
    gateway: str
    patient: PatientId | None
    purpose: Purpose | None
    subject: str
    attempt: AttemptId | None
    amount: Money | None
    object_id: str | None = None
    charge_id: str | None = None
    customer: str | None = None
    code: str = ""
    text: str = ""
    version: int = 0
