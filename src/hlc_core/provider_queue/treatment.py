"""What is to be prescribed, found in the words of an invoice and of an intake. Pure.

Source: spec/care, Provider queue (treatment).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hlc_core.invoicing.api import Invoice
from hlc_core.provider_queue.model import Answered, Treatment

_PLAN_WORDS = re.compile(
    r"\b(\d+|mo|mos|month|months|monthly|wk|wks|week|weeks|weekly|day|days|year|years|yearly|annual|annually|quarterly"
    r"|injection|injections|injectable|shot|shots|plan|plans|program|programme|subscription|membership|supply|refill"
    r"|refills|pack|package|bundle|starter|medication|medications|treatment|x|of|for|the|a|and|with)\b"
)
_MEDICATION = (
    "medication", "medication-type", "medication-name", "selected-medication", "preferred-medication",
    "preferred-meds", "treatment", "product",
)  # fmt: skip
_GLP1 = ("glp1-last-30", "glp-1-last-30", "glp1-last-30-days")
_GLP1_TYPE = (
    "glp1-last-30-medication-type", "glp1-last-30-type", "glp-1-last-30-medication-type", "glp1-medication-type",
    "glp1-type",
)  # fmt: skip


def key_of(name: str) -> str:
    """A question's name as it is compared: `GLP1 Last 30` and `glp1_last_30` are `glp1-last-30`."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.strip()).lower()).strip("-")


def plan_only(product: str) -> bool:
    """Whether the product names a plan and no medicine, such as `1mo Injections`."""
    apart = re.sub(r"(?<=\d)(?=[a-z])", " ", product.lower())
    rest = _PLAN_WORDS.sub(" ", re.sub(r"[^a-z0-9]+", " ", apart))
    return bool(product.strip()) and not rest.strip()


def treatment_of(invoice: Invoice | None, answers: Sequence[Answered]) -> Treatment:
    """From the invoice's metadata, then its first line, then the intake; what names only a plan asks the intake for
    the medicine. GLP-1 history: from the intake, else from the metadata."""
    said = {key_of(one.key): one.value.strip() for one in answers if one.value.strip()}
    outside = None if invoice is None else invoice.outside
    first = invoice.lines[0] if invoice is not None and invoice.lines else None
    found: list[tuple[str, str, str]] = []
    if outside is not None:
        found.append(("metadata", outside.product, outside.medication_type))
    if first is not None:
        found.append(("line", first.name, first.medication_type))
    found.append(("intake", _first(said, _MEDICATION), _first(said, _MEDICATION)))
    source, product, medication = next((one for one in found if one[1] or one[2]), ("", "", ""))
    if not medication and product and not plan_only(product):
        medication = product
    if not medication and source != "intake" and found[-1][1]:
        source, medication = f"{source}, intake", found[-1][1]
    return Treatment(
        product=product,
        medication=medication,
        plan=(outside.plan if outside is not None else "") or (first.plan if first is not None else ""),
        taken_from=source,
        glp1_last_30=_first(said, _GLP1) or ("" if outside is None else outside.glp1_last_30),
        glp1_type=_first(said, _GLP1_TYPE) or ("" if outside is None else outside.glp1_type),
    )


def _first(said: Mapping[str, str], keys: Sequence[str]) -> str:
    return next((said[key] for key in keys if key in said), "")
