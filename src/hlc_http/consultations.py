"""What the consultation's pages show, and what their forms mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from hlc_adapters.documents.words import day
from hlc_core.intake.api import UNITS, Answer, Consultation, IntakeState, ItemType, Question, Step
from hlc_http.pages import Link, StatusShown
from hlc_http.returning import HOME

MEASURES = tuple(UNITS)


@frozen(kw_only=True)
class Field:
    """A question as the form shows it. `name` begins all its inputs; `typed` is what stands in a single one, and
    `units` are those to choose from, for a measure."""

    name: str
    question: Question
    typed: str = ""
    unit: str = ""
    units: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    fault: str = ""

    @property
    def described(self) -> str:
        """The ids of what is said about the field: the clinician's remark, then what is wrong, else the hint."""
        beneath = "fault" if self.fault else "hint" if self.question.help else ""
        said = ("asked" if self.question.correction else "", beneath)
        return " ".join(f"{self.name}-{word}" for word in said if word)

    @property
    def grouped(self) -> bool:
        """Whether it is answered by ticking one of several boxes or dots."""
        return self.question.type in (ItemType.CHOICE, ItemType.CHOICES, ItemType.YES_NO)

    @property
    def longest(self) -> int:
        """Characters that fit."""
        return self.question.longest or (4000 if self.question.type is ItemType.LONG_TEXT else 200)


def fields_of(step: Step, form: Mapping[str, str] | None, faults: Mapping[str, str], locale: str) -> tuple[Field, ...]:
    """The fields of a page: with the saved answers, or with what was just typed and what is wrong with it.

    Units come in the order that the clinic's patients are used to.
    """
    american = locale.endswith("_US")
    return tuple(_field(question, form, faults.get(question.id, ""), american) for question in step.questions)


def _field(question: Question, form: Mapping[str, str] | None, fault: str, american: bool) -> Field:
    name = f"a.{question.id}"
    values = question.values if form is None else _typed(question, form)
    first = values[0] if values else ""
    typed, unit = first, ""
    if question.type in MEASURES:
        typed, _, unit = first.rpartition(" ")
        if unit not in UNITS[question.type]:
            typed, unit = first, ""
    units = UNITS.get(question.type, ())
    return Field(
        name=name,
        question=question,
        typed=typed,
        unit=unit or ("" if form is None else form.get(f"{name}.unit", "")),
        units=units[::-1] if american else units,
        chosen=tuple(values),
        fault=fault,
    )


def answers_of(questions: Sequence[Question], form: Mapping[str, str]) -> tuple[Answer, ...]:
    """What was typed into the fields of these questions; a field that was left empty clears its answer."""
    return tuple(
        Answer(item=question.id, values=_typed(question, form))
        for question in questions
        if question.type is not ItemType.INFO
    )


def _typed(question: Question, form: Mapping[str, str]) -> tuple[str, ...]:
    name = f"a.{question.id}"
    if question.type is ItemType.CHOICES:
        return tuple(option.value for option in question.options if form.get(f"{name}.{option.value}"))
    text = form.get(name, "").strip()
    if not text:
        return ()
    unit = form.get(f"{name}.unit", "")
    if question.type in MEASURES and unit in UNITS[question.type] and text[-1:].isdigit() and "'" not in text:
        return (f"{text} {unit}",)
    return (text,)


def in_words(question: Question, locale: str) -> str:
    """The answer as the patient reads it again."""
    labels = {option.value: option.label for option in question.options}
    if question.type is ItemType.CONSENT:
        return "Agreed" if question.values else ""
    if question.type is ItemType.DATE:
        return ", ".join(day(date.fromisoformat(value), locale) for value in question.values)
    if question.type in MEASURES:
        return ", ".join(_measured(value) for value in question.values)
    return ", ".join(labels.get(value, value) for value in question.values)


def _measured(value: str) -> str:
    """`70 in` as `5 ft 10 in`, `217 lb` as `217 pounds`; the others as they stand."""
    number, _, unit = value.rpartition(" ")
    if unit == "in" and number.isdigit():
        return f"{int(number) // 12} ft {int(number) % 12} in"
    return f"{number} {_UNIT_WORDS.get(unit, unit)}"


_UNIT_WORDS = {"in": "inches", "lb": "pounds"}


_ENDED = {
    IntakeState.SUBMITTED: (
        "good",
        "Thank you",
        (
            "We have your answers, and a clinician will look at them.",
            "If something is missing, we ask you by mail. You need not do anything now.",
        ),
    ),
    IntakeState.APPROVED: (
        "good",
        "Your answers were approved",
        ("You need not do anything; we go on with your order.",),
    ),
    IntakeState.REJECTED: (
        "bad",
        "We could not approve your order",
        ("A clinician looked at your answers and could not approve this order. We write to you about what follows.",),
    ),
}


def ended(view: Consultation) -> StatusShown:
    """The page of an intake that cannot be answered now."""
    tone, title, sentences = _ENDED.get(
        view.state, ("info", "Nothing is to be answered", ("This order does not wait for answers any more.",))
    )
    return StatusShown(
        state=view.state,
        tone=tone,
        title=title,
        sentences=sentences,
        facts=(("Order", view.order_number),),
        link=Link(to=HOME, label="See your orders"),
        small="You sign in there with your email address. The first time, choose a password by the link in our mail.",
    )


def not_ready(view: Consultation) -> StatusShown:
    """The page of an intake whose questions nobody has published."""
    return StatusShown(
        state=view.state,
        tone="info",
        title="Your questions are being prepared",
        sentences=("The clinic has not finished its questions yet. Please open this link again tomorrow.",),
        facts=(("Order", view.order_number),),
    )


def link_to(path: str | None) -> Link | None:
    """The button that leads from the receipt to the questions."""
    return None if path is None else Link(to=path, label="Answer the questions")
