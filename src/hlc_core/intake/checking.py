"""Whether a definition's parts fit one another: ids, conditions over earlier items, bounds, scores. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from hlc_core.intake.answering import bound
from hlc_core.intake.definition import (
    Computed,
    Condition,
    Definition,
    Formula,
    Item,
    ItemType,
    ScoreGroup,
    Term,
    Test,
)
from hlc_core.kernel.errors import Fault

MOST_FIELDS = 90
"""Fields that one page may have on a form; a choice among several has one for each of them."""
_ANY_DAY = date(2026, 1, 1)
_BOUNDED = (ItemType.INTEGER, ItemType.DECIMAL, ItemType.DATE, ItemType.HEIGHT, ItemType.WEIGHT)
_CHOSEN = (ItemType.YES_NO, ItemType.CHOICE, ItemType.CHOICES)
_FORMS: Mapping[Formula, tuple[ItemType, ...]] = {
    Formula.BMI: (ItemType.HEIGHT, ItemType.WEIGHT),
    Formula.AGE: (ItemType.DATE,),
}


def inconsistencies(definition: Definition) -> Iterator[Fault]:
    """Everything that does not fit, with its path."""
    earlier: dict[str, Item] = {}
    for page_at, page in enumerate(definition.pages):
        fields = 0
        for item_at, item in enumerate(page.items):
            at = f"pages[{page_at}].items[{item_at}]"
            if item.id in earlier:
                yield Fault(f"{at}.id", "another item has this id")
            yield from _item(item, at)
            if item.when is not None:
                yield from _condition(item.when, earlier, definition.computed, f"{at}.when", "an earlier item")
            earlier.setdefault(item.id, item)
            fields += len(item.choices) if item.type is ItemType.CHOICES else 2
        if fields > MOST_FIELDS:
            yield Fault(f"pages[{page_at}].items", f"too many for one page ({fields} fields); split it into two")
    yield from _computed(definition.computed, earlier)
    yield from _groups(definition.groups, earlier)
    for place, rule in enumerate(definition.disqualifiers):
        yield from _condition(rule.when, earlier, definition.computed, f"disqualifiers[{place}].when", "an item")


def _item(item: Item, at: str) -> Iterator[Fault]:
    for name, text in (("least", item.least), ("most", item.most)):
        if text and item.type not in _BOUNDED:
            yield Fault(f"{at}.{name}", "only numbers, dates and measures have it")
        elif text and bound(item.type, text, _ANY_DAY) is None:
            wanted = "a date such as 2026-03-31, or today" if item.type is ItemType.DATE else "a number (cm or kg)"
            yield Fault(f"{at}.{name}", f"must be {wanted}")
    if item.longest and item.type not in (ItemType.TEXT, ItemType.LONG_TEXT):
        yield Fault(f"{at}.longest", "only text has it")
    if item.decimals and item.type is not ItemType.DECIMAL:
        yield Fault(f"{at}.decimals", "only decimal has it")
    seen: set[str] = set()
    for place, choice in enumerate(item.choices):
        if choice.value in seen:
            yield Fault(f"{at}.choices[{place}].value", "another choice of this item has this value")
        if choice.alone and item.type is not ItemType.CHOICES:
            yield Fault(f"{at}.choices[{place}].alone", "only choices items need it")
        seen.add(choice.value)


def _condition(
    condition: Condition, items: Mapping[str, Item], computed: Sequence[Computed], at: str, where: str
) -> Iterator[Fault]:
    formulas = {one.id: one for one in computed}
    for place, term in enumerate(condition.terms):
        path = at if len(condition.terms) == 1 else f"{at}.{condition.mode}[{place}]"
        if term.item in formulas:
            if any(item not in items for item in formulas[term.item].of):
                yield Fault(path, f"{term.item} is computed from items that come later")
            if term.test not in (Test.AT_LEAST, Test.AT_MOST, Test.ANSWERED, Test.NOT_ANSWERED):
                yield Fault(path, "a computed value is tested with at_least or at_most")
            elif term.values and bound(ItemType.DECIMAL, term.values[0], _ANY_DAY) is None:
                yield Fault(path, "must compare with a number")
        elif term.item not in items:
            yield Fault(path, f"{term.item!r} is not the id of {where}")
        else:
            yield from _term(term, items[term.item], path)


def _term(term: Term, item: Item, at: str) -> Iterator[Fault]:
    if not item.asks:
        yield Fault(at, f"{item.id} asks nothing")
    elif term.test in (Test.AT_LEAST, Test.AT_MOST):
        if item.type not in _BOUNDED:
            yield Fault(at, f"{item.id} is no number, date or measure")
        elif bound(item.type, term.values[0] if term.values else "", _ANY_DAY) is None:
            yield Fault(at, "must compare with a number (cm or kg), or for dates with a date or today")
    elif term.test not in (Test.ANSWERED, Test.NOT_ANSWERED):
        known = [choice.value for choice in item.choices] or (["yes"] if item.type is ItemType.CONSENT else [])
        if item.type in _BOUNDED and item.type is not ItemType.INTEGER:
            yield Fault(at, f"test {item.id} with at_least or at_most")
        for value in term.values:
            if known and value not in known:
                yield Fault(at, f"{item.id} has no answer {value!r}; it has: {', '.join(known)}")


def _computed(computed: Sequence[Computed], items: Mapping[str, Item]) -> Iterator[Fault]:
    seen = set(items)
    for place, one in enumerate(computed):
        at = f"computed[{place}]"
        if one.id in seen:
            yield Fault(f"{at}.id", "an item or another computed value has this id")
        seen.add(one.id)
        types = tuple(items[item].type for item in one.of if item in items)
        if types != _FORMS[one.formula]:
            yield Fault(f"{at}.of", f"{one.formula} is computed of: {', '.join(_FORMS[one.formula])}, in this order")


def _groups(groups: Sequence[ScoreGroup], items: Mapping[str, Item]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, group in enumerate(groups):
        at = f"scores[{place}]"
        if group.id in seen:
            yield Fault(f"{at}.id", "another group has this id")
        seen.add(group.id)
        for where, item in enumerate(group.items):
            if item not in items or items[item].type not in _CHOSEN:
                yield Fault(f"{at}.items[{where}]", "must be the id of a yes_no, choice or choices item")
        steps = [band.at_least for band in group.bands]
        if steps != sorted(set(steps)):
            yield Fault(f"{at}.bands", "must rise in at_least")
