"""Threads between the event loop and the synchronous core: bounded, with a bounded queue, at little cost a visit.

A request's visit to a thread is one put, one get and one call back into the loop. The executor of the standard
library does the same with two futures and two locks more, which cost as much as the rest of the service's own work.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeVar

from hlc_http.refusals import Busy

T = TypeVar("T")


class Pool(Generic[T]):
    """At most `threads` pieces of work at once; `queue` more may wait. Used from one event loop."""

    def __init__(self, name: str, threads: int, queue: int) -> None:
        self._name, self._most_threads, self._most = name, threads, threads + queue
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What the work answers or raises. Refuses: Busy (the queue is full)."""
        if self._inside >= self._most:
            raise Busy("The service is busy; try again in a moment.", retry_after=1)
        self._inside += 1
        if self._inside > len(self._threads) < self._most_threads:
            self._grow()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def visit() -> None:
            try:
                answer = work()
            except Exception as error:  # it is raised where the caller waits
                _tell(loop, partial(self._failed, future, error))
            else:
                _tell(loop, partial(self._done, future, answer))

        self._work.put(visit)
        return await future

    def close(self) -> None:
        """Wait for what is running, and end the threads. Nothing may be run afterwards."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def _done(self, future: asyncio.Future[T], answer: T) -> None:
        self._inside -= 1
        if not future.done():
            future.set_result(answer)

    def _failed(self, future: asyncio.Future[T], error: Exception) -> None:
        self._inside -= 1
        if not future.done():
            future.set_exception(error)

    def _grow(self) -> None:
        thread = threading.Thread(target=self._serve, name=f"{self._name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while True:
            visit = self._work.get()
            if visit is None:
                return
            visit()


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:
        """The loop has ended: nobody waits any more."""
