"""Patients from a file."""

from __future__ import annotations

from datetime import date

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.kernel.personal import Access, Personal, Purpose, opened
from hlc_core.kernel.text import folded
from hlc_core.kernel.time import local_date
from hlc_core.patients.model import Address, Contact, Gender, MedicalHistory, Patient, Standing
from hlc_core.patients.particulars import Particulars
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.indexing import NUMBER, account_of, hashed
from hlc_core.patients.usecases.registering import refuse_full


@frozen(kw_only=True)
class PatientRow:
    """One row of an import; `external_id` is the key by which a repetition is recognised.

    What is not told of number, birth date, gender and each part of the history stays as it is known.
    """

    external_id: str
    contact: Contact
    address: Address | None = None
    number: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: Gender | None = field(default=None, repr=False)
    history: MedicalHistory | None = field(default=None, repr=False)


@frozen(kw_only=True)
class RowOutcome:
    """What became of one row: `new`, `changed`, `same`, `duplicate` (address of another patient) or `bad`."""

    external_id: str
    outcome: str
    patient: PatientId | None = None
    faults: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class ImportPatients(Command[tuple[RowOutcome, ...]]):
    """Make or change patients by external id; rows that cannot be used are answered as bad and change nothing."""

    rows: tuple[PatientRow, ...]


def import_patients(command: ImportPatients, env: Env) -> tuple[RowOutcome, ...]:
    """One outcome a row, in their order. Phones are put into international form."""
    known = {p.external_id: p for p in env.patients.with_external_ids([row.external_id for row in command.rows])}
    outcomes = []
    for row in command.rows:
        try:
            outcome = _import(row, known.get(row.external_id), env)
        except HlcError as refusal:
            faults = tuple((fault.field, fault.message) for fault in refusal.faults)
            outcome = RowOutcome(external_id=row.external_id, outcome="bad", faults=faults)
        outcomes.append(outcome)
        if outcome.patient is not None:
            known[row.external_id] = env.patients.get(outcome.patient)
    return tuple(outcomes)


def _import(row: PatientRow, stands: Patient | None, env: Env) -> RowOutcome:
    contact = row.contact.checked()
    if contact.phone:
        contact = evolve(contact, phone=env.phones.e164(contact.phone, env.organization.country))
    told = _told(row, env)
    wanted = None if stands is None else _with(evolve(stands, contact=contact, address=row.address), told)
    if stands is not None and wanted == stands:
        return RowOutcome(external_id=row.external_id, outcome="same", patient=stands.id)
    taken = _number_taken(told.number, stands, env)
    if taken:
        return RowOutcome(external_id=row.external_id, outcome="duplicate", faults=(("number", taken),))
    holder = account_of(contact.email, env)
    if holder is not None and (stands is None or holder.id != stands.id):
        return RowOutcome(
            external_id=row.external_id, outcome="duplicate", faults=(("email", "another patient has it"),)
        )
    if stands is not None and wanted is not None:
        env.patients.save(hashed(wanted, env))
        return RowOutcome(external_id=row.external_id, outcome="changed", patient=stands.id)
    refuse_full(env)
    made = Patient(
        id=PatientId(env.ids.new("pat")),
        organization=env.organization.id,
        standing=Standing.ACCOUNT,
        contact=contact,
        email_key="",
        created_at=env.clock.now(),
        address=row.address,
        external_id=row.external_id,
    )
    made = hashed(_with(made, told), env)
    env.patients.add(made)  # nobody is welcomed by mail because a file was imported
    return RowOutcome(external_id=row.external_id, outcome="new", patient=made.id)


def _told(row: PatientRow, env: Env) -> Particulars:
    """What the row tells beside the contact, checked. Refuses: Invalid (all fields at fault)."""
    person = Particulars(
        contact=row.contact,
        address=row.address,
        number=row.number,
        birth_date=row.birth_date,
        gender=row.gender,
        history=row.history,
    )
    return person.checked(env.phones, env.organization.country, local_date(env.clock.now(), env.organization.zone))


def _with(patient: Patient, told: Particulars) -> Patient:
    """The patient with what is told; what is not told stays."""
    history = patient.history
    if told.history is not None:
        known = opened(patient.history, Access(purpose=Purpose.MAINTENANCE)) or MedicalHistory()
        parts = {name: part for name in _PARTS if (part := getattr(told.history, name))}
        history = Personal(evolve(known, **parts))
    return evolve(
        patient,
        number=told.number or patient.number,
        birth_date=patient.birth_date if told.birth_date is None else Personal(told.birth_date),
        gender=patient.gender if told.gender is None else Personal(told.gender),
        history=history,
    )


_PARTS = ("conditions", "allergies", "medications", "habits", "notes")


def _number_taken(number: str | None, stands: Patient | None, env: Env) -> str:
    if number is None:
        return ""
    named = env.patients.with_number(env.fingerprints.keys(NUMBER, folded(number)))
    return "" if named is None or (stands is not None and named.id == stands.id) else "another patient has it"
