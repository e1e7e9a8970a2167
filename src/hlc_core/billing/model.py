"""Lines of a billing plan, what came of them, the record of a run, and what was set aside."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from attrs import frozen

from hlc_core.kernel.ids import ActorId, MethodId, OrganizationId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.prescriptions.api import HeldBack

BillingRunId = NewType("BillingRunId", str)


class LineKind(StrEnum):
    """What a line does, in the order in which a batch is done.

    HOLD notes that care does not permit the charge now. STUCK cannot be planned, for the named cause, and is set aside;
    SKIP does nothing, and says why.
    """

    FORGIVE = "FORGIVE"
    CHARGE = "CHARGE"
    RESUME = "RESUME"
    PAUSE = "PAUSE"
    CANCEL = "CANCEL"
    COMPLETE = "COMPLETE"
    RETRY = "RETRY"
    RESCHEDULE = "RESCHEDULE"
    ASK_METHOD = "ASK_METHOD"
    GIVE_UP = "GIVE_UP"
    STOP = "STOP"
    REMIND = "REMIND"
    HOLD = "HOLD"
    STUCK = "STUCK"
    SKIP = "SKIP"


class Outcome(StrEnum):
    """What came of a line."""

    PLANNED = "planned"
    DONE = "done"
    PAID = "paid"
    DECLINED = "declined"
    IN_DOUBT = "in_doubt"
    NO_METHOD = "no_method"
    CHANGED = "changed"
    QUARANTINED = "quarantined"
    SKIPPED = "skipped"


@frozen(kw_only=True)
class Line:
    """One step of a plan. `identity` is the same however often it is planned: what it names is done once.

    `subject` is a subscription, a recovery case or a saved method, read in `version`; `amount` is what it would
    charge or forgive, `due_on` the local date since when it is due, `why` a sentence. `waits` says that the line
    comes up only after the line before it of the same subject: it is shown, and planned again then.
    """

    kind: LineKind
    identity: str
    subject: str
    version: int
    patient: PatientId
    due_on: date
    why: str
    subscription: SubscriptionId | None = None
    amount: Money | None = None
    cycle: int | None = None
    last_cycle: int | None = None
    waits: bool = False


ACTIONS = frozenset(LineKind) - {LineKind.SKIP}
"""Kinds that change something."""

CHARGES = frozenset({LineKind.CHARGE, LineKind.RETRY})
"""Kinds that move money."""


@frozen(kw_only=True)
class Tally:
    """How many lines of a kind came to an outcome, and the money in them."""

    kind: LineKind
    outcome: Outcome
    count: int
    amount: Money


@frozen(kw_only=True)
class BillingRun:
    """The record of a run: what it was for, what came of it, and why it stopped, if it did.

    `billed` is what it set out to charge for new periods (paid or not): the measure of the next run's bound. `broken`
    is what the look afterwards found: invariants, each with its rows.
    """

    id: BillingRunId
    organization: OrganizationId
    as_of: date
    started_at: datetime
    billed: Money
    charges: int = 0
    tallies: tuple[Tally, ...] = ()
    finished_at: datetime | None = None
    stopped: str = ""
    broken: tuple[str, ...] = ()
    version: int = 0


@frozen(kw_only=True)
class SetAside:
    """A subscription that the run cannot bill, with its cause; left out until somebody releases it.

    Its id is the subscription's.
    """

    id: SubscriptionId
    organization: OrganizationId
    cause: str
    identity: str
    at: datetime
    released_at: datetime | None = None
    version: int = 0


@frozen(kw_only=True)
class HeldRenewal:
    """A renewal that is due and not charged, because care does not permit it; `ended_at`: it was, or is not wanted.

    Its id is the subscription's. What holds it is asked anew with every run; `why` is what was said last.
    `looked_at`: when somebody last said that they know of it, and `looked_by` who.
    """

    id: SubscriptionId
    organization: OrganizationId
    patient: PatientId
    why: HeldBack
    due_on: date
    since: datetime
    ended_at: datetime | None = None
    looked_at: datetime | None = None
    looked_by: ActorId | None = None
    version: int = 0

    @property
    def unseen_since(self) -> datetime:
        """Since when nobody has looked at it."""
        return max(self.since, self.looked_at or self.since)


@frozen(kw_only=True)
class ExpiryReminder:
    """That the patient was told of a card's expiry on a named day; its id says all three, so twice is once."""

    id: str
    organization: OrganizationId
    method: MethodId
    patient: PatientId
    on: date
    version: int = 0


def reminder_id(method: MethodId, expires: date, day: int) -> str:
    """The one id of telling about that card, that expiry and that named day."""
    return f"{method}:{expires:%Y-%m}:{day}"
