"""Patients: who buys, and joining a provisional one to the account whose address it used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.paging import Page
from hlc_core.patients.api import Address, ConfirmPatient, Contact, GetPatient, ListPatients, Patient, Standing
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("patients", who=Who.STAFF)


@frozen(kw_only=True)
class PatientAnswer:
    """A patient; personal."""

    id: PatientId
    standing: Standing
    contact: Contact
    address: Address | None
    claims: PatientId | None
    external_id: str | None
    created_at: datetime
    actions: tuple[str, ...]


@routes.get("/api/v1/patients", "List patients", query=Paged, answers=Page[PatientAnswer], uses=ListPatients)
def list_patients(call: Call[Nothing, Paged]) -> Page[PatientAnswer]:
    """In the order in which they came."""
    page = call.ask(ListPatients(cursor=call.query.cursor, limit=call.query.limit))
    return Page(tuple(_shown(one, call) for one in page.items), page.next)


@routes.get("/api/v1/patients/{patient_id}", "Show a patient", answers=PatientAnswer, uses=GetPatient, who=Who.PATIENT)
def show_patient(call: Call[Nothing, Nothing]) -> PatientAnswer:
    """A patient sees only themselves."""
    return _shown(call.ask_own(GetPatient(patient=_id(call)), lambda patient: patient.id), call)


@routes.post(
    "/api/v1/patients/{patient_id}/confirm",
    "Join a provisional patient to its account",
    answers=PatientAnswer,
    uses=ConfirmPatient,
    idempotent=True,
)
def confirm_patient(call: Call[Nothing, Nothing]) -> PatientAnswer:
    """After proof that the address is theirs. Answers the account."""
    return _shown(call.execute(ConfirmPatient(patient=_id(call))), call)


def _shown(patient: Patient, call: Call[Any, Any]) -> PatientAnswer:
    return PatientAnswer(
        id=patient.id,
        standing=patient.standing,
        contact=patient.contact,
        address=patient.address,
        claims=patient.claims,
        external_id=patient.external_id,
        created_at=patient.created_at,
        actions=call.offered((("confirm", ConfirmPatient),) if patient.standing is Standing.PROVISIONAL else ()),
    )


def _id(call: Call[Any, Any]) -> PatientId:
    return PatientId(call.part("patient_id"))
