"""A fill as a document: JSON for machines, a printable PDF for people. Both are personal and clinical."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from hlc_core.prescriptions.ports import Script

_MM = 72 / 25.4
MARGIN, LINE = 22 * _MM, 6 * _MM
_FONT, _BOLD = "Helvetica", "Helvetica-Bold"


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
    """One page: the same fill gives the same bytes."""
    from reportlab.lib.pagesizes import letter  # noqa: PLC0415  # slow to import, and most processes print nothing
    from reportlab.lib.utils import simpleSplit  # noqa: PLC0415
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    written = io.BytesIO()
    canvas = Canvas(written, pagesize=letter, invariant=1)
    canvas.setTitle(f"Prescription {script.number}")
    width, top = letter
    place = top - MARGIN
    canvas.setFont(_BOLD, 16)
    canvas.drawString(MARGIN, place, _printable(script.clinic))
    canvas.setFont(_FONT, 10)
    canvas.drawRightString(width - MARGIN, place, f"Rx {script.number}")
    canvas.drawRightString(width - MARGIN, place - LINE, script.written_on.isoformat())
    place -= 4 * LINE
    for label, text in _lines(script):
        canvas.setFont(_BOLD, 10)
        canvas.drawString(MARGIN, place, label)
        canvas.setFont(_FONT, 11)
        for part in simpleSplit(_printable(text), _FONT, 11, width - 2 * MARGIN - 45 * _MM) or [""]:
            canvas.drawString(MARGIN + 45 * _MM, place, part)
            place -= LINE
        place -= LINE / 2
    canvas.line(MARGIN, place - LINE, width - MARGIN, place - LINE)
    canvas.setFont(_FONT, 9)
    signed = f"Prescribed by {script.prescriber}, licence {script.licence_number} ({script.licence_state})"
    canvas.drawString(MARGIN, place - 2 * LINE, _printable(signed))
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def _lines(script: Script) -> Iterator[tuple[str, str]]:
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


def _printable(text: str) -> str:
    """What the standard fonts have; other letters are shown by a question mark, and stand whole in the JSON."""
    return text.encode("cp1252", errors="replace").decode("cp1252")
