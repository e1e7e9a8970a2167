"""The columns of the file that drugs are imported from: text in, a row or faults out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hlc_core.kernel.errors import Fault
from hlc_core.prescriptions.drugs import DrugRow
from hlc_core.prescriptions.errors import NotADrug
from hlc_core.prescriptions.model import DrugLabel, DrugSchedule

DRUG_COLUMNS: Mapping[str, str] = {
    "external_id": "the drug's key in the file; required, and the same on every import",
    "name": "the name on the label; products map to it by this; required",
    "compound": "the compound behind it; required",
    "strength": "such as 0.5 mg/0.5 mL; required",
    "form": "such as tablet, capsule, vial, cream; required",
    "schedule": "none, II, III, IV or V; none when empty",
    "directions": "what is proposed to the prescriber",
    "quantity": "how much one fill has; 1 when empty",
    "unit": "such as tablets, mL",
    "days_supply": "how long one fill lasts; 30 when empty",
    "refills": "how many refills are proposed; 0 when empty",
    "code": "an NDC such as 0002-1506-80",
    "active": "yes or no; yes when empty",
}
"""Every column of a drug file, and what stands in it."""

_YES = {"": True, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def drug_row(line: int, cells: Mapping[str, str]) -> DrugRow:
    """The row of that line. Refuses: NotADrug with every cell that cannot be read."""
    faults: list[Fault] = []

    def text(name: str) -> str:
        return cells.get(name, "").strip()

    def whole(name: str, empty: int) -> int:
        written = text(name)
        if not written:
            return empty
        if not (written.isascii() and written.isdigit() and len(written) < 8):
            faults.append(Fault(name, f"{DRUG_COLUMNS[name]}; a whole number"))
            return empty
        return int(written)

    def one_of(name: str, read: Callable[[str], DrugSchedule]) -> DrugSchedule:
        try:
            return read(text(name))
        except (KeyError, ValueError):
            faults.append(Fault(name, DRUG_COLUMNS[name]))
            return DrugSchedule.NONE

    for name in ("external_id", "name", "compound", "strength", "form"):
        if not text(name):
            faults.append(Fault(name, DRUG_COLUMNS[name]))
    active = _YES.get(text("active").lower())
    if active is None:
        faults.append(Fault("active", DRUG_COLUMNS["active"]))
    row = DrugRow(
        line=line,
        external_id=text("external_id"),
        label=DrugLabel(
            name=text("name"),
            compound=text("compound"),
            strength=text("strength"),
            form=text("form"),
            schedule=one_of("schedule", _schedule),
            directions=text("directions"),
            quantity=whole("quantity", 1),
            unit=text("unit"),
            days_supply=whole("days_supply", 30),
            refills=whole("refills", 0),
            code=text("code"),
        ),
        active=active is not False,
    )
    if faults:
        raise NotADrug(f"Line {line} cannot be read.", *faults)
    return row


def _schedule(word: str) -> DrugSchedule:
    return DrugSchedule.NONE if word.lower() in ("", "none") else DrugSchedule(word.upper())
