"""What the answers come to: scores, computed values, and what speaks against approval. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hlc_core.intake.definition import Answer, Definition, Finding, Score, ScoreGroup, Value
from hlc_core.intake.model import Judged
from hlc_core.intake.visibility import computed, holds, prune


def scores(definition: Definition, answers: Iterable[Answer], today: date) -> tuple[Score, ...]:
    """The points of each group over the answers to items that are shown, and the band that they fall in."""
    given = {answer.item: answer.values for answer in prune(definition, answers, today)}
    worth = {item.id: {choice.value: choice.score for choice in item.choices} for item in definition.items()}
    return tuple(_score(group, given, worth) for group in definition.groups)


def _score(group: ScoreGroup, given: dict[str, tuple[str, ...]], worth: dict[str, dict[str, int]]) -> Score:
    points = sum(worth[item].get(value, 0) for item in group.items for value in given.get(item, ()))
    band = next((one.label for one in reversed(group.bands) if points >= one.at_least), "")
    return Score(group=group.id, title=group.title, points=points, band=band)


def findings(definition: Definition, answers: Iterable[Answer], today: date) -> tuple[Finding, ...]:
    """The answers that disqualify, and the rules over several answers that are met, in the order of asking."""
    given = {answer.item: answer.values for answer in prune(definition, answers, today)}
    single = [
        Finding(item=item.id, reason=choice.disqualifies)
        for item in definition.items()
        for choice in item.choices
        if choice.disqualifies and choice.value in given.get(item.id, ())
    ]
    rules = [
        Finding(item="", reason=rule.reason)
        for rule in definition.disqualifiers
        if holds(rule.when, definition, given, today)
    ]
    return (*single, *rules)


def values(definition: Definition, answers: Iterable[Answer], today: date) -> tuple[Value, ...]:
    """The computed values, as text."""
    found = computed(definition, answers, today)
    titles = {one.id: one.title for one in definition.computed}
    return tuple(Value(id=id, title=titles[id], value=str(value)) for id, value in found.items())


def judged(key: str, definition: Definition, answers: Iterable[Answer], today: date) -> Judged:
    """All of it, for one questionnaire."""
    kept = tuple(answers)
    return Judged(
        key=key,
        scores=scores(definition, kept, today),
        findings=findings(definition, kept, today),
        values=values(definition, kept, today),
    )
