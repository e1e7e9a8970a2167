"""The face of the context."""

from hlc_core.review.approval import approval_of, approvals_of
from hlc_core.review.machine import REVIEW, ReviewFacts, ReviewState, ReviewTrigger
from hlc_core.review.model import Claim, Decision, DecisionId, Licence, LicenceEvidence, Outcome, Review
from hlc_core.review.ports import Decisions, Env, Licences, Reviews

__all__ = [
    "REVIEW",
    "Claim",
    "Decision",
    "DecisionId",
    "Decisions",
    "Env",
    "Licence",
    "LicenceEvidence",
    "Licences",
    "Outcome",
    "Review",
    "ReviewFacts",
    "ReviewState",
    "ReviewTrigger",
    "Reviews",
    "approval_of",
    "approvals_of",
]
