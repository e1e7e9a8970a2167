"""The registry: everything that can be asked of the core, once each, permitted by a key or by nobody."""

from __future__ import annotations

import gc
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

import hlc_core
from hlc_adapters import wire
from hlc_core.access.api import KEYS, SENTENCES, SETTINGS, STAFF_KEYS
from hlc_core.application import Effect
from hlc_core.kernel.commands import ActorKind, Command, Query
from hlc_core.kernel.events import Event
from hlc_core.notifications.api import TEMPLATES
from hlc_core.organizations.api import SECTION_KEYS
from hlc_core.registry import MACHINES, QUESTIONS, REACTIONS, USE_CASES


def below(base: type[Any]) -> Iterator[type[Any]]:
    """Every class of the core below this one."""
    for module in pkgutil.walk_packages(hlc_core.__path__, "hlc_core."):
        importlib.import_module(module.name)
    gc.collect()  # a class with slots is made twice; the first of the two is waste
    todo, seen = [base], set[str]()
    while todo:
        for one in todo.pop().__subclasses__():
            todo.append(one)
            word = f"{one.__module__}.{one.__qualname__}"
            if one.__module__.startswith("hlc_core.") and word not in seen:
                seen.add(word)
                yield one


def names(classes: Any) -> list[str]:
    """For a readable difference."""
    return sorted(one.__name__ for one in classes)


def test_every_command_and_every_query_is_registered_exactly_once() -> None:
    """Nothing that could be sent is forgotten, nothing is there twice."""
    assert names(below(Command)) == names(row.command for row in USE_CASES)
    assert names(below(Query)) == names(row.query for row in QUESTIONS)


def test_every_use_case_asks_for_a_key_that_exists() -> None:
    """Or for none: then only HLC itself may."""
    wanted = {row.permission for row in (*USE_CASES, *QUESTIONS)} - {None}

    assert set() == wanted - SENTENCES.keys()
    assert set(KEYS) == set(ActorKind)


def test_staff_hold_no_key_that_nothing_asks_for() -> None:
    """A key without a door is a mistake in one of the two."""
    wanted = {row.permission for row in (*USE_CASES, *QUESTIONS)}
    wanted |= {rule.permission for machine in MACHINES for rule in machine.rules}
    wanted |= {SETTINGS, *SECTION_KEYS.values()}

    assert set() == STAFF_KEYS - wanted


def test_the_public_can_only_buy_and_answer_by_a_links_key() -> None:
    """What everybody may do is on this list; a longer one is a decision, not an accident."""
    open_doors = [row.command for row in USE_CASES if row.permission in KEYS[ActorKind.PUBLIC]]

    assert {"cart", "checkout", "intake"} == {door.__module__.split(".")[1] for door in open_doors}
    assert [] == [row for row in USE_CASES if row.effect is Effect.READ]


def test_money_is_moved_by_nobody_unless_marked_so() -> None:
    """Every command of payments that drives or rules money is marked as such."""
    unmarked = {row.command.__name__ for row in USE_CASES if row.effect is not Effect.MONEY}

    assert {"SubmitCheckout", "RecordAnswers", "RequestRefund", "RecordRefunds", "ApplyBilling"}.isdisjoint(unmarked)


@pytest.mark.parametrize("row", USE_CASES, ids=lambda row: row.command.__name__)
def test_a_use_case_takes_its_command_and_its_answer_can_be_stored(row: Any) -> None:
    """Two parameters; the answer is of the type that the command names, and has a stored form (idempotency)."""
    hints = get_type_hints(row.run)
    answer = hints.pop("return")
    first, second = inspect.signature(row.run).parameters

    assert hints[first] is row.command
    assert second == "env"
    (declared,) = [get_args(base)[0] for base in row.command.__orig_bases__ if get_args(base)]
    assert answer == declared
    with pytest.raises(msgspec.DecodeError):  # and not TypeError: the type can be decoded
        wire.decode(answer, "")


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row.query.__name__)
def test_a_question_takes_its_query(row: Any) -> None:
    """Two parameters, and the answer that the query names."""
    hints = get_type_hints(row.run)
    first, second = inspect.signature(row.run).parameters

    assert (row.query, "env") == (hints[first], second)
    (declared,) = [get_args(base)[0] for base in row.query.__orig_bases__ if get_args(base)]
    assert hints["return"] == declared


def test_reactions_take_the_events_that_they_are_registered_for() -> None:
    """Or a base of theirs; none is registered twice for one."""
    for row in REACTIONS:
        hints = get_type_hints(row.run)
        (taken,) = get_args(hints[next(iter(inspect.signature(row.run).parameters))])
        assert any(issubclass(row.event, one) for one in (get_args(taken) or (taken,))), row
    pairs = [(row.event, row.run) for row in REACTIONS]
    assert len(pairs) == len(set(pairs))


def test_events_have_names_of_their_own() -> None:
    """`context.happened`: the word in storage and on the wire. Bases that are never put have none.

    `payment.failed` is one word for workflows, whether a checkout or a renewal failed (spec/commerce, spec/billing).
    """
    named = [one for one in below(Event) if "name" in vars(one)]
    words = [one.name for one in named]

    assert len(words) > 30
    assert ["payment.failed"] == [word for word, times in Counter(words).items() if times > 1]
    assert [] == [word for word in words if word.count(".") != 1 or word != word.lower()]
    assert set() == set(TEMPLATES) - set(words)
    assert set() == {row.event for row in REACTIONS} - set(named)


def test_everything_has_a_docstring_of_its_own() -> None:
    """Commands, queries and events say what they are."""
    everything = [one for base in (Command, Query, Event) for one in below(base) if one.__name__[0] != "_"]

    assert [] == names(one for one in everything if not vars(one).get("__doc__"))
