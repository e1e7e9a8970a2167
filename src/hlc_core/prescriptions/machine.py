"""The lifecycles of a prescription and of its dispatch to a pharmacy. Source: spec/care, Prescriptions."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule

WRITE = "emr.prescriptions.write"
DISPATCH_KEY = "emr.dispatches.manage"


class PrescriptionState(StrEnum):
    """Whether a prescription may be filled."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ON_HOLD = "ON_HOLD"
    DEPLETED = "DEPLETED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class PrescriptionTrigger(StrEnum):
    """What moves a prescription."""

    SIGN = "sign"
    HOLD = "hold"
    RELEASE = "release"
    DEPLETE = "deplete"
    RESTORE = "restore"
    EXPIRE = "expire"
    CANCEL = "cancel"


@frozen(kw_only=True)
class PrescriptionFacts:
    """What the guards read; booleans only, so that the table can be enumerated."""

    approved: bool = False
    """There is an approved decision on this very revision, by a licence valid in the patient's state today."""
    fills_left: bool = False
    """A fill is allowed that no dispatch stands for."""
    run_out: bool = False
    """Its last day is over."""


def approved_by_a_valid_licence(facts: PrescriptionFacts) -> bool:
    """An approved decision on this very revision, by a licence valid in the patient's state that day."""
    return facts.approved and not facts.run_out


def no_fills_left(facts: PrescriptionFacts) -> bool:
    """Every allowed fill stands at a pharmacy."""
    return not facts.fills_left


def a_fill_is_free_again(facts: PrescriptionFacts) -> bool:
    """A fill that had been used came back."""
    return facts.fills_left


def run_out(facts: PrescriptionFacts) -> bool:
    """Its last day is over."""
    return facts.run_out


def not_run_out(facts: PrescriptionFacts) -> bool:
    """Its last day is today or later."""
    return not facts.run_out


_S, _T = PrescriptionState, PrescriptionTrigger

PRESCRIPTION = Machine[PrescriptionState, PrescriptionTrigger, PrescriptionFacts](
    name="prescription",
    initial=_S.DRAFT,
    final=frozenset({_S.EXPIRED, _S.CANCELLED}),
    rules=(
        Rule(_S.DRAFT, _T.SIGN, _S.ACTIVE, approved_by_a_valid_licence, permission=WRITE, causes="it may be filled"),
        Rule(_S.DRAFT, _T.CANCEL, _S.CANCELLED, permission=WRITE),
        Rule(_S.DRAFT, _T.EXPIRE, _S.EXPIRED, run_out),
        Rule(_S.ACTIVE, _T.HOLD, _S.ON_HOLD, permission=WRITE, causes="nothing is dispatched"),
        Rule(_S.ACTIVE, _T.DEPLETE, _S.DEPLETED, no_fills_left),
        Rule(_S.ACTIVE, _T.EXPIRE, _S.EXPIRED, run_out, causes="what is scheduled goes to the provider"),
        Rule(_S.ACTIVE, _T.CANCEL, _S.CANCELLED, permission=WRITE, manual=True, causes="queued dispatches end"),
        Rule(_S.ON_HOLD, _T.RELEASE, _S.ACTIVE, not_run_out, permission=WRITE),
        Rule(_S.ON_HOLD, _T.EXPIRE, _S.EXPIRED, run_out),
        Rule(_S.ON_HOLD, _T.CANCEL, _S.CANCELLED, permission=WRITE, manual=True, causes="queued dispatches end"),
        Rule(_S.DEPLETED, _T.RESTORE, _S.ACTIVE, a_fill_is_free_again),
        Rule(_S.DEPLETED, _T.EXPIRE, _S.EXPIRED, run_out),
        Rule(_S.DEPLETED, _T.CANCEL, _S.CANCELLED, permission=WRITE, manual=True),
    ),
    notes={
        _S.DRAFT: Note("clinician", "Your prescription is being written.", "Written; a clinician has to sign it.", 2),
        _S.ACTIVE: Note("nobody", "Your prescription is active.", "It may be filled."),
        _S.ON_HOLD: Note("clinician", "Your prescription is on hold.", "On hold; nothing is dispatched.", 7),
        _S.DEPLETED: Note("clinician", "Your prescription has no refills left.", "Every allowed fill was dispatched."),
        _S.EXPIRED: Note("nobody", "Your prescription has expired.", "Expired; a new one is needed."),
        _S.CANCELLED: Note("nobody", "Your prescription was cancelled.", "Cancelled; nothing more is filled."),
    },
)


