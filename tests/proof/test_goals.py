"""The goals of the proof: each says what holds, keeps to what it is given, and can be run a little."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from proof.crashes import enumerate_crashes
from proof.goal import Goal, Run, chunks, told
from proof.goals import AWAITED, GOALS
from proof.goals.billing import every_calendar
from proof.goals.charging import charge_histories
from proof.goals.crashing import two_crashes
from proof.goals.disorder import many_processes, webhooks_in_disorder
from proof.journeys import JOURNEYS, Journey

ROOT = Path(__file__).parents[2]


def asked(folder: Path, full: int = 100, **more: float | None) -> Run:
    """A run in one process."""
    fields = {"scale": 1.0, "seconds": None, **more}
    return Run(full=full, scale=fields["scale"] or 0.0, seed=3, jobs=1, folder=folder, seconds=fields["seconds"])


@pytest.mark.parametrize("goal", GOALS, ids=lambda one: one.name)
def test_a_goal_says_what_holds_and_where_its_tests_are(goal: Goal) -> None:
    """Its first lines are a sentence, and what runs with the tests is there."""
    first, _ = goal.says

    assert first.endswith(".") or first.endswith(":"), first
    assert goal.commit
    assert (ROOT / goal.tests).exists()
    assert goal.full == -1 or goal.full > 0


def test_names_of_goals_differ() -> None:
    """So do those of the goals that wait for their subject."""
    names = [*(one.name for one in GOALS), *(one.name for one in AWAITED)]

    assert len(names) == len(set(names))
    assert all(one.holds.endswith(".") and one.waits_for for one in AWAITED)


def test_a_run_knows_its_part_and_its_end(tmp_path: Path) -> None:
    """A part of the seeds; nothing more after its seconds, but for what has to be whole; the same sample again."""
    run = asked(tmp_path, 1000, scale=0.25)
    late = asked(tmp_path, seconds=0.0)
    time.sleep(0.001)

    assert range(3, 253) == run.seeds
    assert [range(3, 7), range(7, 9)] == list(chunks(range(3, 9), 4))
    assert ("3-5", "-") == (told(3, 3), told(3, 0))
    assert [] == list(late.spread(abs, [-1, -2]))
    assert [1, 2] == list(late.spread(abs, [-1, -2], whole=True))
    assert run.drawn(range(40)) == run.drawn(range(40)) != list(range(10))


def test_several_processes_give_the_same_in_the_same_order(tmp_path: Path) -> None:
    """However many there are."""
    run = Run(full=9, scale=1.0, seed=0, jobs=2, folder=tmp_path)

    assert list(range(9)) == list(run.spread(abs, [-n for n in range(9)]))


@pytest.mark.parametrize(
    ("goal", "full", "scale"),
    [
        (charge_histories, 400, 1.0),
        (two_crashes, -1, 0.01),
        (many_processes, 9, 1.0),
        (webhooks_in_disorder, 40, 1.0),
        (every_calendar, -1, 0.001),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_goal_can_be_run_a_little(goal: object, full: int, scale: float, tmp_path: Path) -> None:
    """It counts what it ran, and nothing fails."""
    assert callable(goal)
    result = goal(asked(tmp_path, full, scale=scale))

    assert () == result.failures
    assert result.count > 0


@pytest.mark.parametrize("journey", [one for one in JOURNEYS if one.name in ("refund", "switch")], ids=lambda j: j.name)
def test_three_crashes_one_after_the_other_change_nothing(journey: Journey) -> None:
    """All single ones, all pairs, and the first triples of two short roads."""
    done = enumerate_crashes(journey, 3, most=120)

    assert () == done.failures
    assert 120 == done.runs
