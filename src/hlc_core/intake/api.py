"""The face of the context."""

from hlc_core.intake.definition import Answer, Definition, Finding, Item, ItemType, Score, Value
from hlc_core.intake.events import IntakeApproved, IntakeCompleted, IntakeNeedsCorrection, IntakeOpened, IntakeRejected
from hlc_core.intake.machine import INTAKE, QUESTIONNAIRE, IntakeState, IntakeTrigger, QuestionnaireState
from hlc_core.intake.model import Answers, Correction, IntakeRevision, IntakeSession, Judged, Pin, Questionnaire
from hlc_core.intake.ports import Env, IntakeRevisions, IntakeSessions, Questionnaires

__all__ = [
    "INTAKE",
    "QUESTIONNAIRE",
    "Answer",
    "Answers",
    "Correction",
    "Definition",
    "Env",
    "Finding",
    "IntakeApproved",
    "IntakeCompleted",
    "IntakeNeedsCorrection",
    "IntakeOpened",
    "IntakeRejected",
    "IntakeRevision",
    "IntakeRevisions",
    "IntakeSession",
    "IntakeSessions",
    "IntakeState",
    "IntakeTrigger",
    "Item",
    "ItemType",
    "Judged",
    "Pin",
    "Questionnaire",
    "QuestionnaireState",
    "Questionnaires",
    "Score",
    "Value",
]
