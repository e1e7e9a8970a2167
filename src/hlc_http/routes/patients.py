"""Patients: registering, finding, changing them, and making two records of one person one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.ids import MergeId, PatientId
from hlc_core.kernel.paging import Page
from hlc_core.kernel.personal import Purpose
from hlc_core.patients.api import (
    Address,
    ChangePatient,
    Claim,
    Clearable,
    ConfirmPatient,
    Contact,
    ExternalId,
    Gender,
    GetMedicalRecord,
    GetPatient,
    Identified,
    IdentifyPatient,
    LinkPatient,
    ListLinks,
    ListMerges,
    ListPatients,
    MedicalHistory,
    MedicalRecord,
    MergePatients,
    MergeState,
    Particulars,
    Patient,
    PatientLink,
    PatientMerge,
    PreviewNumber,
    RegisterPatient,
    SearchPatients,
    Standing,
    UndoMerge,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("patients", who=Who.STAFF)


@frozen(kw_only=True)
class PatientAnswer:
    """A patient; personal. Health data is behind a route of its own, which asks what it is read for."""

    id: PatientId
    standing: Standing
    contact: Contact
    address: Address | None
    claims: PatientId | None
    external_id: str | None
    created_at: datetime
    number: str | None
    whatsapp: str
    has_whatsapp: bool
    portal_access: bool
    has_birth_date: bool
    has_history: bool
    actions: tuple[str, ...]


@frozen(kw_only=True)
class NewPatient:
    """A patient to register; only the name is needed. A birth date that is not known is left out."""

    name: str = field(repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    address: Address | None = None
    number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: Gender | None = None
    history: MedicalHistory | None = None
    whatsapp: str = field(default="", repr=False)
    has_whatsapp: bool = False
    portal_access: bool = False
    external_ids: tuple[ExternalId, ...] = ()


@frozen(kw_only=True)
class PatientChange:
    """What is to be changed; what is left out stays. `clear` names what is to be taken away."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    address: Address | None = None
    number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: Gender | None = None
    history: MedicalHistory | None = None
    whatsapp: str | None = field(default=None, repr=False)
    has_whatsapp: bool | None = None
    portal_access: bool | None = None
    clear: tuple[Clearable, ...] = ()


@frozen(kw_only=True)
class Sought:
    """What to look for: an address, a phone, a number (exactly), or a name (roughly; one or two letters: how it
    begins). In a body, for an address of a page is kept in logs."""

    text: str = field(repr=False)
    limit: int = 20


@frozen(kw_only=True)
class HitAnswer:
    """A patient that was found, by what, and how similar per mille."""

    patient: PatientAnswer
    by: str
    similarity: int


@frozen(kw_only=True)
class Claimed:
    """What another system tells of somebody. With `register` a person whom nobody knows is registered."""

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    external_id: ExternalId | None = None
    register: bool = False


@frozen(kw_only=True)
class IdentifiedAnswer:
    """Who it is, by which evidence, and whether a person must confirm it."""

    identified: Identified
    patient: PatientAnswer | None


@frozen(kw_only=True)
class MergeWish:
    """Which record the duplicate joins, and why."""

    into: PatientId
    reason: str = field(default="", repr=False)


@frozen(kw_only=True)
class MergeAnswer:
    """A merge: what the two had in common, and what went over."""

    id: MergeId
    state: MergeState
    duplicate: PatientId
    into: PatientId
    evidence: tuple[str, ...]
    filled: tuple[str, ...]
    links: int
    reason: str
    at: datetime
    undone_at: datetime | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class LinkAnswer:
    """Under which id another system knows the patient."""

    system: str
    value: str


@frozen(kw_only=True)
class Links:
    """All of them."""

    items: tuple[LinkAnswer, ...]


@frozen(kw_only=True)
class Merges:
    """All of them, the newest first."""

    items: tuple[MergeAnswer, ...]


@frozen(kw_only=True)
class Hits:
    """The best first."""

    items: tuple[HitAnswer, ...]


@frozen(kw_only=True)
class FreeNumber:
    """A number that was free when it was asked for."""

    number: str


@frozen(kw_only=True)
class For:
    """What health data is read for; it is recorded."""

    purpose: Purpose


