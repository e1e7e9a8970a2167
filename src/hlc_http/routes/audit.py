"""The recorded past: who did what and who read what, whether that was touched, and taking it along."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from attrs import frozen

from hlc_adapters.auditing import CONTENT_TYPES, ExportForm, Verified, export, verify
from hlc_core.audit.api import (
    AuditEntry,
    Checkpoint,
    CheckSeals,
    GetCheckpoint,
    ListAllAuditEntries,
    ListAllMoves,
    ListAuditEntries,
    ListMoves,
    Move,
    Outcome,
)
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId
from hlc_core.kernel.paging import Page
from hlc_http.call import Call
from hlc_http.table import Content, Nothing, Routes, Who

W = TypeVar("W", ListAuditEntries, ListAllAuditEntries)

routes = Routes("audit", who=Who.STAFF)


@frozen(kw_only=True)
class AuditFilter:
    """All conditions that are given hold; `subject` is an id that was written or shown, `until` is not included.

    `across`: only what somebody did who acted beyond their own organizations.
    """

    actor: ActorId | None = None
    command: str | None = None
    outcome: Outcome | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    across: bool = False


@frozen(kw_only=True)
class AuditQuery(AuditFilter):
    """A page of them: `cursor` is the `next` of the page before; `limit` is 1 to 200."""

    cursor: str | None = None
    limit: int = 50


@frozen(kw_only=True)
class AllAuditQuery(AuditQuery):
    """`impersonated`: only what was done on behalf of somebody else."""

    impersonated: bool = False


@frozen(kw_only=True)
class ExportQuery(AuditFilter):
    """In which form. For super admins: `all`, also what was done on behalf of somebody; `impersonated`: only that."""

    format: ExportForm = ExportForm.CSV
    all: bool = False
    impersonated: bool = False


@frozen(kw_only=True)
class VerifyQuery:
    """A checkpoint that was kept elsewhere."""

    checkpoint: str | None = None


@routes.get("/api/v1/audit", "Who did what", query=AuditQuery, answers=Page[AuditEntry], uses=ListAuditEntries)
def list_audit_entries(call: Call[Nothing, AuditQuery]) -> Page[AuditEntry]:
    """Commands and reads of health data, newest first, with what they asked (without free text), wrote and showed."""
    return call.ask(_wanted(ListAuditEntries, call.query, call.query.limit, call.query.cursor))


@routes.get(
    "/api/v1/audit/all",
    "Who did what, on whosever behalf",
    query=AllAuditQuery,
    answers=Page[AuditEntry],
    uses=ListAllAuditEntries,
)
def list_all_audit_entries(call: Call[Nothing, AllAuditQuery]) -> Page[AuditEntry]:
    """Also what was done on behalf of somebody else: for super admins."""
    wanted = _wanted(ListAllAuditEntries, call.query, call.query.limit, call.query.cursor)
    return call.ask(evolve(wanted, impersonated=call.query.impersonated))


@routes.get("/api/v1/audit/export", "The record as a file", query=ExportQuery, uses=ListAuditEntries)
def export_audit(call: Call[Nothing, ExportQuery]) -> Content:
    """CSV or JSON lines, newest first, at most 100,000 entries; cells that look like formulas are made harmless."""
    form = call.query.format
    wanted: ListAuditEntries = _wanted(ListAuditEntries, call.query, 50, None)
    if call.query.all or call.query.impersonated:
        whole = _wanted(ListAllAuditEntries, call.query, 50, None)
        wanted = evolve(whole, impersonated=call.query.impersonated)
    text = "".join(export(call.services.application, call.unkeyed, wanted, form))
    name = f"audit-{call.organization.slug}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Content(body=text.encode(), content_type=CONTENT_TYPES[form], headers=headers)


@routes.get(
    "/api/v1/audit/verify", "Whether the record was touched", query=VerifyQuery, answers=Verified, uses=CheckSeals
)
def verify_audit(call: Call[Nothing, VerifyQuery]) -> Verified:
    """Every edit, deletion, insertion and reordering of what was sealed. That the end was not cut off is shown by a
    checkpoint only."""
    return verify(call.services.application, call.unkeyed, call.query.checkpoint)


@routes.get("/api/v1/audit/checkpoint", "The end of the chain", answers=Checkpoint, uses=GetCheckpoint)
def show_checkpoint(call: Call[Nothing, Nothing]) -> Checkpoint:
    """To be kept where the keepers of the database cannot change it: `number:hash:signature`."""
    found = call.ask(GetCheckpoint())
    if found is None:
        raise Missing("Nothing is sealed yet.", Fault("sealing", "wait: the worker seals what is two minutes old"))
    return found


@routes.get("/api/v1/audit/moves/{subject}", "The moves of one thing", answers=tuple[Move, ...], uses=ListMoves)
def list_moves(call: Call[Nothing, Nothing]) -> tuple[Move, ...]:
    """Oldest first, without what was done on behalf of somebody else."""
    return call.ask(ListMoves(subject=call.part("subject")))


@routes.get(
    "/api/v1/audit/all/moves/{subject}",
    "Every move of one thing, on whosever behalf",
    answers=tuple[Move, ...],
    uses=ListAllMoves,
)
def list_all_moves(call: Call[Nothing, Nothing]) -> tuple[Move, ...]:
    """Oldest first, also what was done on behalf of somebody else: for super admins."""
    return call.ask(ListAllMoves(subject=call.part("subject")))


def _wanted(kind: type[W], asked: AuditFilter, limit: int, cursor: str | None) -> W:
    return kind(
        actor=asked.actor,
        command=asked.command,
        outcome=asked.outcome,
        subject=asked.subject,
        since=asked.since,
        until=asked.until,
        across=asked.across,
        limit=limit,
        cursor=cursor,
    )
