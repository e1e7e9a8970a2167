"""What the patient sees of an intake: questions without scores and verdicts, answers, and what is outstanding."""

from __future__ import annotations

from attrs import field, frozen

from hlc_core.intake.asking import Asked
from hlc_core.intake.definition import Item, ItemType
from hlc_core.intake.machine import IntakeState
from hlc_core.intake.model import IntakeSession
from hlc_core.intake.visibility import validate


@frozen(kw_only=True)
class Option:
    """One of the answers to choose from."""

    value: str
    label: str


@frozen(kw_only=True)
class Question:
    """A question as it is shown. `fault`: why it is outstanding; `correction`: why a clinician asks again."""

    id: str
    type: ItemType
    text: str
    help: str
    required: bool
    options: tuple[Option, ...]
    least: str
    most: str
    longest: int
    decimals: int
    values: tuple[str, ...] = field(repr=False)
    fault: str = ""
    correction: str = field(default="", repr=False)


@frozen(kw_only=True)
class Step:
    """One page. `number` counts from 1 over all questionnaires; hidden pages have none."""

    number: int
    questionnaire: str
    title: str
    text: str
    questions: tuple[Question, ...]

    @property
    def outstanding(self) -> int:
        """How many questions lack a usable answer."""
        return sum(bool(question.fault) for question in self.questions)

    @property
    def corrections(self) -> int:
        """How many questions a clinician asks again."""
        return sum(bool(question.correction) for question in self.questions)


@frozen(kw_only=True)
class Part:
    """One questionnaire, as it is introduced."""

    questionnaire: str
    title: str
    intro: str


@frozen(kw_only=True)
class Consultation:
    """An intake as its patient sees it. `open`: answers can be given; `ready`: everything that is needed is published.
    `note` is what a clinician says to it as a whole."""

    order_number: str
    state: IntakeState
    open: bool
    ready: bool
    revision: int
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    outstanding: int
    note: str = field(default="", repr=False)


def shown(session: IntakeSession, asked: Asked, open_: bool) -> Consultation:
    """The intake for its patient."""
    faults = {
        key: {fault.field: fault.message for fault in validate(definition, session.answers_to(key), asked.today)}
        for key, definition in asked.definitions
    }
    given = {key: {one.item: one.values for one in session.answers_to(key)} for key, _ in asked.definitions}
    why = {(one.key, one.item): one.reason for one in session.asked}
    steps = tuple(
        Step(
            number=number,
            questionnaire=key,
            title=page.title,
            text=page.text,
            questions=tuple(
                _question(item, given[key].get(item.id, ()), faults[key].get(item.id, ""), why.get((key, item.id), ""))
                for item in items
            ),
        )
        for number, (key, page, items) in enumerate(asked.shown(session), start=1)
    )
    return Consultation(
        order_number=session.order_number,
        state=session.state,
        open=open_,
        ready=not session.missing,
        revision=session.revision,
        parts=tuple(Part(questionnaire=key, title=one.title, intro=one.intro) for key, one in asked.definitions),
        steps=steps,
        outstanding=sum(step.outstanding for step in steps),
        note=session.note,
    )


def _question(item: Item, values: tuple[str, ...], fault: str, correction: str) -> Question:
    return Question(
        id=item.id,
        type=item.type,
        text=item.text,
        help=item.help,
        required=item.required,
        options=tuple(Option(value=choice.value, label=choice.label) for choice in item.choices),
        least=item.least,
        most=item.most,
        longest=item.longest,
        decimals=item.decimals,
        values=values,
        fault=fault,
        correction=correction,
    )
