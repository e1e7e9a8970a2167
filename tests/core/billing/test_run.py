"""The billing run end to end: on memory storage, with the simulated bank as the oracle of what was charged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from attrs import define, evolve, field

from core.billing.world import SYSTEM, Crash, World, days
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.billing.api import LineKind, Outcome, PlanBilling, RunTooLarge, RunWish, run_billing
from hlc_core.invoicing.api import InvoiceState
from hlc_core.kernel.time import Interval, Unit
from hlc_core.orders.api import OrderState, SourceContext
from hlc_core.organizations.api import BillingSettings, FinalFailure, MissedPeriods, RecoverySettings
from hlc_core.recovery.api import (
    PaymentMethodNeeded,
    RecoveryFailed,
    RecoveryState,
    RenewalPaymentFailed,
    RetryReminderDue,
)
from hlc_core.subscriptions.api import ChangeMethod, PauseSubscription, State, SubscriptionRenewed, When

FEB, MAR, APR = date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)


def clinic(count: int = 1, token: str = "tok_success", **settings: object) -> tuple[World, list]:
    world = World(**settings)
    return world, [world.subscription(f"p{n:03d}", method=world.card(f"p{n:03d}", token)) for n in range(count)]


def counts(run) -> dict:
    return {(tally.kind, tally.outcome): tally.count for tally in run.tallies}


def test_a_due_cycle_is_charged_once_and_everything_follows() -> None:
    """One invoice, one charge, a renewal order with its period, the subscription advanced; then nothing is due."""
    world, (held,) = clinic()

    assert [] == world.actions(FEB - days(1))
    run = world.run(FEB)

    assert {(LineKind.CHARGE, Outcome.PAID): 1} == counts(run)
    assert [(f"{held.id}:2", 9900)] == world.captured()
    (invoice,) = world.invoices
    assert (InvoiceState.PAID, held.id, 2) == (invoice.state, invoice.subscription, invoice.cycle)
    order = next(o for o in world.orders if o.source.context is SourceContext.RENEWAL)
    assert order.id == invoice.order
    assert order.paid
    assert OrderState.AWAITING_FULFILLMENT is order.state
    assert (2, FEB, MAR) == (order.billing.cycle, order.billing.start, order.billing.end)
    renewed = world.now(held)
    assert (State.ACTIVE, 2, MAR) == (renewed.state, renewed.cycle, renewed.next_due)
    assert [] == world.plan(FEB)
    assert {} == counts(world.run(FEB))


def test_a_missed_day_bills_later_not_never() -> None:
    """Due means on or before: a run ten days late bills the cycle with its own dates."""
    world, (held,) = clinic()

    world.run(FEB + days(10))

    assert [(f"{held.id}:2", 9900)] == world.captured()
    assert FEB == world.invoices[0].due_on


def test_each_policy_bills_the_missed_periods_it_names() -> None:
    """Three periods missed: all, the current one, or none; the plan says so before anything is done."""
    expected = {
        MissedPeriods.BILL_ALL: [2, 3, 4],
        MissedPeriods.BILL_CURRENT: [4],
        MissedPeriods.FORGIVE: [],
    }
    for policy, cycles in expected.items():
        world, (held,) = clinic(billing=BillingSettings(missed_periods=policy))
        planned = world.plan(APR)
        world.run(APR)

        assert cycles == [line.cycle for line in planned if line.kind is LineKind.CHARGE]
        assert [(f"{held.id}:{cycle}", 9900) for cycle in cycles] == world.captured()
        assert [] == world.actions(APR)
        assert 5 == world.now(held).next_cycle


def test_a_decline_opens_recovery_and_the_retry_resolves_it() -> None:
    """Past due with an order that waits; the retry on its day pays, and the order goes on."""
    world, (held,) = clinic(token="tok_soft")

    run = world.run(FEB)

    assert {(LineKind.CHARGE, Outcome.DECLINED): 1} == counts(run)
    assert State.PAST_DUE is world.now(held).state
    (case,) = world.cases
    assert (RecoveryState.RETRY_SCHEDULED, 0, FEB + days(1)) == (case.state, case.retry_count, case.next_retry_on)
    waiting = next(o for o in world.orders if o.source.context is SourceContext.RENEWAL)
    assert OrderState.AWAITING_PAYMENT is waiting.state
    assert RecoveryState.RETRY_SCHEDULED == waiting.recovery.status
    assert [] == world.events(SubscriptionRenewed)
    (told,) = world.events(RenewalPaymentFailed)
    assert ("renewal", held.id, held.id) == (
        told.order.source_context,
        told.order.subscription_id,
        told.subscription.id,
    )
    assert [] == world.plan(FEB)

    world.replace_card("p000", "tok_success")
    world.run(FEB + days(1))

    assert RecoveryState.RESOLVED is world.cases[0].state
    assert [(f"{held.id}:2", 9900)] == world.captured()
    assert (State.ACTIVE, 2) == (world.now(held).state, world.now(held).cycle)
    order = next(o for o in world.orders if o.id == waiting.id)
    assert OrderState.AWAITING_FULFILLMENT is order.state
    assert 1 == len([o for o in world.orders if o.source.context is SourceContext.RENEWAL])
    assert 1 == len(world.events(SubscriptionRenewed))


def test_retries_end_and_the_final_failure_policy_acts_once() -> None:
    """Retries on days 1, 4 and 9, reminders after each, then FAILED_FINAL and the policy."""
    world, (held,) = clinic(token="tok_soft", recovery=RecoverySettings(final_failure=FinalFailure.PAUSE))

    tried = []
    for day in (FEB + days(n) for n in range(30)):
        before = len(world.events(RenewalPaymentFailed))
        world.run(day)
        if len(world.events(RenewalPaymentFailed)) > before:
            tried.append((day - FEB).days)

    assert [0, 1, 4, 9] == tried
    assert RecoveryState.FAILED_FINAL is world.cases[0].state
    assert State.PAUSED is world.now(held).state
    assert [1, 2, 3] == [event.retry_count for event in world.events(RetryReminderDue)]
    assert 1 == len(world.events(RecoveryFailed))
    assert InvoiceState.OPEN is world.invoices[0].state
    assert [] == world.captured()


def test_notifications_off_stops_messages_and_no_retry() -> None:
    """The retries are the same; only the reminders are missing."""
    world, _ = clinic(token="tok_soft", recovery=RecoverySettings(notifications=False))

    for day in (FEB + days(n) for n in range(12)):
        world.run(day)

    assert 3 == world.cases[0].retry_count
    assert [] == world.events(RetryReminderDue)


def test_a_hard_decline_asks_the_patient_and_a_new_card_pays_at_once() -> None:
    """No retry is burnt on a dead card; saving another one charges the open debt in the same breath."""
    from hlc_core.kernel.ids import PatientId
    from hlc_core.payments.api import Instrument, SaveMethod, collect

    world, (held,) = clinic(token="tok_hard")
    world.run(FEB)
    world.run(FEB + days(3))

    assert RecoveryState.NEEDS_PAYMENT_METHOD is world.cases[0].state
    assert 1 == len(world.events(PaymentMethodNeeded))
    assert 1 == len(world.events(RenewalPaymentFailed))

    world.do(SaveMethod(patient=PatientId("pat_p000"), gateway="simulator", instrument=Instrument(token="tok_success")))
    collect(world.open_attempts, world.driver, SYSTEM)

    assert RecoveryState.RESOLVED is world.cases[0].state
    assert [(f"{held.id}:2", 9900)] == world.captured()


def test_without_a_method_nothing_is_tried_and_the_wait_ends() -> None:
    """The invoice is open, the patient is asked, and after thirty days recovery gives up."""
    world = World()
    held = world.subscription("nobody")

    run = world.run(FEB)
    world.run(FEB + days(29))

    assert {(LineKind.CHARGE, Outcome.NO_METHOD): 1} == counts(run)
    assert RecoveryState.NEEDS_PAYMENT_METHOD is world.cases[0].state
    assert State.PAST_DUE is world.now(held).state

    world.run(FEB + days(30))

    assert RecoveryState.FAILED_FINAL is world.cases[0].state


def test_while_past_due_no_further_cycle_opens_and_recovery_catches_up() -> None:
    """A weekly plan with a long dunning window: one debt at a time, then exactly the missed periods."""
    world = World(recovery=RecoverySettings(retry_delays_days=(21,)))
    held = world.subscription("p", method=world.card("p", "tok_soft"), interval=Interval(Unit.WEEK))
    first = held.next_due
    for day in (first + days(n) for n in range(20)):
        world.run(day)

    assert 1 == len(world.invoices)

    world.replace_card("p", "tok_success")
    world.run(first + days(21))

    assert [2, 3, 4, 5] == [invoice.cycle for invoice in sorted(world.invoices, key=lambda i: i.cycle)]
    assert 4 == len(world.captured())
    assert [] == world.plan(first + days(21))


def test_paid_at_the_clinic_stops_dunning_at_once() -> None:
    """Money that came another way resolves the case and renews the subscription; no retry follows."""
    from hlc_core.invoicing.api import RecordPayment

    world, (held,) = clinic(token="tok_soft")
    world.run(FEB)
    invoice = world.invoices[0]

    world.do(RecordPayment(invoice=invoice.id, amount=invoice.total, reference="receipt 1"))
    world.run(FEB + days(1))

    assert RecoveryState.RESOLVED is world.cases[0].state
    assert (State.ACTIVE, 2) == (world.now(held).state, world.now(held).cycle)
    assert [] == world.captured()


def test_cancelled_and_forgiven_debt_is_not_collected() -> None:
    """The invoice is void, the waiting order cancelled, and nothing is tried any more."""
    from hlc_core.subscriptions.api import CancelSubscription, OpenDebt, When

    world, (held,) = clinic(token="tok_soft")
    world.run(FEB)

    world.do(CancelSubscription(subscription=held.id, when=When.NOW, reason="moved away", open_debt=OpenDebt.FORGIVE))
    world.replace_card("p000", "tok_success")
    world.run(FEB + days(40))

    assert InvoiceState.VOID is world.invoices[0].state
    assert RecoveryState.RESOLVED is world.cases[0].state
    assert OrderState.CANCELLED is next(o for o in world.orders if o.source.context is SourceContext.RENEWAL).state
    assert [] == world.captured()


def test_a_doubtful_answer_blocks_and_is_settled_by_asking() -> None:
    """A lost answer: nothing is told, nothing is retried, and the resolver finds the money."""
    world, (held,) = clinic(token="tok_lost_answer")

    run = world.run(FEB)

    assert {(LineKind.CHARGE, Outcome.IN_DOUBT): 1} == counts(run)
    assert [] == world.events(SubscriptionRenewed)

    world.clock.instant += days(1)
    world.resolve()

    assert [(f"{held.id}:2", 9900)] == world.captured()
    assert 2 == world.now(held).cycle
    assert [] == world.cases


def test_one_failing_subscription_is_set_aside_and_the_others_are_billed() -> None:
    """Its cause is kept, staff are told, and it is left out until it is released."""
    from hlc_adapters.storage.shapes.subscriptions import SUBSCRIPTIONS
    from hlc_core.billing.api import ReleaseSubscription, SubscriptionSetAside
    from hlc_core.kernel.money import Money

    world, held = clinic(9)
    spoilt = world.now(held[4])
    session = world.backend.begin(write=True)
    bad = evolve(spoilt, terms=evolve(spoilt.terms, unit_price=Money(100, "EUR")), version=spoilt.version + 1)
    session.update(SUBSCRIPTIONS, [bad])
    session.commit()

    run = world.run(FEB)

    assert {(LineKind.CHARGE, Outcome.PAID): 8, (LineKind.STUCK, Outcome.QUARANTINED): 1} == counts(run)
    (aside,) = world.aside
    assert spoilt.id == aside.id
    assert aside.cause
    assert 1 == len(world.events(SubscriptionSetAside))
    assert [] == world.actions(FEB)
    assert [LineKind.SKIP] == [line.kind for line in world.plan(FEB)]

    session = world.backend.begin(write=True)
    session.update(SUBSCRIPTIONS, [evolve(spoilt, version=bad.version + 1)])
    session.commit()
    world.do(ReleaseSubscription(subscription=spoilt.id))
    world.run(FEB)

    assert 9 == len(world.captured())


def test_a_run_that_would_bill_far_more_stops_before_it_begins() -> None:
    """Nothing is charged, the record says why, and an explicit override bills it."""
    world, _ = clinic(3, billing=BillingSettings(growth_limit_percent=300))
    world.run(FEB)
    for n in range(40):
        world.subscription(f"new{n}", method=world.card(f"new{n}"))
    due = FEB + days(31)

    with pytest.raises(RunTooLarge, match=r"1188\.00 USD"):
        world.run(due)

    assert 3 == len(world.captured())
    world.run(due, override=True)

    assert len(world.captured()) > 40


def test_a_crash_anywhere_and_a_second_run_give_what_an_undisturbed_run_gives() -> None:
    """The process dies at every effect point in turn; run again, the books are the same."""

    def disturbed(point: int | None) -> tuple[list, list, int]:
        world = World()
        for n in range(3):
            world.subscription(f"p{n}", method=world.card(f"p{n}", "tok_soft" if n == 1 else "tok_success"))
        seen = 0

        def probe(_name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == point:
                raise Crash

        world.on(FEB)
        world.probe = probe
        with suppress(Crash):
            world.run(FEB, batch=2)
        world.probe = lambda _name: None
        world.restart()
        world.run(FEB, batch=2)
        for _ in range(4):
            world.clock.instant += days(0.02)
            world.resolve()
        states = [(s.state, s.cycle, s.next_due) for s in sorted(world.rows_of_subscriptions, key=lambda s: s.number)]
        return world.captured(), sorted(states), seen

    captured, states, points = disturbed(None)
    assert 2 == len(captured)
    for point in range(1, points + 1):
        again, states_again, _ = disturbed(point)
        assert (point, len(captured)) == (point, len(again))
        assert (point, [amount for _, amount in captured]) == (point, [amount for _, amount in again])
        assert (point, states) == (point, states_again)


def test_two_runs_at_once_bill_each_cycle_once() -> None:
    """The second run works between every two transactions of the first; together they do what one does."""
    world, held = clinic(5)
    world.on(FEB)
    inner = {"runs": 0}

    class Interleaved:
        def execute(self, command, envelope):
            if type(command).__name__ == "ApplyBilling" and inner["runs"] < 1:
                inner["runs"] += 1
                world.run(FEB, batch=2)
            return world.application.execute(command, envelope)

        def ask(self, query, envelope):
            return world.application.ask(query, envelope)

    ports = evolve(world.ports(), road=Interleaved())
    run = run_billing(RunWish(as_of=FEB, batch=2), ports, SYSTEM)

    assert [(f"{one.id}:2", 9900) for one in held] == world.captured()
    assert 5 == len(world.invoices)
    assert 5 == len([o for o in world.orders if o.source.context is SourceContext.RENEWAL])
    assert Outcome.CHANGED in {tally.outcome for tally in run.tallies}


@define
class Watched:
    """The road of a run; `before` is done once, just before the first lines are. `asked`: plans by then, and all."""

    world: World
    before: Callable[[], object] = lambda: None
    asked: list[int] = field(factory=lambda: [0, 0])
    applied: int = 0

    def execute(self, command, envelope):
        if type(command).__name__ == "ApplyBilling":
            self.applied += 1
            if self.applied == 1:
                self.asked[0] = self.asked[1]
                self.before()
        return self.world.application.execute(command, envelope)

    def ask(self, query, envelope):
        self.asked[1] += isinstance(query, PlanBilling)
        return self.world.application.ask(query, envelope)


def test_the_plan_that_was_measured_is_the_one_that_is_done() -> None:
    """Three questions, one a stage; afterwards one more finds nothing left, and where nothing was due there is none."""
    world, held = clinic(5)
    world.on(FEB)
    road, idle = Watched(world), Watched(world)
    run_billing(RunWish(as_of=FEB), evolve(world.ports(), road=road), SYSTEM)
    run_billing(RunWish(as_of=FEB), evolve(world.ports(), road=idle), SYSTEM)

    assert 5 == len(world.captured()) == len(held)
    assert [3, 5] == road.asked
    assert [0, 3] == idle.asked


@pytest.mark.parametrize("kept", [10_000, 3, 0])
def test_what_changes_between_the_measure_and_the_deed_is_left_and_planned_again(kept: int) -> None:
    """One is paused, one gets another card: the first is not billed, the second is, however much was kept."""
    world, (paused, changed, *others) = clinic(5)
    world.on(FEB)

    def meanwhile() -> None:
        world.do(PauseSubscription(subscription=paused.id, when=When.NOW))
        world.do(ChangeMethod(subscription=changed.id, method=world.card("p001", default=False), gateway="simulator"))

    road = Watched(world, meanwhile)
    run = run_billing(RunWish(as_of=FEB, batch=2, kept=kept), evolve(world.ports(), road=road), SYSTEM)

    assert [(f"{one.id}:2", 9900) for one in (changed, *others)] == world.captured()
    assert State.PAUSED is world.now(paused).state
    assert 2 == counts(run)[LineKind.CHARGE, Outcome.CHANGED]
    assert 4 == counts(run)[LineKind.CHARGE, Outcome.PAID]


def test_expiring_cards_are_told_once_per_named_day() -> None:
    """Thirty, seven, three and one day before the card ends; a missed day is made up for once."""
    from hlc_core.billing.api import CardExpiring

    world = World()
    world.subscription("p", method=world.card("p", expires=(3, 2026)))

    told = []
    for day in (date(2026, 2, 20) + days(n) for n in range(45)):
        if day != date(2026, 3, 24):
            before = len(world.events(CardExpiring))
            world.run(day)
            told += [(day, event.days) for event in world.events(CardExpiring)[before:]]

    assert [
        (date(2026, 3, 1), 30),
        (date(2026, 3, 25), 6),
        (date(2026, 3, 28), 3),
        (date(2026, 3, 30), 1),
    ] == told


def test_a_paid_cycle_that_cannot_be_recorded_is_set_aside_and_the_others_go_on() -> None:
    """One patient is gone from the books: the money of the others is recorded, that one's attempt stays open."""
    world, held = clinic(4)
    session = world.backend.begin(write=True)
    (first,) = [one for one in session.select(ORDERS, "org_clinic") if one.id == held[1].order]
    session.delete(ORDERS, [first])
    session.commit()

    run = world.run(FEB)

    assert {(LineKind.CHARGE, Outcome.PAID): 3, (LineKind.CHARGE, Outcome.QUARANTINED): 1} == counts(run)
    assert [held[1].id] == [aside.id for aside in world.aside]
    assert [1, 2, 2, 2] == sorted(world.now(one).cycle for one in held)
    assert 4 == len(world.captured())
