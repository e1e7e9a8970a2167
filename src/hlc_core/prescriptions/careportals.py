"""`prescription.created` in the shape of CarePortals, made at the edge from the rows. Source: seeds/careportals."""

from __future__ import annotations

from collections.abc import Mapping

from hlc_core.organizations.api import Organization
from hlc_core.patients.api import Patient
from hlc_core.prescriptions.model import Prescription

TRIGGER = "prescription.created"


def to_careportals(one: Prescription, patient: Patient, organization: Organization) -> Mapping[str, str]:
    """The payload: whose prescription it is and of which clinic, and nothing of what was prescribed. Personal."""
    first, _, last = patient.contact.name.strip().partition(" ")
    return {
        "_id": one.id,
        "organization": organization.slug,
        "customer._id": patient.id,
        "customer.firstName": first,
        "customer.lastName": last.strip(),
        "customer.email": patient.contact.email,
        "customer.phone": patient.contact.phone,
    }
