"""Laws of prescribing, under any sequence of acts and under races."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.forms import bought, claimed, clinician, fill, licensed, order_of, publish, submit
from core.prescriptions.shelf import OFFERED, approved, carry, dispatches, drug, prescribed, prescriptions
from hlc_adapters.storage.shapes.care import DECISIONS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_adapters.storage.shapes.prescriptions import DRUGS
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import MoveOrder, Order, OrderTrigger
from hlc_core.prescriptions.api import (
    CancelPrescription,
    DraftPrescription,
    GetPrescription,
    Prescribe,
    ScriptItem,
    SignPrescription,
)
from hlc_core.review.api import ApproveReview, Outcome, RejectReview
from support.worlds import ZONE, World, opened

Act = Callable[[World, Order, str], object]


def _answer(world: World, order: Order, _: str) -> object:
    fill(world, order)
    return submit(world, order)


def _approve(world: World, order: Order, doctor: str) -> object:
    review, token = claimed(world, order, doctor)
    return world.execute(ApproveReview(review=review, token=token), clinician(doctor))


def _reject(world: World, order: Order, doctor: str) -> object:
    review, token = claimed(world, order, doctor)
    return world.execute(RejectReview(review=review, token=token, reason="Not safe."), clinician(doctor))


def _send_back(world: World, order: Order, _: str) -> object:
    return world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.SEND_BACK, reason="Look again."))


def _draft(world: World, order: Order, doctor: str) -> object:
    (known,) = world.rows(DRUGS)
    return world.execute(DraftPrescription(order=order.id, item=ScriptItem(drug=known.id)), clinician(doctor))


def _sign(world: World, order: Order, doctor: str) -> object:
    return [
        world.execute(SignPrescription(prescription=one.id), clinician(doctor))
        for one in prescriptions(world)
        if one.order == order.id and one.signed_at is None and not one.ended
    ]


def _prescribe(world: World, order: Order, doctor: str) -> object:
    return world.execute(Prescribe(order=order.id), clinician(doctor))


def _cancel(world: World, order: Order, doctor: str) -> object:
    return [
        world.execute(CancelPrescription(prescription=one.id, reason="Again."), clinician(doctor))
        for one in prescriptions(world)
        if one.order == order.id and not one.ended
    ]


def _days(world: World, _order: Order, _doctor: str) -> None:
    world.advance(days=4)


def _carry(world: World, _order: Order, _doctor: str) -> object:
    return carry(world)


ACTS: tuple[Act, ...] = (
    _answer, _approve, _approve, _reject, _send_back, _draft, _sign, _prescribe, _prescribe, _cancel, _days, _carry,
)  # fmt: skip
DOCTORS = ("usr_here", "usr_elsewhere", "usr_soon")


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(DOCTORS)), max_size=14))
def test_nothing_is_ever_signed_without_an_approval_that_holds(acts: list[tuple[Act, str]]) -> None:
    """A clinician of the state, one of another state, one whose licence ends in a week; whatever they do in whatever
    order: what is signed rests on an approving decision on that revision, by a licence valid there that day."""
    with opened() as world:
        publish(world)
        drug(world)
        licensed(world, "usr_here")
        licensed(world, "usr_elsewhere", state="CA")
        licensed(world, "usr_soon", expires_on=world.today + timedelta(days=7))
        order = bought(world, drugs=OFFERED)
        _answer(world, order, "")
        for act, doctor in acts:
            try:
                act(world, order_of(world, order.id), doctor)
            except HlcError:
                continue
        decisions = {one.id: one for one in world.rows(DECISIONS)}

        for one in prescriptions(world):
            if one.signed_at is None:
                continue
            decision = decisions[one.approval.decision]
            assert Outcome.APPROVED is decision.outcome
            assert (decision.revision, "NY") == (one.approval.revision, one.approval.licence.state)
            assert local_date(one.signed_at, ZONE) <= one.approval.licence.expires_on
        sent = {one.prescription for one in dispatches(world) if one.arrived}
        assert sent <= {one.id for one in prescriptions(world) if one.signed_at is not None}
        world.sound()


def test_many_who_prescribe_at_once_write_one_prescription_with_one_dispatch(database_url: str) -> None:
    """Eight clicks on the same order, on every backend."""
    with opened(database_url) as world:
        drug(world)
        order = approved(world)
        failed: list[str] = []

        def click() -> None:
            try:
                world.execute(Prescribe(order=order.id), clinician())
            except HlcError as refusal:
                failed.append(refusal.code)

        threads = [Thread(target=click) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [] == failed
        assert (1, 1) == (len(prescriptions(world)), len(dispatches(world)))
        world.sound()


def test_workers_that_carry_at_once_hand_each_fill_over_once(database_url: str) -> None:
    """Four workers over five orders."""
    with opened(database_url) as world:
        drug(world)
        for _ in range(5):
            prescribed(world, approved(world))
        counts: list[int] = []
        threads = [Thread(target=lambda: counts.append(carry(world))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while carry(world):
            pass

        assert all(one.arrived and one.attempts == 1 for one in dispatches(world))
        assert sum(counts) <= 5
        world.sound()


def test_who_reads_a_prescription_is_written_down(memory_world: World) -> None:
    """By whom and which; nothing of what is in it."""
    world = memory_world
    drug(world)
    made = prescribed(world)
    world.ask(GetPrescription(prescription=made.number), clinician())
    entry = world.rows(AUDIT_ENTRIES)[-1]

    assert ("GetPrescription", "usr_doctor", f"prescription {made.id}") == (entry.command, entry.actor, entry.shown)
    written = " ".join(one.asked + one.written + one.shown for one in world.rows(AUDIT_ENTRIES))
    assert "emaglutide" not in written
    assert "Inject" not in written
