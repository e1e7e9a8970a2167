"""What is to happen when: a queue of actions by instant, in the order in which they were planned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush

from attrs import define, field

Action = Callable[[], None]


@define
class Agenda:
    """Actions to come. Two of the same instant keep the order in which they were put."""

    _heap: list[tuple[datetime, int, Action]] = field(factory=list, init=False)
    _count: int = field(default=0, init=False)

    def put(self, at: datetime, action: Action) -> None:
        """Plan the action."""
        self._count += 1
        heappush(self._heap, (at, self._count, action))

    def clear(self) -> None:
        """Nothing is planned any more."""
        self._heap.clear()

    def due(self, until: datetime) -> tuple[datetime, Action] | None:
        """Take out the earliest action before that instant, or None."""
        if self._heap and self._heap[0][0] < until:
            at, _, action = heappop(self._heap)
            return at, action
        return None
