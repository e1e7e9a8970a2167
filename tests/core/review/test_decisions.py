"""What a clinician may decide, and what the order, the licence and the organization's settings have to say to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.intake.forms import (
    DOCTOR,
    HOME,
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
from hlc_adapters.storage.shapes.care import DECISIONS, REVIEWS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.intake.api import Correction, GetIntake, IntakeState, ListIntakes
from hlc_core.kernel.errors import AlreadyExists, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, OrderId
from hlc_core.kernel.machine import IllegalTransition
from hlc_core.orders.api import MoveOrder, OrderState, OrderTrigger
from hlc_core.patients.api import Address
from hlc_core.review.api import (
    AddLicence,
    ApproveReview,
    AskForCorrections,
    DecideInReview,
    Decision,
    ExplainCare,
    GetReview,
    ListReviews,
    NotALicence,
    NotLicensed,
    Outcome,
    PatientStateUnknown,
    ReasonMissing,
    RejectReview,
    RenewLicence,
    ReviewState,
    VerifyLicence,
    WithdrawLicence,
    approval_of,
)
from support.worlds import SYSTEM, World

TODAY = date(2026, 1, 15)
WEIGHT = Correction(key="intake", item="weight", reason="Please weigh yourself again.")


def _outlived(world: World) -> None:
    """A licence whose last day is over."""
    licensed(world, expires_on=TODAY)
    world.advance(days=1)


def in_force(world: World, order: OrderId) -> Decision | None:
    """What prescriptions would be told."""
    with world.services.units.open(SYSTEM, "test", write=False) as unit:
        return approval_of(order, unit.env)


def approve(world: World, order: Any, name: str = DOCTOR, note: str = "") -> Decision:
    """Claim and approve."""
    review, token = claimed(world, order, name)
    return world.execute(ApproveReview(review=review, token=token, note=note), clinician(name))


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda world: None, "You have no licence for NY, where the patient is, so you cannot approve this."),
        (lambda world: licensed(world, state="NJ"), "You have no licence for NY"),
        (lambda world: licensed(world, "usr_other"), "You have no licence for NY"),
        (_outlived, "expired on 2026-01-15"),
        (
            lambda world: world.execute(
                AddLicence(clinician=DOCTOR, number="N", state="NY", expires_on=date(2030, 1, 1))
            ),
            "is not verified yet",
        ),
        (lambda world: world.execute(WithdrawLicence(licence=licensed(world).id)), "was withdrawn"),
    ],
)
def test_nobody_approves_without_a_valid_licence_for_the_patients_state(
    memory_world: World, prepare: Callable[[World], object], sentence: str
) -> None:
    """None, for another state, somebody else's, expired yesterday, not verified, withdrawn: a clear sentence each."""
    order = submitted(memory_world)
    prepare(memory_world)

    with pytest.raises(NotLicensed, match=sentence):
        approve(memory_world, order)
    assert OrderState.PROCESSING is order_of(memory_world, order.id).state
    assert [] == memory_world.rows(DECISIONS)
    assert sentence in memory_world.ask(GetReview(review=order.id), clinician()).licence


def test_a_licence_counts_on_its_last_day(memory_world: World) -> None:
    """Local to the organization."""
    order = submitted(memory_world)
    licensed(memory_world, expires_on=TODAY)

    assert TODAY == approve(memory_world, order).on


def test_without_a_state_nothing_can_be_approved(memory_world: World) -> None:
    """Neither the order nor the patient has an address with one."""
    world = memory_world
    publish(world)
    visit = world.product(questionnaires=("intake",), needs_prescription=True, ships=False)
    view = world.pay(world.cart(visit), address=None)
    order = order_of(world, view.checkout.order or "")
    fill(world, order)
    submit(world, order)
    licensed(world)

    with pytest.raises(PatientStateUnknown):
        approve(world, order)


@pytest.mark.parametrize(
    ("written", "state"), [("NY", "NY"), (" ny ", "NY"), ("New York", "NY"), ("new  york", "NY"), ("PR", "PR")]
)
def test_states_are_read_as_people_write_them(memory_world: World, written: str, state: str) -> None:
    """Codes in any case, and names."""
    world = memory_world
    publish(world)
    home: Address = evolve(HOME, province_code=written)
    view = world.pay(world.cart(world.product(questionnaires=("intake",))), address=home)

    order = order_of(world, view.checkout.order or "")
    fill(world, order)
    submit(world, order)
    assert state == world.ask(GetReview(review=order.id), clinician()).patient_state


def test_answers_that_speak_against_approval_need_a_sentence(memory_world: World) -> None:
    """And the decision keeps what the clinician saw."""
    order = submitted(memory_world, conditions=("mtc",))
    licensed(memory_world)
    with pytest.raises(ReasonMissing):
        approve(memory_world, order)

    decision = approve(memory_world, order, note="Seen in person; a misunderstanding.")

    assert ["Thyroid cancer."] == [one.reason for one in decision.findings]
    assert "Seen in person; a misunderstanding." == decision.note


