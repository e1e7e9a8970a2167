"""Questionnaires and intakes: the patient's by the key of the link, and those of staff."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from hlc_adapters.imports.questionnaires import decoded, read_questionnaire
from hlc_core.intake.api import (
    Answer,
    Consultation,
    GetConsultation,
    GetIntake,
    GetQuestionnaire,
    ImportQuestionnaires,
    IntakeCard,
    IntakeState,
    IntakeView,
    ListIntakes,
    ListQuestionnaires,
    PublishQuestionnaire,
    QuestionnaireCard,
    QuestionnaireView,
    RetireQuestionnaire,
    SaveAnswers,
    SubmitIntake,
    Taken,
)
from hlc_core.kernel.ids import OrderId, PatientId
from hlc_core.kernel.paging import Page
from hlc_http.call import Call
from hlc_http.routes.cart import consultation_url
from hlc_http.routes.paged import Paged
from hlc_http.table import Face, Nothing, Routes, Takes, Who

routes = Routes("intake", who=Who.STAFF)
_PUBLIC: dict[str, Any] = {"who": Who.ANYONE, "face": Face.PUBLIC_API}


@frozen(kw_only=True)
class AnswersBody:
    """Answers to some items of one of the questionnaires; an item without values is cleared."""

    questionnaire: str
    answers: tuple[Answer, ...] = field(repr=False)


@frozen(kw_only=True)
class ImportQuery:
    """`dryRun` only says what would happen; `draft` does not put a new version into use."""

    dry_run: bool = False
    draft: bool = False


@frozen(kw_only=True)
class VersionsQuery:
    """`allVersions`: not only the newest of each key."""

    all_versions: bool = False


@frozen(kw_only=True)
class NumberQuery:
    """The version; the newest where none is named."""

    number: int | None = None


@frozen(kw_only=True)
class RevisionQuery:
    """The revision of the answers; the last where none is named."""

    revision: int | None = None


@frozen(kw_only=True)
class IntakesQuery(Paged):
    """Of one state, or of one patient (then of all states)."""

    state: IntakeState | None = None
    patient: PatientId | None = None


@frozen(kw_only=True)
class LinkAnswer:
    """Where the patient answers, or nothing where nothing is to be answered now."""

    url: str | None = field(repr=False)


@routes.get(
    "/api/public/consultation/{session_key}",
    "What an order asks its patient",
    answers=Consultation,
    uses=GetConsultation,
    **_PUBLIC,
)
def show_consultation(call: Call[Nothing, Nothing]) -> Consultation:
    """Questions, answers so far, what is outstanding, and what is to be corrected. The key is that of the link."""
    return call.ask(GetConsultation(session_key=_key(call)))


@routes.post(
    "/api/public/consultation/{session_key}/answers",
    "Save answers",
    body=AnswersBody,
    answers=Consultation,
    uses=SaveAnswers,
    **_PUBLIC,
)
def save_answers(call: Call[AnswersBody, Nothing]) -> Consultation:
    """As many as there are, page by page or all at once; what is not named stays. Sending it again changes nothing."""
    body = call.body
    return call.execute(SaveAnswers(session_key=_key(call), questionnaire=body.questionnaire, answers=body.answers))


@routes.post(
    "/api/public/consultation/{session_key}/submit",
    "Submit the answers",
    answers=Consultation,
    uses=SubmitIntake,
    **_PUBLIC,
)
def submit_answers(call: Call[Nothing, Nothing]) -> Consultation:
    """Refused while something is outstanding, with every item at fault as `questionnaire.item`."""
    return call.execute(SubmitIntake(session_key=_key(call)))


def _key(call: Call[Any, Any]) -> str:
    return call.part("session_key")


@routes.get(
    "/api/v1/questionnaires",
    "List questionnaires",
    query=VersionsQuery,
    answers=tuple[QuestionnaireCard, ...],
    uses=ListQuestionnaires,
)
def list_questionnaires(call: Call[Nothing, VersionsQuery]) -> tuple[QuestionnaireCard, ...]:
    """By key; `actions` says what can be done with each."""
    return call.ask(ListQuestionnaires(all_versions=call.query.all_versions))


@routes.get(
    "/api/v1/questionnaires/{key}",
    "Show a questionnaire",
    query=NumberQuery,
    answers=QuestionnaireView,
    uses=GetQuestionnaire,
)
def show_questionnaire(call: Call[Nothing, NumberQuery]) -> QuestionnaireView:
    """With its whole content."""
    return call.ask(GetQuestionnaire(key=call.part("key"), number=call.query.number))


@routes.post(
    "/api/v1/questionnaires/{key}/publish",
    "Put a version into use",
    query=NumberQuery,
    answers=QuestionnaireView,
    uses=PublishQuestionnaire,
)
def publish_questionnaire(call: Call[Nothing, NumberQuery]) -> QuestionnaireView:
    """The one in use before is retired; running intakes keep theirs."""
    held = call.execute(PublishQuestionnaire(key=call.part("key"), number=call.query.number))
    return call.ask(GetQuestionnaire(key=held.key, number=held.number))


@routes.post(
    "/api/v1/questionnaires/{key}/retire",
    "Take a version out of use",
    query=NumberQuery,
    answers=QuestionnaireView,
    uses=RetireQuestionnaire,
)
def retire_questionnaire(call: Call[Nothing, NumberQuery]) -> QuestionnaireView:
    """New orders that need it wait until another version is published."""
    held = call.execute(RetireQuestionnaire(key=call.part("key"), number=call.query.number))
    return call.ask(GetQuestionnaire(key=held.key, number=held.number))


@routes.post(
    "/api/v1/imports/questionnaires",
    "Import a questionnaire",
    query=ImportQuery,
    answers=Taken,
    uses=ImportQuestionnaires,
    takes=Takes.BYTES,
    large=True,
)
def import_questionnaire(call: Call[bytes, ImportQuery]) -> Taken:
    """The body is the file, YAML or JSON. `new`, `changed` (a new version) or `same`; faults say line and path."""
    name = "questionnaire"
    one = read_questionnaire(decoded(call.body, name), name)
    command = ImportQuestionnaires(questionnaires=(one,), publish=not call.query.draft)
    if call.query.dry_run:
        return call.services.application.preview(command, call.unkeyed)[0]
    return call.execute(command)[0]


@routes.get("/api/v1/intakes", "List intakes", query=IntakesQuery, answers=Page[IntakeCard], uses=ListIntakes)
def list_intakes(call: Call[Nothing, IntakesQuery]) -> Page[IntakeCard]:
    """Newest first, without answers."""
    asked = call.query
    return call.ask(ListIntakes(state=asked.state, patient=asked.patient, cursor=asked.cursor, limit=asked.limit))


@routes.get("/api/v1/intakes/{intake_id}", "Show an intake", query=RevisionQuery, answers=IntakeView, uses=GetIntake)
def show_intake(call: Call[Nothing, RevisionQuery]) -> IntakeView:
    """By its id, its order's id or its order's number: the answers of a revision, and what it changed."""
    return call.ask(GetIntake(intake=call.part("intake_id"), revision=call.query.revision))


@routes.get(
    "/api/v1/orders/{order_id}/consultation",
    "The link under which the patient answers",
    answers=LinkAnswer,
    who=Who.PATIENT,
    uses=GetIntake,
)
def show_link(call: Call[Nothing, Nothing]) -> LinkAnswer:
    """To hand to the patient; whoever has it can read and change the answers while they are with the patient."""
    order = _owned(call)
    return LinkAnswer(url=consultation_url(order, call))


def _owned(call: Call[Any, Any]) -> OrderId:
    asked = GetIntake(intake=call.part("order_id"))
    return call.ask_own(asked, lambda view: view.intake.patient).intake.order
