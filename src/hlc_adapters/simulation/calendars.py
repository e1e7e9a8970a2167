"""Plain calendar arithmetic of the oracle: when a period that begins on a day must end. It shares nothing with HLC's.

Months are counted on a line of months; the day is the anchor's, or the month's last where that is shorter.
"""

from __future__ import annotations

from datetime import date, timedelta

from attrs import frozen

from hlc_core.kernel.time import Interval, Unit


@frozen(kw_only=True)
class Rhythm:
    """Bills every `months` months from `first`'s month on, on the day `day`; or every `days` days from `first`."""

    first: date
    day: int
    months: int
    days: int

    def end_of(self, day: date) -> date:
        """The first boundary after the day."""
        if self.days:
            passed = (day - self.first).days
            return self.first + timedelta(days=(passed // self.days + 1) * self.days)
        start = self.first.year * 12 + self.first.month
        here = day.year * 12 + day.month
        steps = max(0, (here - start) // self.months - 1)
        while (edge := self._in_month(start + steps * self.months)) <= day:
            steps += 1
        return edge

    def _in_month(self, month: int) -> date:
        year, number = divmod(month - 1, 12)
        following = date(year + (number == 11), (number + 1) % 12 + 1, 1)
        last = (following - timedelta(days=1)).day
        return date(year, number + 1, min(self.day, last))

    def changed(self, interval: Interval, on: date) -> Rhythm:
        """From that boundary on in another length: months keep the anchor's day, days count from there."""
        fresh = rhythm(on, interval)
        if self.months and fresh.months:
            return Rhythm(first=on, day=self.day, months=fresh.months, days=0)
        return fresh


def rhythm(anchor: date, interval: Interval) -> Rhythm:
    """The rhythm of an interval from its anchor on."""
    months = {Unit.MONTH: 1, Unit.YEAR: 12}.get(interval.unit, 0) * interval.count
    days = {Unit.DAY: 1, Unit.WEEK: 7}.get(interval.unit, 0) * interval.count
    return Rhythm(first=anchor, day=anchor.day, months=months, days=days)
