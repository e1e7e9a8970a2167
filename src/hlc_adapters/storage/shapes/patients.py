"""Shapes of patients."""

from hlc_adapters.storage.shape import Index, Shape, Unique, hashed, instant, integer, text
from hlc_core.patients.machine import MERGE
from hlc_core.patients.model import NameGram, Patient, PatientLink, PatientMerge, Standing


def _account_key(patient: Patient) -> str | None:
    return (patient.email_key or None) if patient.standing is Standing.ACCOUNT else None


PATIENTS: Shape[Patient] = Shape(
    "patients",
    Patient,
    (
        text("standing"),
        hashed("email_key", "which patients have the same address", lambda patient: patient.email_key or None),
        text("account_key", _account_key),
        hashed("phone_key", "which patients have the same phone: families, mostly"),
        hashed("number_key", "nothing: each number stands once"),
        text("claims"),
        text("external_id"),
        integer("indexed"),
    ),
    uniques=(
        Unique("one_account_per_address", ("account_key",)),
        Unique("one_patient_per_number", ("number_key",)),
        Unique("one_patient_per_external_id", ("external_id",)),
    ),
    indexes=(Index(("claims",)), Index(("email_key",)), Index(("phone_key",)), Index(("indexed",))),
    sealed=True,
    kind="patient",
    listed="patients at /patients",
)

PATIENT_LINKS: Shape[PatientLink] = Shape(
    "patient_links",
    PatientLink,
    (text("patient"), text("system")),
    indexes=(Index(("patient",)),),
    sealed=True,
    kind="patient_link",
)

PATIENT_GRAMS: Shape[NameGram] = Shape(
    "patient_grams",
    NameGram,
    (
        text("patient"),
        hashed("gram", "how common each piece of three letters is, and which patients share it: common names show"),
    ),
    indexes=(Index(("patient",)), Index(("gram",))),
    flat=True,
)

PATIENT_MERGES: Shape[PatientMerge] = Shape(
    "patient_merges",
    PatientMerge,
    (text("state"), text("duplicate"), text("into_patient", "into"), instant("at")),
    indexes=(Index(("duplicate",)), Index(("into_patient",))),
    machine=MERGE,
    sealed=True,
    kind="patient_merge",
)

SHAPES = (PATIENTS, PATIENT_LINKS, PATIENT_GRAMS, PATIENT_MERGES)
