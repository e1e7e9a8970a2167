"""The face of the context."""

from hlc_core.patients.events import PatientCreated, PatientMerged
from hlc_core.patients.model import Address, Contact, Patient, Standing
from hlc_core.patients.ports import Env, Fingerprints, Patients
from hlc_core.patients.usecases import (
    ConfirmPatient,
    ImportPatients,
    IndexPatients,
    NothingToConfirm,
    PatientRow,
    RowOutcome,
    account_of,
    buyer,
    confirm_patient,
    import_patients,
    index_patients,
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
    "IndexPatients",
    "ListPatients",
    "NothingToConfirm",
    "Patient",
    "PatientCreated",
    "PatientMerged",
    "PatientRow",
    "Patients",
    "RowOutcome",
    "Standing",
    "account_of",
    "buyer",
    "confirm_patient",
    "get_patient",
    "import_patients",
    "index_patients",
    "list_patients",
]