@routes.get("/api/v1/patients", "List patients", query=Paged, answers=Page[PatientAnswer], uses=ListPatients)
def list_patients(call: Call[Nothing, Paged]) -> Page[PatientAnswer]:
    """The newest first. The read is recorded."""
    page = call.ask(ListPatients(cursor=call.query.cursor, limit=call.query.limit))
    return Page(tuple(_shown(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/patients",
    "Register a patient",
    body=NewPatient,
    answers=PatientAnswer,
    uses=RegisterPatient,
    status=201,
    idempotent=True,
)
def register_patient(call: Call[NewPatient, Nothing]) -> PatientAnswer:
    """A number or an address that another patient has is a conflict, which names it. Phones get their country code."""
    told = call.body
    person = Particulars(
        contact=Contact(email=told.email, name=told.name, phone=told.phone),
        address=told.address,
        number=told.number,
        birth_date=told.birth_date,
        gender=told.gender,
        history=told.history,
        whatsapp=told.whatsapp,
    )
    command = RegisterPatient(
        person=person,
        portal_access=told.portal_access,
        has_whatsapp=told.has_whatsapp,
        external_ids=told.external_ids,
    )
    return _shown(call.execute(command), call)


@routes.post(
    "/api/v1/patients/search",
    "Search patients",
    body=Sought,
    answers=Hits,
    uses=SearchPatients,
    names={"search": "text"},
)
def search_patients(call: Call[Sought, Nothing]) -> Hits:
    """The best first; by phone up to five. The read is recorded."""
    hits = call.ask(SearchPatients(text=call.body.text, limit=call.body.limit))
    return Hits(
        items=tuple(HitAnswer(patient=_shown(one.patient, call), by=one.by, similarity=one.similarity) for one in hits)
    )


@routes.post(
    "/api/v1/patients/identify",
    "Say whose a message is",
    body=Claimed,
    answers=IdentifiedAnswer,
    uses=IdentifyPatient,
    idempotent=True,
)
def identify_patient(call: Call[Claimed, Nothing]) -> IdentifiedAnswer:
    """By address, then the partner's id, then phone; by name only with a person's confirmation."""
    told = call.body
    claim = Claim(email=told.email, phone=told.phone, name=told.name, external_id=told.external_id)
    contact = Contact(email=told.email, name=told.name, phone=told.phone)
    person = Particulars(contact=contact) if told.register else None
    found = call.execute(IdentifyPatient(claim=claim, person=person))
    return IdentifiedAnswer(
        identified=found.identified, patient=None if found.patient is None else _shown(found.patient, call)
    )


@routes.get("/api/v1/patient-numbers/next", "Suggest a patient number", answers=FreeNumber, uses=PreviewNumber)
def preview_patient_number(call: Call[Nothing, Nothing]) -> FreeNumber:
    """One that is free now; asking reserves nothing."""
    return FreeNumber(number=call.ask(PreviewNumber()))


@routes.get("/api/v1/patients/{patient_id}", "Show a patient", answers=PatientAnswer, uses=GetPatient, who=Who.PATIENT)
def show_patient(call: Call[Nothing, Nothing]) -> PatientAnswer:
    """A patient sees only themselves. The read is recorded."""
    return _shown(call.ask_own(GetPatient(patient=_id(call)), lambda patient: patient.id), call)


@routes.patch(
    "/api/v1/patients/{patient_id}",
    "Change a patient",
    body=PatientChange,
    answers=PatientAnswer,
    uses=ChangePatient,
    idempotent=True,
)
def change_patient(call: Call[PatientChange, Nothing]) -> PatientAnswer:
    """What is left out stays as it is."""
    told = call.body
    command = ChangePatient(
        patient=_id(call),
        email=told.email,
        name=told.name,
        phone=told.phone,
        address=told.address,
        number=told.number,
        birth_date=told.birth_date,
        gender=told.gender,
        history=told.history,
        whatsapp=told.whatsapp,
        portal_access=told.portal_access,
        has_whatsapp=told.has_whatsapp,
        clear=told.clear,
    )
    return _shown(call.execute(command), call)


@routes.get(
    "/api/v1/patients/{patient_id}/medical-record",
    "Read what a patient tells of their health",
    query=For,
    answers=MedicalRecord,
    uses=GetMedicalRecord,
    who=Who.PATIENT,
)
def show_medical_record(call: Call[Nothing, For]) -> MedicalRecord:
    """Birth date, gender, history. Says what it is read for; that is recorded before the answer is given."""
    query = GetMedicalRecord(patient=_id(call), purpose=call.query.purpose)
    return call.ask_own(query, lambda record: record.patient)


@routes.get("/api/v1/patients/{patient_id}/links", "List a patient's external ids", answers=Links, uses=ListLinks)
def list_patient_links(call: Call[Nothing, Nothing]) -> Links:
    """By system."""
    return Links(items=tuple(map(_link, call.ask(ListLinks(patient=_id(call))))))


@routes.post(
    "/api/v1/patients/{patient_id}/links",
    "Note an external id of a patient",
    body=ExternalId,
    answers=PatientAnswer,
    uses=LinkPatient,
    idempotent=True,
    names={"externalId": "value"},
)
def link_patient(call: Call[ExternalId, Nothing]) -> PatientAnswer:
    """Under which another system knows them; each id of a system is of one patient."""
    return _shown(call.execute(LinkPatient(patient=_id(call), external_id=call.body)), call)


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


@routes.post(
    "/api/v1/patients/{patient_id}/merge",
    "Join a duplicate to another record",
    body=MergeWish,
    answers=MergeAnswer,
    uses=MergePatients,
    idempotent=True,
)
def merge_patients(call: Call[MergeWish, Nothing]) -> MergeAnswer:
    """The path names the duplicate. It can be undone."""
    wish = MergePatients(duplicate=_id(call), into=call.body.into, reason=call.body.reason)
    return _merge(call.execute(wish))


@routes.get("/api/v1/patients/{patient_id}/merges", "List a patient's merges", answers=Merges, uses=ListMerges)
def list_merges(call: Call[Nothing, Nothing]) -> Merges:
    """The newest first."""
    return Merges(items=tuple(map(_merge, call.ask(ListMerges(patient=_id(call))))))


@routes.post(
    "/api/v1/patient-merges/{merge_id}/undo",
    "Undo a merge",
    answers=MergeAnswer,
    uses=UndoMerge,
    idempotent=True,
)
def undo_merge(call: Call[Nothing, Nothing]) -> MergeAnswer:
    """Everything that went over goes back; refused where it was changed since."""
    return _merge(call.execute(UndoMerge(merge=MergeId(call.part("merge_id")))))


_CHANGES = (("change", ChangePatient), ("link", LinkPatient), ("merge", MergePatients))
_ACTIONS: Mapping[Standing, tuple[tuple[str, type[Command[Any]]], ...]] = {
    Standing.ACCOUNT: _CHANGES,
    Standing.PROVISIONAL: (("confirm", ConfirmPatient), *_CHANGES),
    Standing.MERGED: (),
}


def _shown(patient: Patient, call: Call[Any, Any]) -> PatientAnswer:
    return PatientAnswer(
        id=patient.id,
        standing=patient.standing,
        contact=patient.contact,
        address=patient.address,
        claims=patient.claims,
        external_id=patient.external_id,
        created_at=patient.created_at,
        number=patient.number,
        whatsapp=patient.whatsapp,
        has_whatsapp=patient.has_whatsapp,
        portal_access=patient.portal_access,
        has_birth_date=patient.birth_date is not None,
        has_history=patient.history is not None,
        actions=call.offered(_ACTIONS[patient.standing]),
    )


def _link(link: PatientLink) -> LinkAnswer:
    return LinkAnswer(system=link.system, value=link.value)


def _merge(merge: PatientMerge) -> MergeAnswer:
    return MergeAnswer(
        id=merge.id,
        state=merge.state,
        duplicate=merge.duplicate,
        into=merge.into,
        evidence=merge.evidence,
        filled=merge.filled,
        links=len(merge.links),
        reason=merge.reason,
        at=merge.at,
        undone_at=merge.undone_at,
        actions=("undo",) if merge.state is MergeState.MERGED else (),
    )


def _id(call: Call[Any, Any]) -> PatientId:
    return PatientId(call.part("patient_id"))
