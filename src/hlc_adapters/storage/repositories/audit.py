"""The recorded past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from hlc_adapters.storage.shape import Where, above, at_least, at_most, below, contains, eq, missing
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, AUDIT_SEALS, MOVES
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.audit.model import AuditEntry, Move, Seal, seal_id
from hlc_core.audit.ports import Behalf, Filter


@frozen
class StoredTrail:
    """Audit entries and moves of one organization."""

    unit: UnitOfWork

    def entries(self, wanted: Filter, before: str | None, limit: int) -> Sequence[AuditEntry]:
        """Entries, newest first."""
        where = (*_conditions(wanted), *(() if before is None else (below("id", before),)))
        if wanted.subject is None:
            return self.unit.select(AUDIT_ENTRIES, *where, order=("-id",), limit=limit)
        found: dict[str, AuditEntry] = {}
        for column in ("written", "shown"):
            one = contains(column, f" {wanted.subject}")
            found |= {e.id: e for e in self.unit.select(AUDIT_ENTRIES, *where, one, order=("-id",), limit=limit)}
        return [found[id] for id in sorted(found, reverse=True)[:limit]]

    def after(self, id: str, limit: int, until: str | None = None) -> Sequence[AuditEntry]:
        """Entries behind the id, oldest first."""
        where = (above("id", id), *(() if until is None else (at_most("id", until),)))
        return self.unit.select(AUDIT_ENTRIES, *where, limit=limit)

    def count_after(self, id: str) -> int:
        """How many stand behind the id."""
        return self.unit.count(AUDIT_ENTRIES, above("id", id))

    def moves(self, subject: str, impersonated: bool) -> Sequence[Move]:
        """Moves of one aggregate, oldest first."""
        whose = () if impersonated else (missing("on_behalf_of"),)
        found = self.unit.select(MOVES, above("id", f"{subject}:"), below("id", f"{subject};"), *whose)
        return sorted(found, key=lambda move: move.version)


@frozen
class StoredSeals:
    """The seals of one organization; their ids are their numbers, so two of one number cannot be."""

    unit: UnitOfWork

    def last(self) -> Seal | None:
        """The newest."""
        return next(iter(self.unit.select(AUDIT_SEALS, order=("-id",), limit=1)), None)

    def numbered(self, number: int) -> Seal | None:
        """The one of that number."""
        return self.unit.find(AUDIT_SEALS, seal_id(number))

    def after(self, number: int, limit: int) -> Sequence[Seal]:
        """Those with a higher number, in order."""
        return self.unit.select(AUDIT_SEALS, above("id", seal_id(number)), limit=limit)

    def add(self, seal: Seal) -> None:
        """A new one."""
        self.unit.add(AUDIT_SEALS, seal)


def _conditions(wanted: Filter) -> Iterator[Where]:
    for column, value in (("actor", wanted.actor), ("command", wanted.command), ("outcome", wanted.outcome)):
        if value is not None:
            yield eq(column, value)
    if wanted.since is not None:
        yield at_least("at", wanted.since)
    if wanted.until is not None:
        yield below("at", wanted.until)
    if wanted.behalf is Behalf.OWN:
        yield missing("on_behalf_of")
    if wanted.behalf is Behalf.OTHERS:
        yield above("on_behalf_of", "")
    if wanted.across:
        yield above("scope", "")
