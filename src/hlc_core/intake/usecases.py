"""What the patient does with an intake, by the key of the link."""

from __future__ import annotations

import re

from attrs import field, frozen

from hlc_core.intake.answering import Unusable, usable
from hlc_core.intake.asking import Asked, asked_by, merged, ready
from hlc_core.intake.definition import Answer, Definition, Item
from hlc_core.intake.errors import AnswersIncomplete, AnswersNotUsable, IntakeClosed, NoSuchIntake, QuestionsNotReady
from hlc_core.intake.machine import IntakeState, IntakeTrigger
from hlc_core.intake.model import Answers, IntakeSession
from hlc_core.intake.opening import complete, key_hash
from hlc_core.intake.ports import Env
from hlc_core.intake.showing import Consultation, shown
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.orders.api import OrderState, OrderTrigger, move_orders

_KEY = re.compile(r"[0-9a-z]{8,64}")
MOST_VALUES = 100
"""Values that one answer may have."""


@frozen(kw_only=True)
class SaveAnswers(Command[Consultation]):
    """Keep answers to some items of one questionnaire; an item without values is cleared. Others stay as they are."""

    session_key: str = field(repr=False)
    questionnaire: str
    answers: tuple[Answer, ...] = field(repr=False)


def save_answers(command: SaveAnswers, env: Env) -> Consultation:
    """What is asked and outstanding now; saving the same again changes nothing.

    Refuses: NoSuchIntake, IntakeClosed, QuestionsNotReady, AnswersNotUsable (fields `key.item` of what is no answer,
    `answers[n].item` of what is not asked; then nothing is kept).
    """
    session = ready(_with_patient(command.session_key, env), env)
    asked = asked_by(session, env)
    definition = asked.definition(command.questionnaire)
    if definition is None:
        asks = ", ".join(key for key, _ in asked.definitions)
        raise AnswersNotUsable("That is not asked here.", Fault("questionnaire", f"one that is asked here: {asks}"))
    kept = merged(session.answers_to(command.questionnaire), _usable(command, definition, asked), definition)
    saved = evolve(session, answers=_replaced(session, command.questionnaire, kept, asked))
    if saved.answers != session.answers and saved.state is IntakeState.NOT_STARTED:
        saved = saved.move(IntakeTrigger.SAVE, env.clock.now())
    env.intakes.save(saved)
    return shown(saved, asked, open_=True)


def _usable(command: SaveAnswers, definition: Definition, asked: Asked) -> tuple[Answer, ...]:
    items = {item.id: item for item in definition.items() if item.asks}
    read: dict[str, Answer] = {}
    faults = []
    for place, answer in enumerate(command.answers):
        if answer.item not in items:
            faults.append(Fault(f"answers[{place}].item", f"{command.questionnaire} asks nothing of that id"))
            continue
        try:
            values = _values(answer, items[answer.item], answer.item in read, asked)
        except Unusable as fault:
            faults.append(Fault(f"{command.questionnaire}.{answer.item}", str(fault)))
            values = ()
        read[answer.item] = Answer(item=answer.item, values=values)
    if faults:
        raise AnswersNotUsable("Some answers cannot be used as they are.", *faults)
    return tuple(read.values())


def _values(answer: Answer, item: Item, again: bool, asked: Asked) -> tuple[str, ...]:
    if again:
        raise Unusable("Answer it once, not twice.")
    if len(answer.values) > MOST_VALUES:
        raise Unusable(f"Give at most {MOST_VALUES} values.")
    return usable(item, answer.values, asked.today)


def _replaced(session: IntakeSession, key: str, kept: tuple[Answer, ...], asked: Asked) -> tuple[Answers, ...]:
    answers = {**{one.key: one.answers for one in session.answers}, key: kept}
    return tuple(Answers(key=one, answers=answers[one]) for one, _ in asked.definitions if answers.get(one))


@frozen(kw_only=True)
class SubmitIntake(Command[Consultation]):
    """The patient is done: the answers become a revision, and a clinician is asked."""

    session_key: str = field(repr=False)


def submit_intake(command: SubmitIntake, env: Env) -> Consultation:
    """The intake, SUBMITTED; pressing twice answers what stands.

    Refuses: NoSuchIntake, IntakeClosed, QuestionsNotReady, AnswersIncomplete (fields `key.item`).
    """
    stands = found(command.session_key, env)
    if stands.state is IntakeState.SUBMITTED:
        return shown(stands, asked_by(stands, env), open_=False)
    session = ready(_with_patient(command.session_key, env), env)
    if session.missing:
        raise _not_ready()
    asked = asked_by(session, env)
    faults = asked.faults(session)
    if faults:
        raise AnswersIncomplete("Some questions are not answered yet.", *faults)
    done = complete(session, IntakeTrigger.SUBMIT, env)
    move_orders((done.order,), OrderTrigger.SUBMIT_INTAKE, env)
    return shown(done, asked, open_=False)


def found(session_key: str, env: Env) -> IntakeSession:
    """The intake of the link. Refuses: NoSuchIntake (one sentence, whatever is wrong with it)."""
    held = env.intakes.keyed(key_hash(session_key, env)) if _KEY.fullmatch(session_key) else None
    if held is None:
        raise NoSuchIntake("This link leads to no questions.", Fault("sessionKey", "use the link of your last mail"))
    return held


def _with_patient(session_key: str, env: Env) -> IntakeSession:
    session = found(session_key, env)
    if not session.with_patient or not is_open(session, env):
        raise IntakeClosed(
            f"These answers cannot be changed now: {_WHY.get(session.state, _NOT_WANTED)[0]}.", _next(session)
        )
    if session.missing and not ready(session, env).pins:
        raise _not_ready()
    return session


_NOT_WANTED = ("the order does not wait for them", "nothing is to be answered; ask the clinic, if you expected to")
_WHY = {
    IntakeState.SUBMITTED: (
        "they were sent",
        "a clinician looks at them; if something is to be corrected, you get a mail, and this link opens again",
    ),
    IntakeState.APPROVED: ("they were approved", "nothing is to be done; write to the clinic if something changed"),
    IntakeState.REJECTED: ("they were rejected", "nothing is to be done; ask the clinic why, or order again"),
}


def _next(session: IntakeSession) -> Fault:
    return Fault("state", f"{session.state}: {_WHY.get(session.state, _NOT_WANTED)[1]}")


def is_open(session: IntakeSession, env: Env) -> bool:
    """Whether the order waits for answers: one that was cancelled does not."""
    return session.with_patient and env.orders.get(session.order).state is OrderState.AWAITING_REQUIREMENTS


def _not_ready() -> QuestionsNotReady:
    return QuestionsNotReady("The clinic is still preparing its questions. Come back later.", retry_after=3600)
