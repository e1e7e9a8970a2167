"""Which items are shown, and what is left of answers once hidden ones are gone. Pure; conditions are three-valued.

An item is shown when its condition is true; while something that it asks about is unanswered, it is unknown, and the
item stays hidden. Only answers of items that are shown count, so a hidden answer never makes another item appear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hlc_core.intake.answering import Unusable, bound, magnitude, usable
from hlc_core.intake.definition import (
    Answer,
    Computed,
    Condition,
    Definition,
    Formula,
    Item,
    ItemType,
    Mode,
    Term,
    Test,
)
from hlc_core.kernel.errors import Fault

Known = Mapping[str, tuple[str, ...]]
"""Values by item; an item without values is not in it."""


def visible(definition: Definition, answers: Iterable[Answer], today: date) -> tuple[Item, ...]:
    """The items that are shown for these answers, in the order of asking."""
    return tuple(_walk(definition, answers, today)[0])


def prune(definition: Definition, answers: Iterable[Answer], today: date) -> tuple[Answer, ...]:
    """The answers to items that are shown, in the order of asking; empty and unknown ones are gone."""
    shown, known = _walk(definition, answers, today)
    return tuple(Answer(item=item.id, values=known[item.id]) for item in shown if item.id in known)


def validate(
    definition: Definition, answers: Iterable[Answer], today: date, only: Sequence[str] | None = None
) -> tuple[Fault, ...]:
    """What is wrong with the shown items (`only` these, if given): no answer to a required one, or an unusable one.

    Each fault's field is the item's id; no sentence repeats an answer.
    """
    shown, known = _walk(definition, answers, today)
    faults = []
    for item in shown:
        if not item.asks or (only is not None and item.id not in only):
            continue
        try:
            read = usable(item, known.get(item.id, ()), today)
        except Unusable as fault:
            faults.append(Fault(item.id, str(fault)))
            continue
        if item.required and not read:
            faults.append(Fault(item.id, "Please agree." if item.type is ItemType.CONSENT else "Please answer this."))
    return tuple(faults)


def computed(definition: Definition, answers: Iterable[Answer], today: date) -> dict[str, Decimal]:
    """The values that can be computed from the answers to items that are shown."""
    _, known = _walk(definition, answers, today)
    found = {one.id: _compute(one, _types(definition), known, today) for one in definition.computed}
    return {id: value for id, value in found.items() if value is not None}


def holds(condition: Condition, definition: Definition, known: Known, today: date) -> bool | None:
    """Whether the condition is true, false, or not known yet (None). ALL and ANY are those of Kleene."""
    results = [_tested(term, definition, known, today) for term in condition.terms]
    decided = condition.mode is Mode.ANY
    if decided in results:
        return decided
    return None if None in results else not decided


def _walk(
    definition: Definition, answers: Iterable[Answer], today: date
) -> tuple[list[Item], dict[str, tuple[str, ...]]]:
    given = {answer.item: answer.values for answer in answers if answer.values}
    shown: list[Item] = []
    known: dict[str, tuple[str, ...]] = {}
    for item in definition.items():
        if item.when is None or holds(item.when, definition, known, today):
            shown.append(item)
            if item.asks and item.id in given:
                known[item.id] = given[item.id]
    return shown, known


def _tested(term: Term, definition: Definition, known: Known, today: date) -> bool | None:
    formula = next((one for one in definition.computed if one.id == term.item), None)
    types = _types(definition)
    size: Decimal | None
    if formula is not None:
        size = _compute(formula, types, known, today)
        there = size is not None
        values: tuple[str, ...] = () if size is None else (str(size),)
        type_ = ItemType.DECIMAL
    else:
        values = known.get(term.item, ())
        there, type_ = bool(values), types.get(term.item, ItemType.TEXT)
        size = magnitude(type_, values[0]) if values else None
    if term.test in (Test.ANSWERED, Test.NOT_ANSWERED):
        return there is (term.test is Test.ANSWERED)
    if not there:
        return None
    if term.test in (Test.AT_LEAST, Test.AT_MOST):
        limit = bound(type_, term.values[0], today) if term.values else None
        if size is None or limit is None:
            return None
        return size >= limit if term.test is Test.AT_LEAST else size <= limit
    some = any(value in values for value in term.values)
    return some if term.test in (Test.IS, Test.ANY_OF) else not some


def _types(definition: Definition) -> dict[str, ItemType]:
    return {item.id: item.type for item in definition.items()}


def _compute(one: Computed, types: Mapping[str, ItemType], known: Known, today: date) -> Decimal | None:
    sizes = [magnitude(types.get(item, ItemType.TEXT), known[item][0]) if known.get(item) else None for item in one.of]
    if one.formula is Formula.AGE:
        return _age(known[one.of[0]][0], today) if len(sizes) == 1 and sizes[0] is not None else None
    if len(sizes) != 2 or not sizes[0] or sizes[1] is None:
        return None
    metres = sizes[0] / 100
    return (sizes[1] / (metres * metres)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _age(born: str, today: date) -> Decimal:
    day = date.fromisoformat(born)
    return Decimal(today.year - day.year - ((today.month, today.day) < (day.month, day.day)))
