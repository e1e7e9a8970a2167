"""Reviews of submitted intakes, and the licences under which clinicians decide."""

from __future__ import annotations

from datetime import date
from typing import Any

from attrs import field, frozen

from hlc_core.intake.api import Correction
from hlc_core.kernel.ids import ActorId, LicenceId
from hlc_core.kernel.paging import Page
from hlc_core.orders.api import GetOrder
from hlc_core.review.api import (
    AddLicence,
    ApproveReview,
    AskForCorrections,
    ClaimNextReview,
    ClaimReview,
    CountReviews,
    Decision,
    ExplainCare,
    GetReview,
    Licence,
    LicenceCard,
    ListLicences,
    ListReviews,
    RejectReview,
    ReleaseReview,
    RenewClaim,
    RenewLicence,
    ReviewCard,
    ReviewCount,
    ReviewState,
    ReviewView,
    VerifyLicence,
    WithdrawLicence,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("reviews", who=Who.STAFF)


@frozen(kw_only=True)
class ReviewsQuery(Paged):
    """Those that wait for a clinician, or those of one state; `mine`: only one's own claims."""

    state: ReviewState | None = None
    mine: bool = False


@frozen(kw_only=True)
class TokenBody:
    """The token of the claim, as claiming answered it."""

    token: int


@frozen(kw_only=True)
class ApproveBody:
    """`note` is needed where answers speak against approval."""

    token: int
    note: str = field(default="", repr=False)


@frozen(kw_only=True)
class CorrectionsBody:
    """Items (by questionnaire key and item) with reasons, a note to it as a whole, or both."""

    token: int
    corrections: tuple[Correction, ...] = field(default=(), repr=False)
    note: str = field(default="", repr=False)


@frozen(kw_only=True)
class RejectBody:
    """`reason` stays with the decision; the patient does not see it."""

    token: int
    reason: str = field(repr=False)


@frozen(kw_only=True)
class RenewalBody:
    """The new last day."""

    expires_on: date


@frozen(kw_only=True)
class LicencesQuery(Paged):
    """Of one clinician, or of all."""

    clinician: ActorId | None = None


@routes.get("/api/v1/reviews", "The queue of reviews", query=ReviewsQuery, answers=Page[ReviewCard], uses=ListReviews)
def list_reviews(call: Call[Nothing, ReviewsQuery]) -> Page[ReviewCard]:
    """Oldest first, with the time that clinicians let each wait; `actions` are those of the caller."""
    asked = call.query
    return call.ask(ListReviews(state=asked.state, mine=asked.mine, cursor=asked.cursor, limit=asked.limit))


@routes.get("/api/v1/reviews/count", "How long the queue is", answers=ReviewCount, uses=CountReviews)
def count_reviews(call: Call[Nothing, Nothing]) -> ReviewCount:
    """For a badge."""
    return call.ask(CountReviews())


@routes.post("/api/v1/reviews/next", "Claim the review that comes next", answers=ReviewView, uses=ClaimNextReview)
def claim_next(call: Call[Nothing, Nothing]) -> ReviewView:
    """What came back to the caller first, then the oldest. `card.review.claim.token` has to be shown with each step."""
    return call.ask(GetReview(review=call.execute(ClaimNextReview()).id))


@routes.get("/api/v1/reviews/{review_id}", "Show a review", answers=ReviewView, uses=GetReview)
def show_review(call: Call[Nothing, Nothing]) -> ReviewView:
    """By its id, its order's id or number: answers, what changed, earlier decisions, the licence question."""
    return _view(call)


@routes.post("/api/v1/reviews/{review_id}/claim", "Claim a review", answers=ReviewView, uses=ClaimReview)
def claim_review(call: Call[Nothing, Nothing]) -> ReviewView:
    """For 30 minutes. One's own claim that runs is answered as it is."""
    call.execute(ClaimReview(review=call.part("review_id")))
    return _view(call)


@routes.post(
    "/api/v1/reviews/{review_id}/renew", "Keep a claim longer", body=TokenBody, answers=ReviewView, uses=RenewClaim
)
def renew_claim(call: Call[TokenBody, Nothing]) -> ReviewView:
    """30 minutes from now."""
    call.execute(RenewClaim(review=call.part("review_id"), token=call.body.token))
    return _view(call)


@routes.post(
    "/api/v1/reviews/{review_id}/release",
    "Give a claim back",
    body=TokenBody,
    answers=ReviewView,
    uses=ReleaseReview,
)
def release_review(call: Call[TokenBody, Nothing]) -> ReviewView:
    """Undecided."""
    call.execute(ReleaseReview(review=call.part("review_id"), token=call.body.token))
    return _view(call)


@routes.post(
    "/api/v1/reviews/{review_id}/approve",
    "Approve the answers",
    body=ApproveBody,
    answers=Decision,
    uses=ApproveReview,
    idempotent=True,
)
def approve_review(call: Call[ApproveBody, Nothing]) -> Decision:
    """Refused without a valid licence for the patient's state. The decision keeps what it was made on."""
    return call.execute(ApproveReview(review=call.part("review_id"), token=call.body.token, note=call.body.note))


@routes.post(
    "/api/v1/reviews/{review_id}/corrections",
    "Ask the patient for corrections",
    body=CorrectionsBody,
    answers=Decision,
    uses=AskForCorrections,
    idempotent=True,
)
def ask_for_corrections(call: Call[CorrectionsBody, Nothing]) -> Decision:
    """The order goes back to the patient, and the waiting clock stops."""
    body = call.body
    command = AskForCorrections(
        review=call.part("review_id"), token=body.token, corrections=body.corrections, note=body.note
    )
    return call.execute(command)


@routes.post(
    "/api/v1/reviews/{review_id}/reject",
    "Reject the order",
    body=RejectBody,
    answers=Decision,
    uses=RejectReview,
    idempotent=True,
)
def reject_review(call: Call[RejectBody, Nothing]) -> Decision:
    """Subscriptions end and money goes back as the organization's settings say."""
    return call.execute(RejectReview(review=call.part("review_id"), token=call.body.token, reason=call.body.reason))


@routes.get(
    "/api/v1/orders/{order_id}/care", "Who must act on an order's answers", answers=tuple[str, ...], uses=ExplainCare
)
def explain_care(call: Call[Nothing, Nothing]) -> tuple[str, ...]:
    """Lines without health data: what was asked, submitted and decided, and whose turn it is."""
    return call.ask(ExplainCare(order=call.ask(GetOrder(order=call.part("order_id"))).order.id))


def _view(call: Call[Any, Nothing]) -> ReviewView:
    return call.ask(GetReview(review=call.part("review_id")))


@routes.get("/api/v1/licences", "List licences", query=LicencesQuery, answers=Page[LicenceCard], uses=ListLicences)
def list_licences(call: Call[Nothing, LicencesQuery]) -> Page[LicenceCard]:
    """With whether each is valid today."""
    asked = call.query
    return call.ask(ListLicences(clinician=asked.clinician, cursor=asked.cursor, limit=asked.limit))


@routes.post(
    "/api/v1/licences",
    "Add a clinician's licence",
    body=AddLicence,
    answers=Licence,
    status=201,
    uses=AddLicence,
    idempotent=True,
)
def add_licence(call: Call[AddLicence, Nothing]) -> Licence:
    """It counts once it is verified."""
    return call.execute(call.body)


@routes.post(
    "/api/v1/licences/{licence_id}/verify", "Say that a licence was verified", answers=Licence, uses=VerifyLicence
)
def verify_licence(call: Call[Nothing, Nothing]) -> Licence:
    """Against the register of its state."""
    return call.execute(VerifyLicence(licence=LicenceId(call.part("licence_id"))))


@routes.post(
    "/api/v1/licences/{licence_id}/renew",
    "Say that a licence was prolonged",
    body=RenewalBody,
    answers=Licence,
    uses=RenewLicence,
)
def renew_licence(call: Call[RenewalBody, Nothing]) -> Licence:
    """It counts again once that is verified."""
    return call.execute(RenewLicence(licence=LicenceId(call.part("licence_id")), expires_on=call.body.expires_on))


@routes.post("/api/v1/licences/{licence_id}/withdraw", "Withdraw a licence", answers=Licence, uses=WithdrawLicence)
def withdraw_licence(call: Call[Nothing, Nothing]) -> Licence:
    """What was decided under it stays."""
    return call.execute(WithdrawLicence(licence=LicenceId(call.part("licence_id"))))
