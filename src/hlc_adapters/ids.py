"""Ids: time-ordered and unguessable in production, from a seed in replays."""

from __future__ import annotations

import os
import random
import threading
import time

from attrs import define, field

_ENTROPY, _BLOCK = 10, 4000
_NUMBERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@define
class RandomIds:
    """48 bits of milliseconds, a 12-bit count within the millisecond, 80 random bits: sortable, unguessable."""

    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _last: int = field(default=0, init=False)
    _random: list[str] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        if hasattr(os, "register_at_fork"):  # else a child would draw what its parent draws
            os.register_at_fork(after_in_child=self._random.clear)

    def new(self, prefix: str) -> str:
        """A fresh id; ids of one process sort in the order of their making."""
        with self._lock:
            stamp = time.time_ns() // 1_000_000 << 12
            self._last = stamp = max(stamp, self._last + 1)
            if not self._random:
                block = os.urandom(_BLOCK).hex()  # a call of the system for each id would cost more than the id
                self._random += [block[at : at + 2 * _ENTROPY] for at in range(0, len(block), 2 * _ENTROPY)]
            drawn = self._random.pop()
        return f"{prefix}_{stamp:015x}{drawn}"

    def number(self, prefix: str) -> str:
        """Eight letters that are not mistaken for each other: about 6.6e11 numbers per prefix."""
        letters = [_NUMBERS[byte % len(_NUMBERS)] for byte in os.urandom(8)]
        return f"{prefix}-{''.join(letters[:4])}-{''.join(letters[4:])}"


@define
class SeededIds:
    """Ids of a replay: the same seed gives the same ids in the same order."""

    seed: int
    _count: int = field(default=0, init=False)
    _random: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # replays want repeatable numbers, not secret ones

    def new(self, prefix: str) -> str:
        """The next id of the run."""
        self._count += 1
        return f"{prefix}_{self._count:012d}"

    def number(self, prefix: str) -> str:
        """The next customer-facing number of the run."""
        letters = "".join(self._random.choices(_NUMBERS, k=8))
        return f"{prefix}-{letters[:4]}-{letters[4:]}"
