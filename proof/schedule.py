"""A cooperative scheduler: several actors in threads, of which exactly one runs, switched only at chosen points.

The same decisions give the same run. All orders with few switches are enumerated; beyond, orders are drawn from a seed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from random import Random

from attrs import define, field, frozen

Actor = Callable[[], object]
Decide = Callable[[Sequence[int], int | None], int]
"""Which of the actors that can go on goes on, given which went last."""


@frozen(kw_only=True)
class Turn:
    """One decision: who could go on, who went last, who was chosen."""

    able: tuple[int, ...]
    last: int | None
    chosen: int


@define
class Stage:
    """Runs actors in turns. `pause` is called by an actor where it may be interrupted; elsewhere it does nothing."""

    _here: threading.local = field(factory=threading.local, init=False)

    def pause(self, _point: str = "") -> None:
        """Let the others go on, if this thread is an actor."""
        seat: _Seat | None = getattr(self._here, "seat", None)
        if seat is not None:
            seat.yielded.release()
            seat.go.acquire()

    def play(
        self, actors: Sequence[Actor], decide: Decide
    ) -> tuple[tuple[Turn, ...], tuple[BaseException | None, ...]]:
        """All turns, and what each actor raised (None: nothing)."""
        seats = [_Seat() for _ in actors]
        threads = [
            threading.Thread(target=self._sit, args=(seat, actor), daemon=True)
            for seat, actor in zip(seats, actors, strict=True)
        ]
        for thread in threads:
            thread.start()
        turns: list[Turn] = []
        last: int | None = None
        while able := tuple(n for n, seat in enumerate(seats) if not seat.done):
            chosen = decide(able, last)
            turns.append(Turn(able=able, last=last, chosen=chosen))
            seats[chosen].go.release()
            seats[chosen].yielded.acquire()
            last = chosen
        for thread in threads:
            thread.join()
        return tuple(turns), tuple(seat.error for seat in seats)

    def _sit(self, seat: _Seat, actor: Actor) -> None:
        seat.go.acquire()
        self._here.seat = seat
        try:
            actor()
        except BaseException as error:  # told to whoever plays
            seat.error = error
        finally:
            self._here.seat = None
            seat.done = True
            seat.yielded.release()


@define
class _Seat:
    go: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    yielded: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    done: bool = False
    error: BaseException | None = None


def at_random(seed: int) -> Decide:
    """Now and then another one, drawn from the seed."""
    random = Random(seed)

    def decide(able: Sequence[int], last: int | None) -> int:
        if last in able and random.random() < 0.5:
            return last  # type: ignore[return-value]  # it is one of them, so it is not None
        return random.choice(tuple(able))

    return decide


def along(choices: Sequence[int]) -> Decide:
    """These choices, then everybody to the end, one after the other."""
    left = list(choices)

    def decide(able: Sequence[int], last: int | None) -> int:
        if left:
            return left.pop(0)
        return last if last in able else able[0]  # type: ignore[return-value]  # as above

    return decide


def orders(play: Callable[[Decide], tuple[Turn, ...]], switches: int) -> Iterator[tuple[int, ...]]:
    """Play every order in which a running actor is interrupted at most so often; yields the choices of each.

    Source: Musuvathi and Qadeer, iterative context bounding: nearly all races need two switches or fewer.
    """
    waiting: list[tuple[int, ...]] = [()]
    while waiting:
        prefix = waiting.pop()
        turns = play(along(prefix))
        chosen = tuple(turn.chosen for turn in turns)
        yield chosen
        for place in range(len(prefix), len(turns)):
            turn = turns[place]
            used = sum(1 for one in turns[:place] if one.last in one.able and one.chosen != one.last)
            for other in turn.able:
                cost = 1 if turn.last in turn.able and other != turn.last else 0
                if other != turn.chosen and used + cost <= switches:
                    waiting.append((*chosen[:place], other))
