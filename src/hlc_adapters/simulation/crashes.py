"""Processes that die: at an effect point drawn from the seed, by an exception that nothing swallows."""

from __future__ import annotations

from random import Random

from attrs import define, field


class Crash(BaseException):
    """The process died here."""


@define
class Crashes:
    """Counts effect points and kills the process at the drawn one. At most one crash a day."""

    rate: float
    random: Random
    healed: bool = False
    _left: int = field(default=-1, init=False)
    _seen: int = field(default=0, init=False)
    count: int = field(default=0, init=False)

    def begin_day(self) -> None:
        """Draw whether, and where, somebody dies today: somewhere among as many points as yesterday had."""
        yesterday, self._seen = max(20, self._seen), 0
        draws = self.random.random(), self.random.randrange(yesterday)
        self._left = draws[1] if draws[0] < self.rate and not self.healed else -1

    def point(self, _name: str) -> None:
        """An effect point is reached. Raises Crash at the drawn one."""
        self._seen += 1
        if self._left == 0:
            self._left = -1
            self.count += 1
            raise Crash
        if self._left > 0:
            self._left -= 1
