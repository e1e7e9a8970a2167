"""Refills: planned once, due by date, gated by money and by the prescription, ended with their agreement."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.forms import bought, clinician, order_of, publish
from core.prescriptions.shelf import (
    OFFERED,
    Moody,
    carry,
    controlled,
    dispatches,
    drug,
    prescribed,
    prescriptions,
    refills,
    reviewed,
)
from hlc_core.catalog.api import ProductKind
from hlc_core.invoicing.api import ListInvoices
from hlc_core.kernel.time import Interval, Unit
from hlc_core.orders.api import ListOrders, Order, OrderState
from hlc_core.organizations.api import PrescriptionSettings
from hlc_core.prescriptions.api import CancelPrescription, HoldPrescription, Prescribe
from hlc_core.refills.api import (
    ApproveRefill,
    CancelRefill,
    CompleteRefill,
    DeclineRefill,
    Gate,
    GetRefill,
    Hold,
    MoveDueRefills,
    NotAPlan,
    RefillNotCovered,
    RefillPlan,
    RefillState,
    SendRefill,
    plan_months,
    plan_refills,
    refill_days,
)
from hlc_core.subscriptions.api import CancelSubscription, OpenDebt, PauseSubscription, When
from support.worlds import MONTH, SYSTEM, World

YEAR = Interval(Unit.YEAR, 1)


def plan(world: World, months: int = 12, interval: Interval = YEAR, **medicine: int) -> Order:
    """A prepaid plan, approved, prescribed and sent."""
    publish(world)
    drug(world, **{"days_supply": 90, "refills": 3, **medicine})
    offer: dict[str, Any] = {"kind": ProductKind.SUBSCRIPTION, "interval": interval, "prepaid_months": months}
    order = reviewed(world, bought(world, drugs=OFFERED, **offer))
    prescribed(world, order)
    carry(world)
    return order_of(world, order.id)


def due(world: World) -> None:
    """The worker's look at what is due."""
    world.services.move_refills(SYSTEM)


def cancel(world: World, order: Order) -> None:
    """The agreement ends now."""
    world.execute(
        CancelSubscription(
            subscription=order.subscriptions[0], when=When.NOW, reason="Moves away.", open_debt=OpenDebt.FORGIVE
        )
    )


def test_a_year_has_three_refills_and_half_a_year_one() -> None:
    """Only those inside the term: 6 months 90; 12 months 90, 180, 270; the flat list is a setting."""
    flat = PrescriptionSettings(refills_inside_term=False)

    assert (90,) == refill_days(6, PrescriptionSettings())
    assert (90, 180, 270) == refill_days(12, PrescriptionSettings())
    assert (90, 180, 270) == refill_days(6, flat)


@given(st.integers(1, 60), st.lists(st.integers(1, 730), max_size=24))
def test_refills_inside_a_term_come_in_order_and_before_its_end(months: int, days: list[int]) -> None:
    """For any list of days."""
    found = refill_days(months, PrescriptionSettings(refill_days=tuple(days)))

    assert sorted(set(found)) == list(found)
    assert all(one < months * 30 for one in found)


@pytest.mark.parametrize(
    ("words", "months"),
    [
        ("12 month plan", 12),
        ("6-Month", 6),
        ("Semaglutide 6mo", 6),
        ("Annual", 12),
        ("1 year", 12),
        ("1mo Injections", None),
        ("16 months", None),
        ("semi-annual", 6),
        ("Semiannually", 6),
        ("semi annual plan", 6),
        ("bi-annual", 6),
        ("Biannually", 6),
        ("half-yearly", 6),
        ("half a year", 6),
        ("six months", 6),
        ("Twelve-month supply", 12),
        ("yearly", 12),
        ("per year", 12),
        ("one year", 12),
        ("52 weeks", 12),
        ("26-week plan", 6),
        ("quarterly", None),
        ("3 months", None),
        ("biennial", None),
        ("2 years", None),
        ("11 years", None),
        ("monthly, billed every 4 weeks", None),
        ("60mo", None),
        ("6mg weekly", None),
        ("12 mos", 12),
        ("180 days", 6),
        ("365-day plan", 12),
        ("12 month plan, billed semi-annually", 12),
        ("6 months, then yearly", 6),
        ("pharma years", None),
        ("plan6mo", 6),
        ("", None),
    ],
)
def test_the_length_of_a_plan_is_read_from_its_words(words: str, months: int | None) -> None:
    """As partners write them."""
    assert months == plan_months(words)


