"""What a simulation is made of: turns drawn from a seed, crashes at effect points, actions in their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from hlc_adapters.simulation.agenda import Agenda
from hlc_adapters.simulation.baton import Baton
from hlc_adapters.simulation.crashes import Crash, Crashes
from hlc_adapters.simulation.people import person


def interleaved(seed: int) -> tuple[str, list[BaseException | None]]:
    """Three runners that write a letter at each turn; the last one dies."""
    baton, written = Baton(Random(seed)), list[str]()

    def work(letter: str, dies: bool) -> None:
        for _ in range(5):
            written.append(letter)
            baton.turn()
        if dies:
            raise Crash

    faults = baton.run([lambda: work("a", False), lambda: work("b", False), lambda: work("c", True)])
    return "".join(written), faults


def test_runners_go_on_in_an_order_that_the_seed_draws() -> None:
    """One at a time, truly mixed, the same for the same seed; what one raises is told and stops no other."""
    (first, faults), (again, _), (other, _) = interleaved(1), interleaved(1), interleaved(2)

    assert first == again != other
    assert ["a", "b", "c"] == sorted(set(first))
    assert 15 == len(first)
    assert "aaaaa" not in first
    assert [None, None, Crash] == [None if fault is None else type(fault) for fault in faults]


def test_a_turn_outside_of_a_run_does_nothing() -> None:
    """The same code runs alone."""
    Baton(Random(1)).turn()


def test_a_crash_comes_at_most_once_a_day_and_not_after_healing() -> None:
    """At a drawn effect point; nothing that handles errors can swallow it."""
    crashes = Crashes(1.0, Random(1))
    died = 0
    for day in range(20):
        crashes.healed = day >= 10
        crashes.begin_day()
        for _ in range(60):
            try:
                crashes.point("commit.before")
            except Crash:
                died += 1

    assert 10 == died == crashes.count
    assert not issubclass(Crash, Exception)


def test_actions_happen_in_time_and_in_the_order_of_planning() -> None:
    """Two of the same instant keep the order in which they were put."""
    agenda, done, noon = Agenda(), list[str](), datetime(2026, 1, 1, 12, tzinfo=UTC)
    for name, hours in (("late", 2), ("first", 0), ("second", 0), ("next day", 24)):
        agenda.put(noon + timedelta(hours=hours), lambda name=name: done.append(name))  # type: ignore[misc]  # bound per loop
    while (due := agenda.due(noon + timedelta(hours=24))) is not None:
        due[1]()

    assert ["first", "second", "late"] == done


@pytest.mark.parametrize("number", [0, 1, 500])
def test_a_buyer_is_the_same_for_the_same_number(number: int) -> None:
    """Plan, address and cards follow from seed and number."""
    one, again, other = person(5, number), person(5, number), person(6, number)
    today = datetime(2026, 1, 1, tzinfo=UTC).date()
    tokens = [someone.token(today, first=True) for someone in (one, again, other)]

    assert (one.plan, one.email, tokens[0]) == (again.plan, again.email, tokens[1])
    assert tokens[0] != tokens[2] or one.plan != other.plan
