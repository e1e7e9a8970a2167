"""The lifecycle of a review: a queue with leases, a clock that pauses, and a decision. Source: spec/care, Review."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule

DECIDE = "orders.review.decide"


class ReviewState(StrEnum):
    """Where the review of one intake stands."""

    WAITING = "WAITING"
    CLAIMED = "CLAIMED"
    WITH_PATIENT = "WITH_PATIENT"
    WITH_LAB = "WITH_LAB"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CLOSED = "CLOSED"


class ReviewTrigger(StrEnum):
    """What moves a review. HOLD and RESUME follow laboratory work, RECALL and WITHDRAW what was done to the order after
    its approval, CLOSE its cancellation or refund.
    """

    CLAIM = "claim"
    RENEW = "renew"
    RELEASE = "release"
    APPROVE = "approve"
    ASK = "ask"
    REJECT = "reject"
    RETURN = "return"
    HOLD = "hold"
    RESUME = "resume"
    RECALL = "recall"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    REOPEN = "reopen"


@frozen(kw_only=True)
class ReviewFacts:
    """What guards read: does a claim run, and is it the actor's own with the newest fencing token."""

    claim_runs: bool
    claim_is_mine: bool


def claim_ran_out(facts: ReviewFacts) -> bool:
    """Nobody holds a claim that still runs."""
    return not facts.claim_runs


def claim_is_mine(facts: ReviewFacts) -> bool:
    """The actor holds the claim, with its newest token, and it still runs."""
    return facts.claim_runs and facts.claim_is_mine


_S, _T = ReviewState, ReviewTrigger
ReviewRule = Rule[ReviewState, ReviewTrigger, ReviewFacts]

REVIEW = Machine[ReviewState, ReviewTrigger, ReviewFacts](
    name="review",
    initial=_S.WAITING,
    final=frozenset(),
    rules=(
        Rule(_S.WAITING, _T.CLAIM, _S.CLAIMED, permission=DECIDE, causes="a new fencing token"),
        Rule(_S.CLAIMED, _T.CLAIM, _S.CLAIMED, claim_ran_out, permission=DECIDE, causes="a new fencing token"),
        Rule(_S.CLAIMED, _T.RENEW, _S.CLAIMED, claim_is_mine, permission=DECIDE, causes="the claim runs longer"),
        Rule(_S.CLAIMED, _T.RELEASE, _S.WAITING, claim_is_mine, permission=DECIDE),
        Rule(_S.CLAIMED, _T.APPROVE, _S.APPROVED, claim_is_mine, permission=DECIDE, causes="the order goes on"),
        Rule(_S.CLAIMED, _T.ASK, _S.WITH_PATIENT, claim_is_mine, permission=DECIDE, causes="the waiting clock stops"),
        Rule(_S.CLAIMED, _T.REJECT, _S.REJECTED, claim_is_mine, permission=DECIDE, causes="the order is rejected"),
        Rule(_S.WITH_PATIENT, _T.RETURN, _S.WAITING, causes="the waiting clock goes on"),
        *(
            Rule(state, _T.HOLD, _S.WITH_LAB, causes="the waiting clock stops; a claim ends")
            for state in (_S.WAITING, _S.CLAIMED)
        ),
        Rule(_S.WITH_LAB, _T.RESUME, _S.WAITING, causes="the waiting clock goes on"),
        Rule(_S.APPROVED, _T.RECALL, _S.WITH_PATIENT, causes="the approval counts no more"),
        *(
            Rule(state, _T.WITHDRAW, _S.REJECTED, causes="the approval counts no more")
            for state in (_S.APPROVED, _S.WITH_LAB)
        ),
        *(Rule(state, _T.CLOSE, _S.CLOSED, causes="a claim ends") for state in _S if state is not _S.CLOSED),
        *(Rule(state, _T.REOPEN, _S.WAITING) for state in (_S.REJECTED, _S.CLOSED)),
    ),
    notes={
        _S.WAITING: Note("clinician", "A clinician will look at your answers.", "Waits for a clinician.", 2),
        _S.CLAIMED: Note("clinician", "A clinician is looking at your answers.", "A clinician works on it.", 1),
        _S.WITH_PATIENT: Note("patient", "Please look at your answers again.", "Sent back to the patient.", 7),
        _S.WITH_LAB: Note("lab", "We are waiting for your laboratory results.", "Results are awaited.", 14),
        _S.APPROVED: Note("nobody", "A clinician approved your order.", "Approved."),
        _S.REJECTED: Note("nobody", "A clinician could not approve your order.", "Rejected."),
        _S.CLOSED: Note("nobody", "Nothing is reviewed any more.", "The order was cancelled or refunded."),
    },
)
