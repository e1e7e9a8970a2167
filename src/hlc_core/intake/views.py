"""Questions about questionnaires and intakes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from hlc_core.intake.asking import asked_by, ready
from hlc_core.intake.definition import Definition, Item, ItemType
from hlc_core.intake.errors import NoSuchIntake
from hlc_core.intake.machine import INTAKE, QUESTIONNAIRE, IntakeFacts, IntakeState, IntakeTrigger, QuestionnaireState
from hlc_core.intake.model import (
    Answers,
    Correction,
    IntakeRevision,
    IntakeSession,
    Judged,
    Pin,
    Questionnaire,
    revision_id,
)
from hlc_core.intake.ports import Env
from hlc_core.intake.publishing import version_of
from hlc_core.intake.showing import Consultation, shown
from hlc_core.intake.usecases import found, is_open
from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import IntakeId, OrderId, PatientId
from hlc_core.kernel.paging import Page, limited


@frozen(kw_only=True)
class GetConsultation(Query[Consultation]):
    """An intake as its patient sees it, by the key of the link."""

    session_key: str = field(repr=False)


def get_consultation(query: GetConsultation, env: Env) -> Consultation:
    """Refuses: NoSuchIntake."""
    session = ready(found(query.session_key, env), env)
    return shown(session, asked_by(session, env), is_open(session, env))


@frozen(kw_only=True)
class LinkOfOrder(Query[str | None]):
    """The path of the consultation of an order, or None where the order asks for no answers (now)."""

    order: OrderId


def link_of_order(query: LinkOfOrder, env: Env) -> str | None:
    """For HLC itself: the answer opens the intake."""
    held = next(iter(env.intakes.of_orders((query.order,))), None)
    return None if held is None or not is_open(held, env) else consultation_path(held)


def consultation_path(session: IntakeSession) -> str:
    """Where the patient answers. Source: seeds, Post-Payment Redirect to Consultation."""
    return f"/consultation/start/{session.session_key}"


@frozen(kw_only=True)
class OwnIntake:
    """An intake as the list of its patient shows it: where it stands, whose turn it is, and where to go on.

    `path` is empty where nothing is to be answered; it opens the answers, so it is shown to nobody else.
    """

    order: OrderId
    order_number: str
    state: IntakeState
    since: datetime
    asked: int
    """How many answers a clinician asks about."""
    path: str = field(repr=False)


@frozen(kw_only=True)
class OwnIntakes(Query[tuple[OwnIntake, ...]]):
    """The intakes of the patient who asks, newest first."""

    limit: int = 50


def own_intakes(query: OwnIntakes, env: Env) -> tuple[OwnIntake, ...]:
    """Refuses: Invalid (limit)."""
    if env.actor.own is None:
        return ()
    return tuple(
        OwnIntake(
            order=one.order,
            order_number=one.order_number,
            state=one.state,
            since=one.entered_at,
            asked=len(one.asked),
            path=consultation_path(one) if is_open(one, env) else "",
        )
        for one in env.intakes.of_patients(env.actor.owned, None, limited(query.limit))
    )


@frozen(kw_only=True)
class QuestionnaireCard:
    """A version of a questionnaire, as lists show it."""

    key: str
    number: int
    title: str
    state: QuestionnaireState
    hash: str
    pages: int
    items: int
    made_at: datetime
    published_at: datetime | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class ListQuestionnaires(Query[tuple[QuestionnaireCard, ...]]):
    """The newest version of every key, and with `all_versions` the others."""

    all_versions: bool = False


def list_questionnaires(query: ListQuestionnaires, env: Env) -> tuple[QuestionnaireCard, ...]:
    """By key and number."""
    versions = env.questionnaires.all()
    newest = {one.key: one.number for one in versions}
    return tuple(_card(one) for one in versions if query.all_versions or one.number == newest[one.key])


def _card(one: Questionnaire) -> QuestionnaireCard:
    return QuestionnaireCard(
        key=one.key,
        number=one.number,
        title=one.definition.title,
        state=one.state,
        hash=one.hash,
        pages=len(one.definition.pages),
        items=sum(item.asks for item in one.definition.items()),
        made_at=one.made_at,
        published_at=one.published_at,
        actions=tuple(rule.trigger for rule in QUESTIONNAIRE.rules if rule.source is one.state and rule.permission),
    )


@frozen(kw_only=True)
class QuestionnaireView:
    """A version with its content."""

    card: QuestionnaireCard
    definition: Definition


@frozen(kw_only=True)
class GetQuestionnaire(Query[QuestionnaireView]):
    """The newest version of a key, or that of a number."""

    key: str
    number: int | None = None


def get_questionnaire(query: GetQuestionnaire, env: Env) -> QuestionnaireView:
    """Refuses: NoSuchQuestionnaire."""
    held = version_of(query.key, query.number, env)
    return QuestionnaireView(card=_card(held), definition=held.definition)


@frozen(kw_only=True)
class IntakeCard:
    """An intake as staff's lists show it: no answers, and no link."""

    id: IntakeId
    order: OrderId
    order_number: str
    patient: PatientId
    state: IntakeState
    waits_for: str
    since: datetime
    opened_at: datetime
    revision: int
    pins: tuple[Pin, ...]
    missing: tuple[str, ...]
    asked: tuple[Correction, ...]
    actions: tuple[IntakeTrigger, ...]


