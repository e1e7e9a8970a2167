"""A key of one organization. The key itself is only here wrapped by the master key, which no database holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import field, frozen

from hlc_core.encryption.machine import MACHINE, Facts, KeyState, Trigger
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId

REST = timedelta(hours=1)
"""So long a replaced key is kept after its last row is gone: no transaction that still wrote under it takes longer."""

MOST_KEYS = 0xFFFF
"""The number of a key stands in four hexadecimal digits before each body."""


class KeyPurpose(StrEnum):
    """What a key is for: sealing bodies, or the hashes by which sealed fields are found."""

    BODY = "body"
    INDEX = "index"


def key_id(purpose: KeyPurpose, number: int) -> str:
    """The id of a key: the same wherever it is made, so that two cannot make the same one."""
    return f"{purpose}-{number:04x}"


@frozen(kw_only=True)
class EncryptionKey:
    """The `number`-th key of its purpose. `master` names the master key that wraps it, without telling it.

    `whole`: no body of the organization was stored in the clear when the key was made, or since: such a one is refused.
    A destroyed key keeps its row without `wrapped`.
    """

    id: str
    organization: OrganizationId
    purpose: KeyPurpose
    number: int
    state: KeyState
    wrapped: str = field(repr=False)
    master: str
    made_at: datetime
    whole: bool = False
    replaced_at: datetime | None = None
    destroyed_at: datetime | None = None
    version: int = 0

    def facts(self, now: datetime, rows: int) -> Facts:
        """What the table asks: whether rows are under it, and whether it has rested."""
        rested = self.replaced_at is not None and now >= self.replaced_at + REST
        return Facts(empty=rows == 0, rested=rested)

    def replaced(self, now: datetime) -> EncryptionKey:
        """The key, after another one took its place."""
        state = MACHINE.step(self.state, Trigger.REPLACE, Facts())
        return evolve(self, state=state, replaced_at=now)

    def destroyed(self, now: datetime, rows: int) -> EncryptionKey:
        """The row without the key. Refuses: IllegalTransition (active), GuardRefused (rows under it, or too soon)."""
        state = MACHINE.step(self.state, Trigger.DESTROY, self.facts(now, rows))
        return evolve(self, state=state, wrapped="", destroyed_at=now)


@frozen(kw_only=True)
class Tally:
    """How many rows of a table are under the key of that number; 0: stored in the clear."""

    table: str
    number: int
    rows: int


@frozen(kw_only=True)
class IndexLeak:
    """What a column of hashes tells somebody who has the database and no key.

    `rows` that have a value, how many values are `distinct`, and how often the most frequent one comes.
    """

    table: str
    column: str
    rows: int
    distinct: int
    most_frequent: int
    tells: str


@frozen(kw_only=True)
class KeyReport:
    """The keys of an organization, the rows under each, and what its indexes tell."""

    keys: tuple[EncryptionKey, ...]
    tallies: tuple[Tally, ...]
    leaks: tuple[IndexLeak, ...]

    def under(self, number: int) -> int:
        """How many rows are under the body key of that number."""
        return sum(one.rows for one in self.tallies if one.number == number)
