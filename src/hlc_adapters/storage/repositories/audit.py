"""The recorded past."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_adapters.storage.shape import above, below
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, MOVES
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.audit.model import AuditEntry, Move


@frozen
class StoredTrail:
    """Audit entries and moves of one organization."""

    unit: UnitOfWork

    def entries(self, before: str | None, limit: int) -> Sequence[AuditEntry]:
        """Commands, newest first."""
        where = () if before is None else (below("id", before),)
        return self.unit.select(AUDIT_ENTRIES, *where, order=("-id",), limit=limit)

    def moves(self, subject: str) -> Sequence[Move]:
        """All moves of one aggregate, oldest first."""
        found = self.unit.select(MOVES, above("id", f"{subject}:"), below("id", f"{subject};"))
        return sorted(found, key=lambda move: move.version)
