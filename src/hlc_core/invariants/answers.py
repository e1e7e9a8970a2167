"""Rules about answers: order, intake and review stand together, and no approval stands on nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from hlc_core.intake.api import IntakeSession, IntakeState
from hlc_core.invariants.model import Finding
from hlc_core.orders.api import Order, OrderState
from hlc_core.review.api import Decision, Outcome, Review, ReviewState


@frozen(kw_only=True)
class Answered:
    """Some intakes, with their orders and reviews, and the newest decision of each of those."""

    intakes: Sequence[IntakeSession] = ()
    orders: Sequence[Order] = ()
    reviews: Sequence[Review] = ()
    decisions: Sequence[Decision] = ()


_REVIEWED = (OrderState.PROCESSING, OrderState.AWAITING_REQUISITION, OrderState.AWAITING_RESULTS)


def an_order_and_its_answers_are_in_step(facts: Answered) -> Iterator[Finding]:
    """An order that waits for answers has an intake with its patient, one in review a submitted one."""
    orders = {order.id: order for order in facts.orders}
    for intake in facts.intakes:
        order = orders.get(intake.order)
        if order is None:
            yield _found("an_order_and_its_answers_are_in_step", intake, "It has no order.")
        elif order.state is OrderState.AWAITING_REQUIREMENTS and not intake.with_patient:
            yield _found(
                "an_order_and_its_answers_are_in_step",
                intake,
                f"Its order waits for it, and it is {intake.state}.",
            )
        elif order.state in _REVIEWED and intake.state is not IntakeState.SUBMITTED:
            yield _found(
                "an_order_and_its_answers_are_in_step", intake, f"Its order is in review, and it is {intake.state}."
            )


def submitted_answers_have_their_review(facts: Answered) -> Iterator[Finding]:
    """Whatever was submitted is in the queue or was decided, in its last revision."""
    reviews = {review.intake: review for review in facts.reviews}
    for intake in facts.intakes:
        review = reviews.get(intake.id)
        if intake.revision and (review is None or review.revision != intake.revision):
            seen = "no review" if review is None else f"a review of revision {review.revision}"
            yield _found("submitted_answers_have_their_review", intake, f"Revision {intake.revision} has {seen}.")


def an_approval_stands_on_a_licence(facts: Answered) -> Iterator[Finding]:
    """On that very revision, by a licence that was valid in the patient's state that day."""
    newest = {(decision.review, decision.number): decision for decision in facts.decisions}
    for review in facts.reviews:
        if review.state is not ReviewState.APPROVED:
            continue
        decision = newest.get((review.id, review.decisions))
        if decision is None or decision.outcome is not Outcome.APPROVED or decision.revision != review.revision:
            yield _of(review, "It is approved without a decision on its revision.")
            continue
        licence = decision.licence
        valid = licence is not None and licence.expires_on >= decision.on
        here = licence is not None and (licence.state, licence.country) == (
            decision.patient_state,
            decision.patient_country,
        )
        if not (valid and here):
            yield _of(review, "Its approval names no licence that was valid for the patient's state that day.")


def _found(invariant: str, intake: IntakeSession, means: str) -> Finding:
    return Finding(
        invariant=invariant,
        subjects=(intake.id, intake.order),
        means=means,
        remedy="Look at both with `hlc explain order`, and move the order to where the answers are.",
    )


def _of(review: Review, means: str) -> Finding:
    return Finding(
        invariant="an_approval_stands_on_a_licence",
        subjects=(review.id, review.order),
        means=means,
        remedy="Have nothing prescribed on it: send the order back, and have a licensed clinician decide again.",
    )
