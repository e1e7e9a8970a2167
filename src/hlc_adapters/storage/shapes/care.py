"""Shapes of questionnaires, intakes, reviews and licences. What is clinical is sealed."""

from hlc_adapters.storage.shape import Index, Shape, Unique, instant, integer, text
from hlc_core.intake.machine import INTAKE, QUESTIONNAIRE, QuestionnaireState
from hlc_core.intake.model import IntakeRevision, IntakeSession, Questionnaire
from hlc_core.review.machine import REVIEW
from hlc_core.review.model import Decision, Licence, Review


def _published_key(questionnaire: Questionnaire) -> str | None:
    return questionnaire.key if questionnaire.state is QuestionnaireState.PUBLISHED else None


QUESTIONNAIRES: Shape[Questionnaire] = Shape(
    "questionnaires",
    Questionnaire,
    (text("key"), integer("number"), text("hash"), text("state"), text("published_key", _published_key)),
    uniques=(
        Unique("one_questionnaire_per_number", ("key", "number")),
        Unique("one_published_questionnaire_per_key", ("published_key",)),
    ),
    machine=QUESTIONNAIRE,
    kind="questionnaire",
    listed="questionnaires at /questionnaires",
)

INTAKES: Shape[IntakeSession] = Shape(
    "intakes",
    IntakeSession,
    (text("order_id", "order"), text("patient"), text("state"), text("key_hash"), instant("entered_at")),
    uniques=(Unique("one_intake_per_order", ("order_id",)), Unique("one_intake_per_key", ("key_hash",))),
    indexes=(Index(("state",)), Index(("patient",))),
    machine=INTAKE,
    sealed=True,
    kind="intake",
    listed="intakes at /intakes",
)

INTAKE_REVISIONS: Shape[IntakeRevision] = Shape(
    "intake_revisions",
    IntakeRevision,
    (text("intake"), integer("number")),
    uniques=(Unique("one_revision_per_number", ("intake", "number")),),
    sealed=True,
    kind="intake revision",
)

REVIEWS: Shape[Review] = Shape(
    "reviews",
    Review,
    (text("intake"), text("order_id", "order"), text("patient"), text("state"), instant("entered_at")),
    uniques=(Unique("one_review_per_intake", ("intake",)), Unique("one_review_per_order", ("order_id",))),
    indexes=(Index(("state",)),),
    machine=REVIEW,
    kind="review",
    listed="reviews at /reviews",
)

DECISIONS: Shape[Decision] = Shape(
    "decisions",
    Decision,
    (text("review"), integer("number"), text("order_id", "order"), text("outcome")),
    uniques=(Unique("one_decision_per_number", ("review", "number")),),
    sealed=True,
    kind="decision",
)

LICENCES: Shape[Licence] = Shape(
    "licences",
    Licence,
    (text("clinician"), text("country"), text("state"), text("number")),
    uniques=(Unique("one_licence_per_number", ("country", "state", "number")),),
    indexes=(Index(("clinician",)),),
    kind="licence",
    listed="licences at /licences",
)

SHAPES = (QUESTIONNAIRES, INTAKES, INTAKE_REVISIONS, REVIEWS, DECISIONS, LICENCES)
