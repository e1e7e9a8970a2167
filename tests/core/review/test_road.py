"""The road of an order through intake and review, on every backend."""

from __future__ import annotations

from datetime import date

from core.intake.forms import (
    DOCTOR,
    bought,
    claimed,
    clinician,
    fill,
    intake_of,
    licensed,
    order_of,
    publish,
    review_of,
    submit,
    submitted,
)
from hlc_adapters.storage.shapes.care import INTAKE_REVISIONS
from hlc_core.catalog.api import ProductKind
from hlc_core.intake.api import Correction, IntakeState
from hlc_core.orders.api import OrderState
from hlc_core.organizations.api import OrderSettings
from hlc_core.payments.api import DueRefunds
from hlc_core.review.api import (
    ApproveReview,
    AskForCorrections,
    ClaimNextReview,
    Outcome,
    RejectReview,
    ReviewState,
)
from hlc_core.subscriptions.api import GetSubscription
from support.worlds import MONTH, SYSTEM, World


def test_an_order_goes_from_answers_over_a_clinician_to_the_prescriber(world: World) -> None:
    """Paid -> asked -> submitted -> approved, over a restart; the decision keeps its evidence."""
    publish(world)
    licence = licensed(world)
    order = bought(world)
    assert OrderState.AWAITING_REQUIREMENTS is order.state
    assert IntakeState.NOT_STARTED is intake_of(world, order).state

    fill(world, order)
    world.restart()
    submit(world, order)
    assert OrderState.PROCESSING is order_of(world, order.id).state
    world.advance(hours=3)
    review, token = claimed(world, order)
    decision = world.execute(ApproveReview(review=review, token=token), clinician())

    assert OrderState.AWAITING_SCRIPT is order_of(world, order.id).state
    assert IntakeState.APPROVED is intake_of(world, order).state
    assert Outcome.APPROVED is decision.outcome
    assert decision.licence is not None
    assert (licence.id, licence.number, "NY", date(2028, 1, 1)) == (
        decision.licence.licence, decision.licence.number, decision.licence.state, decision.licence.expires_on,
    )  # fmt: skip
    assert (1, DOCTOR, "NY", 1) == (
        decision.revision, decision.clinician, decision.patient_state, decision.questionnaires[0].number,
    )  # fmt: skip


def test_corrections_go_back_and_forth_as_revisions(world: World) -> None:
    """The patient is asked, answers again, and the reviewer has both revisions; the clock stood still meanwhile."""
    order = submitted(world)
    licensed(world)
    world.advance(hours=1)
    review, token = claimed(world, order)
    asked = (Correction(key="intake", item="weight", reason="Please weigh yourself again."),)
    world.execute(AskForCorrections(review=review, token=token, corrections=asked), clinician())
    assert OrderState.AWAITING_REQUIREMENTS is order_of(world, order.id).state
    assert IntakeState.NEEDS_CORRECTION is intake_of(world, order).state
    assert asked == intake_of(world, order).asked

    world.advance(days=3)
    fill(world, order, weight=("101 kg",))
    submit(world, order)
    world.advance(hours=1)

    assert OrderState.PROCESSING is order_of(world, order.id).state
    assert [1, 2] == [one.number for one in world.rows(INTAKE_REVISIONS)]
    stands = review_of(world, order)
    assert (ReviewState.WAITING, 2, 2 * 3600) == (
        stands.state, stands.revision, int(stands.waited(world.clock.now()).total_seconds()),
    )  # fmt: skip
    assert stands.id == world.execute(ClaimNextReview(), clinician()).id


def test_a_rejection_ends_subscriptions_and_gives_the_money_back_where_the_clinic_wants_it(world: World) -> None:
    """By the organization's two settings."""
    world.change(orders=OrderSettings(refund_on_rejection=True))
    publish(world)
    order = bought(world, interval=MONTH, kind=ProductKind.SUBSCRIPTION)
    fill(world, order)
    submit(world, order)
    review, token = claimed(world, order)
    world.execute(RejectReview(review=review, token=token, reason="Not safe."), clinician())

    assert IntakeState.REJECTED is intake_of(world, order).state
    held = world.ask(GetSubscription(subscription=order.subscriptions[0]))
    assert "CANCELLED" == held.state
    world.advance(days=1)
    world.services.resolve_due(SYSTEM)
    assert OrderState.REFUNDED is order_of(world, order.id).state
    assert () == tuple(world.ask(DueRefunds(limit=10)))
