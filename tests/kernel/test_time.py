"""Time: periods are counted from their anchor and partition it, in every zone, whatever its clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.time import Interval, Period, Unit, add_months, boundary, local_date, period, start_of_day, zone

ZONES = sorted(name for name in available_timezones() if name not in {"localtime", "posixrules", "Factory"})
SAMPLE = [
    "UTC", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/Asuncion", "America/Havana",
    "America/Santiago", "America/Scoresbysund", "America/Nuuk", "Europe/London", "Europe/Berlin", "Asia/Beirut",
    "Asia/Tehran", "Asia/Kathmandu", "Asia/Kolkata", "Africa/Cairo", "Africa/Casablanca", "Australia/Lord_Howe",
    "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Chatham", "Asia/Amman", "Atlantic/Azores", "Asia/Gaza",
]  # fmt: skip
INTERVALS = st.builds(Interval, st.sampled_from(Unit), st.integers(1, 10))
ANCHORS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# periods


@given(ANCHORS, INTERVALS)
def test_periods_partition_forty_years(anchor: date, interval: Interval) -> None:
    """Each begins where the one before it ended, none is empty, the first begins at the anchor."""
    periods = []
    while not periods or (periods[-1].end - anchor).days < 40 * 365:
        periods.append(period(anchor, interval, len(periods) + 1))

    assert anchor == periods[0].start
    assert all(one.end == two.start for one, two in pairwise(periods))
    assert all(one.days > 0 for one in periods)


@pytest.mark.parametrize("anchor_day", range(1, 32))
@pytest.mark.parametrize("months", [1, 2, 3, 6, 12])
def test_a_monthly_boundary_never_drifts(anchor_day: int, months: int) -> None:
    """Forty years later it is still the anchor's day, or the last of a month that has no such day."""
    anchor = date(2024, 1, anchor_day)
    for n in range(40 * 12 // months):
        found = boundary(anchor, Interval(Unit.MONTH, months), n)
        following = add_months(found.replace(day=1), 1) - timedelta(days=1)

        assert min(anchor_day, following.day) == found.day
        assert 12 * 2024 + n * months == 12 * found.year + found.month - 1


def test_every_start_of_four_years_keeps_its_day_for_ten() -> None:
    """All 1,461 start dates times 120 months: never later than the anchor's day, never more than three days early."""
    interval = Interval(Unit.MONTH)
    for anchor in days(date(2024, 1, 1), date(2027, 12, 31)):
        for n in range(0, 121, 7):
            assert 0 <= anchor.day - boundary(anchor, interval, n).day <= 3


def test_the_last_of_january() -> None:
    """31 Jan -> 28 Feb -> 31 Mar -> 30 Apr; 29 Feb where there is one."""
    monthly = Interval(Unit.MONTH)
    found = [boundary(date(2023, 1, 31), monthly, n) for n in (1, 2, 3, 13)]

    assert [date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30), date(2024, 2, 29)] == found


def test_a_leap_day_comes_back() -> None:
    """A year from 29 Feb is 28 Feb, and 29 Feb again in leap years; 2100 is none."""
    yearly = Interval(Unit.YEAR)
    found = [boundary(date(2096, 2, 29), yearly, n) for n in range(9)]

    assert [(29 if year in (2096, 2104) else 28) for year in range(2096, 2105)] == [one.day for one in found]
    assert {2} == {one.month for one in found}


@given(ANCHORS, st.integers(-600, 600), st.integers(-600, 600))
def test_months_add_up_from_the_first(anchor: date, a: int, b: int) -> None:
    """From the first of a month, in two steps or one."""
    first = anchor.replace(day=1)

    assert add_months(first, a + b) == add_months(add_months(first, a), b)


@given(ANCHORS, st.integers(1, 3660), st.integers(0, 50))
def test_days_and_weeks_are_counted(anchor: date, count: int, n: int) -> None:
    """A week has seven days, wherever."""
    assert anchor + timedelta(days=count * n) == boundary(anchor, Interval(Unit.DAY, count), n)
    if count <= 520:
        assert count * 7 == period(anchor, Interval(Unit.WEEK, count), n + 1).days


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("count", [-1, 0, 3661, 10**12])
def test_an_interval_that_cannot_be_meant_is_refused(unit: Unit, count: int) -> None:
    """Below one, or longer than ten years."""
    with pytest.raises(Invalid) as refused:
        Interval(unit, count)

    assert ["count"] == [fault.field for fault in refused.value.faults]


@pytest.mark.parametrize(("unit", "most"), [(Unit.DAY, 3660), (Unit.WEEK, 522), (Unit.MONTH, 120), (Unit.YEAR, 10)])
def test_no_interval_is_longer_than_ten_years(unit: Unit, most: int) -> None:
    """So that no boundary of a plan falls behind the end of the calendar."""
    assert most == Interval(unit, most).count
    with pytest.raises(Invalid):
        Interval(unit, most + 1)


