"""Pauses: now or later, back in a new period or in the old rhythm, with and without debt."""

from __future__ import annotations

from datetime import date

import pytest

from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.machine import GuardRefused, IllegalTransition
from hlc_core.kernel.time import Period
from hlc_core.subscriptions.api import (
    CancelSubscription,
    KeepSubscription,
    NothingIsPlanned,
    OpenDebt,
    PauseSubscription,
    ResumeAs,
    ResumeSubscription,
    State,
    Subscription,
    When,
    cancel_subscription,
    keep_subscription,
    pause_subscription,
    pause_unpaid,
    resume_subscription,
)
from support.subscriptions_world import World, terms, usd

FEB_28, MAR_31 = date(2026, 2, 28), date(2026, 3, 31)


@pytest.fixture
def world() -> World:
    return World()


def pause(world: World, held: Subscription, when: When = When.NOW, resume_on: date | None = None) -> Subscription:
    pause_subscription(PauseSubscription(subscription=held.id, when=when, resume_on=resume_on), world)
    return world.now(held)


def resume(world: World, held: Subscription, way: ResumeAs, open_debt: OpenDebt = OpenDebt.COLLECT) -> Subscription:
    resume_subscription(ResumeSubscription(subscription=held.id, resume_as=way, open_debt=open_debt), world)
    return world.now(held)


def test_a_pause_bills_nothing_until_it_ends(world: World) -> None:
    """Paused for good: never due."""
    held = world.start(terms())
    world.forget()

    paused = pause(world, held)

    assert (State.PAUSED, None) == (paused.state, paused.next_due)
    assert ["subscription.paused"] == world.events
    assert [] == list(world.subscriptions.due(date(2030, 1, 1), None, 10))


def test_resuming_within_paid_time_goes_on_as_if_nothing_had_been(world: World) -> None:
    """KEEP_ANCHOR before the period is over: paid time is used up, then it renews."""
    held = world.start(terms())
    pause(world, held)
    world.day(date(2026, 2, 20))

    back = resume(world, held, ResumeAs.KEEP_ANCHOR)

    assert (State.ACTIVE, FEB_28, held.period) == (back.state, back.next_due, back.period)


def test_keeping_the_anchor_bills_the_rest_of_the_running_period(world: World) -> None:
    """Back on 15 April: the share of 15 of 30 days is billed, then whole periods on the anchor's day again."""
    held = world.start(terms(3000, cycles=12))
    pause(world, held)
    world.day(date(2026, 4, 15))
    back = resume(world, held, ResumeAs.KEEP_ANCHOR)
    assert (3, date(2026, 4, 15)) == (back.next_cycle, back.next_due)

    paid = world.renew(held)

    assert Period(date(2026, 4, 15), date(2026, 4, 30)) == paid.period
    assert usd(4500) == paid.charged
    assert 1 == paid.paid
    world.day(date(2026, 4, 30))
    assert Period(date(2026, 4, 30), date(2026, 5, 31)) == world.renew(held).period


def test_coming_back_on_a_boundary_bills_a_whole_period(world: World) -> None:
    """KEEP_ANCHOR on a boundary: the cycle of that day, and the ones in between are not billed."""
    held = world.start(terms())
    pause(world, held)
    world.day(date(2026, 4, 30))
    resume(world, held, ResumeAs.KEEP_ANCHOR)

    paid = world.renew(held)

    assert (4, 2, usd(6000)) == (paid.cycle, paid.paid, paid.charged)


def test_a_new_period_begins_on_the_day_and_moves_the_anchor(world: World) -> None:
    """NEW_PERIOD after the paid time: billed in full from that day."""
    held = world.start(terms())
    pause(world, held)
    world.day(date(2026, 4, 15))
    resume(world, held, ResumeAs.NEW_PERIOD)

    paid = world.renew(held)

    assert (2, date(2026, 4, 15), usd(6000)) == (paid.cycle, paid.anchor, paid.charged)
    assert Period(date(2026, 4, 15), date(2026, 5, 15)) == paid.period


def test_a_new_period_gives_back_paid_time_behind_it(world: World) -> None:
    """NEW_PERIOD within paid time: the unused half comes back as credit, and the instalment begins anew."""
    held = world.start(terms(2800, cycles=2))
    pause(world, held)
    world.day(date(2026, 2, 14))
    back = resume(world, held, ResumeAs.NEW_PERIOD)
    assert (usd(1400), 0) == (back.credit, back.paid)

    paid = world.renew(held)

    assert (usd(2800 + 1400), usd(0), 1) == (paid.charged, paid.credit, paid.paid)


def test_a_pause_ends_by_itself_on_its_day(world: World) -> None:
    """The day of the return is due; looked at late, it still counts from the agreed day."""
    held = world.start(terms())
    paused = pause(world, held, resume_on=date(2026, 4, 15))
    assert date(2026, 4, 15) == paused.next_due

    back = world.turn(held, date(2026, 4, 18))

    assert (State.ACTIVE, date(2026, 4, 15), date(2026, 4, 15)) == (back.state, back.anchor, back.next_due)


