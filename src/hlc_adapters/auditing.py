"""The recorded past as a whole: verified from its first seal to its last, and exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from attrs import fields, frozen

from hlc_adapters import wire
from hlc_core.application import Application
from hlc_core.audit.api import AuditEntry, Broken, CheckSeals, ListAuditEntries
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.evolve import evolve

MOST_EXPORTED = 100_000
"""Entries of one export; a narrower time says more."""
_PAGE = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula."""


class ExportForm(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


CONTENT_TYPES = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.JSONL: "application/x-ndjson; charset=utf-8",
}


@frozen(kw_only=True)
class Verified:
    """What verifying the audit trail found: `sound`, or each breach. `waiting` entries are not sealed yet, and not
    protected; without `signed` the seals could be made anew by whoever can write the tables.
    """

    sound: bool
    seals: int
    entries: int
    waiting: int
    signed: bool
    broken: tuple[Broken, ...]


def verify(application: Application, envelope: Envelope, checkpoint: str | None = None) -> Verified:
    """Look at every seal. Refuses: Denied, Invalid (checkpoint), Unavailable."""
    seals = entries = after = 0
    broken: list[Broken] = []
    while True:
        found = application.ask(CheckSeals(after=after, checkpoint=checkpoint), envelope)
        seals, entries = seals + found.seals, entries + found.entries
        broken += found.broken
        if found.upto is None:
            break
        after = found.upto
    return Verified(
        sound=not broken,
        seals=seals,
        entries=entries,
        waiting=found.waiting,
        signed=found.signed,
        broken=tuple(broken),
    )


def export(application: Application, envelope: Envelope, wanted: ListAuditEntries, form: ExportForm) -> Iterator[str]:
    """The entries as text, page by page, newest first. Refuses: Denied, Unavailable."""
    if form is ExportForm.CSV:
        yield _line([field.name for field in fields(AuditEntry)])
    cursor: str | None = None
    for _ in range(MOST_EXPORTED // _PAGE):
        page = application.ask(evolve(wanted, cursor=cursor, limit=_PAGE), envelope)
        yield "".join(_entry(entry, form) for entry in page.items)
        cursor = page.next
        if cursor is None:
            return


def _entry(entry: AuditEntry, form: ExportForm) -> str:
    if form is ExportForm.JSONL:
        return wire.encode(entry) + "\n"
    return _line([_cell(getattr(entry, field.name)) for field in fields(AuditEntry)])


def _cell(value: object) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
