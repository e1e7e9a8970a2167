"""The columns of a file of patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from hlc_adapters.imports.cells import Reader, needed
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.text import line as checked
from hlc_core.patients.api import Address, Contact, Gender, MedicalHistory, PatientRow

PATIENT_COLUMNS: Mapping[str, str] = {
    "external_id": "the patient's key in the file; required, and the same on every import",
    "name": "first and last name; required",
    "email": "required; one patient has it",
    "phone": "with its country code",
    "address1": "street and number; with it also city and postal_code",
    "address2": "flat or floor",
    "city": "the town",
    "province_code": "such as TX",
    "postal_code": "such as 78701",
    "country_code": "two letters; US when empty",
    "number": "the patient's number; one patient has it",
    "birth_date": "such as 1984-03-07; empty where it is not known",
    "gender": "male, female, other or unknown",
    "conditions": "parted by semicolons",
    "allergies": "parted by semicolons",
    "medications": "parted by semicolons",
    "habits": "tags such as smoker, parted by semicolons",
    "notes": "what else there is to know",
}
"""Every column, and what stands in it."""

_LISTS = ("conditions", "allergies", "medications", "habits")
_ADDRESS = ("address1", "address2", "city", "province_code", "postal_code")


T = TypeVar("T")


class NotAPatient(Invalid):
    """Cells of a patient's row are at fault; all are named at once."""


def patient_row(line: int, cells: Mapping[str, str]) -> PatientRow:
    """The row of that line. Refuses: NotAPatient with every cell that cannot be read."""
    read = Reader(cells, PATIENT_COLUMNS)
    external_id = read.one("external_id", lambda text: checked(needed(text), "external_id", most=120))
    contact = Contact(email=read.text("email"), name=read.text("name"), phone=read.text("phone"))
    try:
        contact = contact.checked()
    except Invalid as refusal:
        read.faults += refusal.faults
    address = _address(read)
    number = read.one("number", lambda text: checked(text, "number", most=64) or None)
    birth_date = read.one("birth_date", lambda text: _discreet("birth_date", date.fromisoformat, text))
    gender = read.one("gender", lambda text: _discreet("gender", lambda word: Gender(word.lower()), text))
    history = _history(read)
    if read.faults:
        raise NotAPatient(f"Line {line} cannot be read.", *read.faults)
    return PatientRow(
        external_id=external_id or "",
        contact=contact,
        address=address,
        number=number,
        birth_date=birth_date,
        gender=gender,
        history=history,
    )


def _discreet(column: str, parse: Callable[[str], T], text: str) -> T | None:
    """The parsed cell, or nothing. Refuses: Invalid, which repeats nothing of it: faults are shown and noted."""
    try:
        return parse(text) if text else None
    except ValueError:
        raise Invalid(PATIENT_COLUMNS[column]) from None


def _history(read: Reader) -> MedicalHistory | None:
    """What is told of health; nothing where no cell says anything."""
    lists = {name: tuple(part.strip() for part in read.text(name).split(";") if part.strip()) for name in _LISTS}
    told = MedicalHistory(**lists, notes=read.text("notes"))
    read.faults += [Fault(fault.field.removeprefix("history."), fault.message) for fault in told.faults()]
    return None if told == MedicalHistory() else told


def _address(read: Reader) -> Address | None:
    if not any(read.text(column) for column in _ADDRESS):
        return None
    for column in ("address1", "city", "postal_code"):
        read.one(column, needed)
    country = (read.text("country_code") or "US").upper()
    if not (country.isascii() and country.isalpha() and len(country) == 2):
        read.faults.append(Fault("country_code", PATIENT_COLUMNS["country_code"]))
    for column in _ADDRESS:
        read.one(column, lambda text, column=column: checked(text, column))  # type: ignore[misc]  # bound per loop
    return Address(
        address1=read.text("address1"),
        address2=read.text("address2"),
        city=read.text("city"),
        province_code=read.text("province_code"),
        postal_code=read.text("postal_code"),
        country_code=country,
    )
