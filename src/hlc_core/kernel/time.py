"""Time: aware UTC instants, local dates of a zone, and billing periods counted from their anchor."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid


class Clock(Protocol):
    """The only source of now."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...


class Unit(StrEnum):
    """Calendar units of a billing interval."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LONGEST = {Unit.DAY: 3660, Unit.WEEK: 522, Unit.MONTH: 120, Unit.YEAR: 10}
"""Ten years: behind that no boundary of a plan needs to be found, and none overflows the calendar."""


@frozen
class Interval:
    """`count` calendar units, such as 3 months. Refuses: Invalid (count below 1, or more than ten years)."""

    unit: Unit
    count: int = 1

    def __attrs_post_init__(self) -> None:
        most = _LONGEST[self.unit]
        if not 1 <= self.count <= most:
            raise Invalid("That interval is not offered.", Fault("count", f"between 1 and {most} {self.unit}s"))

    def __str__(self) -> str:
        return f"every {self.unit}" if self.count == 1 else f"every {self.count} {self.unit}s"


@frozen
class Period:
    """Local dates from `start` (included) to `end` (not included)."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many local days it has."""
        return (self.end - self.start).days


def add_months(anchor: date, months: int) -> date:
    """The same day `months` later, or the month's last day where it has no such day."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = anchor.day
    return date(year, month + 1, day if day <= _IN_EVERY_MONTH else min(day, monthrange(year, month + 1)[1]))


_IN_EVERY_MONTH = 28


def boundary(anchor: date, interval: Interval, n: int) -> date:
    """The n-th period boundary, always computed from the anchor (31 Jan -> 28 Feb -> 31 Mar).

    Boundary 0 is the anchor itself. Source: spec/README, Money, time, identity.
    """
    if interval.unit is Unit.DAY:
        return anchor + timedelta(days=interval.count * n)
    if interval.unit is Unit.WEEK:
        return anchor + timedelta(weeks=interval.count * n)
    return add_months(anchor, interval.count * n * (12 if interval.unit is Unit.YEAR else 1))


def period(anchor: date, interval: Interval, n: int) -> Period:
    """The n-th period (n from 1): from boundary n-1 to boundary n."""
    return Period(boundary(anchor, interval, n - 1), boundary(anchor, interval, n))


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone. Refuses: Invalid (no such zone)."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(f"{name!r} is no IANA time zone.", Fault("zone", "write one such as America/New_York")) from error


def local_date(instant: datetime, zone_name: str) -> date:
    """The date that clocks on the wall of the zone show at the instant."""
    return instant.astimezone(zone(zone_name)).date()


def start_of_day(day: date, zone_name: str) -> datetime:
    """The instant (UTC) at which the local day begins.

    Where midnight does not exist that day, the instant of the jump; where it comes twice, the first.
    """
    return datetime.combine(day, time.min, zone(zone_name)).astimezone(UTC)