class DispatchState(StrEnum):
    """Where one fill stands on its way to a pharmacy."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"


class DispatchTrigger(StrEnum):
    """What moves a dispatch; the pharmacy's answers are triggers."""

    SEND = "send"
    POSTPONE = "postpone"
    DELIVER = "deliver"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    GIVE_UP = "give_up"
    RETRY = "retry"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"


_D, _E = DispatchState, DispatchTrigger

DISPATCH = Machine[DispatchState, DispatchTrigger, NoFacts](
    name="dispatch",
    initial=_D.QUEUED,
    final=frozenset({_D.CANCELLED}),
    rules=(
        Rule(_D.QUEUED, _E.SEND, _D.SENDING, causes="a worker holds it and asks the pharmacy"),
        Rule(_D.QUEUED, _E.CANCEL, _D.CANCELLED, permission=DISPATCH_KEY),
        Rule(_D.SENDING, _E.POSTPONE, _D.QUEUED, causes="nothing had reached the pharmacy"),
        Rule(_D.SENDING, _E.DELIVER, _D.SENT, causes="the order goes on to the pharmacy"),
        Rule(_D.SENDING, _E.ACKNOWLEDGE, _D.ACKNOWLEDGED, causes="the order goes on to the pharmacy"),
        Rule(_D.SENDING, _E.REFUSE, _D.ERROR, causes="staff are asked"),
        Rule(_D.SENDING, _E.GIVE_UP, _D.ERROR, causes="staff are asked; it may have arrived"),
        Rule(_D.SENT, _E.ACKNOWLEDGE, _D.ACKNOWLEDGED, permission=DISPATCH_KEY),
        Rule(_D.SENT, _E.REFUSE, _D.ERROR, causes="the order goes back to the prescriber"),
        Rule(_D.SENT, _E.WITHDRAW, _D.CANCELLED, permission=DISPATCH_KEY, manual=True),
        Rule(_D.ACKNOWLEDGED, _E.REFUSE, _D.ERROR, causes="the order goes back to the prescriber"),
        Rule(_D.ACKNOWLEDGED, _E.WITHDRAW, _D.CANCELLED, permission=DISPATCH_KEY, manual=True),
        Rule(_D.ERROR, _E.RETRY, _D.QUEUED, permission=DISPATCH_KEY, causes="the same dispatch is sent again"),
        Rule(_D.ERROR, _E.DELIVER, _D.SENT, causes="it had arrived after all"),
        Rule(_D.ERROR, _E.ACKNOWLEDGE, _D.ACKNOWLEDGED, causes="it had arrived after all"),
        Rule(_D.ERROR, _E.WITHDRAW, _D.CANCELLED, permission=DISPATCH_KEY, manual=True, causes="the fill is free"),
    ),
    notes={
        _D.QUEUED: Note("system", "Your prescription is being sent.", "Committed; nothing was sent.", 1),
        _D.SENDING: Note("system", "Your prescription is being sent.", "The pharmacy is being asked.", 1),
        _D.SENT: Note("pharmacy", "Your prescription is at the pharmacy.", "Delivered; not acknowledged yet.", 2),
        _D.ACKNOWLEDGED: Note("pharmacy", "The pharmacy is preparing it.", "The pharmacy has taken it."),
        _D.ERROR: Note("staff", "We are looking into your prescription.", "The pharmacy did not take it.", 1),
        _D.CANCELLED: Note("nobody", "This delivery was cancelled.", "Cancelled; the fill is free again."),
    },
)
"""A dispatch stands for its fill until it is CANCELLED: also in ERROR, for it may have arrived. Source: spec/care."""
