"""What people do when patients come."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.access.api import Portal, Role
from hlc_core.kernel.evolve import evolve
from hlc_core.patients.api import Patient, PatientCreated
from hlc_core.people.ports import Env
from hlc_core.people.users import address_key, assign, mirrored_in, new_user


def portal_accounts(events: Sequence[PatientCreated], env: Env) -> None:
    """A portal account without a password for each new patient.

    A person whose address is known is linked: whoever controls the address sees the new patient. The patient sees
    nothing of the person, and an address that a patient here has already made the patient provisional before.
    """
    for event in events:
        patient = env.patients.get(event.patient)
        if env.assignments.of_patient(patient.id) is None:
            _account(patient, env)


def _account(patient: Patient, env: Env) -> None:
    known = env.users.with_key(address_key(patient.contact.email, env))
    if known is None:
        user = new_user(patient.contact.email, patient.contact.name, Role.PATIENT, Portal.PATIENT, env)
        assign(user, Role.PATIENT, env, patient=patient.id, new=True)
        return
    held = env.assignments.of_user(known.id)
    if held is None:
        assign(known, Role.PATIENT, env, patient=patient.id)
    elif held.role is Role.PATIENT and held.patient is None:
        linked = evolve(held, patient=patient.id)
        env.assignments.save(linked)
        env.users.save(mirrored_in(known, linked))
