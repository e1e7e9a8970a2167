"""The lifecycle of a refill. Source: spec/care, Refills."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule

REFILLS = "emr.refills.manage"


class RefillState(StrEnum):
    """Where a refill stands."""

    SCHEDULED = "SCHEDULED"
    PENDING_PROVIDER = "PENDING_PROVIDER"
    APPROVED = "APPROVED"
    COMPLETED = "COMPLETED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"


class RefillTrigger(StrEnum):
    """What moves a refill. FALL_DUE is the day's own."""

    FALL_DUE = "fall_due"
    APPROVE = "approve"
    REVOKE = "revoke"
    COMPLETE = "complete"
    DECLINE = "decline"
    CANCEL = "cancel"


@frozen(kw_only=True)
class RefillFacts:
    """What the guards read; booleans only, so that the table can be enumerated."""

    paid: bool = False
    """The payment gate: its money is here, or nothing has to be paid for it."""
    covered: bool = False
    """The clinical gate: an active prescription, not expired on the due day, not controlled, allows this fill."""
    under_way: bool = False
    """A dispatch of it was queued."""


def paid_and_covered(facts: RefillFacts) -> bool:
    """Its money is here, and an active prescription allows it."""
    return facts.paid and facts.covered


def paid_and_not_covered(facts: RefillFacts) -> bool:
    """Its money is here, and no prescription allows it: a provider has to decide."""
    return facts.paid and not facts.covered


def nothing_under_way(facts: RefillFacts) -> bool:
    """No dispatch of it was queued."""
    return not facts.under_way


def covered(facts: RefillFacts) -> bool:
    """An active prescription allows it."""
    return facts.covered


def not_covered_and_nothing_under_way(facts: RefillFacts) -> bool:
    """The prescription no longer allows it, and no dispatch of it was queued."""
    return not facts.covered and not facts.under_way


_S, _T = RefillState, RefillTrigger

REFILL = Machine[RefillState, RefillTrigger, RefillFacts](
    name="refill",
    initial=_S.SCHEDULED,
    final=frozenset({_S.COMPLETED, _S.DECLINED, _S.CANCELLED}),
    rules=(
        Rule(_S.SCHEDULED, _T.FALL_DUE, _S.APPROVED, paid_and_covered, causes="the provider queue shows it"),
        Rule(_S.SCHEDULED, _T.FALL_DUE, _S.PENDING_PROVIDER, paid_and_not_covered, causes="a provider decides"),
        Rule(_S.SCHEDULED, _T.CANCEL, _S.CANCELLED, permission=REFILLS),
        Rule(_S.PENDING_PROVIDER, _T.APPROVE, _S.APPROVED, covered, permission=REFILLS),
        Rule(_S.PENDING_PROVIDER, _T.COMPLETE, _S.COMPLETED, permission=REFILLS, causes="it leaves the queue"),
        Rule(_S.PENDING_PROVIDER, _T.DECLINE, _S.DECLINED, permission=REFILLS, causes="it leaves the queue"),
        Rule(_S.PENDING_PROVIDER, _T.CANCEL, _S.CANCELLED, nothing_under_way, permission=REFILLS),
        Rule(_S.APPROVED, _T.REVOKE, _S.PENDING_PROVIDER, not_covered_and_nothing_under_way),
        Rule(_S.APPROVED, _T.COMPLETE, _S.COMPLETED, permission=REFILLS, causes="it leaves the queue"),
        Rule(_S.APPROVED, _T.DECLINE, _S.DECLINED, nothing_under_way, permission=REFILLS, causes="it leaves the queue"),
        Rule(_S.APPROVED, _T.CANCEL, _S.CANCELLED, nothing_under_way, permission=REFILLS),
    ),
    notes={
        _S.SCHEDULED: Note("system", "Your next refill is planned.", "Planned; it waits for its day."),
        _S.PENDING_PROVIDER: Note("provider", "A clinician is looking at your refill.", "A provider has to decide.", 2),
        _S.APPROVED: Note("provider", "Your refill was approved.", "Approved; it is to be sent.", 2),
        _S.COMPLETED: Note("nobody", "Your refill is on its way.", "Sent."),
        _S.DECLINED: Note("nobody", "Your refill was declined.", "Declined; see the reason."),
        _S.CANCELLED: Note("nobody", "Your refill was cancelled.", "Cancelled; see the reason."),
    },
)
"""A refill whose money is not here, or whose subscription is paused, stays SCHEDULED with the reason (`held`)."""