def intake_card(one: IntakeSession) -> IntakeCard:
    """The intake for staff."""
    return IntakeCard(
        id=one.id,
        order=one.order,
        order_number=one.order_number,
        patient=one.patient,
        state=one.state,
        waits_for=INTAKE.notes[one.state].waits_for,
        since=one.entered_at,
        opened_at=one.opened_at,
        revision=one.revision,
        pins=one.pins,
        missing=one.missing,
        asked=one.asked,
        actions=INTAKE.allowed(one.state, IntakeFacts(complete=True)),
    )


@frozen(kw_only=True)
class ListIntakes(Query[Page[IntakeCard]]):
    """Intakes, newest first; of one state, of one patient (then of all states), or all."""

    state: IntakeState | None = None
    patient: PatientId | None = None
    cursor: str | None = None
    limit: int = 50


def list_intakes(query: ListIntakes, env: Env) -> Page[IntakeCard]:
    """Refuses: Invalid (limit)."""
    after, room = None if query.cursor is None else IntakeId(query.cursor), limited(query.limit) + 1
    if query.patient is not None:
        rows = env.intakes.of_patients((query.patient,), after, room)
    else:
        rows = env.intakes.page(query.state, after, room)
    page = rows[: query.limit]
    return Page(tuple(intake_card(one) for one in page), page[-1].id if len(rows) > query.limit else None)


def intakes_shown(_: ListIntakes, answer: Page[IntakeCard]) -> tuple[str, ...]:
    """Which questionnaires somebody was asked, and what is to be corrected, tells of their health."""
    return tuple(f"patient {one.patient}" for one in answer.items)


@frozen(kw_only=True)
class AnswerShown:
    """A question with its answer, as a reviewer reads it. Clinical."""

    item: str
    type: ItemType
    text: str
    answer: str = field(repr=False)
    disqualifies: str = field(default="", repr=False)
    changed_from: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class FormShown:
    """The answers to one questionnaire in the version that was answered, and what they come to."""

    key: str
    title: str
    number: int
    hash: str
    answers: tuple[AnswerShown, ...]
    judged: Judged


@frozen(kw_only=True)
class RevisionShown:
    """One submitted revision. `changed_from` of an answer is what the revision before had, where that differs."""

    number: int
    at: datetime
    by: str
    forms: tuple[FormShown, ...]


