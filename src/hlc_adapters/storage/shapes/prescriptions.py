"""Shapes of drugs, prescriptions, dispatches and refills. What is clinical is sealed."""

from __future__ import annotations

from datetime import date, datetime

from hlc_adapters.storage.shape import Index, Shape, Unique, boolean, day, instant, integer, text
from hlc_core.kernel.text import folded
from hlc_core.prescriptions.machine import DISPATCH, PRESCRIPTION, DispatchState
from hlc_core.prescriptions.model import Dispatch, Drug, Prescription
from hlc_core.refills.machine import REFILL, RefillState
from hlc_core.refills.model import Refill

DRUGS: Shape[Drug] = Shape(
    "drugs",
    Drug,
    (
        text("key"),
        text("called", lambda drug: folded(drug.label.name)),
        boolean("active"),
        text("external_id"),
    ),
    uniques=(Unique("one_drug_per_key", ("key",)), Unique("one_drug_per_external_id", ("external_id",))),
    indexes=(Index(("called",)),),
    kind="drug",
    listed="drugs at /drugs",
)


def _standing(one: Prescription) -> str | None:
    return None if one.ended else one.medicine.drug


def _last_day(one: Prescription) -> date | None:
    return None if one.ended else one.expires_on


PRESCRIPTIONS: Shape[Prescription] = Shape(
    "prescriptions",
    Prescription,
    (
        text("number"),
        text("state"),
        text("patient"),
        text("order_id", "order"),
        text("standing_drug", _standing),
        text("subscription"),
        day("last_day", _last_day),
        boolean("blocked"),
    ),
    uniques=(
        Unique("one_prescription_per_number", ("number",)),
        Unique("one_standing_prescription_per_drug", ("order_id", "standing_drug")),
    ),
    indexes=(
        Index(("patient",)),
        Index(("order_id",)),
        Index(("subscription",)),
        Index(("state",)),
        Index(("last_day",)),
    ),
    machine=PRESCRIPTION,
    sealed=True,
    kind="prescription",
    listed="prescriptions at /prescriptions",
)


def _fill(one: Dispatch) -> int | None:
    return one.fill if one.stands else None


def _order(one: Dispatch) -> str | None:
    return one.order if one.stands else None


def _available(one: Dispatch) -> datetime | None:
    return None if one.state in (DispatchState.ERROR, DispatchState.CANCELLED) else one.available_at


DISPATCHES: Shape[Dispatch] = Shape(
    "dispatches",
    Dispatch,
    (
        text("state"),
        text("prescription"),
        integer("standing_fill", _fill),
        text("standing_order", _order),
        text("patient"),
        text("order_id", "order"),
        text("pharmacy"),
        instant("available_at", _available),
    ),
    uniques=(
        Unique("one_standing_dispatch_per_fill", ("prescription", "standing_fill")),
        Unique("one_standing_dispatch_per_order", ("prescription", "standing_order")),
    ),
    indexes=(Index(("prescription",)), Index(("order_id",)), Index(("state",)), Index(("available_at",))),
    machine=DISPATCH,
    sealed=True,
    kind="dispatch",
    listed="dispatches at /dispatches",
)


def _scheduled(one: Refill) -> date | None:
    return one.due_on if one.state is RefillState.SCHEDULED else None


def _waiting(one: Refill) -> date | None:
    return one.due_on if one.waits_for_provider else None


REFILLS: Shape[Refill] = Shape(
    "refills",
    Refill,
    (
        text("state"),
        text("origin"),
        integer("fill"),
        text("patient"),
        text("prescription"),
        text("invoice"),
        text("order_id", "order"),
        text("subscription"),
        day("due_on"),
        day("scheduled_on", _scheduled),
        day("waiting_since", _waiting),
    ),
    uniques=(Unique("one_refill_per_fill", ("origin", "fill")),),
    indexes=(
        Index(("patient",)),
        Index(("prescription",)),
        Index(("invoice",)),
        Index(("order_id",)),
        Index(("subscription",)),
        Index(("state",)),
        Index(("scheduled_on",)),
        Index(("waiting_since",)),
    ),
    machine=REFILL,
    sealed=True,
    kind="refill",
    listed="refills at /refills",
)

SHAPES = (DRUGS, PRESCRIPTIONS, DISPATCHES, REFILLS)
