"""Several runners at once, one step at a time: who goes on is drawn from the seed, so that a run can be repeated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from random import Random

from attrs import define, field


def _closed() -> threading.Lock:
    """A gate that opens for one: whoever acquires it waits until somebody releases it."""
    gate = threading.Lock()
    gate.acquire()
    return gate


@define
class _Runner:
    work: Callable[[], None]
    go: threading.Lock = field(factory=_closed)
    ended: bool = False
    fault: BaseException | None = None


@define
class Baton:
    """Threads of which only the one that holds the baton runs. Outside of `run`, `turn` does nothing."""

    random: Random
    _main: threading.Lock = field(factory=_closed, init=False)
    _holder: _Runner | None = field(default=None, init=False)

    def run(self, works: Sequence[Callable[[], None]]) -> list[BaseException | None]:
        """Run all of them to their ends, interleaved at their turns; answers what each one raised."""
        runners = [_Runner(work) for work in works]
        threads = [threading.Thread(target=self._run, args=(runner,)) for runner in runners]
        for thread in threads:
            thread.start()
        waiting = list(runners)
        while waiting:
            self._holder = self.random.choice(waiting)
            self._holder.go.release()
            self._main.acquire()
            waiting = [runner for runner in waiting if not runner.ended]
        self._holder = None
        for thread in threads:
            thread.join()
        return [runner.fault for runner in runners]

    def turn(self) -> None:
        """Here another runner may go on first. Never called while something is locked."""
        runner = self._holder
        if runner is not None:
            self._main.release()
            runner.go.acquire()

    def _run(self, runner: _Runner) -> None:
        runner.go.acquire()
        try:
            runner.work()
        except BaseException as fault:  # a crash is told to whoever started the runners
            runner.fault = fault
        finally:
            runner.ended = True
            self._main.release()
