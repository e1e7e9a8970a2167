"""Imports: products, coupons, patients and subscriptions from a CSV body."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from attrs import frozen

from hlc_adapters.imports.files import open_table
from hlc_adapters.imports.kinds import KINDS, Kind
from hlc_adapters.imports.loading import Import, Report
from hlc_adapters.imports.progress import Progresses, state_folder
from hlc_core.catalog.api import ImportProducts
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_http.call import Call
from hlc_http.table import Nothing, Routes, Takes, Who

routes = Routes("imports", who=Who.STAFF)


@frozen(kw_only=True)
class ImportQuery:
    """`dryRun` only reports; `skipBad` takes the good rows, else one bad row means that none is taken."""

    dry_run: bool = False
    skip_bad: bool = False


@frozen(kw_only=True)
class Column:
    """What stands in a column."""

    name: str
    holds: str


@routes.get("/api/v1/imports/{kind}/columns", "The columns of a file", answers=tuple[Column, ...], uses=ImportProducts)
def list_columns(call: Call[Nothing, Nothing]) -> tuple[Column, ...]:
    """`kind` is products, coupons, patients or subscriptions."""
    return tuple(Column(name=name, holds=what) for name, what in _kind(call).columns.items())


@routes.post(
    "/api/v1/imports/{kind}",
    "Import a CSV file",
    query=ImportQuery,
    answers=Report,
    uses=ImportProducts,
    takes=Takes.BYTES,
    large=True,
    waits=True,
)
def import_rows(call: Call[bytes, ImportQuery]) -> Report:
    """The body is the file, as text/csv in UTF-8 with a header line. Sending it again changes nothing."""
    kind = _kind(call)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind.name}.csv"
        path.write_bytes(call.body)
        task = Import(
            kind=kind,
            table=open_table(path, tuple(kind.columns), kind.required),
            organization=call.organization,
            application=call.services.application,
            envelope=call.unkeyed,
            progress=lambda done, planned: None,
        )
        if call.query.dry_run:
            report = task.check()
        else:
            report = task.load(call.query.skip_bad, Progresses(state_folder(os.environ)), call.services.ids)
    return evolve(report, file=f"{kind.name}.csv")


def _kind(call: Call[Any, Any]) -> Kind:
    found = KINDS.get(call.part("kind"))
    if found is None:
        raise Missing("Nothing of that kind is imported.", Fault("kind", f"one of: {', '.join(KINDS)}"))
    return found
