"""What can be imported: for each kind its columns, how a row is read, and the command that takes rows over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from attrs import frozen

from hlc_adapters.imports.patients import PATIENT_COLUMNS, patient_row
from hlc_adapters.imports.subscriptions import SUBSCRIPTION_COLUMNS, subscription_row
from hlc_core.catalog.api import (
    COUPON_COLUMNS,
    PRODUCT_COLUMNS,
    ImportCoupons,
    ImportProducts,
    OnBad,
    coupon_row,
    product_row,
)
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.organizations.api import Organization
from hlc_core.patients.api import ImportPatients
from hlc_core.prescriptions.api import DRUG_COLUMNS, ImportDrugs, drug_row
from hlc_core.subscriptions.api import ImportSubscriptions


class Result(StrEnum):
    """What became of a row, or would become of it."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DUPLICATE = "duplicate"
    BAD = "bad"


@frozen(kw_only=True)
class Outcome:
    """The answer for one row."""

    line: int
    result: Result
    faults: tuple[Fault, ...] = ()


@frozen(kw_only=True)
class Kind:
    """One kind of file. `keys` are columns whose cells may stand in the file once (cases folded where `fold`)."""

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...]
    keys: tuple[str, ...]
    fold: bool
    read: Callable[[int, Mapping[str, str], Organization], Any]
    command: Callable[[Sequence[Any], bool], Command[Any]]
    outcomes: Callable[[Sequence[Any], Any], tuple[Outcome, ...]]


def _on_bad(skip: bool) -> OnBad:
    return OnBad.SKIP if skip else OnBad.REFUSE


def _with_lines(rows: Sequence[Any], answer: Sequence[Any]) -> tuple[Outcome, ...]:
    return tuple(Outcome(line=one.line, result=_RESULTS[one.result], faults=one.faults) for one in answer)


def _patients(rows: Sequence[tuple[int, Any]], answer: Sequence[Any]) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(
            line=line,
            result=Result(one.outcome),
            faults=tuple(Fault(field, message) for field, message in one.faults),
        )
        for (line, _), one in zip(rows, answer, strict=True)
    )


_RESULTS = {**{result.value: result for result in Result}, "unchanged": Result.SAME}

PRODUCTS = Kind(
    name="products",
    columns=PRODUCT_COLUMNS,
    required=("external_id", "name", "price", "kind"),
    keys=("external_id",),
    fold=False,
    read=lambda line, cells, clinic: product_row(line, cells, clinic.currency),
    command=lambda rows, skip: ImportProducts(rows=tuple(rows), on_bad=_on_bad(skip)),
    outcomes=_with_lines,
)

COUPONS = Kind(
    name="coupons",
    columns=COUPON_COLUMNS,
    required=("code",),
    keys=("code",),
    fold=True,
    read=lambda line, cells, clinic: coupon_row(line, cells, clinic.currency, clinic.zone),
    command=lambda rows, skip: ImportCoupons(rows=tuple(rows), on_bad=_on_bad(skip)),
    outcomes=_with_lines,
)

PATIENTS = Kind(
    name="patients",
    columns=PATIENT_COLUMNS,
    required=("external_id", "name", "email"),
    keys=("external_id", "email", "number"),
    fold=True,
    read=lambda line, cells, clinic: (line, patient_row(line, cells)),
    command=lambda rows, skip: ImportPatients(rows=tuple(row for _, row in rows)),
    outcomes=_patients,
)

SUBSCRIPTIONS = Kind(
    name="subscriptions",
    columns=SUBSCRIPTION_COLUMNS,
    required=("external_id", "patient_external_id", "product_external_id", "state", "started_on", "cycle"),
    keys=("external_id",),
    fold=False,
    read=lambda line, cells, clinic: subscription_row(line, cells, clinic.currency),
    command=lambda rows, skip: ImportSubscriptions(rows=tuple(rows)),
    outcomes=_with_lines,
)

DRUGS = Kind(
    name="drugs",
    columns=DRUG_COLUMNS,
    required=("external_id", "name", "compound", "strength", "form"),
    keys=("external_id",),
    fold=False,
    read=lambda line, cells, clinic: drug_row(line, cells),
    command=lambda rows, skip: ImportDrugs(rows=tuple(rows), on_bad=_on_bad(skip)),
    outcomes=_with_lines,
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (PRODUCTS, COUPONS, PATIENTS, SUBSCRIPTIONS, DRUGS)}
"""All of them, by name."""
