"""A fill as a document: JSON for machines, a printable PDF for people. Both are personal and clinical."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hlc_adapters.documents.printing import as_pdf as printed
from hlc_core.kernel.documents import Document, Fact
from hlc_core.prescriptions.ports import Script


def as_json(script: Script) -> bytes:
    """The fill as pharmacies get it; the fields are those of the guide on prescriptions."""
    address = script.address
    document = {
        "dispatch": script.dispatch,
        "organization": script.organization,
        "clinic": script.clinic,
        "orderNumber": script.order_number,
        "prescription": {
            "number": script.number,
            "fill": script.fill,
            "refillsLeft": script.refills_left,
            "writtenOn": script.written_on.isoformat(),
            "expiresOn": script.expires_on.isoformat(),
            "drug": script.drug,
            "compound": script.compound,
            "strength": script.strength,
            "form": script.form,
            "code": script.code,
            "controlled": script.controlled,
            "quantity": script.quantity,
            "unit": script.unit,
            "daysSupply": script.days_supply,
            "directions": script.directions,
        },
        "prescriber": {
            "name": script.prescriber,
            "licence": {"number": script.licence_number, "state": script.licence_state},
        },
        "patient": {
            "name": script.patient_name,
            "email": script.patient_email,
            "phone": script.patient_phone,
            "state": script.patient_state,
            "address": None
            if address is None
            else {
                "address1": address.address1,
                "address2": address.address2,
                "city": address.city,
                "provinceCode": address.province_code,
                "postalCode": address.postal_code,
                "countryCode": address.country_code,
            },
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def as_pdf(script: Script) -> bytes:
    """The fill on paper: the same fill gives the same bytes."""
    return printed(script_document(script))


def script_document(script: Script) -> Document:
    """The fill as people read it: days and words plain, as pharmacies have them in the JSON."""
    return Document(
        title="Prescription",
        number=script.number,
        made_on=script.written_on,
        locale="en_US",
        sender=(script.clinic,),
        facts=tuple(Fact(label=label, shown=(text,)) for label, text in _lines(script)),
        remarks=(f"Prescribed by {script.prescriber}, licence {script.licence_number} ({script.licence_state})",),
    )


def _lines(script: Script) -> Iterator[tuple[str, str]]:
    yield "Written on", script.written_on.isoformat()
    yield "Patient", script.patient_name
    address = script.address
    if address is not None:
        street = ", ".join(part for part in (address.address1, address.address2) if part)
        place = " ".join(part for part in (address.city, address.province_code, address.postal_code) if part)
        yield "Address", f"{street}, {place}, {address.country_code}"
    yield "Drug", f"{script.drug} {script.strength}, {script.form}"
    yield "Compound", script.compound
    if script.code:
        yield "Code", script.code
    if script.controlled:
        yield "Controlled", "yes"
    yield "Quantity", f"{script.quantity} {script.unit}".strip()
    yield "Days of supply", str(script.days_supply)
    yield "Directions", script.directions
    yield "Fill", "first" if script.fill == 0 else f"refill {script.fill}"
    yield "Refills left", str(script.refills_left)
    yield "To be filled until", script.expires_on.isoformat()
    yield "Order", script.order_number