def test_an_order_is_not_moved_past_its_review_by_hand(world: World) -> None:
    """Approving, sending back and rejecting are decided in the review, whoever asks."""
    order = submitted(world)

    for trigger in (OrderTrigger.APPROVE, OrderTrigger.SEND_BACK, OrderTrigger.REJECT):
        with pytest.raises(DecideInReview):
            world.execute(MoveOrder(order=order.id, trigger=trigger, reason="By hand."))
    assert OrderState.PROCESSING is order_of(world, order.id).state
    assert IntakeState.SUBMITTED is intake_of(world, order).state


def test_an_approval_counts_until_the_prescriber_sends_it_back(world: World) -> None:
    """On that very revision only."""
    order = submitted(world)
    licensed(world)
    assert in_force(world, order.id) is None
    first = approve(world, order)
    assert first == in_force(world, order.id)

    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.SEND_BACK, reason="Dose of the last month missing."))
    assert in_force(world, order.id) is None
    assert IntakeState.NEEDS_CORRECTION is intake_of(world, order).state
    assert ReviewState.WITH_PATIENT is review_of(world, order).state
    fill(world, order, weight=("99 kg",))
    submit(world, order)
    assert in_force(world, order.id) is None
    second = approve(world, order)

    assert (2, 2) == (second.revision, second.number)
    assert second == in_force(world, order.id)


@pytest.mark.parametrize("trigger", [OrderTrigger.CANCEL, OrderTrigger.REJECT])
def test_an_approval_ends_with_its_order(memory_world: World, trigger: OrderTrigger) -> None:
    """Cancelled, or rejected by the prescriber; reopened, it waits for a clinician again."""
    world = memory_world
    order = submitted(world)
    licensed(world)
    approve(world, order)
    world.execute(MoveOrder(order=order.id, trigger=trigger, reason="By hand."))

    assert in_force(world, order.id) is None
    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.REOPEN, reason="A mistake."))
    assert OrderState.PROCESSING is order_of(world, order.id).state
    assert (IntakeState.SUBMITTED, ReviewState.WAITING) == (
        intake_of(world, order).state, review_of(world, order).state,
    )  # fmt: skip
    assert 2 == approve(world, order).number


def test_a_cancelled_order_leaves_the_queue_whoever_works_on_it(memory_world: World) -> None:
    """The claim ends, and deciding on it is stale."""
    world = memory_world
    order = submitted(world)
    review, token = claimed(world, order)
    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.CANCEL, reason="Changed her mind."))

    assert ReviewState.CLOSED is review_of(world, order).state
    with pytest.raises(HlcError):
        world.execute(RejectReview(review=review, token=token, reason="Not safe."), clinician())


def test_the_clock_stands_still_while_the_laboratory_works(memory_world: World) -> None:
    """And the review comes back when the results do."""
    world = memory_world
    publish(world)
    licensed(world)
    order = bought(world, needs_labs=True)
    fill(world, order)
    submit(world, order)
    world.advance(hours=1)
    review, token = claimed(world, order)
    with pytest.raises(HlcError):
        world.execute(ApproveReview(review=review, token=token), clinician())
    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.ORDER_LABS))
    assert ReviewState.WITH_LAB is review_of(world, order).state
    world.advance(days=9)
    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.ISSUE_REQUISITION))
    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.RECEIVE_RESULTS))
    world.advance(hours=1)

    assert 2 * 3600 == int(review_of(world, order).waited(world.clock.now()).total_seconds())
    approve(world, order)
    assert OrderState.AWAITING_SCRIPT is order_of(world, order.id).state


def test_an_order_without_a_prescription_goes_to_fulfilment(memory_world: World) -> None:
    """There is nothing to prescribe."""
    publish(memory_world)
    licensed(memory_world)
    order = bought(memory_world, needs_prescription=False)
    fill(memory_world, order)
    submit(memory_world, order)
    approve(memory_world, order)

    assert OrderState.AWAITING_FULFILLMENT is order_of(memory_world, order.id).state


@pytest.mark.parametrize(
    "corrections",
    [
        (),
        (Correction(key="intake", item="nothing", reason="Why not."),),
        (Correction(key="other", item="weight", reason="Why not."),),
        (Correction(key="intake", item="weight", reason="?"),),
        (Correction(key="intake", item="weight", reason="x" * 1001),),
        (
            Correction(key="intake", item="weight", reason="Why."),
            Correction(key="intake", item="weight", reason="Why."),
        ),
    ],
)
def test_corrections_name_what_was_asked_and_say_why(memory_world: World, corrections: tuple[Correction, ...]) -> None:
    """Else nothing is sent back."""
    order = submitted(memory_world)
    review, token = claimed(memory_world, order)

    with pytest.raises(ReasonMissing):
        memory_world.execute(AskForCorrections(review=review, token=token, corrections=corrections), clinician())
    assert IntakeState.SUBMITTED is intake_of(memory_world, order).state


