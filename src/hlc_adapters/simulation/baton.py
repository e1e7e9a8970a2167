"""Several runners at once, one step at a time: who goes on is drawn from the seed, so that a run can be repeated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from random import Random

from attrs import define, field


def _closed() -> threading.Lock:
    """A gate: whoever acquires it waits until somebody releases it."""
    gate = threading.Lock()
    gate.acquire()
    return gate


@define(eq=False)
class _Runner:
    work: Callable[[], None]
    go: threading.Lock = field(factory=_closed)
    fault: BaseException | None = None


@define
class Baton:
    """Runners of which only the one that holds the baton goes on. Outside of `run`, `turn` does nothing.

    The first of them is the thread that calls `run`; a switch between threads is made only where another one is drawn.
    """

    random: Random
    _waiting: list[_Runner] = field(factory=list, init=False)
    _holder: _Runner | None = field(default=None, init=False)
    _done: threading.Lock = field(factory=_closed, init=False)

    def run(self, works: Sequence[Callable[[], None]]) -> list[BaseException | None]:
        """Run all of them to their ends, interleaved at their turns; answers what each one raised."""
        runners = [_Runner(work) for work in works]
        threads = [threading.Thread(target=self._run, args=(runner,)) for runner in runners[1:]]
        for thread in threads:
            thread.start()
        self._waiting = list(runners)
        self._draw().go.release()
        self._run(runners[0])
        self._done.acquire()
        for thread in threads:
            thread.join()
        return [runner.fault for runner in runners]

    def turn(self) -> None:
        """Here another runner may go on first. Never called while something is locked."""
        runner = self._holder
        if runner is not None and self._draw() is not runner:
            self._hand_over(runner)

    def _draw(self) -> _Runner:
        self._holder = drawn = self.random.choice(self._waiting)
        return drawn

    def _hand_over(self, runner: _Runner) -> None:
        if self._holder is not None:
            self._holder.go.release()
        runner.go.acquire()

    def _run(self, runner: _Runner) -> None:
        runner.go.acquire()
        try:
            runner.work()
        except BaseException as fault:  # a crash is told to whoever started the runners
            runner.fault = fault
        self._waiting.remove(runner)
        if self._waiting:
            self._draw().go.release()
        else:
            self._holder = None
            self._done.release()


__all__ = ["Baton"]
