"""Reading what was recorded; writing is the unit of work's own business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from hlc_core.audit.model import AuditEntry, Move, Outcome, Seal
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.ids import ActorId
from hlc_core.kernel.time import Clock


class Behalf(StrEnum):
    """On whose behalf: only what people did in their own name, only what they did as somebody else, or both."""

    OWN = "own"
    OTHERS = "others"
    ANY = "any"


@frozen(kw_only=True)
class Filter:
    """Which entries: all conditions that are given hold. `subject` is an id that was written or shown.

    `across`: only those of a scope beyond the organization.
    """

    actor: ActorId | None = None
    command: str | None = None
    outcome: Outcome | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    behalf: Behalf = Behalf.OWN
    across: bool = False


class Trail(Protocol):
    """The recorded past of one organization."""

    def entries(self, wanted: Filter, before: str | None, limit: int) -> Sequence[AuditEntry]:
        """Entries, newest first, before the entry id (None: from the newest)."""
        ...

    def after(self, id: str, limit: int, until: str | None = None) -> Sequence[AuditEntry]:
        """Entries behind the id, oldest first, up to and with the id `until`."""
        ...

    def count_after(self, id: str) -> int:
        """How many entries stand behind the id."""
        ...

    def moves(self, subject: str, impersonated: bool) -> Sequence[Move]:
        """Moves of one aggregate, oldest first; those made on behalf of somebody else only where `impersonated`."""
        ...


class Seals(Protocol):
    """The seals of one organization. Refuses: AlreadyExists (add: another one has that number)."""

    def last(self) -> Seal | None:
        """The newest."""
        ...

    def numbered(self, number: int) -> Seal | None:
        """The one of that number."""
        ...

    def after(self, number: int, limit: int) -> Sequence[Seal]:
        """Those with a higher number, in order."""
        ...

    def add(self, seal: Seal) -> None:
        """A new one."""
        ...


class Signer(Protocol):
    """Signs seals with a key that the database does not hold."""

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        ...

    def sign(self, text: str) -> str:
        """The signature; empty where there is no key."""
        ...

    def signed(self, text: str, signature: str) -> bool:
        """Whether it is one of ours, with the present key or an earlier one."""
        ...


class Env(Protocol):
    """What audit may touch."""

    @property
    def actor(self) -> Actor: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def trail(self) -> Trail: ...
    @property
    def seals(self) -> Seals: ...
    @property
    def signer(self) -> Signer: ...