def test_intervals_read_as_words() -> None:
    """For buyers."""
    assert ("every month", "every 3 months") == (str(Interval(Unit.MONTH)), str(Interval(Unit.MONTH, 3)))
    assert 31 == Period(date(2026, 1, 1), date(2026, 2, 1)).days


# zones


@pytest.mark.parametrize("name", SAMPLE)
def test_local_days_partition_time(name: str) -> None:
    """2020 to 2030: a day begins after the one before it, and just before its beginning it was another day."""
    instant = timedelta(microseconds=1)
    starts = [(day, start_of_day(day, name)) for day in days(date(2020, 1, 1), date(2030, 12, 31))]
    for (day, start), (_, end) in pairwise(starts):
        assert start < end
        assert day == local_date(start, name)
        assert local_date(start - instant, name) < day


def test_every_day_of_every_zone_begins_once_where_clocks_are_turned() -> None:
    """In every zone there is, 2020-2030: each date on which the offset changes begins at its first instant."""
    turned = {"gap": 0, "fold": 0}
    for name in ZONES:
        for day in _turned(name):
            start = start_of_day(day, name)
            before, at = start - timedelta(microseconds=1), start.astimezone(zone(name))
            assert day == at.date(), (name, day)
            assert local_date(before, name) < day, (name, day)
            turned["gap"] += (at.hour, at.minute) != (0, 0)
            turned["fold"] += _twice(day, name)

    assert turned["gap"] >= 50, turned
    assert turned["fold"] >= 20, turned


def _turned(name: str) -> set[date]:
    """The local dates around each change of the zone's offset."""
    here, found = zone(name), set()
    noons = [datetime(2020, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(0, 11 * 366, 3)]
    for a, b in pairwise(noons):
        if a.astimezone(here).utcoffset() != b.astimezone(here).utcoffset():
            found |= {(a + timedelta(days=n)).astimezone(here).date() for n in range(5)}
    return found


def _twice(day: date, name: str) -> bool:
    """Whether the clock shows midnight of the day twice."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone(name))
    return midnight.utcoffset() > midnight.replace(fold=1).utcoffset()  # type: ignore[operator]  # aware


@pytest.mark.parametrize(
    ("day", "name", "expected"),
    [
        (date(2024, 4, 26), "Africa/Cairo", datetime(2024, 4, 25, 22, tzinfo=UTC)),
        (date(2025, 3, 9), "America/Havana", datetime(2025, 3, 9, 5, tzinfo=UTC)),
        (date(2024, 9, 8), "America/Santiago", datetime(2024, 9, 8, 4, tzinfo=UTC)),
        (date(2025, 11, 2), "America/Havana", datetime(2025, 11, 2, 4, tzinfo=UTC)),
        (date(2024, 3, 31), "Asia/Beirut", datetime(2024, 3, 30, 22, tzinfo=UTC)),
        (date(2026, 3, 8), "America/New_York", datetime(2026, 3, 8, 5, tzinfo=UTC)),
    ],
)
def test_midnights_that_do_not_exist_or_come_twice(day: date, name: str, expected: datetime) -> None:
    """The instant of the jump; the first of the two."""
    assert expected == start_of_day(day, name)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # made aware
    st.sampled_from(ZONES),
)
def test_an_instant_lies_within_its_local_day(instant: datetime, name: str) -> None:
    """In every zone there is."""
    today = local_date(instant, name)

    assert start_of_day(today, name) <= instant
    assert instant < start_of_day(today + timedelta(days=2), name)


def test_the_same_instant_is_two_dates() -> None:
    """Where the sun has risen already."""
    instant = datetime(2026, 1, 1, 11, tzinfo=UTC)

    assert date(2026, 1, 2) == local_date(instant, "Pacific/Kiritimati")
    assert date(2026, 1, 1) == local_date(instant, "Pacific/Pago_Pago")
    assert date(2025, 12, 31) == local_date(instant - timedelta(hours=1), "Pacific/Pago_Pago")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "America", "EST5EDT4", "a\x00b"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    """Nothing of the file system is reached through it."""
    with pytest.raises(Invalid):
        zone(name)


@pytest.mark.parametrize("year", [2038, 2100, 9990])
def test_far_years_do_not_overflow(year: int) -> None:
    """The end of 32-bit time, a century without a leap day, the last decade of the calendar."""
    assert date(year, 3, 1) == boundary(date(year - 1, 3, 1), Interval(Unit.YEAR), 1)
    assert date(year, 1, 1) == local_date(start_of_day(date(year, 1, 1), "Europe/Berlin"), "Europe/Berlin")
