"""Patients that come from another system: found by address, registered without a welcome, kept up to date."""

from __future__ import annotations

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.patients.model import Address, Contact, Patient
from hlc_core.patients.ports import Env
from hlc_core.patients.usecases.buying import dialable
from hlc_core.patients.usecases.importing import ImportPatients, PatientRow, import_patients
from hlc_core.patients.usecases.indexing import account_of


def patient_at(email: str, env: Env) -> Patient | None:
    """The account with that address."""
    return account_of(email, env)


def enrol_patient(contact: Contact, address: Address | None, external_id: str, env: Env) -> Patient:
    """The account under that external id, made if it is not there; nobody is welcomed by mail.

    Refuses: Invalid (contact; or another patient has the address).
    """
    row = PatientRow(external_id=external_id, contact=contact, address=address)
    (outcome,) = import_patients(ImportPatients(rows=(row,)), env)
    if outcome.patient is None:
        faults = tuple(Fault(field, message) for field, message in outcome.faults)
        raise Invalid("That patient cannot be registered.", *faults)
    return env.patients.get(outcome.patient)


def refresh_patient(patient: Patient, contact: Contact, address: Address | None, env: Env) -> Patient:
    """With name, phone and address as they are told now; what is not told stays, and so does the email."""
    told = evolve(
        patient.contact,
        name=contact.name.strip() or patient.contact.name,
        phone=contact.phone.strip() or patient.contact.phone,
    ).checked()
    fresh = evolve(patient, contact=dialable(told, env), address=address or patient.address)
    if fresh != patient:
        env.patients.save(fresh)
    return fresh
