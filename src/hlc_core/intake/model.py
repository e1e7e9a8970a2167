"""Questionnaire versions, intake sessions, and the immutable revisions of their answers."""

from __future__ import annotations

from datetime import datetime
from typing import NewType

from attrs import field, frozen

from hlc_core.intake.definition import Answer, Definition, Finding, Score, Value
from hlc_core.intake.machine import (
    INTAKE,
    QUESTIONNAIRE,
    IntakeFacts,
    IntakeState,
    IntakeTrigger,
    QuestionnaireState,
    QuestionnaireTrigger,
)
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import IntakeId, OrderId, OrganizationId, PatientId, QuestionnaireId
from hlc_core.kernel.machine import NoFacts

RevisionId = NewType("RevisionId", str)


@frozen(kw_only=True)
class Questionnaire:
    """One version of a questionnaire: `key` is the word that products name, `number` counts from 1, `hash` pins the
    content. Immutable but for its state."""

    id: QuestionnaireId
    organization: OrganizationId
    key: str
    number: int
    hash: str
    definition: Definition
    made_at: datetime
    state: QuestionnaireState = QuestionnaireState.DRAFT
    published_at: datetime | None = None
    version: int = 0

    def move(self, trigger: QuestionnaireTrigger) -> Questionnaire:
        """The version after the trigger. Refuses: IllegalTransition."""
        return evolve(self, state=QUESTIONNAIRE.step(self.state, trigger, NoFacts()))

    @property
    def pin(self) -> Pin:
        """What an intake remembers of it."""
        return Pin(key=self.key, questionnaire=self.id, number=self.number, hash=self.hash)


@frozen(kw_only=True)
class Pin:
    """Exactly which version of a questionnaire is, or was, answered."""

    key: str
    questionnaire: QuestionnaireId
    number: int
    hash: str


@frozen(kw_only=True)
class Answers:
    """The answers to one questionnaire, in the order of its items."""

    key: str
    answers: tuple[Answer, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Correction:
    """An item that the patient shall look at again, and why. Clinical."""

    key: str
    item: str
    reason: str = field(repr=False)


@frozen(kw_only=True)
class IntakeSession:
    """The answers that one order asks its patient for.

    `session_key` is the secret of the link; only `key_hash` is a column. `missing` are keys that nobody has published.
    `answers` are the working copy, `revision` the number of the last submitted one (0: none). `asked` and `note` are
    what a clinician sent it back with. All of it is clinical.
    """

    id: IntakeId
    organization: OrganizationId
    order: OrderId
    order_number: str
    patient: PatientId
    session_key: str = field(repr=False)
    key_hash: str = field(repr=False)
    opened_at: datetime
    entered_at: datetime
    state: IntakeState = IntakeState.NOT_STARTED
    pins: tuple[Pin, ...] = ()
    missing: tuple[str, ...] = ()
    answers: tuple[Answers, ...] = field(default=(), repr=False)
    revision: int = 0
    asked: tuple[Correction, ...] = field(default=(), repr=False)
    note: str = field(default="", repr=False)
    version: int = 0

    def move(self, trigger: IntakeTrigger, at: datetime, complete: bool = True) -> IntakeSession:
        """The intake after the trigger. Refuses: IllegalTransition, GuardRefused."""
        state = INTAKE.step(self.state, trigger, IntakeFacts(complete=complete))
        return evolve(self, state=state, entered_at=at)

    @property
    def with_patient(self) -> bool:
        """Whether it is the patient's turn."""
        return self.state in (IntakeState.NOT_STARTED, IntakeState.IN_PROGRESS, IntakeState.NEEDS_CORRECTION)

    def answers_to(self, key: str) -> tuple[Answer, ...]:
        """The working answers to one questionnaire."""
        return next((one.answers for one in self.answers if one.key == key), ())


@frozen(kw_only=True)
class Judged:
    """What was computed from the answers to one questionnaire when they were submitted. Clinical."""

    key: str
    scores: tuple[Score, ...] = ()
    findings: tuple[Finding, ...] = ()
    values: tuple[Value, ...] = ()


@frozen(kw_only=True)
class IntakeRevision:
    """What was submitted, once and for good: its id is the intake's and the number (`int_….2`)."""

    id: RevisionId
    organization: OrganizationId
    intake: IntakeId
    number: int
    pins: tuple[Pin, ...]
    at: datetime
    by: str
    answers: tuple[Answers, ...] = field(default=(), repr=False)
    judged: tuple[Judged, ...] = field(default=(), repr=False)
    version: int = 0


def revision_id(intake: IntakeId, number: int) -> RevisionId:
    """The one id that the n-th revision of an intake can have."""
    return RevisionId(f"{intake}.{number}")