def test_a_prepaid_year_has_its_refills_planned_when_it_is_prescribed(world: World) -> None:
    """From the day of the signature, each its own row, and planned again they are the same."""
    plan(world)
    days = [world.today + timedelta(days=after) for after in (90, 180, 270)]

    assert days == [one.due_on for one in refills(world)]
    assert [1, 2, 3] == [one.fill for one in refills(world)]
    assert {RefillState.SCHEDULED} == {one.state for one in refills(world)}
    world.sound()


def test_a_refill_is_due_on_its_day_sent_with_an_order_of_its_own_and_completed(world: World) -> None:
    """Not a day early; approved as the prescription allows it; its order costs nothing."""
    plan(world)
    world.advance(days=89)
    due(world)
    assert {RefillState.SCHEDULED} == {one.state for one in refills(world)}
    world.advance(days=1)
    due(world)
    first = refills(world)[0]
    assert (RefillState.APPROVED, Gate.OPEN, Gate.OPEN) == (first.state, first.payment, first.clinical)
    sent = world.execute(SendRefill(refill=first.id), clinician())
    again = world.execute(SendRefill(refill=first.id), clinician())
    carry(world)
    order = world.ask(ListOrders()).items[0].order

    assert sent.dispatch == again.dispatch
    assert RefillState.COMPLETED is refills(world)[0].state
    assert ("refill", OrderState.AWAITING_FULFILLMENT, 0) == (
        order.source.context, order.state, order.amounts.total.amount,
    )  # fmt: skip
    assert [0, 1] == [one.fill for one in dispatches(world)]
    assert 1 == len(world.ask(ListInvoices()).items)
    world.sound()


def test_what_was_missed_is_caught_up_after_a_year_without_a_worker(memory_world: World) -> None:
    """All three fall due at once; the expiry of the prescription wins over the plan."""
    world = memory_world
    world.change(prescriptions=PrescriptionSettings(valid_days=200))
    plan(world)
    world.advance(days=300)
    due(world)

    assert [RefillState.PENDING_PROVIDER] * 3 == [one.state for one in refills(world)]
    assert all("ended" in one.clinical_note for one in refills(world))


def test_automatic_refills_go_without_a_person_and_never_a_controlled_drug(memory_world: World) -> None:
    """A setting, off by default."""
    world = memory_world
    world.change(prescriptions=PrescriptionSettings(automatic_refills=True))
    plan(world)
    world.advance(days=90)
    due(world)
    carry(world)

    assert RefillState.COMPLETED is refills(world)[0].state
    assert 2 == len(dispatches(world))


def test_a_controlled_drug_waits_for_its_provider() -> None:
    """Due, and never approved by itself."""
    world = World(pharmacies=(Moody(certified=True),))
    world.change(prescriptions=PrescriptionSettings(automatic_refills=True))
    publish(world)
    controlled(world)
    offer: dict[str, Any] = {"kind": ProductKind.SUBSCRIPTION, "interval": YEAR, "prepaid_months": 12}
    prescribed(world, reviewed(world, bought(world, drugs=OFFERED, **offer)))
    carry(world)
    world.advance(days=90)
    due(world)
    first = refills(world)[0]
    assert RefillState.PENDING_PROVIDER is first.state
    world.execute(ApproveRefill(refill=first.id), clinician())
    world.execute(SendRefill(refill=first.id), clinician())
    carry(world)

    assert RefillState.COMPLETED is refills(world)[0].state


def test_cancelling_the_agreement_cancels_what_is_still_scheduled(world: World) -> None:
    """What a provider already has stays with them."""
    order = plan(world)
    world.advance(days=90)
    due(world)
    cancel(world, order)

    assert [RefillState.APPROVED, RefillState.CANCELLED, RefillState.CANCELLED] == [
        one.state for one in refills(world)
    ]  # fmt: skip
    world.sound()


def test_a_pause_holds_what_is_due(memory_world: World) -> None:
    """With the reason; after the pause it falls due."""
    world = memory_world
    order = plan(world)
    world.execute(PauseSubscription(subscription=order.subscriptions[0], when=When.NOW))
    world.advance(days=91)
    due(world)
    first = refills(world)[0]

    assert (RefillState.SCHEDULED, Hold.PAUSED, Gate.CLOSED) == (first.state, first.held, first.payment)
    assert "paused" in world.ask(GetRefill(refill=first.id)).because


