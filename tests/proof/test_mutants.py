"""Named defects are planted and noticed; every defect's text still stands in the sources."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve
from proof.mutants import faults_of, named, plant, plant_all
from proof.mutations import COMMIT_TIER, MUTATIONS, Mutation

QUICK = "tests/proof/test_found.py"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_every_defect_can_be_planted(mutation: Mutation) -> None:
    """Its text stands exactly once, it changes something, it says what it breaks, and its tests exist."""
    assert "" == faults_of(mutation)
    assert mutation.old != mutation.new
    assert mutation.breaks
    assert all(Path(__file__).parents[2].joinpath(tests).exists() for tests in mutation.kills)


def test_there_are_enough_defects_and_their_names_differ() -> None:
    """At least thirty; five of them are planted in every test run."""
    assert len(MUTATIONS) >= 30
    assert [1] * len(MUTATIONS) == list(Counter(one.name for one in MUTATIONS).values())
    assert 5 == len({named(name).name for name in COMMIT_TIER})


def test_the_defects_of_the_commit_tier_are_noticed() -> None:
    """Each of the five makes a test fail."""
    planted = plant_all([named(name) for name in COMMIT_TIER])

    assert [] == [one.mutation.name for one in planted if not one.by]


def test_a_defect_that_changes_nothing_survives() -> None:
    """The planting can tell: a changed comment fails no test, and afterwards the copy is as it was."""
    idle = evolve(named("no-deadline"), old="_CHECKS = (5, ", new="_CHECKS = ( 5, ", kills=(QUICK,))

    (planted,) = plant_all([idle], jobs=1)

    assert "" == planted.by


def test_a_defect_whose_text_is_gone_is_noticed(tmp_path: Path) -> None:
    """It cannot be planted, and that is an error, not a survival."""
    gone = evolve(named("no-deadline"), old="nowhere to be found")
    (tmp_path / gone.file).parent.mkdir(parents=True)
    (tmp_path / gone.file).write_text("nothing", "utf-8")

    assert "stands 0 times" in faults_of(gone)
    assert "no Python any more" in faults_of(evolve(named("no-deadline"), new="DEADLINE = ("))
    with pytest.raises(ValueError, match="stands 0 times"):
        plant(gone, tmp_path)
