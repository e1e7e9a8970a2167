"""Starting, renewing, failing and recovering: number and period advance only with the money."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve

from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Period
from hlc_core.subscriptions.api import (
    AmountDiffers,
    CycleOutOfTurn,
    Discount,
    ForgiveBill,
    NextCycle,
    PaidCycle,
    State,
    Turn,
    bills_of,
    due_cycles,
    fall_past_due,
    forgive_bills,
    forgive_cycles,
    instalments_left,
    open_bills,
    renewed,
    turn_of,
    turn_over,
)
from support.subscriptions_world import World, terms, usd

FEB_28, MAR_31, APR_30 = date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)


@pytest.fixture
def world() -> World:
    return World()


def test_a_purchase_starts_paid_for_its_first_cycle(world: World) -> None:
    """Bought on 31 January: active, cycle 1, due on 28 February."""
    held = world.start(terms())

    assert (State.ACTIVE, 1, 1) == (held.state, held.cycle, held.paid)
    assert Period(date(2026, 1, 31), FEB_28) == held.period
    assert held.next_due == FEB_28
    assert ["subscription.created", "subscription.activated"] == world.events


def test_a_trial_bills_its_first_cycle_at_the_end(world: World) -> None:
    """A trial of 14 days: nothing charged, the anchor is its last day's morrow."""
    held = world.start(terms(trial_days=14))
    assert (State.TRIALING, 0) == (held.state, held.cycle)
    assert date(2026, 2, 14) == held.anchor == held.next_due == held.trial_end

    world.day(date(2026, 2, 14))
    world.forget()
    held = world.renew(held)

    assert (State.ACTIVE, 1) == (held.state, held.cycle)
    assert date(2026, 3, 14) == held.next_due
    assert ["subscription.activated", "subscription.renewed"] == world.events


def test_a_purchase_in_another_currency_is_refused(world: World) -> None:
    """What was billed is in the currency of the terms."""
    with pytest.raises(Invalid):
        world.start(terms(), billed=Money(3000, "EUR"))


def test_a_cycle_that_nothing_is_owed_for_is_paid_without_a_bill(world: World) -> None:
    """A plan that costs nothing: the run may settle the cycle at once."""
    held = world.start(terms(0))
    world.day(FEB_28)

    (paid,) = renewed([PaidCycle(subscription=held.id, cycle=2, amount=usd(0))], world)

    assert (2, MAR_31) == (paid.cycle, paid.next_due)


def test_a_cycle_is_not_billed_out_of_turn(world: World) -> None:
    """One that is paid, or while another is open, is refused; past due has no turn."""
    held = world.start(terms())
    with pytest.raises(CycleOutOfTurn):
        open_bills([NextCycle(subscription=held.id, cycle=1)], world)
    world.fail(held)
    with pytest.raises(CycleOutOfTurn):
        open_bills([NextCycle(subscription=held.id, cycle=3)], world)

    assert Turn.NOTHING is turn_of(evolve(world.now(held), next_due=FEB_28), FEB_28)


def test_forgiving_by_hand_asks_a_reason(world: World) -> None:
    """Nobody drops a bill without saying why."""
    with pytest.raises(Invalid):
        ForgiveBill(subscription=SubscriptionId("sub_1"), reason="")


def test_a_trial_that_was_charged_is_refused(world: World) -> None:
    """Checkout bills nothing for a trial."""
    with pytest.raises(Invalid):
        world.start(terms(trial_days=7), billed=usd(100))


def test_a_renewal_advances_when_it_is_paid_and_not_before(world: World) -> None:
    """An open bill fixes the amount and takes the subscription off the due list; paying it advances everything."""
    held = world.start(terms())
    world.day(FEB_28)

    billed = world.open_next(held)
    assert (1, None, FEB_28) == (billed.cycle, billed.next_due, billed.period.end)
    assert () == tuple(world.subscriptions.due(MAR_31, None, 10))
    world.forget()
    paid = world.pay(held)

    assert (2, 2, MAR_31) == (paid.cycle, paid.paid, paid.next_due)
    assert Period(FEB_28, MAR_31) == paid.period
    assert ["subscription.renewed"] == world.events


def test_billing_and_paying_twice_is_once(world: World) -> None:
    """The second run and the second notice find what stands."""
    held = world.start(terms())
    world.day(FEB_28)
    wanted = [NextCycle(subscription=held.id, cycle=2)]
    first, second = open_bills(wanted, world), open_bills(wanted, world)
    once = world.pay(held)
    world.forget()

    renewed([PaidCycle(subscription=held.id, cycle=2, amount=usd(3000))], world)

    assert first == second
    assert once == world.now(held)
    assert [] == world.events


def test_a_failed_renewal_is_past_due_and_told_once(world: World) -> None:
    """The period does not move; further declines say nothing more; recovery advances it."""
    held = world.start(terms())
    world.day(FEB_28)
    world.forget()
    failed = world.fail(held)
    fall_past_due([held.id], world)

    assert (State.PAST_DUE, 1, FEB_28) == (failed.state, failed.cycle, failed.period.end)
    assert ["subscription.past_due"] == world.events
    world.day(date(2026, 3, 5))
    world.forget()
    back = world.pay(held)

    assert (State.ACTIVE, 2, MAR_31) == (back.state, back.cycle, back.next_due)
    assert ["subscription.recovered", "subscription.renewed"] == world.events


def test_a_failed_first_charge_is_activated_when_it_is_recovered(world: World) -> None:
    """The trial is over when the first cycle is paid, however late."""
    held = world.start(terms(trial_days=14))
    world.day(date(2026, 2, 14))
    assert world.fail(held).state is State.PAST_DUE
    world.forget()

    world.pay(held)

    assert ["subscription.recovered", "subscription.activated", "subscription.renewed"] == world.events