def test_a_prescription_that_is_put_on_hold_takes_its_approvals_back(memory_world: World) -> None:
    """What was approved waits for a provider again, and cannot be sent."""
    world = memory_world
    plan(world)
    world.advance(days=90)
    due(world)
    world.execute(HoldPrescription(prescription=prescriptions(world)[0].id, reason="Labs."), clinician())
    first = refills(world)[0]
    assert RefillState.PENDING_PROVIDER is first.state
    with pytest.raises(RefillNotCovered):
        world.execute(ApproveRefill(refill=first.id), clinician())
    declined = world.execute(DeclineRefill(refill=first.id, reason="Labs first."), clinician())

    assert RefillState.DECLINED is declined.state


def test_a_paid_renewal_asks_for_the_next_fill_and_prescribing_completes_it(world: World) -> None:
    """One refill for each renewal order, its money here; sent under the standing prescription."""
    publish(world)
    drug(world)
    order = reviewed(world, bought(world, drugs=OFFERED, kind=ProductKind.SUBSCRIPTION, interval=MONTH))
    prescribed(world, order)
    carry(world)
    world.advance(days=32)
    world.bill()
    due(world)
    (one,) = refills(world)
    assert (RefillState.APPROVED, 1, world.today) == (one.state, one.fill, one.due_on)
    world.execute(SendRefill(refill=one.id), clinician())
    carry(world)
    renewal = next(card.order for card in world.ask(ListOrders()).items if card.order.source.context == "renewal")

    assert RefillState.COMPLETED is refills(world)[0].state
    assert (OrderState.AWAITING_FULFILLMENT, one.order) == (renewal.state, renewal.id)
    assert 1 == len(world.ask(ListOrders(state=OrderState.AWAITING_FULFILLMENT)).items) - 1
    world.sound()


def test_a_renewal_without_refills_left_is_prescribed_anew_and_its_refill_completed(memory_world: World) -> None:
    """Under the first approval; the new prescription's fill completes the refill."""
    world = memory_world
    publish(world)
    drug(world, refills=0)
    order = reviewed(world, bought(world, drugs=OFFERED, kind=ProductKind.SUBSCRIPTION, interval=MONTH))
    prescribed(world, order)
    carry(world)
    world.advance(days=32)
    world.bill()
    due(world)
    (one,) = refills(world)
    assert RefillState.PENDING_PROVIDER is one.state
    assert one.order is not None
    world.execute(Prescribe(order=one.order), clinician())
    carry(world)

    assert RefillState.COMPLETED is refills(world)[0].state
    assert 2 == len(prescriptions(world))
    world.sound()


def test_partners_plan_refills_by_invoice_and_only_once(memory_world: World) -> None:
    """Due when the invoice is paid; without a prescription here a provider decides, and completes them by hand."""
    world = memory_world
    world.buy(world.product())
    invoice = world.ask(ListInvoices()).items[0].invoice
    wish = RefillPlan(patient=invoice.patient, start=world.today, months=12, invoice=invoice.id, treatment="Sema 12mo")
    for _ in range(2):
        with world.services.units.open(SYSTEM, "test", write=True) as unit:
            plan_refills([wish], unit.env)
            unit.commit()
    assert 3 == len(refills(world))
    world.advance(days=90)
    due(world)
    first = refills(world)[0]
    assert (RefillState.PENDING_PROVIDER, True) == (first.state, first.waits_for_provider)
    done = world.execute(CompleteRefill(refill=first.id, reason="Sent by the partner."), clinician())
    gone = world.execute(CancelRefill(refill=refills(world)[1].id, reason="Moved away."))

    assert (RefillState.COMPLETED, RefillState.CANCELLED) == (done.state, gone.state)
    world.sound()


def test_a_plan_belongs_to_one_thing(memory_world: World) -> None:
    """A prescription or an invoice."""
    patient = memory_world.subscribe().patient
    with (
        memory_world.services.units.open(SYSTEM, "test", write=True) as unit,
        pytest.raises(NotAPlan),
    ):
        plan_refills([RefillPlan(patient=patient, start=date(2026, 1, 1), months=6)], unit.env)


def test_a_cancelled_prescription_leaves_its_planned_refills_to_a_provider(memory_world: World) -> None:
    """They are due on their day, and nothing allows them."""
    world = memory_world
    plan(world)
    world.execute(CancelPrescription(prescription=prescriptions(world)[0].id, reason="Allergy."), clinician())
    world.advance(days=90)
    moved = world.execute(MoveDueRefills())

    assert (1, 1) == (moved.looked_at, moved.due)
    assert RefillState.PENDING_PROVIDER is refills(world)[0].state
