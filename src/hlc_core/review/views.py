"""Questions about reviews, and who must act on an order's answers."""

from __future__ import annotations

from datetime import date

from attrs import field, frozen

from hlc_core.intake.api import INTAKE, IntakeCard, IntakeState, RevisionShown, intake_card, revision_id, show_revision
from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import OrderId, ReviewId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.text import counted
from hlc_core.kernel.time import local_date
from hlc_core.review.errors import NotLicensed
from hlc_core.review.licensing import licence_for
from hlc_core.review.machine import REVIEW, ReviewFacts, ReviewRule, ReviewState, ReviewTrigger
from hlc_core.review.model import Decision, Review
from hlc_core.review.places import Place, place_of
from hlc_core.review.ports import Env
from hlc_core.review.usecases import OPEN, clinician_of, named


@frozen(kw_only=True)
class ReviewCard:
    """A review as the queue shows it: how long clinicians let it wait, who works on it, and what the actor can do."""

    review: Review
    waits_for: str
    waited_seconds: int
    free: bool
    mine: bool
    preferred: bool
    actions: tuple[ReviewTrigger, ...]


def card(review: Review, env: Env) -> ReviewCard:
    """The review as the actor sees it; a claim that ran out counts as none."""
    now, me = env.clock.now(), clinician_of(env)
    facts = review.facts(me, review.token, now)
    mine = facts.claim_runs and facts.claim_is_mine
    return ReviewCard(
        review=review,
        waits_for=REVIEW.notes[review.state].waits_for,
        waited_seconds=int(review.waited(now).total_seconds()),
        free=review.free(now),
        mine=mine,
        preferred=review.preferred == me,
        actions=tuple(
            rule.trigger for rule in _hand_moves(review.state, facts) if env.actor.may(rule.permission or "")
        ),
    )


def _hand_moves(state: ReviewState, facts: ReviewFacts) -> list[ReviewRule]:
    return [
        rule
        for rule in REVIEW.rules
        if rule.source is state and rule.permission is not None and (rule.guard is None or rule.guard(facts))
    ]


@frozen(kw_only=True)
class ListReviews(Query[Page[ReviewCard]]):
    """Reviews, oldest first: those that wait for a clinician, or those of one state. `mine`: only one's own claims."""

    state: ReviewState | None = None
    mine: bool = False
    cursor: str | None = None
    limit: int = 50


def list_reviews(query: ListReviews, env: Env) -> Page[ReviewCard]:
    """Refuses: Invalid (limit). One's own claims are sought among the open reviews of the page."""
    states = OPEN if query.state is None else (query.state,)
    after = None if query.cursor is None else ReviewId(query.cursor)
    rows = env.reviews.page(states, after, limited(query.limit) + 1)
    page = rows[: query.limit]
    cards = tuple(card(one, env) for one in page)
    kept = tuple(one for one in cards if one.mine) if query.mine else cards
    return Page(kept, page[-1].id if len(rows) > query.limit else None)


@frozen(kw_only=True)
class ReviewCount:
    """For a badge: how many reviews clinicians owe a step."""

    waiting: int
    claimed: int


@frozen(kw_only=True)
class CountReviews(Query[ReviewCount]):
    """How long the queue is."""


def count_reviews(query: CountReviews, env: Env) -> ReviewCount:
    """A claim that ran out counts as claimed until somebody takes it."""
    waiting, claimed = env.reviews.count((ReviewState.WAITING,)), env.reviews.count((ReviewState.CLAIMED,))
    return ReviewCount(waiting=waiting, claimed=claimed)


@frozen(kw_only=True)
class ReviewView:
    """All that a clinician decides on: the answers with what changed, earlier decisions, the licence question.

    `licence` says why the actor could not approve, and is empty if nothing stands against it.
    """

    card: ReviewCard
    intake: IntakeCard
    answers: RevisionShown | None
    decisions: tuple[Decision, ...]
    patient_state: str
    licence: str = field(default="")


@frozen(kw_only=True)
class GetReview(Query[ReviewView]):
    """One review, by its id, its order's id or its order's number."""

    review: str


def review_shown(query: GetReview, answer: ReviewView) -> tuple[str, ...]:
    """Whose answers are read, for the record of reads."""
    return (f"review {answer.card.review.id}", f"patient {answer.card.review.patient}")


def get_review(query: GetReview, env: Env) -> ReviewView:
    """Refuses: NoSuchReview."""
    review = named(query.review, env)
    revision = env.intake_revisions.find(revision_id(review.intake, review.revision))
    place = place_of(env.orders.get(review.order), env.patients.get(review.patient))
    return ReviewView(
        card=card(review, env),
        intake=intake_card(env.intakes.get(review.intake)),
        answers=None if revision is None else show_revision(revision, env),
        decisions=tuple(env.decisions.of_review(review.id)),
        patient_state="" if place is None else place.state,
        licence=_against(place, local_date(env.clock.now(), env.organization.zone), env),
    )


def _against(place: Place | None, today: date, env: Env) -> str:
    if place is None:
        return "The patient's state is not known."
    try:
        licence_for(clinician_of(env), place, today, env)
    except NotLicensed as refusal:
        return refusal.detail
    return ""


@frozen(kw_only=True)
class ExplainCare(Query[tuple[str, ...]]):
    """Who must act on an order's answers, and what was done, oldest first: lines without health data."""

    order: OrderId


def explain_care(query: ExplainCare, env: Env) -> tuple[str, ...]:
    """Nothing, for an order that asks nothing."""
    intake = next(iter(env.intakes.of_orders((query.order,))), None)
    if intake is None:
        return ()
    told = [f"{intake.opened_at:%Y-%m-%d %H:%M} intake opened"]
    review = next(iter(env.reviews.of_orders((query.order,))), None)
    decisions = () if review is None else env.decisions.of_review(review.id)
    told += [
        f"{one.at:%Y-%m-%d %H:%M} review of revision {one.revision}: {one.outcome} by {one.clinician}"
        for one in decisions
    ]
    note = INTAKE.notes[intake.state]
    told.append(f"intake {intake.state} since {intake.entered_at:%Y-%m-%d %H:%M}: {note.staff}")
    if intake.missing and intake.with_patient:
        told.append(
            f"{counted(len(intake.missing), 'questionnaire that it needs is', 'questionnaires that it needs are')} "
            "not published: `hlc questionnaires list`"
        )
    if intake.state is IntakeState.NEEDS_CORRECTION:
        told.append(f"{counted(len(intake.asked), 'answer is', 'answers are')} to be corrected by the patient")
    if review is not None:
        now = env.clock.now()
        hours, seconds = divmod(int(review.waited(now).total_seconds()), 3600)
        claim = review.claim
        by = "" if claim is None else f", claimed by {claim.clinician} until {claim.until:%Y-%m-%d %H:%M}"
        told.append(f"review {review.state}: clinicians let it wait {hours} h {seconds // 60} min{by}")
    return tuple(told)
