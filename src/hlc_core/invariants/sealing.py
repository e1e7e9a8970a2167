"""Rules about sealed rows: each opens where it stands, and none needs a key that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from hlc_core.encryption.api import KeyPurpose, KeyState
from hlc_core.invariants.model import Finding, Sealing
from hlc_core.kernel.text import counted


def every_body_opens(facts: Sealing) -> Iterator[Finding]:
    """Under its own key, in its own place."""
    for table, id in facts.unopened:
        yield Finding(
            invariant="every_body_opens",
            subjects=(id,),
            means=f"This row of {table} cannot be opened: it was changed, moved here, or its key is gone.",
            remedy="Restore the row from a backup, and find out who writes to the database past the service.",
        )


def no_row_is_under_a_destroyed_key(facts: Sealing) -> Iterator[Finding]:
    """A key is destroyed after its last row was sealed anew, never before."""
    gone = {
        key.number: key.id for key in facts.keys if key.state is KeyState.DESTROYED and key.purpose is KeyPurpose.BODY
    }
    for tally in facts.tallies:
        if tally.number in gone:
            yield Finding(
                invariant="no_row_is_under_a_destroyed_key",
                subjects=(gone[tally.number], tally.table),
                means=f"{counted(tally.rows, 'row')} of {tally.table} under a key that is destroyed: lost here.",
                remedy="Restore the key's row from a backup that is older than its destruction.",
            )


def each_purpose_has_one_active_key(facts: Sealing) -> Iterator[Finding]:
    """Two would seal side by side, and none nothing."""
    for purpose in KeyPurpose:
        active = [key.id for key in facts.keys if key.purpose is purpose and key.state is KeyState.ACTIVE]
        if facts.keys and len(active) != 1:
            yield Finding(
                invariant="each_purpose_has_one_active_key",
                subjects=tuple(active) or (str(purpose),),
                means=f"The organization has {len(active)} active keys for {purpose}.",
                remedy="Run `hlc keys rotate`, which makes a new one and retires the others.",
            )