def test_an_order_says_who_must_act_on_its_answers(memory_world: World) -> None:
    """Lines without health data, at every turn."""
    world = memory_world
    order = submitted(world)
    assert "review WAITING" in world.ask(ExplainCare(order=order.id))[-1]
    review, token = claimed(world, order)
    asked = (Correction(key="intake", item="weight", reason="canary"),)
    world.execute(AskForCorrections(review=review, token=token, corrections=asked, note="canary"), clinician())

    told = "\n".join(world.ask(ExplainCare(order=order.id)))

    assert "intake NEEDS_CORRECTION since 2026-01-15 17:00" in told
    assert "1 answer is to be corrected by the patient" in told
    assert "canary" not in told


@pytest.mark.parametrize(
    ("state", "country", "stored"),
    [
        ("zz", "US", None),
        ("GU", "US", "GU"),
        ("new york", "US", "NY"),
        ("ON", "CA", "ON"),
        ("XX", "CA", None),
        ("09", "DE", "09"),
    ],
)
def test_a_licence_is_for_a_state_that_there_is(
    memory_world: World, state: str, country: str, stored: str | None
) -> None:
    """Of the USA and Canada all are known, by code and by name."""
    command = AddLicence(clinician=DOCTOR, number="1", state=state, expires_on=TODAY, country=country)
    if stored is None:
        with pytest.raises(NotALicence) as refusal:
            memory_world.execute(command)
        assert ["state"] == [one.field for one in refusal.value.faults]
    else:
        assert stored == memory_world.execute(command).state


def test_a_licence_that_has_expired_is_not_added(memory_world: World) -> None:
    """Nor is one prolonged to a day that is over. On its last day it is still one."""
    command = AddLicence(clinician=DOCTOR, number="1", state="NY", expires_on=date(2026, 1, 14))
    with pytest.raises(NotALicence) as refusal:
        memory_world.execute(command)
    held = memory_world.execute(evolve(command, expires_on=TODAY))
    with pytest.raises(NotALicence):
        memory_world.execute(RenewLicence(licence=held.id, expires_on=date(2026, 1, 14)))

    assert [("expires_on", "it expired; a day from 2026-01-15 on")] == [
        (one.field, one.message) for one in refusal.value.faults
    ]


def test_a_licence_that_was_prolonged_counts_once_that_is_verified(memory_world: World) -> None:
    """Under its number, of which a state gives one. The same day again asks for no second look."""
    held = licensed(memory_world, expires_on=TODAY)
    memory_world.advance(days=40)
    renewed = memory_world.execute(RenewLicence(licence=held.id, expires_on=date(2028, 1, 1)))
    order = submitted(memory_world)
    with pytest.raises(NotLicensed, match="is not verified yet"):
        approve(memory_world, order)
    memory_world.execute(VerifyLicence(licence=held.id))
    again = memory_world.execute(RenewLicence(licence=held.id, expires_on=date(2028, 1, 1)))

    assert (None, date(2028, 1, 1)) == (renewed.verified_at, renewed.expires_on)
    assert again.verified_at is not None
    assert Outcome.APPROVED is approve(memory_world, order).outcome


def test_licences_are_read_strictly(memory_world: World) -> None:
    """All faults at once; the same number of a state only once."""
    with pytest.raises(NotALicence) as refusal:
        memory_world.execute(AddLicence(clinician=ActorId(""), number="", state="!", expires_on=TODAY, country="USA"))
    assert {"clinician", "number", "state", "country"} == {one.field for one in refusal.value.faults}
    licensed(memory_world)
    with pytest.raises(AlreadyExists):
        licensed(memory_world)


def test_a_review_is_decided_once_for_each_revision(memory_world: World) -> None:
    """What is approved cannot be claimed again."""
    order = submitted(memory_world)
    licensed(memory_world)
    assert Outcome.APPROVED is approve(memory_world, order).outcome

    with pytest.raises(IllegalTransition):
        claimed(memory_world, order)
    assert 1 == len(memory_world.rows(REVIEWS))


def test_who_reads_answers_is_written_down(memory_world: World) -> None:
    """By whom and whose, in the intake and in the review; of lists only that which names questionnaires."""
    order = submitted(memory_world)
    intake, review = intake_of(memory_world, order), review_of(memory_world, order)
    memory_world.ask(GetIntake(intake=order.id), clinician())
    memory_world.ask(GetReview(review=order.id), clinician())
    memory_world.ask(ListReviews(), clinician())
    memory_world.ask(ListIntakes(), clinician())

    read = [(one.command, one.actor, one.shown) for one in memory_world.rows(AUDIT_ENTRIES) if one.shown]
    assert [
        ("GetIntake", DOCTOR, f"intake {intake.id}, patient {order.patient}"),
        ("GetReview", DOCTOR, f"review {review.id}, patient {order.patient}"),
        ("ListIntakes", DOCTOR, f"patient {order.patient}"),
    ] == read
