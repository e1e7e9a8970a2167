"""Shapes of patients."""

from hlc_adapters.storage.shape import Index, Shape, Unique, hashed, integer, text
from hlc_core.patients.model import Patient, Standing


def _account_key(patient: Patient) -> str | None:
    return patient.email_key if patient.standing is Standing.ACCOUNT else None


PATIENTS: Shape[Patient] = Shape(
    "patients",
    Patient,
    (
        text("standing"),
        hashed("email_key", "which patients have the same address"),
        text("account_key", _account_key),
        integer("indexed"),
        text("claims"),
        text("external_id"),
    ),
    uniques=(
        Unique("one_account_per_address", ("account_key",)),
        Unique("one_patient_per_external_id", ("external_id",)),
    ),
    indexes=(Index(("claims",)), Index(("email_key",)), Index(("indexed",))),
    sealed=True,
    kind="patient",
)

SHAPES = (PATIENTS,)