def test_a_pause_at_the_periods_end_waits_for_it(world: World) -> None:
    """Marked now, paused when the paid period is over, instead of being billed."""
    held = pause(world, world.start(terms()), When.PERIOD_END, date(2026, 6, 1))
    assert (State.ACTIVE, True, FEB_28) == (held.state, held.pause_at_period_end, held.next_due)

    paused = world.turn(held, FEB_28)

    assert (State.PAUSED, date(2026, 6, 1), usd(3000)) == (paused.state, paused.next_due, paused.charged)


def test_a_pause_cannot_end_before_it_begins(world: World) -> None:
    """The day of the return lies behind the beginning of the pause."""
    held = world.start(terms())

    with pytest.raises(Invalid):
        pause(world, held, When.PERIOD_END, FEB_28)


def test_what_is_planned_can_be_taken_back(world: World) -> None:
    """Keeping it takes back the ending and the pause; with nothing planned it says so."""
    held = pause(world, world.start(terms()), When.PERIOD_END, date(2026, 6, 1))

    kept = keep_subscription(KeepSubscription(subscription=held.id), world)

    assert (False, None) == (kept.pause_at_period_end, kept.resume_on)
    with pytest.raises(NothingIsPlanned):
        keep_subscription(KeepSubscription(subscription=held.id), world)


def test_pausing_again_moves_the_end_of_the_pause(world: World) -> None:
    """A paused subscription takes the new day and stays paused."""
    held = pause(world, world.start(terms()))
    world.forget()

    again = pause(world, held, resume_on=date(2026, 5, 1))

    assert (State.PAUSED, date(2026, 5, 1)) == (again.state, again.next_due)
    assert [] == world.events


def test_a_charge_under_way_is_waited_for(world: World) -> None:
    """While a renewal is billed and undecided, it is not paused."""
    held = world.start(terms())
    world.day(FEB_28)
    world.open_next(held)

    with pytest.raises(GuardRefused):
        pause(world, held)


def test_a_trial_goes_on_after_a_pause(world: World) -> None:
    """Back within the trial, it is a trial again; NEW_PERIOD ends it and bills."""
    held = world.start(terms(trial_days=14))
    pause(world, held)
    world.day(date(2026, 2, 10))
    back = resume(world, held, ResumeAs.KEEP_ANCHOR)
    assert (State.TRIALING, date(2026, 2, 14)) == (back.state, back.next_due)

    pause(world, held)
    back = resume(world, held, ResumeAs.NEW_PERIOD)
    assert (State.TRIALING, date(2026, 2, 10)) == (back.state, back.next_due)
    assert State.ACTIVE is world.renew(held).state


def test_a_debt_outlives_the_pause(world: World) -> None:
    """Recovery has failed and the policy pauses: the debt stays, and coming back is past due until it is paid."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    (paused,) = pause_unpaid([held.id], world)
    assert State.PAUSED is paused.state
    assert paused.bill is not None
    world.day(date(2026, 3, 10))

    back = resume(world, held, ResumeAs.NEW_PERIOD)
    assert (State.PAST_DUE, None) == (back.state, back.next_due)

    paid = world.pay(held)
    assert (State.ACTIVE, 2, MAR_31) == (paid.state, paid.cycle, paid.next_due)


def test_a_debt_paid_during_the_pause_does_not_end_it(world: World) -> None:
    """The cycle is paid, the pause goes on."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    pause(world, held, resume_on=date(2026, 6, 1))

    paid = world.pay(held)

    assert (State.PAUSED, 2, date(2026, 6, 1)) == (paid.state, paid.cycle, paid.next_due)


def test_a_debt_can_be_forgiven_on_the_way_back(world: World) -> None:
    """Forgiven: a new period begins with the next number."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    pause(world, held)
    world.day(date(2026, 4, 1))
    world.forget()

    back = resume(world, held, ResumeAs.NEW_PERIOD, OpenDebt.FORGIVE)

    assert (State.ACTIVE, 3, date(2026, 4, 1)) == (back.state, back.next_cycle, back.next_due)
    assert ["subscription.bill_forgiven", "subscription.resumed"] == world.events


def test_coming_back_in_a_forgiven_cycle_is_free_until_its_end(world: World) -> None:
    """The debt was forgiven with its period: the old rhythm goes on with the next one."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    pause(world, held)
    world.day(date(2026, 3, 10))

    back = resume(world, held, ResumeAs.KEEP_ANCHOR, OpenDebt.FORGIVE)

    assert (State.ACTIVE, 3, MAR_31, usd(3000)) == (back.state, back.next_cycle, back.next_due, back.charged)


def test_resuming_what_runs_changes_nothing_and_what_has_ended_is_refused(world: World) -> None:
    """Losers read what stands; the end is the end."""
    held = world.start(terms())
    assert held == resume(world, held, ResumeAs.NEW_PERIOD)
    cancel_subscription(
        CancelSubscription(subscription=held.id, when=When.NOW, reason="Moved.", open_debt=OpenDebt.COLLECT), world
    )

    with pytest.raises(IllegalTransition):
        resume(world, held, ResumeAs.NEW_PERIOD)
