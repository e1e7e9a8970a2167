"""Periods partition time, from whatever anchor, in whatever zone, for forty years."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.time import Interval, Unit, local_date, start_of_day
from hlc_core.subscriptions.calendar import Grid, months
from support.subscriptions_world import World, terms

ZONES = (
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Santiago",
    "Europe/London",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "Asia/Tehran",
)
anchors = st.dates(date(2000, 1, 1), date(2040, 12, 31))
intervals = st.one_of(
    st.builds(Interval, st.just(Unit.DAY), st.integers(1, 400)),
    st.builds(Interval, st.just(Unit.WEEK), st.integers(1, 60)),
    st.builds(Interval, st.just(Unit.MONTH), st.integers(1, 24)),
    st.builds(Interval, st.just(Unit.YEAR), st.integers(1, 3)),
)


def most(interval: Interval) -> int:
    """How many cycles fit into forty years."""
    days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}[interval.unit] * interval.count
    return max(1, 14_610 // days)


@pytest.mark.parametrize("day", range(1, 32))
def test_monthly_boundaries_keep_the_anchors_day(day: int) -> None:
    """For forty years, every boundary falls on the anchor's day, or on the last of a shorter month."""
    grid = Grid(anchor=date(2024, 1, day), interval=Interval(Unit.MONTH))

    for cycle in range(1, 481):
        start = grid.start(cycle)
        assert min(day, monthrange(start.year, start.month)[1]) == start.day
        assert (start.year * 12 + start.month) - (2024 * 12 + 1) == cycle - 1


def test_the_thirty_first_comes_back_after_february() -> None:
    """31 January, 28 February, 31 March: never computed from the boundary before."""
    grid = Grid(anchor=date(2026, 1, 31), interval=Interval(Unit.MONTH))

    assert [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)] == [grid.start(n) for n in (1, 2, 3)]


def test_a_leap_day_comes_back_every_fourth_year() -> None:
    """Yearly from 29 February: the 28th in common years, the 29th again in leap years."""
    grid = Grid(anchor=date(2024, 2, 29), interval=Interval(Unit.YEAR))

    assert [29, 28, 28, 28, 29] == [grid.start(n).day for n in range(1, 6)]


@given(anchors, intervals, st.data())
def test_periods_partition_time(anchor: date, interval: Interval, data: st.DataObject) -> None:
    """Every period begins where the one before it ends, and is never empty."""
    grid = Grid(anchor=anchor, interval=interval)
    cycle = data.draw(st.integers(1, most(interval)))

    assert grid.period(cycle).end == grid.period(cycle + 1).start
    assert grid.period(cycle).days > 0


@given(anchors, intervals, st.data())
def test_every_day_belongs_to_the_period_that_holds_it(anchor: date, interval: Interval, data: st.DataObject) -> None:
    """`at` finds the one cycle whose period holds the day."""
    day = anchor + timedelta(days=data.draw(st.integers(0, 14_610)))
    grid = Grid(anchor=anchor, interval=interval)

    found = grid.period(grid.at(day))

    assert found.start <= day < found.end


@given(anchors, intervals, intervals, st.data())
def test_another_interval_takes_over_at_a_boundary(
    anchor: date, first: Interval, second: Interval, data: st.DataObject
) -> None:
    """The cycle begins where it would have, lasts the new interval, and the anchor's day is not lost."""
    grid = Grid(anchor=anchor, interval=first)
    cycle = data.draw(st.integers(1, min(60, most(first))))

    changed = grid.changed(second, cycle)

    assert grid.start(cycle) == changed.start(cycle)
    assert second == changed.interval
    for later in range(cycle, cycle + 8):
        assert changed.period(later).end == changed.period(later + 1).start
        if months(first) and months(second):
            start = changed.start(later)
            assert min(anchor.day, monthrange(start.year, start.month)[1]) == start.day


@given(anchors, st.lists(st.tuples(intervals, st.integers(1, 5)), min_size=2, max_size=5))
def test_a_chain_of_intervals_leaves_no_gap(anchor: date, chain: list[tuple[Interval, int]]) -> None:
    """Plan after plan takes over at a boundary: time stays partitioned."""
    grid, cycle = Grid(anchor=anchor, interval=Interval(Unit.MONTH)), 1
    for interval, lasts in chain:
        end = grid.period(cycle + lasts - 1).end
        cycle += lasts
        grid = grid.changed(interval, cycle)

        assert end == grid.start(cycle)


@pytest.mark.parametrize("zone", ZONES)
@given(st.integers(0, 11 * 366 * 86_400), st.integers(1, 60))
def test_a_purchase_counts_from_the_local_date(zone: str, seconds: int, cycle: int) -> None:
    """Bought at any instant, in any zone: the anchor is the date on the wall there, and each due day comes once."""
    world = World(zone=zone)
    instant = world.clock.at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    held = world.start(terms())

    assert local_date(instant, zone) == held.anchor == held.period.start
    due = held.grid.start(cycle + 1)
    opens = start_of_day(due, zone)
    assert local_date(opens, zone) >= due
    assert local_date(opens - timedelta(seconds=1), zone) < local_date(opens, zone)
