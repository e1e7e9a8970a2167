"""Endings: now or with the period, with the debt collected or forgiven; and orders that are rejected."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hlc_core.invoicing.api import InvoicePaid, InvoiceVoided
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.ids import InvoiceId, ObligationId, OrderId, PatientId
from hlc_core.orders.api import OrderRejected
from hlc_core.subscriptions.api import (
    CancelSubscription,
    ForgiveBill,
    OpenDebt,
    PaidCycle,
    State,
    Subscription,
    When,
    cancel_subscription,
    cancel_unpaid,
    fall_past_due,
    forgive_bill,
    renewed,
)
from hlc_core.subscriptions.reactions import invoices_paid, invoices_voided, orders_rejected
from support.subscriptions_world import World, terms, usd

FEB_28 = date(2026, 2, 28)


@pytest.fixture
def world() -> World:
    return World()


def cancel(
    world: World, held: Subscription, when: When = When.NOW, open_debt: OpenDebt = OpenDebt.COLLECT
) -> Subscription:
    command = CancelSubscription(subscription=held.id, when=when, reason="Too dear.", open_debt=open_debt)
    cancel_subscription(command, world)
    return world.now(held)


def test_it_ends_now_and_for_good(world: World) -> None:
    """Cancelled with its reason, nothing more is due, and cancelling again changes nothing."""
    held = world.start(terms())
    world.forget()
    ended = cancel(world, held)
    again = cancel(world, held)

    assert (State.CANCELLED, None, "Too dear.") == (ended.state, ended.next_due, ended.cancel_reason)
    assert ended == again
    assert ["subscription.cancelled"] == world.events


def test_it_ends_with_the_period_that_is_paid(world: World) -> None:
    """A flag until then; on the day it ends instead of being billed."""
    held = cancel(world, world.start(terms()), When.PERIOD_END)
    assert (State.ACTIVE, True) == (held.state, held.cancel_at_period_end)
    assert "subscription.ending_planned" in world.events

    ended = world.turn(held, FEB_28)

    assert (State.CANCELLED, "Too dear.", usd(3000)) == (ended.state, ended.cancel_reason, ended.charged)


def test_a_reason_is_asked(world: World) -> None:
    """Nobody cancels without saying why."""
    held = world.start(terms())

    with pytest.raises(Invalid):
        CancelSubscription(subscription=held.id, when=When.NOW, reason=" ", open_debt=OpenDebt.COLLECT)


def test_an_ending_that_races_a_charge_is_billed_then_ended(world: World) -> None:
    """Cancelled for the period's end while the charge runs: paid, it ends with the new period."""
    held = world.start(terms())
    world.day(FEB_28)
    world.open_next(held)
    cancel(world, held, When.PERIOD_END)
    held = world.pay(held)
    assert (State.ACTIVE, 2) == (held.state, held.cycle)

    assert State.CANCELLED is world.turn(held, date(2026, 3, 31)).state


@pytest.mark.parametrize("open_debt", OpenDebt)
def test_an_ending_that_races_a_failing_charge_ends_at_once(world: World, open_debt: OpenDebt) -> None:
    """Declined, it does not become past due: it ends, and the choice about the debt holds."""
    held = world.start(terms())
    world.day(FEB_28)
    world.open_next(held)
    cancel(world, held, When.PERIOD_END, open_debt)
    fall_past_due([held.id], world)
    ended = world.now(held)

    assert (State.CANCELLED, open_debt) == (ended.state, ended.open_debt)
    assert (open_debt is OpenDebt.COLLECT) == (ended.bill is not None)


def test_a_debt_that_is_collected_can_be_paid_after_the_end(world: World) -> None:
    """The money is taken for the cycle it was billed for; the subscription stays ended."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    cancel(world, held)
    world.forget()

    paid = world.pay(held)

    assert (State.CANCELLED, 2, usd(6000), None) == (paid.state, paid.cycle, paid.charged, paid.next_due)
    assert ["subscription.debt_paid"] == world.events


def test_a_debt_that_is_forgiven_and_captured_all_the_same_is_credit(world: World) -> None:
    """A late capture of a forgiven debt is not lost: staff are told and can refund it."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    cancel(world, held, open_debt=OpenDebt.FORGIVE)
    world.forget()

    late = [PaidCycle(subscription=held.id, cycle=2, amount=usd(3000))]
    renewed(late, world)
    renewed(late, world)

    assert (State.CANCELLED, usd(3000)) == (world.now(held).state, world.now(held).credit)
    assert ["subscription.paid_out_of_turn"] == world.events


