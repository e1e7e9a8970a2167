"""The grid of a subscription's periods: every boundary is computed from the anchor, never from the last one."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.time import Interval, Period, Unit, add_months, boundary


@frozen(kw_only=True)
class Grid:
    """Where the periods lie: cycle `first` begins `shift` months after the anchor, and each lasts one interval.

    `shift` is only used by intervals of months and years: it lets a plan with another interval take over at a
    boundary without losing the anchor's day (31 Jan, monthly; quarterly from 28 Feb on bills again on 31 May).
    """

    anchor: date
    interval: Interval
    first: int = 1
    shift: int = 0

    def start(self, cycle: int) -> date:
        """The local date on which the cycle begins."""
        length = months(self.interval)
        if length:
            return add_months(self.anchor, self.shift + length * (cycle - self.first))
        return boundary(self.anchor, self.interval, cycle - self.first)

    def period(self, cycle: int) -> Period:
        """The cycle's local dates: the end is the start of the next one, so periods partition time."""
        return Period(self.start(cycle), self.start(cycle + 1))

    def at(self, day: date) -> int:
        """The cycle whose period holds the day (the first one, for a day before it)."""
        length = months(self.interval)
        if length:
            passed = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month - self.shift
            guess = self.first + passed // length
        else:
            guess = self.first + (day - self.anchor).days // (boundary(day, self.interval, 1) - day).days
        while self.start(guess) > day and guess > self.first:
            guess -= 1
        return max(self.first, guess)

    def changed(self, interval: Interval, cycle: int) -> Grid:
        """The grid on which `cycle` begins where it does now, and lasts the other interval from there on."""
        if interval == self.interval:
            return self
        here = months(self.interval)
        if here and months(interval):
            return evolve(self, interval=interval, first=cycle, shift=self.shift + here * (cycle - self.first))
        return Grid(anchor=self.start(cycle), interval=interval, first=cycle)


def months(interval: Interval) -> int:
    """The interval in months; 0 for intervals of days and weeks."""
    return _MONTHS.get(interval.unit, 0) * interval.count


_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12}
