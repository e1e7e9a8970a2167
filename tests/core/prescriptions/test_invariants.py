"""The doctor's rules about prescriptions and refills: each finds what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.intake.forms import clinician
from core.prescriptions.shelf import dispatches, prescriptions, refills
from core.refills.test_refills import due, plan
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_adapters.storage.shapes.prescriptions import DISPATCHES, PRESCRIPTIONS, REFILLS
from hlc_core.invariants.api import OF_FILLS, Planned, Prescribed
from hlc_core.invariants.fills import one_refill_a_fill, one_standing_dispatch_a_fill
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId, RefillId
from hlc_core.orders.api import OrderState
from hlc_core.prescriptions.api import DispatchState
from hlc_core.refills.api import RefillState, SendRefill
from support.worlds import SYSTEM, World


def replace(world: World, shape: Shape[Any], row: Any, **changes: Any) -> None:
    """Put another value in the row's place, past every rule."""
    session = world.services.backend.begin(write=True)
    session.delete(shape, [row])
    session.insert(shape, [evolve(row, **changes)])
    session.commit()


def other_revision(world: World) -> None:
    one = prescriptions(world)[0]
    replace(world, PRESCRIPTIONS, one, approval=evolve(one.approval, revision=7))


def forgotten_fill(world: World) -> None:
    replace(world, PRESCRIPTIONS, prescriptions(world)[0], fills=())


def order_left_behind(world: World) -> None:
    first = dispatches(world)[0]
    order = next(one for one in world.rows(ORDERS) if one.id == first.order)
    replace(world, ORDERS, order, state=OrderState.AWAITING_SCRIPT)


def completed_by_nothing(world: World) -> None:
    replace(world, REFILLS, refills(world)[1], state=RefillState.COMPLETED)


def lost_dispatch(world: World) -> None:
    sent = refills(world)[0]
    one = next(each for each in dispatches(world) if each.id == sent.dispatch)
    replace(world, DISPATCHES, one, state=DispatchState.CANCELLED)


BREAKS: list[tuple[str, Callable[[World], None]]] = [
    ("a_signed_prescription_has_its_approval", other_revision),
    ("fills_follow_their_dispatches", forgotten_fill),
    ("an_order_moves_on_with_its_fills", order_left_behind),
    ("a_completed_refill_was_given", completed_by_nothing),
    ("a_completed_refill_was_given", lost_dispatch),
]
TWICE = ("one_standing_dispatch_a_fill", "one_refill_a_fill")


@pytest.mark.parametrize(("name", "breaks"), BREAKS)
def test_a_broken_invariant_is_found(memory_world: World, name: str, breaks: Callable[[World], None]) -> None:
    """Sound rows have no finding; one row written past the rules is found, with what it means and what to do."""
    world = memory_world
    plan(world)
    world.advance(days=90)
    due(world)
    world.execute(SendRefill(refill=refills(world)[0].id), clinician())
    world.sound()

    breaks(world)
    found = world.services.check_invariants(SYSTEM, settle_seconds=0, days=4000)

    mine = [finding for finding in found if finding.invariant == name]
    assert mine, [finding.invariant for finding in found]
    assert all(finding.subjects and finding.means and finding.remedy for finding in mine)


def test_what_unique_indexes_forbid_is_looked_after_all_the_same(memory_world: World) -> None:
    """Two dispatches of one fill, two refills of one number: found in the facts."""
    world = memory_world
    plan(world)
    one, refill = dispatches(world)[0], refills(world)[0]
    twice = Prescribed(dispatches=[one, evolve(one, id=DispatchId("dsp_zz"))], zones={})
    planned = Planned(refills=[refill, evolve(refill, id=RefillId("rfl_zz"))])
    found = {f.invariant for f in one_standing_dispatch_a_fill(twice)} | {
        f.invariant for f in one_refill_a_fill(planned)
    }

    assert set(TWICE) == found
    assert {*TWICE, *(name for name, _ in BREAKS)} == set(OF_FILLS)
