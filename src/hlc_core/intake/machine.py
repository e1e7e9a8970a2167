"""The lifecycles of a questionnaire's version and of an intake session. Source: spec/care, Intake (the six states)."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule

REVIEW = "orders.review.decide"
AUTHOR = "emr.questionnaires.manage"


class QuestionnaireState(StrEnum):
    """What may be done with one version of a questionnaire."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


class QuestionnaireTrigger(StrEnum):
    """What moves a version. REPLACE: a later version of the same key was published."""

    PUBLISH = "publish"
    REPLACE = "replace"
    RETIRE = "retire"


_Q, _P = QuestionnaireState, QuestionnaireTrigger

QUESTIONNAIRE = Machine[QuestionnaireState, QuestionnaireTrigger, NoFacts](
    name="questionnaire",
    initial=_Q.DRAFT,
    final=frozenset({_Q.RETIRED}),
    rules=(
        Rule(_Q.DRAFT, _P.PUBLISH, _Q.PUBLISHED, permission=AUTHOR, causes="new orders pin this version"),
        Rule(_Q.DRAFT, _P.RETIRE, _Q.RETIRED, permission=AUTHOR),
        Rule(_Q.PUBLISHED, _P.REPLACE, _Q.RETIRED, causes="running intakes keep the version that they pinned"),
        Rule(
            _Q.PUBLISHED,
            _P.RETIRE,
            _Q.RETIRED,
            permission=AUTHOR,
            causes="orders that need it wait for another version",
        ),
    ),
    notes={
        _Q.DRAFT: Note("staff", "Not asked yet.", "A draft; publishing it comes next."),
        _Q.PUBLISHED: Note("nobody", "Asked of new orders.", "In use: new orders pin it."),
        _Q.RETIRED: Note("nobody", "Not asked any more.", "Kept for the intakes that pinned it."),
    },
)


class IntakeState(StrEnum):
    """Where the answers of one order stand."""

    NOT_STARTED = "NOT_STARTED"
    IN_PROGRESS = "IN_PROGRESS"
    SUBMITTED = "SUBMITTED"
    NEEDS_CORRECTION = "NEEDS_CORRECTION"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class IntakeTrigger(StrEnum):
    """What moves an intake. TAKE: the answers came by another way (a partner), HLC itself says so."""

    SAVE = "save"
    SUBMIT = "submit"
    TAKE = "take"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"


@frozen(kw_only=True)
class IntakeFacts:
    """What guards read: is every question that is asked answered, with an answer that can be used."""

    complete: bool


def everything_is_answered(facts: IntakeFacts) -> bool:
    """No required question that is shown lacks a usable answer."""
    return facts.complete


_S, _T = IntakeState, IntakeTrigger
_WITH_PATIENT = (_S.NOT_STARTED, _S.IN_PROGRESS, _S.NEEDS_CORRECTION)

INTAKE = Machine[IntakeState, IntakeTrigger, IntakeFacts](
    name="intake",
    initial=_S.NOT_STARTED,
    final=frozenset(),
    rules=(
        Rule(_S.NOT_STARTED, _T.SAVE, _S.IN_PROGRESS),
        *(
            Rule(state, _T.SUBMIT, _S.SUBMITTED, everything_is_answered, causes="a new revision; a clinician is asked")
            for state in _WITH_PATIENT
        ),
        *(Rule(state, _T.TAKE, _S.SUBMITTED, causes="a new revision; a clinician is asked") for state in _WITH_PATIENT),
        *(
            Rule(state, _T.SEND_BACK, _S.NEEDS_CORRECTION, permission=REVIEW, causes="the patient is asked again")
            for state in (_S.SUBMITTED, _S.APPROVED)
        ),
        Rule(_S.SUBMITTED, _T.APPROVE, _S.APPROVED, permission=REVIEW, causes="the order goes on"),
        *(
            Rule(state, _T.REJECT, _S.REJECTED, permission=REVIEW, causes="the order is rejected")
            for state in (_S.SUBMITTED, _S.APPROVED)
        ),
        *(
            Rule(state, _T.REOPEN, _S.SUBMITTED, causes="a clinician is asked again")
            for state in (_S.REJECTED, _S.APPROVED)
        ),
    ),
    notes={
        _S.NOT_STARTED: Note(
            "patient", "Please answer the questions for your order.", "The patient has not begun to answer.", 7
        ),
        _S.IN_PROGRESS: Note(
            "patient", "Please finish the questions for your order.", "Some answers are saved; not submitted yet.", 7
        ),
        _S.SUBMITTED: Note(
            "clinician", "A clinician is looking at your answers.", "Submitted; a clinician has to decide.", 2
        ),
        _S.NEEDS_CORRECTION: Note(
            "patient", "Please look at some of your answers again.", "Sent back; the patient has to answer again.", 7
        ),
        _S.APPROVED: Note("nobody", "A clinician approved your answers.", "Approved; the order goes on."),
        _S.REJECTED: Note("nobody", "A clinician could not approve your order.", "Rejected by a clinician."),
    },
)
