"""The process dies at every effect point of every road; the commit tier of the crash enumeration."""

from __future__ import annotations

from pathlib import Path

import pytest
from proof.crashes import enumerate_crashes, leave_behind
from proof.journeys import JOURNEYS, Act, Journey
from proof.places import emptied

from support.postgres import Postgres
from support.worlds import World, prepare

MONEY = [one for one in JOURNEYS if one.name in ("checkout", "renewal", "refund")]


def named(journey: Journey) -> str:
    """How the journey is called in the list of tests."""
    return journey.name


@pytest.mark.parametrize("journey", JOURNEYS, ids=named)
def test_a_crash_anywhere_changes_nothing_in_the_end(journey: Journey) -> None:
    """Begun again after a crash at any effect point, everything stands as if nothing had happened."""
    done = enumerate_crashes(journey, 1)

    assert () == done.failures
    assert done.runs >= 2  # an import is one commit: before it and after it


@pytest.mark.parametrize("journey", JOURNEYS, ids=named)
def test_a_crash_after_which_nobody_comes_back_leaves_no_harm(journey: Journey) -> None:
    """The books agree, nothing was charged twice, and nothing stays live."""
    assert () == leave_behind(journey).failures


@pytest.mark.parametrize("journey", MONEY, ids=named)
def test_a_crash_anywhere_on_sqlite(journey: Journey, tmp_path: Path) -> None:
    """The same where a crash is a rollback of a file."""
    url = f"sqlite:///{tmp_path / 'crashed.sqlite'}"
    prepare(url)

    assert () == enumerate_crashes(journey, 1, emptied(url)).failures


@pytest.mark.parametrize("journey", MONEY, ids=named)
def test_a_crash_anywhere_on_postgres(journey: Journey, postgres: Postgres) -> None:
    """The same where a crash is a lost connection."""
    with postgres.fresh(prepare) as url:
        assert () == enumerate_crashes(journey, 1, emptied(url)).failures


def test_a_road_that_charges_anew_is_noticed() -> None:
    """A buyer whose second try is a second cart: the enumeration sees the difference."""

    def clumsy(world: World) -> Act:
        plan = world.product()
        return lambda: world.buy(plan)

    failures = enumerate_crashes(Journey(name="clumsy", prepare=clumsy), 1).failures

    assert any("charge" in text for text in failures)
