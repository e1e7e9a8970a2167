"""What checks and tenancy cost, in small; and that the two sides which are compared do differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.migrate import differences
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.shapes.all import ALL
from proof import added, checks
from support.postgres import Postgres
from support.tenants import open_stranger, trade
from support.worlds import opened, prepare

SEED_THAT_BEGINS_WITH = 1
"""In its first pair the block with the guards comes first."""


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[str]:
    """An empty database with its tables."""
    if request.param == "postgres":
        with postgres.fresh(prepare) as fresh:
            yield fresh
    else:
        file = f"sqlite:///{tmp_path}/costs.sqlite"
        prepare(file)
        yield file


def test_checks_are_counted_and_each_is_the_specs() -> None:
    """Every kind has its rate; two hundred people as clinics have them."""
    told = checks.measured(3, 400)

    assert () == told.wrong
    assert 3 * checks.ROUNDS * 400 == told.made
    assert told.may > told.effective > told.explain > 0


def test_guards_are_lifted_and_set_again(url: str) -> None:
    """Lifted, the database gives away what it refuses otherwise; afterwards nothing of it is missing."""
    with opened(url) as world:
        open_stranger(world)
        trade(world)
        world.cart(world.product())

        assert added.keeps_apart(url)
        added.lift(url)
        assert not added.keeps_apart(url)
        added.restore(url)
        assert added.keeps_apart(url)
    engine = make_engine(url)
    assert () == differences(engine, make_metadata(ALL))
    engine.dispose()


def test_a_pair_of_blocks_is_compared(url: str) -> None:
    """Each request with and without; nothing is wrong, and the guards stand afterwards."""
    told = added.compared(url, pairs=1, seed=0)

    assert () == told.wrong
    assert [1] * 4 == [len(one.more) for one in told.added]
    assert all(one.base > 0 for one in told.added)
    assert added.keeps_apart(url)


def test_a_database_that_does_not_refuse_is_found(tmp_path: Path) -> None:
    """Where nothing was guarded to begin with, there is nothing to compare, and that is said."""
    url = f"sqlite:///{tmp_path}/costs.sqlite"
    prepare(url)
    added.lift(url)

    told = added.compared(url, pairs=1, seed=SEED_THAT_BEGINS_WITH)

    assert ("pair 0: not refused with the guards",) == told.wrong


def test_the_spread_is_that_of_the_middle_half() -> None:
    """Of one pair alone it is that pair."""
    many = added.Added(request="x", without=(100.0,) * 5, more=(1.0, 2.0, 3.0, 4.0, 50.0))
    one = added.Added(request="x", without=(100.0,), more=(7.0,))

    assert (3.0, 3.0, (2.0, 4.0)) == (many.added, many.percent, many.spread)
    assert (7.0, 7.0) == one.spread
