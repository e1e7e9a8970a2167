"""Reading what was recorded; writing is the unit of work's own business."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hlc_core.audit.model import AuditEntry, Move


class Trail(Protocol):
    """The recorded past of one organization, newest first."""

    def entries(self, before: str | None, limit: int) -> Sequence[AuditEntry]:
        """Commands before the entry id (None: from the newest)."""
        ...

    def moves(self, subject: str) -> Sequence[Move]:
        """All moves of one aggregate, oldest first."""
        ...


class Env(Protocol):
    """What audit's queries may touch."""

    @property
    def trail(self) -> Trail: ...
