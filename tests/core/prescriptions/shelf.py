"""Approved orders, drugs, and pharmacies of every temper, for tests of prescriptions and refills."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from core.intake.forms import bought, claimed, clinician, fill, licensed, order_of, publish, submit
from hlc_adapters.storage.shapes.care import LICENCES
from hlc_adapters.storage.shapes.prescriptions import DISPATCHES, PRESCRIPTIONS, REFILLS
from hlc_core.catalog.api import Drug as OfferedDrug
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId
from hlc_core.orders.api import Order
from hlc_core.prescriptions.api import (
    AddDrug,
    Dispatch,
    Drug,
    DrugLabel,
    DrugSchedule,
    PharmacyAnswer,
    PharmacyResult,
    Prescribe,
    Prescription,
    Script,
)
from hlc_core.refills.api import Refill
from hlc_core.review.api import ApproveReview
from support.worlds import SYSTEM, World

LABEL = DrugLabel(
    name="Semaglutide weekly",
    compound="semaglutide 2.5 mg/mL",
    strength="2.5 mg/mL",
    form="vial",
    directions="Inject 0.25 mg once a week.",
    quantity=2,
    unit="mL",
    days_supply=28,
    refills=3,
)
OFFERED = (OfferedDrug(name="Semaglutide weekly", compound="semaglutide 2.5 mg/mL"),)


def drug(world: World, **more: Any) -> Drug:
    """A drug of the catalog."""
    return world.execute(AddDrug(label=evolve(LABEL, **more)))


def controlled(world: World) -> Drug:
    """One of schedule III."""
    return drug(world, schedule=DrugSchedule.III)


def reviewed(world: World, order: Order) -> Order:
    """The order after its answers were approved."""
    fill(world, order)
    submit(world, order)
    if not world.rows(LICENCES):
        licensed(world)
    review, token = claimed(world, order)
    world.execute(ApproveReview(review=review, token=token), clinician())
    return order_of(world, order.id)


def approved(world: World, **offer: Any) -> Order:
    """A paid and approved order whose product maps to the drug of the shelf."""
    publish(world)
    return reviewed(world, bought(world, **{"drugs": OFFERED, **offer}))


def prescribed(world: World, order: Order | None = None, **more: Any) -> Prescription:
    """The one prescription of an order, signed, its first fill queued."""
    wish = Prescribe(order=(order or approved(world)).id, prescriber="Dr. Ada Rivera", **more)
    (made,) = world.execute(wish, clinician())
    return made


def carry(world: World) -> int:
    """Let the worker take what is due; answers how many calls there were."""
    return world.services.dispatch_due(SYSTEM)


def carry_all(world: World, rounds: int = 60) -> None:
    """Let the worker work until nothing waits any more, as time goes by."""
    for _ in range(rounds):
        carry(world)
        if not any(one.available_at for one in dispatches(world)):
            return
        world.advance(minutes=61)
    raise AssertionError("The dispatches do not come to an end.")


def dispatches(world: World) -> list[Dispatch]:
    """Every dispatch, oldest first."""
    return sorted(world.rows(DISPATCHES), key=lambda one: one.id)


def prescriptions(world: World) -> list[Prescription]:
    """Every prescription, oldest first."""
    return sorted(world.rows(PRESCRIPTIONS), key=lambda one: one.id)


def refills(world: World) -> list[Refill]:
    """Every refill, by day."""
    return sorted(world.rows(REFILLS), key=lambda one: (one.due_on, one.id))


@define
class Moody:
    """A pharmacy whose network is played by the test: `moods` says what becomes of each call, in turn.

    `lost`: it did take the fill, and its answer was lost. `down`: nothing reached it. `deaf`: it cannot be asked.
    `refuses`, `accepts`, `takes` are its own words. It takes one dispatch once; `taken` counts what it was handed.
    """

    moods: list[str] = field(factory=list)
    name: str = "moody"
    certified: bool = False
    taken: dict[str, int] = field(factory=dict)
    asked: int = 0
    watch: Callable[[], None] = field(default=lambda: None)

    def send(self, script: Script) -> PharmacyAnswer:
        """As the mood is."""
        self.watch()
        mood = self.moods.pop(0) if self.moods else "takes"
        if mood in ("down", "deaf"):
            result = PharmacyResult.NOT_SENT if mood == "down" else PharmacyResult.NO_ANSWER
            return PharmacyAnswer(result=result, code=mood)
        if mood == "refuses":
            return PharmacyAnswer(result=PharmacyResult.REFUSED, code="no_such_drug", text="We do not make that.")
        self.taken[script.dispatch] = self.taken.get(script.dispatch, 0) + 1
        if mood == "lost":
            return PharmacyAnswer(result=PharmacyResult.NO_ANSWER, code="timeout")
        result = PharmacyResult.SENT if mood == "accepts" else PharmacyResult.ACKNOWLEDGED
        return PharmacyAnswer(result=result, reference=f"ph-{len(self.taken)}")

    def look_up(self, dispatch: DispatchId) -> PharmacyAnswer:
        """What it has; a deaf mood hides it."""
        self.asked += 1
        if self.moods and self.moods[0] == "deaf":
            self.moods.pop(0)
            return PharmacyAnswer(result=PharmacyResult.NO_ANSWER, code="deaf")
        if dispatch in self.taken:
            return PharmacyAnswer(result=PharmacyResult.ACKNOWLEDGED, reference="ph-1")
        return PharmacyAnswer(result=PharmacyResult.NOT_FOUND)
