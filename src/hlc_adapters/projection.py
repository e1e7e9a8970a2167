"""Comparing the provider queue with its sources, page by page, and mending what differs in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hlc_core.provider_queue.api import Compared, CompareQueue, Difference, MendQueue, Side

BATCH = 100


def compare_all(ask: Callable[[CompareQueue], Compared]) -> tuple[Difference, ...]:
    """Every difference, looked at from all sides."""
    found: list[Difference] = []
    for side in Side:
        cursor: str | None = None
        while True:
            page = ask(CompareQueue(side=side, cursor=cursor))
            found += page.differences
            cursor = page.next
            if cursor is None:
                break
    return tuple(found)


def mend_all(differences: Sequence[Difference], execute: Callable[[MendQueue], int]) -> int:
    """How many were mended; each batch is one transaction."""
    batches = [differences[start : start + BATCH] for start in range(0, len(differences), BATCH)]
    return sum(execute(MendQueue(differences=tuple(batch))) for batch in batches)
