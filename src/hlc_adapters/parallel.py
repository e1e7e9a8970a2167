"""Calling many at once, outside of transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from attrs import define, field

X = TypeVar("X")
Y = TypeVar("Y")


class Serial:
    """One after another, in this thread: for gateways that answer at once, and for replays."""

    def map(self, function: Callable[[X], Y], items: Sequence[X]) -> Sequence[Y]:
        """All results, in order."""
        return [function(item) for item in items]


@define
class Threads:
    """A bounded pool of threads; a single item is called in the caller's own."""

    workers: int
    _pool: ThreadPoolExecutor | None = field(default=None, init=False)

    def map(self, function: Callable[[X], Y], items: Sequence[X]) -> Sequence[Y]:
        """All results, in order; the first exception is raised after all ended."""
        if len(items) < 2 or self.workers < 2:
            return [function(item) for item in items]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="gateway")
        futures = [self._pool.submit(function, item) for item in items]
        return [future.result() for future in futures]

    def close(self) -> None:
        """Let the threads end."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
