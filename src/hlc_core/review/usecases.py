"""Claiming reviews and deciding on them. Every step under a claim shows its fencing token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from attrs import field, frozen

from hlc_core.intake.api import (
    Correction,
    Finding,
    IntakeRevision,
    IntakeSession,
    approve_intake,
    reject_intake,
    revision_id,
    send_back_intake,
    submitted,
)
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, OrderId, ReviewId
from hlc_core.kernel.time import local_date
from hlc_core.review.errors import (
    NoSuchReview,
    NotClaimed,
    NothingToReview,
    PatientStateUnknown,
    ReasonMissing,
    ReviewTaken,
    StaleClaim,
)
from hlc_core.review.licensing import licence_for
from hlc_core.review.machine import REVIEW, ReviewState, ReviewTrigger
from hlc_core.review.model import Claim, Decision, LicenceEvidence, Outcome, Review, decision_id
from hlc_core.review.places import Place, place_of
from hlc_core.review.ports import Env

LEASE = timedelta(minutes=30)
"""How long a claim runs; whoever works longer renews it."""
PREFERENCE = timedelta(hours=4)
"""How long, after the patient answered again, a review is kept for the clinician who asked."""
OPEN = (ReviewState.WAITING, ReviewState.CLAIMED)
RULES = ("review.approval/1", "review.licence/1")
"""The versions of the rules by which an approval is allowed; raised when one of them changes."""

_LOOK_AT = 200


def clinician_of(env: Env) -> ActorId:
    """Who decides: the actor, or whom the actor stands in for."""
    return env.actor.on_behalf_of or env.actor.id


@frozen(kw_only=True)
class ClaimReview(Command[Review]):
    """Take a review (its id, its order's id or number) to work on it; the answer's claim has the token."""

    review: str


def claim_review(command: ClaimReview, env: Env) -> Review:
    """One's own claim that runs is answered as it is.

    Refuses: NoSuchReview, ReviewTaken, IllegalTransition (nothing waits for a clinician).
    """
    return _claimed(named(command.review, env), env)


@frozen(kw_only=True)
class ClaimNextReview(Command[Review]):
    """Take the review that should come next: one that came back to its clinician first, then the oldest."""


def claim_next_review(command: ClaimNextReview, env: Env) -> Review:
    """Refuses: NothingToReview."""
    now, me = env.clock.now(), clinician_of(env)
    waiting = [one for one in env.reviews.page(OPEN, None, _LOOK_AT) if one.free(now)]
    mine = [one for one in waiting if one.preferred == me]
    anybodys = [one for one in waiting if one.preferred is None or now - one.entered_at >= PREFERENCE]
    for one in (*mine, *anybodys):
        return _claimed(one, env)
    raise NothingToReview("Nothing waits for you now.")


def _claimed(review: Review, env: Env) -> Review:
    now, me = env.clock.now(), clinician_of(env)
    claim = review.claim
    if claim is not None and claim.runs(now):
        if claim.clinician == me:
            return review
        raise ReviewTaken("Another clinician works on this.", Fault("review", f"free at {claim.until:%H:%M} UTC"))
    taken = review.move(ReviewTrigger.CLAIM, now, review.facts(me, review.token, now))
    token = review.token + 1
    held = evolve(taken, token=token, claim=Claim(clinician=me, token=token, since=now, until=now + LEASE))
    env.reviews.save(held)
    return held


@frozen(kw_only=True)
class RenewClaim(Command[Review]):
    """Work longer on it."""

    review: str
    token: int


def renew_claim(command: RenewClaim, env: Env) -> Review:
    """Refuses: NoSuchReview, StaleClaim."""
    review, now = named(command.review, env), env.clock.now()
    renewed = _under_claim(review, command.token, ReviewTrigger.RENEW, env)
    kept = evolve(renewed, claim=None if review.claim is None else evolve(review.claim, until=now + LEASE))
    env.reviews.save(kept)
    return kept


@frozen(kw_only=True)
class ReleaseReview(Command[Review]):
    """Give it back undecided."""

    review: str
    token: int


def release_review(command: ReleaseReview, env: Env) -> Review:
    """Refuses: NoSuchReview, StaleClaim."""
    released = _under_claim(named(command.review, env), command.token, ReviewTrigger.RELEASE, env)
    env.reviews.save(released)
    return released


@frozen(kw_only=True)
class ApproveReview(Command[Decision]):
    """The answers stand. `note` is needed where answers speak against it."""

    review: str
    token: int
    note: str = field(default="", repr=False)


def approve_review(command: ApproveReview, env: Env) -> Decision:
    """The decision with its evidence; the order goes on. The same again answers it.

    Refuses: NoSuchReview, StaleClaim, NotSubmitted, PatientStateUnknown, NotLicensed, ReasonMissing, GuardRefused
    (results are outstanding).
    """
    review = named(command.review, env)
    stands = _decided(review, command.token, Outcome.APPROVED, env)
    if stands is not None:
        return stands
    approved = _under_claim(review, command.token, ReviewTrigger.APPROVE, env)
    session, revision = _submitted(review, env)
    findings = tuple(finding for one in revision.judged for finding in one.findings)
    note = _sentence(command.note, "note", least=3 if findings else 0, why="answers speak against it: say why not")
    place = place_of(env.orders.get(review.order), env.patients.get(review.patient))
    if place is None:
        raise PatientStateUnknown(
            "The patient's state is not known, so no licence can be checked.",
            Fault("address", "give the order's patient an address with a state"),
        )
    today = local_date(env.clock.now(), env.organization.zone)
    licence = licence_for(clinician_of(env), place, today, env)
    decision = _decide(approved, revision, Outcome.APPROVED, note, env, findings=findings, place=place, licence=licence)
    approve_intake(session, env)
    return decision


@frozen(kw_only=True)
class AskForCorrections(Command[Decision]):
    """Send it back to the patient, naming items and reasons."""

    review: str
    token: int
    corrections: tuple[Correction, ...] = field(repr=False)
    note: str = field(default="", repr=False)


def ask_for_corrections(command: AskForCorrections, env: Env) -> Decision:
    """The decision; the waiting clock stops. The same again answers it.

    Refuses: NoSuchReview, StaleClaim, NotSubmitted, ReasonMissing (no item, an item that was not asked, no reason).
    """
    review = named(command.review, env)
    stands = _decided(review, command.token, Outcome.NEEDS_CORRECTION, env)
    if stands is not None:
        return stands
    back = _under_claim(review, command.token, ReviewTrigger.ASK, env)
    session, revision = _submitted(review, env)
    note = _sentence(command.note, "note", least=0, why="")
    corrections = _corrections(command.corrections, revision, env)
    if not corrections and len(note) < 3:
        raise ReasonMissing("Say what is to be corrected.", Fault("corrections", "an item and a reason, or a note"))
    decision = _decide(back, revision, Outcome.NEEDS_CORRECTION, note, env, corrections=corrections)
    send_back_intake(session, corrections, note, env)
    return decision


@frozen(kw_only=True)
class RejectReview(Command[Decision]):
    """It cannot be approved; the order is rejected, and what the organization wants to follow follows."""

    review: str
    token: int
    reason: str = field(repr=False)


def reject_review(command: RejectReview, env: Env) -> Decision:
    """The decision. The same again answers it. Refuses: NoSuchReview, StaleClaim, NotSubmitted, ReasonMissing."""
    review = named(command.review, env)
    stands = _decided(review, command.token, Outcome.REJECTED, env)
    if stands is not None:
        return stands
    rejected = _under_claim(review, command.token, ReviewTrigger.REJECT, env)
    session, revision = _submitted(review, env)
    reason = _sentence(command.reason, "reason", least=3, why="3 to 1000 characters")
    findings = tuple(finding for one in revision.judged for finding in one.findings)
    decision = _decide(rejected, revision, Outcome.REJECTED, reason, env, findings=findings)
    reject_intake(session, env)
    return decision


def named(word: str, env: Env) -> Review:
    """The review of that id, or of that order. Refuses: NoSuchReview."""
    held = env.reviews.find(ReviewId(word))
    if held is None:
        order = env.orders.find(OrderId(word)) or env.orders.numbered(word.strip().upper())
        held = None if order is None else next(iter(env.reviews.of_orders((order.id,))), None)
        if order is not None and held is None:
            remedy = Fault(
                "review", f"its answers were not sent, or it asks for none: `hlc explain order {order.number}`"
            )
            raise NoSuchReview(f"The order is {order.state}; it has no review.", remedy)
    if held is None:
        remedy = Fault("review", "its id, or its order's id or number; see `hlc reviews list`")
        raise NoSuchReview("There is no such review.", remedy)
    return held


def _under_claim(review: Review, token: int, trigger: ReviewTrigger, env: Env) -> Review:
    now = env.clock.now()
    facts = review.facts(clinician_of(env), token, now)
    if not (facts.claim_runs and facts.claim_is_mine):
        raise _not_held(review, token, env)
    return review.move(trigger, now, facts)


def _not_held(review: Review, token: int, env: Env) -> HlcError:
    """Why that token decides nothing, and how to come by one that does."""
    claim, now = review.claim, env.clock.now()
    if review.state not in OPEN:
        told = REVIEW.notes[review.state].staff
        return StaleClaim("This review waits for no decision now: nothing was changed.", Fault("review", told))
    if claim is not None and claim.runs(now):
        if claim.clinician == clinician_of(env):
            remedy = "the one that your claim answered; claim again to see it"
            return StaleClaim("That is not the token of your claim: nothing was changed.", Fault("token", remedy))
        until = f"claim it when it is free: at {claim.until:%H:%M} UTC, or when they decide or release it"
        return StaleClaim("Another clinician holds this review: nothing was changed.", Fault("token", until))
    if not 1 <= token <= review.token:
        remedy = "claim the review first; the claim's answer has the token"
        return NotClaimed("You have not claimed this review: nothing was changed.", Fault("token", remedy))
    return StaleClaim(
        "You do not hold this review any more: nothing was changed.", Fault("token", "claim the review again")
    )


def _decided(review: Review, token: int, outcome: Outcome, env: Env) -> Decision | None:
    """The decision that stands, if this very claim made it."""
    last = env.decisions.find(decision_id(review.id, review.decisions)) if review.decisions else None
    mine = last is not None and (last.token, last.clinician, last.outcome) == (token, clinician_of(env), outcome)
    return last if mine and review.claim is None else None


def _submitted(review: Review, env: Env) -> tuple[IntakeSession, IntakeRevision]:
    session = submitted(review.intake, review.revision, env)
    return session, env.intake_revisions.get(revision_id(session.id, session.revision))


def _decide(
    moved: Review,
    revision: IntakeRevision,
    outcome: Outcome,
    note: str,
    env: Env,
    *,
    findings: tuple[Finding, ...] = (),
    corrections: tuple[Correction, ...] = (),
    place: Place | None = None,
    licence: LicenceEvidence | None = None,
) -> Decision:
    now, me = env.clock.now(), clinician_of(env)
    number = moved.decisions + 1
    decision = Decision(
        id=decision_id(moved.id, number),
        organization=moved.organization,
        review=moved.id,
        number=number,
        intake=moved.intake,
        order=moved.order,
        patient=moved.patient,
        revision=revision.number,
        outcome=outcome,
        clinician=me,
        token=moved.token,
        at=now,
        on=local_date(now, env.organization.zone),
        questionnaires=revision.pins,
        patient_state="" if place is None else place.state,
        patient_country="" if place is None else place.country,
        licence=licence,
        findings=findings,
        corrections=corrections,
        note=note,
        rules=RULES,
    )
    env.decisions.add(decision)
    env.reviews.save(evolve(moved, decisions=number, preferred=me))
    return decision


def _sentence(text: str, name: str, least: int, why: str) -> str:
    plain = text.strip()
    if not least <= len(plain) <= 1000 or any(ord(letter) < 32 and letter not in "\r\n\t" for letter in plain):
        raise ReasonMissing("This decision needs a sentence.", Fault(name, why or "at most 1000 characters"))
    return plain


def _corrections(given: Sequence[Correction], revision: IntakeRevision, env: Env) -> tuple[Correction, ...]:
    asked = {
        (pin.key, item.id)
        for pin in revision.pins
        for item in env.questionnaires.get(pin.questionnaire).definition.items()
        if item.asks
    }
    faults: list[Fault] = []
    kept: list[Correction] = []
    for place, one in enumerate(given):
        if (one.key, one.item) not in asked:
            faults.append(Fault(f"corrections[{place}].item", "was not asked in this intake"))
            continue
        try:
            kept.append(evolve(one, reason=_sentence(one.reason, "reason", least=3, why="3 to 1000 characters")))
        except HlcError:
            faults.append(Fault(f"corrections[{place}].reason", "3 to 1000 characters"))
    if len({(one.key, one.item) for one in kept}) < len(kept):
        faults.append(Fault("corrections", "each item once"))
    if faults:
        raise ReasonMissing("Some of the corrections cannot be asked for.", *faults)
    return tuple(kept)
