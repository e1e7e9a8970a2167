"""The machine: what cannot be right is refused when it is made, and nothing is ignored silently afterwards."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from attrs import frozen
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from hlc_core.kernel.errors import Kind
from hlc_core.kernel.machine import GuardRefused, IllegalTransition, Machine, NoFacts, Rule
from hlc_core.testing import (
    Move,
    all_moves,
    declared_moves,
    every_facts,
    facts_type,
    illegal_moves,
    machine_walk,
)


class Door(StrEnum):
    """States."""

    SHUT = "shut"
    OPEN = "open"
    GONE = "gone"


class Hand(StrEnum):
    """Triggers."""

    PUSH = "push"
    PULL = "pull"


@frozen
class Facts:
    """What guards read."""

    locked: bool = False
    wind: Door | None = None


def unlocked(facts: Facts) -> bool:
    """The key is out."""
    return not facts.locked


def locked(facts: Facts) -> bool:
    """The key is in."""
    return facts.locked


def never(facts: Facts) -> bool:
    """No facts meet it."""
    return False


GOOD = (
    Rule(Door.SHUT, Hand.PUSH, Door.OPEN, unlocked),
    Rule(Door.SHUT, Hand.PUSH, Door.GONE, locked, permission="door.break", manual=True),
    Rule(Door.OPEN, Hand.PULL, Door.SHUT),
)


def door(*rules: Rule[Door, Hand, Any], final: frozenset[Door] = frozenset({Door.GONE})) -> Machine[Door, Hand, Any]:
    """A machine of these rules."""
    return Machine[Door, Hand, Any](name="door", initial=Door.SHUT, final=final, rules=rules)


def test_a_sound_table_is_accepted() -> None:
    """States and triggers come in the order of their declaration."""
    made = door(*GOOD)

    assert (tuple(Door), tuple(Hand)) == (made.states, made.triggers)
    assert frozenset(Door) == made.reachable()
    assert {(Door.SHUT, Door.OPEN), (Door.SHUT, Door.GONE), (Door.OPEN, Door.SHUT)} == made.edges()


@pytest.mark.parametrize(
    ("rules", "final", "words"),
    [
        (GOOD[:1] + GOOD[2:], {Door.GONE}, "gone cannot be reached"),
        (GOOD[:2], {Door.GONE}, "open must be either final or left"),
        ((*GOOD, Rule(Door.GONE, Hand.PULL, Door.SHUT)), {Door.GONE}, "gone must be either final or left"),
        (GOOD, {Door.GONE, Door.OPEN}, "open must be either final or left"),
        ((*GOOD, Rule(Door.OPEN, Hand.PULL, Door.GONE)), {Door.GONE}, "pull from open is ambiguous"),
        ((*GOOD, Rule(Door.OPEN, Hand.PULL, Door.GONE, locked)), {Door.GONE}, "pull from open is ambiguous"),
        ((*GOOD, Rule(Door.SHUT, Hand.PUSH, Door.SHUT, locked)), {Door.GONE}, "push from shut is ambiguous"),
        ((), {Door.GONE}, "has no rules"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(rules: Any, final: set[Door], words: str) -> None:
    """Dead ends, unreachable states, ends that are left, two rules that cannot be told apart."""
    with pytest.raises(ValueError, match=words):
        door(*rules, final=frozenset(final))


def test_a_step_moves_or_says_why_not() -> None:
    """Illegal, or held back by a guard, which is named in words; both are conflicts."""
    made = door(*GOOD)

    assert Door.OPEN is made.step(Door.SHUT, Hand.PUSH, Facts())
    assert Door.GONE is made.step(Door.SHUT, Hand.PUSH, Facts(locked=True))
    with pytest.raises(IllegalTransition, match="pull is not possible while gone") as illegal:
        made.step(Door.GONE, Hand.PULL, Facts())
    only = door(Rule(Door.SHUT, Hand.PUSH, Door.OPEN, unlocked), Rule(Door.OPEN, Hand.PULL, Door.GONE))
    with pytest.raises(GuardRefused, match="push while shut needs: unlocked") as guarded:
        only.step(Door.SHUT, Hand.PUSH, Facts(locked=True))
    assert (Kind.CONFLICT, Kind.CONFLICT) == (illegal.value.kind, guarded.value.kind)


def test_the_rule_is_the_one_that_the_step_takes() -> None:
    """With its permission and its words; refused as the step is."""
    made = door(*GOOD)

    assert GOOD[1] == made.rule(Door.SHUT, Hand.PUSH, Facts(locked=True))
    assert GOOD[0] == made.rule(Door.SHUT, Hand.PUSH, Facts())
    with pytest.raises(IllegalTransition):
        made.rule(Door.OPEN, Hand.PUSH, Facts())


def test_what_is_allowed_is_named_once() -> None:
    """Two rules of one trigger are one action."""
    made = door(*GOOD)

    assert (Hand.PUSH,) == made.allowed(Door.SHUT, Facts())
    assert () == made.allowed(Door.GONE, Facts())


def test_the_diagram_shows_guards_hands_and_ends() -> None:
    """As Mermaid reads it."""
    drawn = door(*GOOD).mermaid().splitlines()

    assert "    [*] --> shut" in drawn
    assert "    shut --> gone: push [locked] (by hand)" in drawn
    assert "    gone --> [*]" in drawn


def test_facts_are_enumerated() -> None:
    """Booleans, enums, and either of them or None."""
    assert 2 * 4 == len(set(every_facts(door(*GOOD))))
    assert Facts is facts_type(door(*GOOD))
    plain = door(Rule(Door.SHUT, Hand.PUSH, Door.OPEN), Rule(Door.OPEN, Hand.PULL, Door.GONE))
    assert (NoFacts(),) == every_facts(plain)


def test_facts_that_cannot_be_enumerated_are_refused() -> None:
    """A number is no fact."""

    @frozen
    class Days:
        count: int

    def very_late(facts: Days) -> bool:
        return facts.count > 3

    very_late.__annotations__ = {"facts": Days, "return": bool}
    Days.__annotations__ = {"count": int}
    made = door(Rule(Door.SHUT, Hand.PUSH, Door.OPEN, very_late), Rule(Door.OPEN, Hand.PULL, Door.GONE))
    with pytest.raises(TypeError, match="booleans and enums"):
        every_facts(made)


def test_moves_are_told_apart_from_what_is_only_declared() -> None:
    """A rule whose guard nothing meets stands in the table, but is no move: a test that compares the two finds it."""
    made = door(*GOOD, Rule(Door.OPEN, Hand.PUSH, Door.GONE, never))

    assert {Move(Door.OPEN, Hand.PUSH, Door.GONE)} == declared_moves(made) - all_moves(made)
    assert {(Door.SHUT, Hand.PULL), (Door.GONE, Hand.PUSH), (Door.GONE, Hand.PULL)} == set(illegal_moves(made))


def test_a_walk_finds_a_process_that_does_not_follow() -> None:
    """The walk can fail: a process that counts a door as open after it has gone is found out."""

    class Follower(machine_walk(door(*GOOD))):  # type: ignore[misc]  # a class that was made just now
        def __init__(self) -> None:
            super().__init__()
            self.ajar = False

        def moved(self, move: Move, facts: Facts) -> None:
            self.ajar = move.target is not Door.SHUT
            assert self.ajar is (self.state is Door.OPEN)

    quick = settings(max_examples=200, database=None, deadline=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Follower, settings=quick)
