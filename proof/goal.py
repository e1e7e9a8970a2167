"""What a goal of the proof is, what it is given, and what it comes to."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from inspect import getdoc
from pathlib import Path
from random import Random
from typing import TypeVar

from attrs import define, frozen

from support.postgres import FAST, Server, end, new_home
from support.worlds import prepare

X = TypeVar("X")
Y = TypeVar("Y")

CHUNK = 1000
"""Seeds that one process takes at once."""


@frozen(kw_only=True)
class Result:
    """What a goal came to: how many of how many, from which seeds, what it went through, and what failed.

    `of` is how many there are in all; left out, it is what the goal says; -1 where only running them would tell.
    """

    count: int
    of: int | None = None
    seeds: str = "-"
    through: str = ""
    failures: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@define
class Run:
    """How much is asked for: `scale` of `full`, from `seed` on, `jobs` at once, files in `folder`.

    `seconds` ends it early: nothing more is begun after them, and the result says how far it came.
    """

    full: int
    scale: float
    seed: int
    jobs: int
    folder: Path
    seconds: float | None = None
    _began: float = 0.0

    def __attrs_post_init__(self) -> None:
        self._began = time.perf_counter()

    @property
    def over(self) -> bool:
        """Whether the time is used up."""
        return self.seconds is not None and time.perf_counter() - self._began > self.seconds

    def part(self, full: int, least: int = 1) -> int:
        """How many of so many."""
        return min(full, max(least, round(full * self.scale)))

    @property
    def seeds(self) -> range:
        """The wanted part of the seeds."""
        return range(self.seed, self.seed + self.part(self.full))

    def drawn(self, items: Iterable[X], least: int = 1) -> list[X]:
        """The wanted part of these, in an order drawn from the seed, so that whatever is cut, the rest is a sample."""
        everything = list(items)
        return Random(self.seed).sample(everything, self.part(len(everything), least))

    def spread(self, function: Callable[[X], Y], items: Iterable[X], *, whole: bool = False) -> Iterator[Y]:
        """The function of each item, in their order, in several processes, until the time is used up.

        `whole`: of all of them, however long it takes.
        """
        if self.jobs < 2:
            for item in items:
                if self.over and not whole:
                    return
                yield function(item)
            return
        waiting: deque[Future[Y]] = deque()
        with ProcessPoolExecutor(self.jobs) as pool:
            for item in items:
                if self.over and not whole:
                    break
                waiting.append(pool.submit(function, item))
                if len(waiting) >= self.jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    @contextmanager
    def postgres(self) -> Iterator[str]:
        """The URL of a PostgreSQL database with its tables, in a server of our own, gone afterwards."""
        server = Server(home=new_home(), settings=FAST, owner=os.getpid())
        try:
            server.start()
            prepare(server.url)
            yield server.url
        finally:
            end(server)


@frozen(kw_only=True)
class Goal:
    """One thing that is proved. The first lines of `run` say what holds.

    `full` is how many the long tier runs, -1 where there are as many as running them finds; `commit` how many run
    with the tests, in `tests`.
    """

    run: Callable[[Run], Result]
    full: int = -1
    commit: str
    tests: str

    @property
    def name(self) -> str:
        """As it is shown, and as `--only` takes it."""
        return self.run.__name__

    @property
    def says(self) -> tuple[str, str]:
        """What holds, in a sentence, and the rest."""
        first, _, rest = (getdoc(self.run) or "").partition("\n\n")
        return " ".join(first.split()), " ".join(rest.split())


@frozen(kw_only=True)
class Awaited:
    """A goal whose subject does not exist yet: what will have to hold, and what it waits for."""

    name: str
    holds: str
    waits_for: str


def chunks(seeds: range, size: int = CHUNK) -> Iterator[range]:
    """The seeds in parts."""
    for first in range(seeds.start, seeds.stop, size):
        yield range(first, min(first + size, seeds.stop))


def told(first: int, count: int) -> str:
    """So many seeds, from the first on."""
    return f"{first}-{first + count - 1}" if count else "-"
