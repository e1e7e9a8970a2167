"""Monthly periods from every day of the month, in every time zone, for forty years, by plain arithmetic on dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import available_timezones

from hlc_core.kernel.time import Interval, Unit, boundary, local_date, start_of_day

FIRST, YEARS = 2026, 40
MONTH = Interval(Unit.MONTH, 1)
A_SECOND = timedelta(seconds=1)


def zones() -> list[str]:
    """Every zone of the IANA database."""
    return sorted(available_timezones() - {"localtime", "Factory"})


def looked_through(zone: str) -> tuple[int, tuple[str, ...]]:
    """How many periods the zone has, anchored on the 1st to the 31st, and what is wrong with them."""
    count, wrong = 0, []
    starts = lru_cache(maxsize=None)(lambda day: start_of_day(day, zone))
    for day in range(1, 32):
        days = [boundary(date(FIRST, 1, day), MONTH, n) for n in range(12 * YEARS + 1)]
        wrong += [f"{zone}: {text}" for text in _drifted(day, days)]
        instants = [starts(one) for one in days]
        wrong += [f"{zone}: {text}" for text in _torn(zone, days, instants)]
        count += len(days) - 1
    return count, tuple(wrong[:5])


def _drifted(anchor: int, days: list[date]) -> Iterator[str]:
    for n, day in enumerate(days):
        year, month = FIRST + n // 12, n % 12 + 1
        expected = date(year, month, min(anchor, monthrange(year, month)[1]))
        if day != expected:
            yield f"period {n} from the {anchor}. begins on {day}, not on {expected}"


def _torn(zone: str, days: list[date], instants: list[datetime]) -> Iterator[str]:
    """Each period ends where the next begins: that instant is of the day, and the second before it is of an earlier."""
    for day, instant in zip(days, instants, strict=True):
        if instant.tzinfo is not UTC or local_date(instant, zone) != day or local_date(instant - A_SECOND, zone) >= day:
            yield f"{day} begins at {instant}"
    for earlier, later in pairwise(instants):
        if not timedelta(days=27) < later - earlier < timedelta(days=32):
            yield f"a period lasts from {earlier} to {later}"
