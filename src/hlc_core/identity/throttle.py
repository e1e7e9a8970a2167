"""Slowing down guesses: so much that few are ever evaluated, and never so that the owner is locked out.

Guesses are counted in lanes. An unknown device shares the lane of the account, and so do ten thousand addresses; a
device from which the owner has signed in has a lane of its own. A guess is counted before it is evaluated, so that
guesses sent at once are no way around it. After the free ones each has to wait, twice as long as the one before, up to
half a day: under a hundred evaluated guesses in thirty days, however patient the attacker. Nothing is ever locked:
waiting, a known device, or a new password by mail lets the owner in. Source: design/pains, E 61 and 62.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from hlc_core.identity.model import Lane
from hlc_core.kernel.evolve import evolve

LONGEST = timedelta(hours=12)
FORGOTTEN = timedelta(days=30)
"""After so long without a guess the lane is as new."""
MOST_FREE = 10
"""More free guesses than these are not given, whatever the settings say."""
SHORTEST = timedelta(minutes=1)


@frozen(kw_only=True)
class Pace:
    """How many guesses are free, and how long the first one after them waits."""

    free: int = 5
    wait: timedelta = timedelta(minutes=15)
    longest: timedelta = LONGEST
    forgotten: timedelta = FORGOTTEN

    def delay(self, guesses: int) -> timedelta:
        """How long after the n-th guess the next one has to wait."""
        over = guesses - self.free
        if over < 0:
            return timedelta(0)
        return min(self.longest, self.wait * int(2 ** min(over, 20)))


def account_pace(free: int, wait: timedelta) -> Pace:
    """The pace of one account, with what the settings say kept within bounds."""
    return Pace(free=max(1, min(free, MOST_FREE)), wait=min(max(wait, SHORTEST), LONGEST))


NETWORK = Pace(free=50, wait=timedelta(minutes=1), longest=timedelta(hours=1), forgotten=timedelta(hours=1))
"""One address, whichever accounts it tries."""


def counted(lane: Lane, pace: Pace, now: datetime) -> Lane:
    """With one guess more; asked for only while the lane is open."""
    guesses = 1 if now - lane.last_at >= pace.forgotten else lane.guesses + 1
    return evolve(lane, guesses=guesses, last_at=now, open_at=now + pace.delay(guesses))


def cleared(lane: Lane, now: datetime) -> Lane:
    """As new: a guess was right."""
    return evolve(lane, guesses=0, last_at=now, open_at=now)


def taken_back(lane: Lane, pace: Pace, now: datetime) -> Lane:
    """Without the last guess: it was right, but the lane belongs to others, too."""
    guesses = max(0, lane.guesses - 1)
    return evolve(lane, guesses=guesses, open_at=now + pace.delay(guesses) if guesses else now)


def new_lane(id: str, now: datetime) -> Lane:
    """A lane in which nobody has guessed yet."""
    return Lane(id=id, last_at=now, open_at=now)
