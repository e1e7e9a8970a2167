"""Questions about the recorded past."""

from __future__ import annotations

from attrs import frozen

from hlc_core.audit.model import AuditEntry, Move
from hlc_core.audit.ports import Env
from hlc_core.kernel.commands import Query
from hlc_core.kernel.paging import Page, limited


@frozen(kw_only=True)
class ListAuditEntries(Query[Page[AuditEntry]]):
    """The commands of the organization, newest first; `cursor` is the last id of the page before."""

    cursor: str | None = None
    limit: int = 50


def list_audit_entries(query: ListAuditEntries, env: Env) -> Page[AuditEntry]:
    """Refuses: Invalid (limit)."""
    found = env.trail.entries(query.cursor, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListMoves(Query[tuple[Move, ...]]):
    """All moves of one aggregate, oldest first."""

    subject: str


def list_moves(query: ListMoves, env: Env) -> tuple[Move, ...]:
    """An unknown subject has no moves."""
    return tuple(env.trail.moves(query.subject))
