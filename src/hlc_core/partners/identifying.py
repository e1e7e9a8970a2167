"""Whom a partner means: email first, then their own id, then the phone, and by name only as a last resort.

Source: spec/care, Patients (identification across systems).
"""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.ids import PartnerPatientId, PatientId
from hlc_core.kernel.text import folded
from hlc_core.partners.model import PartnerPatient
from hlc_core.partners.ports import Env
from hlc_core.patients.api import Patient, patient_at


class FoundBy(StrEnum):
    """The evidence; a name alone asks a person to confirm."""

    EMAIL = "email"
    THEIR_ID = "their_id"
    PHONE = "phone"
    NAME = "name"


@frozen(kw_only=True)
class Person:
    """Somebody as a partner describes them; empty is not told."""

    partner: str
    email: str = field(default="", repr=False)
    their_id: str = ""
    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


@frozen(kw_only=True)
class Identified:
    """Who it is with us, and by what evidence."""

    patient: Patient
    by: FoundBy


def identify(person: Person, env: Env, by_name: bool = False) -> Identified | None:
    """The patient; None where nobody, or more than one, fits."""
    if person.email.strip():
        found = patient_at(person.email, env)
        if found is not None:
            return Identified(patient=found, by=FoundBy.EMAIL)
    if person.their_id:
        link = env.partner_patients.of_their_id(person.partner, person.their_id)
        found = None if link is None else env.patients.find(link.patient)
        if found is not None:
            return Identified(patient=found, by=FoundBy.THEIR_ID)
    phone = phone_key(person.phone, env)
    if phone:
        found = _single({one.patient for one in env.partner_patients.with_phone(person.partner, phone)}, env)
        if found is not None:
            return Identified(patient=found, by=FoundBy.PHONE)
    name = name_key(person.name, env) if by_name else ""
    if name:
        found = _single({one.patient for one in env.partner_patients.with_name(person.partner, name)}, env)
        if found is not None:
            return Identified(patient=found, by=FoundBy.NAME)
    return None


def remember(person: Person, patient: PatientId, env: Env) -> None:
    """Keep whom the partner means, so that later messages find them. Their own id, once known, keeps its patient."""
    key = person.their_id or f"patient:{patient}"
    standing = env.partner_patients.of_their_id(person.partner, key)
    if standing is None:
        env.partner_patients.add(
            PartnerPatient(
                id=PartnerPatientId(env.ids.new("ppat")),
                organization=env.organization.id,
                partner=person.partner,
                patient=patient,
                their_id=key,
                phone_key=phone_key(person.phone, env),
                name_key=name_key(person.name, env),
            )
        )


def phone_key(phone: str, env: Env) -> str:
    """The hash by which a phone is found; the last ten digits count, so that the national prefix does not matter."""
    digits = re.sub(r"\D", "", phone)[-10:]
    return env.fingerprints.of(f"{env.organization.id}|phone|{digits}") if len(digits) >= 7 else ""


def name_key(name: str, env: Env) -> str:
    """The hash by which a name is found: case, blanks and the order of the words do not matter."""
    words = sorted(re.findall(r"[^\W\d_]+", folded(name)))
    return env.fingerprints.of(f"{env.organization.id}|name|{' '.join(words)}") if len(words) >= 2 else ""


def email_key(email: str, env: Env) -> str:
    """The hash under which messages wait for a patient to come."""
    return env.fingerprints.of(f"{env.organization.id}|email|{folded(email)}") if email.strip() else ""


def _single(patients: set[PatientId], env: Env) -> Patient | None:
    found = env.patients.many(patients) if len(patients) == 1 else ()
    return found[0] if found else None
