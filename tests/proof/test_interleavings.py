"""Processes that meet at one cart, debt or subscription; the commit tier of the interleavings."""

from __future__ import annotations

import pytest
from proof.interleavings import SMALL, Set, crowd, drawn, every, half_way, play, two_submits
from proof.schedule import Actor, Decide, Stage, Turn, at_random, orders

from hlc_adapters.gateways.simulator import BARE, KEYED
from hlc_core.payments.api import Capabilities


@pytest.mark.parametrize("scene", SMALL, ids=lambda scene: scene.__name__)
def test_no_order_of_few_processes_does_harm(scene: Set) -> None:
    """Every order in which somebody is interrupted once: one charge, one order, books that agree, nothing live."""
    played = every(scene, 1, most=150)

    assert () == played.failures
    assert played.count >= 10


@pytest.mark.parametrize("capabilities", [KEYED, BARE], ids=["keyed", "bare"])
@pytest.mark.parametrize("scene", [half_way, two_submits], ids=lambda scene: scene.__name__)
def test_no_order_does_harm_without_a_fence(scene: Set, capabilities: Capabilities) -> None:
    """The same where a second request would be a second charge."""
    assert () == every(scene, 1, capabilities).failures


def test_no_drawn_order_of_a_crowd_does_harm() -> None:
    """Seven processes at once, at each kind of gateway, in orders drawn from seeds."""
    assert () == drawn(crowd, range(45)).failures


def test_a_drawn_order_of_a_crowd_is_the_same_again() -> None:
    """Turns, and what the bank does wrong, come from the seed alone; another seed is another order."""
    first, again = play(crowd, at_random(11), KEYED, 11), play(crowd, at_random(11), KEYED, 11)

    assert first == again
    assert first.turns != play(crowd, at_random(14), KEYED, 14).turns


def counting(stage: Stage, box: list[int]) -> Actor:
    """An actor that reads, waits for its turn, and writes: two of them can lose one."""

    def actor() -> None:
        seen = box[0]
        stage.pause()
        box[0] = seen + 1

    return actor


def sums(switches: int) -> list[int]:
    """What two careless actors count to, in every order with so many interruptions."""
    found: list[int] = []

    def play(decide: Decide) -> tuple[Turn, ...]:
        stage, box = Stage(), [0]
        turns, errors = stage.play([counting(stage, box), counting(stage, box)], decide)
        assert (None, None) == errors
        found.append(box[0])
        return turns

    assert len(set(orders(play, switches))) == len(found)
    return sorted(found)


def test_a_lost_update_is_found() -> None:
    """Two actors of two steps have six orders; without an interruption none loses, with two four do."""
    assert [2, 2] == sums(0)
    assert [1, 1, 1, 1, 2, 2] == sums(2)


def test_the_same_seed_gives_the_same_order() -> None:
    """A drawn order can be played again, and what an actor raises is told."""

    def turns(seed: int) -> list[int]:
        stage, box = Stage(), [0]
        played, _ = stage.play([counting(stage, box) for _ in range(4)], at_random(seed))
        return [turn.chosen for turn in played]

    def raises() -> None:
        raise KeyError("lost")

    assert turns(5) == turns(5)
    assert isinstance(Stage().play([raises], at_random(0))[1][0], KeyError)
