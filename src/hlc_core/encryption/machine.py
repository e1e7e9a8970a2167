"""The life of a key: in use, replaced while rows are still under it, destroyed."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class KeyState(StrEnum):
    """Whether a key seals, only opens, or is gone."""

    ACTIVE = "active"
    RETIRING = "retiring"
    DESTROYED = "destroyed"


class Trigger(StrEnum):
    """What happens to a key."""

    REPLACE = "replace"
    DESTROY = "destroy"


@frozen
class Facts:
    """Whether no row is under it any more, and whether it was replaced long enough ago."""

    empty: bool = False
    rested: bool = False


def nothing_is_under_it(facts: Facts) -> bool:
    """Every row was sealed anew, and no transaction that used the key can still be under way."""
    return facts.empty and facts.rested


MACHINE = Machine[KeyState, Trigger, Facts](
    name="encryption_key",
    initial=KeyState.ACTIVE,
    final=frozenset({KeyState.DESTROYED}),
    rules=(
        Rule(KeyState.ACTIVE, Trigger.REPLACE, KeyState.RETIRING, causes="a new key is active; rows are sealed anew"),
        Rule(KeyState.RETIRING, Trigger.DESTROY, KeyState.DESTROYED, nothing_is_under_it),
    ),
    notes={
        KeyState.ACTIVE: Note("nobody", "Your data is sealed.", "New rows are sealed under it."),
        KeyState.RETIRING: Note("system", "Your data is sealed.", "Replaced; its rows are sealed anew.", 2),
        KeyState.DESTROYED: Note("nobody", "Your data is sealed.", "Gone; no row was under it."),
    },
)