def test_a_debt_can_be_forgiven_after_the_end(world: World) -> None:
    """Staff drop what was to be collected; nothing becomes due by it, and dropping it again changes nothing."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)
    cancel(world, held)
    world.forget()
    wish = ForgiveBill(subscription=held.id, reason="Goodwill.")

    first, second = forgive_bill(wish, world), forgive_bill(wish, world)

    assert first == second
    assert (State.CANCELLED, None, None) == (first.state, first.bill, first.next_due)
    assert ["subscription.bill_forgiven"] == world.events


def test_cancelling_for_the_periods_end_twice_is_told_once(world: World) -> None:
    """The second wish finds what stands."""
    held = world.start(terms())
    cancel(world, held, When.PERIOD_END)
    cancel(world, held, When.PERIOD_END)

    assert 1 == world.events.count("subscription.ending_planned")


def test_past_due_ends_at_once_even_at_the_periods_end(world: World) -> None:
    """The paid period is over already."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)

    assert State.CANCELLED is cancel(world, held, When.PERIOD_END).state


def test_the_final_failure_policy_cancels_and_keeps_the_debt(world: World) -> None:
    """The debt stays visible; what has ended already stays as it is."""
    held, other = world.start(terms()), world.start(terms(), line=1)
    world.day(FEB_28)
    world.fail(held)
    gone = cancel(world, other)

    cancel_unpaid([held.id, other.id], world)

    assert State.CANCELLED is world.now(held).state
    assert world.now(held).bill is not None
    assert gone == world.now(other)


def test_a_rejected_order_ends_its_subscriptions_where_the_organization_wants_it(world: World) -> None:
    """The reason is written down; without the setting nothing happens."""
    first, second = world.start(terms()), world.start(terms(), line=1)

    def rejected(held: Subscription, ends: bool) -> OrderRejected:
        return OrderRejected(
            order=OrderId("ord_1"),
            number="R-1",
            patient=PatientId("pat_1"),
            subscriptions=(held.id,),
            ends_subscriptions=ends,
            at=datetime(2026, 2, 1, tzinfo=UTC),
        )

    orders_rejected([rejected(second, False)], world)
    orders_rejected([rejected(first, True), rejected(second, False)], world)

    assert [State.CANCELLED, State.ACTIVE] == [world.now(first).state, world.now(second).state]
    assert "rejected" in world.now(first).cancel_reason


def facts(held: Subscription, cycle: int) -> dict[str, object]:
    return {
        "invoice": InvoiceId("inv_1"),
        "patient": held.patient,
        "obligation": ObligationId(f"{held.id}:{cycle}"),
        "order": None,
        "subscription": held.id,
        "cycle": cycle,
        "total": usd(3000),
    }


def test_a_paid_invoice_renews(world: World) -> None:
    """Whoever paid it, and however: the cycle is paid. The invoice of the purchase advances nothing."""
    held = world.start(terms())
    world.day(FEB_28)
    world.open_next(held)

    other = facts(held, 1) | {"subscription": None, "cycle": None}
    invoices_paid([InvoicePaid(**other, amount=usd(3000))], world)  # type: ignore[arg-type]  # fields by name
    invoices_paid([InvoicePaid(**facts(held, n), amount=usd(3000)) for n in (1, 2)], world)  # type: ignore[arg-type]  # fields by name

    assert 2 == world.now(held).cycle


def test_a_void_invoice_forgives_its_own_bill_only(world: World) -> None:
    """Voiding another cycle's invoice leaves the open bill alone."""
    held = world.start(terms())
    world.day(FEB_28)
    world.fail(held)

    invoices_voided([InvoiceVoided(**facts(held, 1), reason="Twice.")], world)  # type: ignore[arg-type]  # fields by name
    assert State.PAST_DUE is world.now(held).state

    invoices_voided([InvoiceVoided(**facts(held, 2), reason="Goodwill.")], world)  # type: ignore[arg-type]  # fields by name
    assert (State.ACTIVE, 3) == (world.now(held).state, world.now(held).next_cycle)
