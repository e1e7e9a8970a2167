"""Putting together what a partner tells, whatever the order in which it comes. Pure.

Each field keeps the value with the greatest stamp: that is commutative, associative and idempotent, so any order and
any repetition of the same messages end in the same record. Source: design/pains, Failure catalogue 43 and 44.
"""

from __future__ import annotations

from collections.abc import Iterable

from hlc_core.partners.model import Fact


def stamped(key: str, value: str, as_of: str, rank: int = 0) -> Fact:
    """The field as told at `as_of` (an instant as text, or nothing where none was told): later wins, then the higher
    rank, then the greater text, so that no two different values have the same stamp."""
    return Fact(key=key, value=value, stamp=f"{as_of}|{rank:02d}|{value}")


def merged(*told: Iterable[Fact]) -> tuple[Fact, ...]:
    """One fact a key, by key."""
    kept: dict[str, Fact] = {}
    for facts in told:
        for fact in facts:
            standing = kept.get(fact.key)
            if standing is None or fact.stamp > standing.stamp:
                kept[fact.key] = fact
    return tuple(kept[key] for key in sorted(kept))
