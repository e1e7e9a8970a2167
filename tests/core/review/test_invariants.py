"""The doctor looks after answers: each rule is broken once by hand, and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.intake.forms import (
    bought,
    claimed,
    clinician,
    fill,
    intake_of,
    licensed,
    order_of,
    publish,
    review_of,
    submitted,
)
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.care import DECISIONS, INTAKES, REVIEWS
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.intake.api import IntakeState
from hlc_core.invariants.api import OF_ANSWERS
from hlc_core.kernel.evolve import evolve
from hlc_core.orders.api import Order, OrderState
from hlc_core.review.api import ApproveReview
from support.worlds import SYSTEM, World


def approved(world: World) -> Order:
    """An order whose answers were approved."""
    order = submitted(world)
    licensed(world)
    review, token = claimed(world, order)
    world.execute(ApproveReview(review=review, token=token), clinician())
    return order_of(world, order.id)


def spoil(world: World, shape: Shape[Any], row: Any) -> None:
    """Write a row past every rule."""
    session = world.services.backend.begin(write=True)
    session.update(shape, [evolve(row, version=row.version + 1)])
    session.commit()


def lost_order(world: World) -> None:
    """The order goes on without its answers."""
    publish(world)
    spoil(world, ORDERS, evolve(bought(world), state=OrderState.PROCESSING))


def decided_alone(world: World) -> None:
    """The answers are approved, and the order still waits for them."""
    publish(world)
    order = bought(world)
    fill(world, order)
    spoil(world, INTAKES, evolve(intake_of(world, order), state=IntakeState.APPROVED))


def other_revision(world: World) -> None:
    """The review is of answers that are not the last."""
    spoil(world, REVIEWS, evolve(review_of(world, submitted(world)), revision=7))


def no_licence(world: World) -> None:
    """The decision names none."""
    approved(world)
    spoil(world, DECISIONS, evolve(world.rows(DECISIONS)[0], licence=None))


def elsewhere(world: World) -> None:
    """The licence is for another state."""
    approved(world)
    spoil(world, DECISIONS, evolve(world.rows(DECISIONS)[0], patient_state="CA"))


BREAKS: tuple[tuple[Callable[[World], None], str], ...] = (
    (lost_order, "an_order_and_its_answers_are_in_step"),
    (decided_alone, "an_order_and_its_answers_are_in_step"),
    (other_revision, "submitted_answers_have_their_review"),
    (no_licence, "an_approval_stands_on_a_licence"),
    (elsewhere, "an_approval_stands_on_a_licence"),
)


@pytest.mark.parametrize(("breaks", "rule"), BREAKS)
def test_each_rule_is_found_broken(memory_world: World, breaks: Callable[[World], None], rule: str) -> None:
    """With what it means and what to do."""
    breaks(memory_world)

    found = memory_world.services.check_invariants(SYSTEM)

    assert rule in {one.invariant for one in found}, found
    assert {rule for _, rule in BREAKS} == {rule.__name__ for rule in OF_ANSWERS}


def test_a_sound_clinic_has_no_findings(world: World) -> None:
    """At every turn of an order."""
    publish(world)
    bought(world)
    submitted(world)
    approved(world)

    assert () == world.services.check_invariants(SYSTEM)