@frozen(kw_only=True)
class IntakeView:
    """An intake with one of its revisions (the last, unless another is asked for) for those who may read it."""

    intake: IntakeCard
    note: str = field(repr=False)
    shown: RevisionShown | None


@frozen(kw_only=True)
class GetIntake(Query[IntakeView]):
    """One intake, by its id, its order's id or its order's number; its last revision, or the n-th."""

    intake: str
    revision: int | None = None


def intake_shown(query: GetIntake, answer: IntakeView) -> tuple[str, ...]:
    """Whose answers are read, for the record of reads."""
    return (f"intake {answer.intake.id}", f"patient {answer.intake.patient}")


def get_intake(query: GetIntake, env: Env) -> IntakeView:
    """Refuses: NoSuchIntake."""
    session = named(query.intake, env)
    number = session.revision if query.revision is None else query.revision
    revision = env.intake_revisions.find(revision_id(session.id, number)) if number else None
    if query.revision is not None and revision is None:
        remedy = Fault("revision", f"1 to {session.revision}" if session.revision else "nothing was submitted yet")
        raise NoSuchIntake("That intake has no such revision.", remedy)
    return IntakeView(
        intake=intake_card(session),
        note=session.note,
        shown=None if revision is None else show_revision(revision, env),
    )


def named(word: str, env: Env) -> IntakeSession:
    """The intake of that id, or of that order. Refuses: NoSuchIntake."""
    held = env.intakes.find(IntakeId(word))
    if held is None:
        order = env.orders.find(OrderId(word)) or env.orders.numbered(word.strip().upper())
        held = None if order is None else next(iter(env.intakes.of_orders((order.id,))), None)
    if held is None:
        remedy = Fault("intake", "its id, or its order's id or number; see `hlc intakes list`")
        raise NoSuchIntake("There is no such intake.", remedy)
    return held


def show_revision(revision: IntakeRevision, env: Env) -> RevisionShown:
    """The revision with its questions, and what it changed."""
    before = env.intake_revisions.find(revision_id(revision.intake, revision.number - 1))
    found_ = {one.id: one for one in env.questionnaires.many([pin.questionnaire for pin in revision.pins])}
    verdicts = {one.key: one for one in revision.judged}
    return RevisionShown(
        number=revision.number,
        at=revision.at,
        by=revision.by,
        forms=tuple(
            FormShown(
                key=pin.key,
                title=found_[pin.questionnaire].definition.title,
                number=pin.number,
                hash=pin.hash,
                answers=tuple(
                    _answers(
                        found_[pin.questionnaire].definition,
                        _given(revision.answers, pin.key),
                        None if before is None else _given(before.answers, pin.key),
                    )
                ),
                judged=verdicts.get(pin.key, Judged(key=pin.key)),
            )
            for pin in revision.pins
        ),
    )


def _given(answers: Sequence[Answers], key: str) -> dict[str, tuple[str, ...]]:
    return {answer.item: answer.values for one in answers if one.key == key for answer in one.answers}


def _answers(
    definition: Definition, now: dict[str, tuple[str, ...]], before: dict[str, tuple[str, ...]] | None
) -> list[AnswerShown]:
    shown_ = []
    for item in definition.items():
        old = now.get(item.id, ()) if before is None else before.get(item.id, ())
        if not item.asks or not (now.get(item.id) or old):
            continue
        values = now.get(item.id, ())
        shown_.append(
            AnswerShown(
                item=item.id,
                type=item.type,
                text=item.text,
                answer=in_words(item, values),
                disqualifies="; ".join(
                    choice.disqualifies for choice in item.choices if choice.value in values and choice.disqualifies
                ),
                changed_from=None if old == values else in_words(item, old),
            )
        )
    return shown_


def in_words(item: Item, values: Sequence[str]) -> str:
    """The answer as a person reads it."""
    labels = {choice.value: choice.label for choice in item.choices}
    return ", ".join(labels.get(value, value) for value in values)
