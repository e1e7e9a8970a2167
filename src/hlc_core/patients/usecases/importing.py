"""Patients from a file."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.patients.model import Address, Contact, Patient, Standing
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.indexing import account_of, hashed
from hlc_core.patients.usecases.registering import refuse_full


@frozen(kw_only=True)
class PatientRow:
    """One row of an import; `external_id` is the key by which a repetition is recognised."""

    external_id: str
    contact: Contact
    address: Address | None = None


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
    if stands is not None and (stands.contact, stands.address) == (contact, row.address):
        return RowOutcome(external_id=row.external_id, outcome="same", patient=stands.id)
    holder = account_of(contact.email, env)
    if holder is not None and (stands is None or holder.id != stands.id):
        return RowOutcome(
            external_id=row.external_id, outcome="duplicate", faults=(("email", "another patient has it"),)
        )
    if stands is not None:
        env.patients.save(hashed(evolve(stands, contact=contact, address=row.address), env))
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
    made = hashed(made, env)
    env.patients.add(made)  # nobody is welcomed by mail because a file was imported
    return RowOutcome(external_id=row.external_id, outcome="new", patient=made.id)
