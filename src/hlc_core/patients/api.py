"""The face of the context."""

from hlc_core.patients.arriving import patient_at, refresh_patient, register_patient
from hlc_core.patients.events import PatientCreated, PatientMerged
from hlc_core.patients.model import Address, Contact, Patient, Standing
from hlc_core.patients.ports import Env, Fingerprints, Patients
from hlc_core.patients.usecases import (
    ConfirmPatient,
    ImportPatients,
    NothingToConfirm,
    PatientRow,
    RowOutcome,
    buyer,
    confirm_patient,
    import_patients,
)
from hlc_core.patients.views import GetPatient, ListPatients, get_patient, list_patients

__all__ = [
    "Address",
    "ConfirmPatient",
    "Contact",
    "Env",
    "Fingerprints",
    "GetPatient",
    "ImportPatients",
    "ListPatients",
    "NothingToConfirm",
    "Patient",
    "PatientCreated",
    "PatientMerged",
    "PatientRow",
    "Patients",
    "RowOutcome",
    "Standing",
    "buyer",
    "confirm_patient",
    "get_patient",
    "import_patients",
    "list_patients",
    "patient_at",
    "refresh_patient",
    "register_patient",
]
