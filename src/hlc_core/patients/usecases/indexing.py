"""Making the hashes by which patients are found."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.text import folded
from hlc_core.patients.model import Patient, PatientLink
from hlc_core.patients.names import pieces
from hlc_core.patients.ports import Env

EMAIL, PHONE, NUMBER, NAME = "email", "phone", "number", "name"
"""The fields that are hashed; each has a key of its own."""


def hashed(patient: Patient, env: Env) -> Patient:
    """The patient with the hashes of address, phone and number; the pieces of the name are made later, or by
    `indexed_now`."""
    contact, make = patient.contact, env.fingerprints.key
    return evolve(
        patient,
        email_key=make(EMAIL, folded(contact.email)) if contact.email else "",
        phone_key=make(PHONE, contact.phone) if contact.phone.startswith("+") else None,
        number_key=make(NUMBER, folded(patient.number)) if patient.number else None,
        indexed=0,
    )


def indexed_now(patient: Patient, env: Env) -> Patient:
    """The patient with all hashes, the pieces of the name among them, which are put here."""
    grams = frozenset(env.fingerprints.key(NAME, piece) for piece in pieces(patient.contact.name))
    env.name_grams.put(patient.id, grams)
    return evolve(hashed(patient, env), indexed=env.fingerprints.number)


def account_of(address: str, env: Env) -> Patient | None:
    """The account with that email address."""
    return env.patients.account_under(env.fingerprints.keys(EMAIL, folded(address)))


def link_ids(system: str, value: str, env: Env) -> tuple[str, ...]:
    """The ids that a partner's id of a patient may be stored under, the current one first."""
    return env.fingerprints.keys(f"external:{system}", value)


@frozen(kw_only=True)
class IndexPatients(Command[int]):
    """Make the hashes of patients who were written quickly, or under an index key that was replaced."""

    limit: int = 200


def index_patients(command: IndexPatients, env: Env) -> int:
    """How many were done; 0 when none is left."""
    found = env.patients.unindexed(env.fingerprints.number, command.limit)
    for patient in found:
        env.patients.save(indexed_now(patient, env))
    for link in env.patient_links.of(patient.id for patient in found):
        current = link_ids(link.system, link.value, env)[0]
        if link.id != current:
            env.patient_links.remove(link)
            env.patient_links.add(_under(link, current))
    return len(found)


def _under(link: PatientLink, id: str) -> PatientLink:
    return evolve(link, id=id, version=0)