def test_a_wrong_amount_is_not_taken_for_the_bill(world: World) -> None:
    """What was paid must be what was billed."""
    held = world.start(terms())
    world.open_next(held)

    with pytest.raises(AmountDiffers):
        renewed([PaidCycle(subscription=held.id, cycle=2, amount=usd(2999))], world)


def test_a_late_recovery_owes_exactly_the_missed_periods(world: World) -> None:
    """Paid after three more boundaries have passed: those cycles are due, and no others."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    world.day(date(2026, 5, 31))
    held = world.pay(held)

    assert range(3, 6) == due_cycles(held, date(2026, 5, 31))


def test_missed_periods_can_all_be_billed_one_after_the_other(world: World) -> None:
    """bill_all: each at its own price, discounts counted on; the plan shows what will be billed."""
    held = world.start(terms(discount=Discount(basis_points=5000, cycles=3)))
    plan = bills_of(held, due_cycles(held, APR_30))

    assert [(2, 1500), (3, 1500), (4, 3000)] == [(bill.cycle, bill.due.amount) for bill in plan]
    for bill in plan:
        held = world.renew(held)
        assert bill.period == held.period
    assert Turn.NOTHING is turn_of(held, APR_30)


def test_only_the_current_period_can_be_billed(world: World) -> None:
    """bill_current: the missed numbers are forgiven and told, the last one is billed at the next paid cycle's price."""
    held = world.start(terms(discount=Discount(basis_points=5000, cycles=2)))
    world.day(APR_30)
    world.forget()
    (bill,) = open_bills([NextCycle(subscription=held.id, cycle=4)], world)

    assert (4, 1500) == (bill.cycle, bill.due.amount)
    assert ["subscription.cycles_forgiven"] == world.events
    paid = world.pay(held)
    assert (4, 2, date(2026, 5, 31)) == (paid.cycle, paid.paid, paid.next_due)


def test_missed_periods_can_be_forgiven(world: World) -> None:
    """forgive: none is billed, the next boundary is due; doing it again changes nothing."""
    held = world.start(terms())
    world.day(APR_30)
    through = [NextCycle(subscription=held.id, cycle=4)]
    forgive_cycles(through, world)
    world.forget()
    (after,) = forgive_cycles(through, world)

    assert (1, 5, date(2026, 5, 31)) == (after.cycle, after.next_cycle, after.next_due)
    assert [] == world.events
    assert Turn.NOTHING is turn_of(after, APR_30)


def test_a_forgiven_bill_keeps_its_number_and_late_money_becomes_credit(world: World) -> None:
    """The debt is void and the subscription active; if the money comes all the same it is not lost, and not twice."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    world.forget()
    (after,) = forgive_bills([held.id], "Goodwill.", world)
    assert (State.ACTIVE, 3, MAR_31) == (after.state, after.next_cycle, after.next_due)
    assert ["subscription.bill_forgiven"] == world.events

    late = PaidCycle(subscription=held.id, cycle=2, amount=usd(3000))
    renewed([late], world)
    renewed([late], world)
    after = world.now(held)
    assert (1, usd(3000), usd(6000)) == (after.cycle, after.credit, after.charged)

    world.day(MAR_31)
    paid = world.renew(held)
    assert (3, usd(0), usd(6000)) == (paid.cycle, paid.credit, paid.charged)


def test_a_commitment_is_complete_when_its_last_cycle_has_run(world: World) -> None:
    """Three cycles: the third is the last to be billed; with its end the subscription is complete."""
    held = world.start(terms(cycles=3))
    for day in (FEB_28, MAR_31):
        world.day(day)
        held = world.renew(held)
    assert (State.ACTIVE, 0) == (held.state, instalments_left(held))
    assert Turn.COMPLETE is turn_of(held, APR_30)
    assert range(4, 4) == due_cycles(held, APR_30)
    with pytest.raises(CycleOutOfTurn):
        open_bills([NextCycle(subscription=held.id, cycle=4)], world)

    world.forget()
    done = world.turn(held, APR_30)

    assert (State.COMPLETED, None) == (done.state, done.next_due)
    assert ["subscription.completed"] == world.events


def test_a_prepaid_plan_renews_once_a_term(world: World) -> None:
    """Six months up front: one bill every six months, on the anchor's day."""
    held = world.start(terms(60_000, prepaid_months=6))
    assert date(2026, 7, 31) == held.next_due

    world.day(date(2026, 7, 31))
    held = world.renew(held)

    assert date(2027, 1, 31) == held.next_due


def test_a_batch_costs_one_read(world: World) -> None:
    """Many subscriptions are read in one statement for each step, however many they are."""
    held = [world.start(terms(), line=line) for line in range(50)]
    world.day(FEB_28)
    before = world.subscriptions.statements
    bills = open_bills([NextCycle(subscription=one.id, cycle=2) for one in held], world)
    renewed([PaidCycle(subscription=b.subscription, cycle=2, amount=b.due) for b in bills], world)

    assert before + 2 == world.subscriptions.statements
    assert {2} == {world.now(one).cycle for one in held}


def test_days_without_a_turn_change_nothing(world: World) -> None:
    """Turning over what is not due, or what must be billed, leaves it alone."""
    held = world.start(terms())

    assert (held,) == turn_over([held.id], date(2026, 2, 27), world)
    assert (held,) == turn_over([held.id], FEB_28, world)
    assert () == turn_over([SubscriptionId("sub_none")], FEB_28, world)
