"""Dispatching: once for each fill, whatever the network does and wherever the process dies."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.forms import clinician, order_of
from core.prescriptions.shelf import Moody, approved, carry, carry_all, dispatches, drug, prescribed, prescriptions
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_adapters.worker import CARRYING, Worker
from hlc_core.jobs.api import JobName, ListJobs
from hlc_core.orders.api import OrderState
from hlc_core.prescriptions.api import (
    BlockKind,
    CancelDispatch,
    CloseBlock,
    DispatchFill,
    DispatchState,
    DispatchUnderWay,
    HoldPrescription,
    OpenBlock,
    PrescriptionState,
    ReasonMissing,
    ReleasePrescription,
    RetryDispatch,
    TakeDispatches,
)
from support.worlds import SYSTEM, Crash, World, opened

MOODS = ("takes", "accepts", "lost", "down", "deaf", "refuses")


def world_with(pharmacy: Moody, **more: object) -> World:
    """A clinic in memory with that pharmacy."""
    return World(pharmacies=(pharmacy,), **more)  # type: ignore[arg-type]  # fields of World


def test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again(world: World) -> None:
    """The answer is lost: the next look finds the fill there, and it is not handed over twice."""
    pharmacy = Moody(["lost"])
    world.pharmacies = (pharmacy,)
    world.restart()
    drug(world)
    order = approved(world)
    prescribed(world, order)
    carry(world)
    assert [DispatchState.SENDING] == [one.state for one in dispatches(world)]
    assert OrderState.AWAITING_SCRIPT is order_of(world, order.id).state
    world.advance(minutes=5)
    carry(world)

    assert [DispatchState.ACKNOWLEDGED] == [one.state for one in dispatches(world)]
    assert [1] == list(pharmacy.taken.values())
    assert OrderState.AWAITING_FULFILLMENT is order_of(world, order.id).state
    world.sound()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(MOODS), max_size=14))
def test_whatever_the_pharmacy_does_a_fill_is_handed_over_once_at_most_and_it_ends(moods: list[str]) -> None:
    """It ends at the pharmacy or in ERROR; never two handings over; the order agrees with where the fill is."""
    pharmacy = Moody(list(moods))
    world = world_with(pharmacy)
    drug(world)
    order = approved(world)
    prescribed(world, order)
    carry_all(world)
    (one,) = dispatches(world)

    assert one.state in (DispatchState.SENT, DispatchState.ACKNOWLEDGED, DispatchState.ERROR)
    assert set(pharmacy.taken.values()) <= {1}
    there = one.state is not DispatchState.ERROR
    expected = OrderState.AWAITING_FULFILLMENT if there else OrderState.AWAITING_SCRIPT
    assert expected is order_of(world, order.id).state
    assert there <= bool(pharmacy.taken)
    world.sound()


def test_what_was_given_up_is_found_by_a_retry_if_it_had_arrived(memory_world: World) -> None:
    """The first request arrived, then nobody answered for hours: staff retry, and the look-up finds it."""
    pharmacy = Moody(["lost", *["deaf"] * 9])
    world = world_with(pharmacy)
    drug(world)
    prescribed(world)
    carry_all(world)
    (failed,) = dispatches(world)
    assert DispatchState.ERROR is failed.state
    world.execute(RetryDispatch(dispatch=failed.id))
    carry(world)

    assert [DispatchState.ACKNOWLEDGED] == [one.state for one in dispatches(world)]
    assert [1] == list(pharmacy.taken.values())
    world.sound()


def test_a_refused_fill_stands_until_somebody_retries_or_withdraws_it(memory_world: World) -> None:
    """Asking for the fill again answers the failed one; only after a withdrawal with a reason is there another."""
    pharmacy = Moody(["refuses"])
    world = world_with(pharmacy)
    drug(world)
    made = prescribed(world)
    carry(world)
    again = world.execute(DispatchFill(prescription=made.id))
    assert (DispatchState.ERROR, "We do not make that.") == (again.state, again.error)
    with pytest.raises(ReasonMissing):
        world.execute(CancelDispatch(dispatch=again.id))
    world.execute(CancelDispatch(dispatch=again.id, reason="They do not make it."))
    second = world.execute(DispatchFill(prescription=made.id))
    carry(world)

    assert (0, 0) == (again.fill, second.fill)
    states = [one.state for one in dispatches(world)]
    assert [DispatchState.CANCELLED, DispatchState.ACKNOWLEDGED] == states


def test_what_is_under_way_cannot_be_cancelled(memory_world: World) -> None:
    """Nobody knows yet where it is."""
    world = world_with(Moody(["deaf"]))
    drug(world)
    prescribed(world)
    carry(world)
    (one,) = dispatches(world)
    with pytest.raises(DispatchUnderWay):
        world.execute(CancelDispatch(dispatch=one.id, reason="Too late."))


def test_what_is_blocked_or_on_hold_waits_and_goes_out_when_it_is_settled(world: World) -> None:
    """Both stop it; only when the last reason is gone does it go."""
    drug(world)
    made = prescribed(world)
    blocked = world.execute(OpenBlock(prescription=made.id, kind=BlockKind.CLARIFICATION, note="Which dose?"))
    world.execute(HoldPrescription(prescription=made.id, reason="Waits for labs."))
    assert 0 == carry(world)
    world.execute(CloseBlock(prescription=made.id, number=blocked.blocks[0].number, answer="0.25 mg."))
    assert 0 == carry(world)
    world.execute(ReleasePrescription(prescription=made.id))

    assert 1 == carry(world)
    assert [DispatchState.SENT] == [one.state for one in dispatches(world)]


def test_two_workers_never_hold_the_same_fill(world: World) -> None:
    """The second one gets nothing within the lease; after it, it is told to ask first."""
    drug(world)
    prescribed(world)
    (first,) = world.execute(TakeDispatches())
    assert () == world.execute(TakeDispatches())
    world.advance(minutes=3)
    (second,) = world.execute(TakeDispatches())

    assert (False, True) == (first.ask_first, second.ask_first)
    assert (1, 2) == (first.attempt, second.attempt)


def test_many_who_ask_at_once_get_one_dispatch(database_url: str) -> None:
    """Ten threads send the next fill of one prescription for one order."""
    with opened(database_url) as world:
        drug(world)
        made = prescribed(world)
        carry(world)
        answers: list[str] = []

        def ask() -> None:
            answers.append(world.execute(DispatchFill(prescription=made.id), clinician()).id)

        threads = [Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {dispatches(world)[0].id} == set(answers)
        assert 1 == len(dispatches(world))


class Points:
    """Kills the process at the n-th effect point."""

    def __init__(self) -> None:
        self.seen = 0
        self.kill_at = -1

    def __call__(self, point: str) -> None:
        self.seen += 1
        if self.seen == self.kill_at:
            raise Crash(point)


def _crashed(kill_at: int, moods: list[str]) -> tuple[World, Moody, bool]:
    pharmacy, points = Moody(list(moods)), Points()
    world = world_with(pharmacy, probe=points)
    drug(world)
    prescribed(world)
    points.seen, points.kill_at = 0, kill_at
    died = False
    try:
        carry(world)
    except Crash:
        died = True
    points.kill_at = -1
    world.restart()
    return world, pharmacy, died


@pytest.mark.parametrize("mood", ["takes", "lost", "accepts"])
def test_nothing_is_dispatched_twice_wherever_the_process_dies(mood: str) -> None:
    """Killed before and after each commit and each call; the next worker finds out what became of it."""
    points = 0
    while True:
        points += 1
        world, pharmacy, died = _crashed(points, [mood])
        carry_all(world)
        (one,) = dispatches(world)

        assert one.arrived
        assert [1] == list(pharmacy.taken.values())
        assert 1 == sum(1 for move in world.rows(MOVES) if move.target == OrderState.AWAITING_FULFILLMENT)
        world.sound()
        if not died:
            break
    assert points > 6


def test_the_last_fill_depletes_the_prescription_and_its_withdrawal_restores_it(memory_world: World) -> None:
    """No fills left, so no more may be asked for."""
    world = memory_world
    drug(world, refills=0)
    made = prescribed(world)
    carry(world)
    assert PrescriptionState.DEPLETED is prescriptions(world)[0].state
    (one,) = dispatches(world)
    world.execute(CancelDispatch(dispatch=one.id, reason="The pharmacy lost it."))

    assert PrescriptionState.ACTIVE is prescriptions(world)[0].state
    assert 0 == prescriptions(world)[0].next_fill
    assert made.id == world.execute(DispatchFill(prescription=made.id)).prescription


def test_a_prescription_that_ran_out_sends_nothing(memory_world: World) -> None:
    """Its queued fill ends with it."""
    world = memory_world
    drug(world)
    made = prescribed(world)
    world.execute(HoldPrescription(prescription=made.id, reason="Waits."))
    world.advance(days=400)
    world.services.move_refills(SYSTEM)
    carry(world)

    assert PrescriptionState.EXPIRED is prescriptions(world)[0].state
    assert [DispatchState.CANCELLED] == [one.state for one in dispatches(world)]


def test_the_worker_carries_what_waits_and_lets_refills_fall_due(memory_world: World) -> None:
    """Its two jobs of care, run as the service runs them."""
    world = memory_world
    drug(world)
    prescribed(world)
    told: list[str] = []
    worker = Worker(world.services, told.append)
    worker.run_jobs(world.services.directory.all()[0], CARRYING)
    outcomes = {job.name: job.outcome for job in world.ask(ListJobs())}

    assert [DispatchState.SENT] == [one.state for one in dispatches(world)]
    assert "1 prescription carried" == outcomes[JobName.DISPATCHES]
    assert "0 refills due, 0 prescriptions expired" == outcomes[JobName.REFILLS]
    assert [] == told
