"""Reviews, decisions with their evidence, and the licences under which clinicians decide."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from attrs import field, frozen

from hlc_core.intake.api import Correction, Finding, Pin
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, IntakeId, LicenceId, OrderId, OrganizationId, PatientId, ReviewId
from hlc_core.review.machine import REVIEW, ReviewFacts, ReviewState, ReviewTrigger

DecisionId = NewType("DecisionId", str)

_OPEN = (ReviewState.WAITING, ReviewState.CLAIMED)


@frozen(kw_only=True)
class Claim:
    """A lease on a review: whose, until when, and the token that every step under it has to show."""

    clinician: ActorId
    token: int
    since: datetime
    until: datetime

    def runs(self, at: datetime) -> bool:
        """Whether it has not run out."""
        return at < self.until


@frozen(kw_only=True)
class Review:
    """The review of one intake, over all its revisions.

    `token` counts claims and never goes back. The clock: `waited_seconds` of closed stretches, and the open one since
    `waiting_since` (None: it stands still). `preferred` is who looked at it last. `decisions` counts those made.
    """

    id: ReviewId
    organization: OrganizationId
    intake: IntakeId
    order: OrderId
    order_number: str
    patient: PatientId
    revision: int
    opened_at: datetime
    entered_at: datetime
    state: ReviewState = ReviewState.WAITING
    waited_seconds: int = 0
    waiting_since: datetime | None = None
    claim: Claim | None = None
    token: int = 0
    preferred: ActorId | None = None
    decisions: int = 0
    version: int = 0

    def move(self, trigger: ReviewTrigger, at: datetime, facts: ReviewFacts) -> Review:
        """The review after the trigger: outside a claim it has none, and the clock runs only while clinicians owe a
        step. Refuses: IllegalTransition, GuardRefused."""
        state = REVIEW.step(self.state, trigger, facts)
        clock = self._clock(state, at)
        return evolve(clock, state=state, entered_at=at, claim=self.claim if state is ReviewState.CLAIMED else None)

    def _clock(self, state: ReviewState, at: datetime) -> Review:
        runs = state in _OPEN
        if runs and self.waiting_since is None:
            return evolve(self, waiting_since=at)
        if not runs and self.waiting_since is not None:
            return evolve(self, waiting_since=None, waited_seconds=self._seconds(at))
        return self

    def _seconds(self, at: datetime) -> int:
        since = self.waiting_since
        open_stretch = 0 if since is None else max(0, int((at - since).total_seconds()))
        return self.waited_seconds + open_stretch

    def waited(self, at: datetime) -> timedelta:
        """How long clinicians have let it wait, without the time that it was with the patient or a laboratory."""
        return timedelta(seconds=self._seconds(at))

    def facts(self, actor: ActorId, token: int, at: datetime) -> ReviewFacts:
        """What guards read of the claim."""
        claim = self.claim
        runs = claim is not None and claim.runs(at)
        mine = claim is not None and claim.clinician == actor and claim.token == token == self.token
        return ReviewFacts(claim_runs=runs, claim_is_mine=mine)

    def free(self, at: datetime) -> bool:
        """Whether a clinician may claim it now."""
        return self.state in _OPEN and (self.claim is None or not self.claim.runs(at))


NO_CLAIM = ReviewFacts(claim_runs=False, claim_is_mine=False)
"""For moves that no claim is asked for."""


@frozen(kw_only=True)
class Licence:
    """A clinician's licence to practise in one state. Valid from its verification until `expires_on` (included)."""

    id: LicenceId
    organization: OrganizationId
    clinician: ActorId
    number: str
    state: str
    expires_on: date
    country: str = "US"
    added_at: datetime
    verified_at: datetime | None = None
    verified_by: ActorId | None = None
    withdrawn_at: datetime | None = None
    version: int = 0

    def valid(self, on: date) -> bool:
        """Whether somebody verified it, nobody withdrew it, and it has not expired."""
        return self.verified_at is not None and self.withdrawn_at is None and on <= self.expires_on


@frozen(kw_only=True)
class LicenceEvidence:
    """The licence as it was at the moment of the decision."""

    licence: LicenceId
    number: str
    state: str
    country: str
    expires_on: date
    verified_at: datetime


class Outcome(StrEnum):
    """What a clinician decided."""

    APPROVED = "approved"
    NEEDS_CORRECTION = "needs_correction"
    REJECTED = "rejected"


@frozen(kw_only=True)
class Decision:
    """A decision and the evidence that it was made on; its id is the review's and the number (`rev_….1`). Clinical.

    `findings` are the disqualifying answers that the clinician saw; `rules` the versions of the rules in force.
    """

    id: DecisionId
    organization: OrganizationId
    review: ReviewId
    number: int
    intake: IntakeId
    order: OrderId
    patient: PatientId
    revision: int
    outcome: Outcome
    clinician: ActorId
    token: int
    at: datetime
    on: date
    questionnaires: tuple[Pin, ...]
    patient_state: str = ""
    patient_country: str = ""
    licence: LicenceEvidence | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    corrections: tuple[Correction, ...] = field(default=(), repr=False)
    note: str = field(default="", repr=False)
    rules: tuple[str, ...] = ()
    version: int = 0


def decision_id(review: ReviewId, number: int) -> DecisionId:
    """The one id that the n-th decision of a review can have."""
    return DecisionId(f"{review}.{number}")
