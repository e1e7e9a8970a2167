"""An intake with the questionnaires that it pins: what it asks, what is answered, what is still outstanding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from attrs import frozen

from hlc_core.intake.definition import Answer, Definition, Item, Page
from hlc_core.intake.judging import judged
from hlc_core.intake.model import Answers, IntakeSession, Judged, Pin, Questionnaire
from hlc_core.intake.ports import Env
from hlc_core.intake.visibility import prune, validate, visible
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.time import local_date


@frozen(kw_only=True)
class Asked:
    """The questionnaires of an intake, in order, on a local day."""

    definitions: tuple[tuple[str, Definition], ...]
    today: date

    def definition(self, key: str) -> Definition | None:
        """The one of that key."""
        return dict(self.definitions).get(key)

    def faults(self, session: IntakeSession) -> tuple[Fault, ...]:
        """What keeps it from being submitted; fields are `key.item`."""
        return tuple(
            Fault(f"{key}.{fault.field}", fault.message)
            for key, definition in self.definitions
            for fault in validate(definition, session.answers_to(key), self.today)
        )

    def pruned(self, session: IntakeSession) -> tuple[Answers, ...]:
        """The answers that count."""
        return tuple(
            Answers(key=key, answers=prune(definition, session.answers_to(key), self.today))
            for key, definition in self.definitions
        )

    def judged(self, answers: Sequence[Answers]) -> tuple[Judged, ...]:
        """What they come to."""
        given = {one.key: one.answers for one in answers}
        return tuple(judged(key, definition, given.get(key, ()), self.today) for key, definition in self.definitions)

    def shown(self, session: IntakeSession) -> Iterator[tuple[str, Page, tuple[Item, ...]]]:
        """Every page that has something to show, with the items that are shown."""
        for key, definition in self.definitions:
            seen = {item.id for item in visible(definition, session.answers_to(key), self.today)}
            for page in definition.pages:
                items = tuple(item for item in page.items if item.id in seen)
                if items:
                    yield key, page, items


def asked_by(session: IntakeSession, env: Env) -> Asked:
    """The questionnaires that the intake pins, in their pinned versions."""
    found = {one.id: one for one in env.questionnaires.many([pin.questionnaire for pin in session.pins])}
    definitions = tuple((pin.key, found[pin.questionnaire].definition) for pin in session.pins)
    return Asked(definitions=definitions, today=local_date(env.clock.now(), env.organization.zone))


def pinned(keys: Sequence[str], published: Mapping[str, Questionnaire]) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
    """The versions in use of these keys, and the keys that nobody has published."""
    pins = tuple(published[key].pin for key in keys if key in published)
    return pins, tuple(key for key in keys if key not in published)


def ready(session: IntakeSession, env: Env) -> IntakeSession:
    """The intake with what was published since for its missing questionnaires; not saved."""
    if not session.missing:
        return session
    published = {one.key: one for one in env.questionnaires.published(session.missing)}
    pins, missing = pinned(session.missing, published)
    return evolve(session, pins=(*session.pins, *pins), missing=missing) if pins else session


def merged(before: Sequence[Answer], given: Sequence[Answer], definition: Definition) -> tuple[Answer, ...]:
    """The working answers with the given ones over them, in the order of asking; what is hidden now is kept until
    submission, so that it matters in no order in which pages are saved."""
    known = {answer.item: answer for answer in (*before, *given)}
    return tuple(known[item.id] for item in definition.items() if item.id in known and known[item.id].values)
