"""Questions about patients."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.paging import Page, limited
from hlc_core.patients.model import Patient
from hlc_core.patients.ports import Env


@frozen(kw_only=True)
class GetPatient(Query[Patient]):
    """One patient."""

    patient: PatientId


def get_patient(query: GetPatient, env: Env) -> Patient:
    """Refuses: Missing."""
    return env.patients.get(query.patient)


@frozen(kw_only=True)
class ListPatients(Query[Page[Patient]]):
    """Patients by id."""

    cursor: str | None = None
    limit: int = 50


def list_patients(query: ListPatients, env: Env) -> Page[Patient]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else PatientId(query.cursor)
    found = env.patients.page(after, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)
