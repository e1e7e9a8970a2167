"""Switches and payoffs: quoted, confirmed, paid; nothing changes before the money."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve

from hlc_core.catalog.api import Reduction
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.ids import MethodId, ObligationId, ProductId
from hlc_core.kernel.machine import GuardRefused
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Unit
from hlc_core.subscriptions.api import (
    Action,
    AlreadyOnThisPlan,
    CancelSubscription,
    ChangeMethod,
    CurrencyDiffers,
    Discount,
    ExplainSubscription,
    GetSubscription,
    ListSubscriptions,
    NothingToPayOff,
    NotOffered,
    OpenDebt,
    PaidChange,
    PauseSubscription,
    PayOffSubscription,
    Quote,
    QuotePayoff,
    QuoteSwitch,
    RenewalComesFirst,
    ResumeAs,
    ResumeSubscription,
    StaleQuote,
    State,
    Subscription,
    SubscriptionNumbered,
    SubscriptionsOfPatient,
    SwitchSubscription,
    Turn,
    When,
    cancel_subscription,
    change_declined,
    change_method,
    change_paid,
    explain_subscription,
    get_subscription,
    instalments_left,
    list_subscriptions,
    obligation_of,
    pause_subscription,
    pay_off_subscription,
    quote_payoff,
    quote_switch,
    resume_subscription,
    subscription_numbered,
    subscriptions_of_patient,
    switch_subscription,
    terms_of,
    turn_of,
)
from support.subscriptions_world import World, terms, usd

FEB_14, FEB_28 = date(2026, 2, 14), date(2026, 2, 28)


@pytest.fixture
def world() -> World:
    world = World()
    world.product("prod_b", 5800)
    world.product("prod_y", 30_000, Unit.YEAR)
    return world


def quote(world: World, held: Subscription, product: str = "prod_b", when: When = When.NOW) -> Quote:
    return quote_switch(QuoteSwitch(subscription=held.id, product=ProductId(product), when=when), world)


def confirm(world: World, quoted: Quote) -> Subscription:
    command = SwitchSubscription(
        subscription=quoted.subscription, product=quoted.terms.product, when=quoted.when, quote_hash=quoted.hash
    )
    return switch_subscription(command, world)


def test_a_switch_that_costs_money_waits_for_it(world: World) -> None:
    """The quoted amount becomes one debt; the switch is made when it is paid, at that amount."""
    held = world.start(terms(3000))
    world.day(FEB_14)
    quoted = quote(world, held)
    assert usd((5800 - 3000) // 2) == quoted.charge
    world.forget()
    waiting = confirm(world, quoted)
    assert waiting == confirm(world, quoted)
    assert ["subscription.switch_payment_due"] == world.events
    assert ("prod_a", quoted) == (waiting.terms.product, waiting.change)

    change_paid([PaidChange(obligation=obligation_of(quoted), amount=quoted.charge)], world)
    after = world.now(held)

    assert ("prod_b", None, usd(3000) + quoted.charge) == (after.product, after.change, after.charged)
    assert "subscription.switched" == world.events[-1]


def test_the_charge_is_the_quote_even_days_later(world: World) -> None:
    """Paid after the boundary and after the catalog has changed: exactly what was confirmed is carried out."""
    held = world.start(terms(3000))
    world.day(FEB_14)
    quoted = quote(world, held)
    confirm(world, quoted)
    world.product("prod_b", 9999)
    world.day(date(2026, 3, 3))
    assert Turn.WAIT is turn_of(world.now(held), date(2026, 3, 3))

    change_paid([PaidChange(obligation=obligation_of(quoted), amount=quoted.charge)], world)
    after = world.now(held)

    assert (quoted.terms, FEB_28) == (after.terms, after.next_due)
    assert usd(5800) == after.terms.unit_price


def test_a_declined_switch_changes_nothing(world: World) -> None:
    """Everything is as it was, and a new quote can be confirmed."""
    held = world.start(terms(3000))
    world.day(FEB_14)
    quoted = quote(world, held)
    confirm(world, quoted)
    world.forget()

    change_declined([obligation_of(quoted), ObligationId("sub_none:switch:x")], world)
    after = world.now(held)

    assert (None, held.terms, held.credit) == (after.change, after.terms, after.credit)
    assert ["subscription.change_declined"] == world.events
    assert quoted.hash != quote(world, held).hash


def test_money_for_a_change_that_is_gone_is_credit(world: World) -> None:
    """Captured after it was given up: it stands as credit and is told."""
    held = world.start(terms(3000))
    world.day(FEB_14)
    quoted = quote(world, held)
    confirm(world, quoted)
    change_declined([obligation_of(quoted)], world)

    change_paid([PaidChange(obligation=obligation_of(quoted), amount=quoted.charge)], world)
    after = world.now(held)

    assert (quoted.charge, "prod_a") == (after.credit, after.product)
    assert "subscription.paid_out_of_turn" == world.events[-1]
    with pytest.raises(Missing):
        change_paid([PaidChange(obligation=ObligationId("sub_none:switch:x"), amount=usd(1))], world)


def test_a_quote_is_stale_when_anything_has_changed(world: World) -> None:
    """Another day, another price or another version of the subscription: ask again."""
    held = world.start(terms(3000))
    world.day(FEB_14)

    by_day, by_price = quote(world, held), None
    world.day(date(2026, 2, 15))
    with pytest.raises(StaleQuote):
        confirm(world, by_day)
    by_price = quote(world, held)
    world.product("prod_b", 5801)
    with pytest.raises(StaleQuote):
        confirm(world, by_price)
    by_version = quote(world, held)
    change_method(ChangeMethod(subscription=held.id, method=MethodId("pm_2"), gateway="stripe"), world)
    with pytest.raises(StaleQuote):
        confirm(world, by_version)


def test_a_switch_at_the_periods_end_is_billed_with_the_next_cycle(world: World) -> None:
    """Nothing is paid now; the next bill is the new plan's, and paying it makes the switch."""
    held = world.start(terms(3000, discount=Discount(basis_points=1000)))
    quoted = quote(world, held, "prod_y", When.PERIOD_END)
    assert (usd(0), usd(30_000), FEB_28) == (quoted.charge, quoted.next_price, quoted.next_on)
    planned = confirm(world, quoted)
    assert ("prod_a", FEB_28) == (planned.product, planned.next_due)
    world.day(FEB_28)
    world.forget()

    after = world.renew(held)

    assert ("prod_y", 2, usd(2700 + 30_000)) == (after.product, after.cycle, after.charged)
    assert date(2027, 2, 28) == after.next_due
    assert ["subscription.switched", "subscription.renewed"] == world.events


def test_a_switch_now_takes_the_place_of_a_planned_one(world: World) -> None:
    """What was planned for the period's end is gone."""
    held = world.start(terms(3000))
    confirm(world, quote(world, held, "prod_y", When.PERIOD_END))
    world.day(FEB_14)
    world.product("prod_c", 1000)

    after = confirm(world, quote(world, held, "prod_c"))

    assert ("prod_c", None) == (after.product, after.next_terms)


def test_a_part_of_a_period_is_no_instalment_of_the_next_plan_either(world: World) -> None:
    """Switched in the rest of a period after a pause: all instalments of the new commitment are still to come."""
    world.product("prod_c", 1000, cycles=3)
    held = world.start(terms(3000))
    pause_subscription(PauseSubscription(subscription=held.id, when=When.NOW), world)
    world.day(date(2026, 4, 15))
    resume_subscription(ResumeSubscription(subscription=held.id, resume_as=ResumeAs.KEEP_ANCHOR), world)
    world.renew(held)
    world.day(date(2026, 4, 20))

    after = confirm(world, quote(world, held, "prod_c"))

    assert (0, 3) == (after.paid, instalments_left(after))


def test_a_trial_is_switched_for_nothing(world: World) -> None:
    """Nothing was paid, nothing is charged; the trial ends when it would have."""
    held = world.start(terms(3000, trial_days=20))
    world.day(FEB_14)

    after = confirm(world, quote(world, held, "prod_y"))

    assert (State.TRIALING, "prod_y", held.trial_end) == (after.state, after.product, after.next_due)


@pytest.mark.parametrize(
    ("product", "refusal"), [("prod_a", AlreadyOnThisPlan), ("prod_e", CurrencyDiffers), ("prod_gone", Missing)]
)
def test_what_cannot_be_switched_to_is_refused(world: World, product: str, refusal: type[Exception]) -> None:
    """The same plan, another currency, an unknown product."""
    world.product("prod_a", 3000)
    world.product("prod_e", 0, price=Money(3000, "EUR"))
    held = world.start(terms(3000))

    with pytest.raises(refusal):
        quote(world, held, product)


def test_a_withdrawn_product_is_not_offered(world: World) -> None:
    """Nobody is switched to what is not sold any more."""
    held = world.start(terms(3000))
    id = ProductId("prod_b")
    world.products.rows[id] = evolve(world.products.rows[id], active=False)

    with pytest.raises(NotOffered):
        quote(world, held)


def test_the_renewal_comes_first(world: World) -> None:
    """On the due day nothing is switched or paid off until the renewal is settled."""
    held = world.start(terms(3000, cycles=3))
    world.day(FEB_28)
    with pytest.raises(RenewalComesFirst):
        quote(world, held)
    world.open_next(held)
    with pytest.raises(GuardRefused):
        quote_payoff(QuotePayoff(subscription=held.id), world)


def test_a_payoff_settles_the_commitment(world: World) -> None:
    """Eleven instalments less ten per cent, paid: complete, and paid up to the commitment's end."""
    held = world.start(terms(1000, cycles=12, rebate_basis_points=1000))
    world.day(FEB_14)
    quoted = quote_payoff(QuotePayoff(subscription=held.id), world)
    assert (usd(1100), usd(9900)) == (quoted.rebate, quoted.charge)
    command = PayOffSubscription(subscription=held.id, quote_hash=quoted.hash)
    assert pay_off_subscription(command, world) == pay_off_subscription(command, world)
    assert State.ACTIVE is world.now(held).state
    world.forget()

    change_paid([PaidChange(obligation=obligation_of(quoted), amount=quoted.charge)], world)
    done = world.now(held)

    assert (State.COMPLETED, 12, 12, usd(10_900)) == (done.state, done.cycle, done.paid, done.charged)
    assert date(2027, 1, 31) == done.period.end
    assert ["subscription.completed"] == world.events


def test_credit_pays_for_a_payoff_first(world: World) -> None:
    """What the patient has is used before money is asked; all of it covered, it is done at once."""
    held = world.start(terms(10_000))
    world.product("prod_c", 100, cycles=3)
    world.day(date(2026, 2, 1))
    confirm(world, quote(world, held, "prod_c"))
    before = world.now(held)
    quoted = quote_payoff(QuotePayoff(subscription=held.id), world)

    done = pay_off_subscription(PayOffSubscription(subscription=held.id, quote_hash=quoted.hash), world)

    assert (usd(0), usd(200)) == (quoted.charge, quoted.credit_used)
    assert (State.COMPLETED, before.credit - usd(200), before.charged) == (done.state, done.credit, done.charged)


def test_an_open_end_cannot_be_paid_off(world: World) -> None:
    """Without a commitment there is nothing to settle."""
    held = world.start(terms())

    with pytest.raises(NothingToPayOff):
        quote_payoff(QuotePayoff(subscription=held.id), world)


def test_cancelling_while_a_change_is_paid_keeps_the_money_in_sight(world: World) -> None:
    """It ends at once; the money that comes later is credit."""
    held = world.start(terms(3000))
    world.day(FEB_14)
    quoted = quote(world, held)
    confirm(world, quoted)
    cancel_subscription(
        CancelSubscription(subscription=held.id, when=When.NOW, reason="No.", open_debt=OpenDebt.COLLECT), world
    )

    change_paid([PaidChange(obligation=obligation_of(quoted), amount=quoted.charge)], world)

    assert (State.CANCELLED, quoted.charge) == (world.now(held).state, world.now(held).credit)


@pytest.mark.parametrize(
    ("reduction", "price"),
    [
        (Reduction(code="TEN", percent=1000, cycles=2), [2700, 2700, 3000]),
        (Reduction(code="FIVE", amount=usd(500), cycles=None), [2500, 2500, 2500]),
        (None, [3000, 3000, 3000]),
    ],
)
def test_terms_freeze_the_product_and_the_coupon(world: World, reduction: Reduction | None, price: list[int]) -> None:
    """Price, commitment, rebate and coupon are taken over as they are today."""
    id = world.product("prod_t", 3000, cycles=6, payoff_rebate=500)

    agreed = terms_of(world.products.get(id), 1, 0, reduction)

    assert price == [agreed.price_of_cycle(n).amount for n in (1, 2, 3)]
    assert (6, 500) == (agreed.cycles, agreed.rebate_basis_points)


def test_choosing_the_same_method_changes_nothing(world: World) -> None:
    """No event, no new version."""
    held = world.start(terms())
    world.forget()

    change_method(ChangeMethod(subscription=held.id, method=MethodId("pm_1"), gateway="simulator"), world)

    assert [] == world.events


def test_every_plan_for_the_periods_end_is_explained(world: World) -> None:
    """Ending, pausing, resuming, waiting: in words, with the day."""

    def told(held: Subscription) -> tuple[str, date | None]:
        assert get_subscription(GetSubscription(subscription=held.id), world) == world.now(held)
        answer = explain_subscription(ExplainSubscription(subscription=held.id), world)
        return answer.next_event, answer.by

    first, second, third = (world.start(terms(), line=line) for line in range(3))
    ending = CancelSubscription(subscription=first.id, when=When.PERIOD_END, reason="No.", open_debt=OpenDebt.COLLECT)
    cancel_subscription(ending, world)
    assert ("It ends with the period that is paid.", FEB_28) == told(first)
    pause_subscription(PauseSubscription(subscription=second.id, when=When.PERIOD_END), world)
    assert ("It pauses when the period that is paid ends.", FEB_28) == told(second)
    world.turn(second, FEB_28)
    assert ("Somebody resumes it.", None) == told(second)
    pause_subscription(PauseSubscription(subscription=second.id, when=When.NOW, resume_on=date(2026, 5, 1)), world)
    assert ("The pause ends and billing goes on.", date(2026, 5, 1)) == told(second)
    world.day(FEB_14)
    confirm(world, quote(world, third))
    assert "The confirmed switch is paid, then carried out." == told(third)[0]
    change_declined([obligation_of(world.now(third).change)], world)  # type: ignore[arg-type]  # it waits
    world.day(FEB_28)
    world.open_next(third)
    assert ("The charge for cycle 2 is settled.", FEB_28) == told(third)
    cancel_subscription(evolve(ending, subscription=third.id, when=When.NOW), world)
    assert ("The open debt for cycle 2 is paid.", None) == told(third)


def test_every_state_explains_itself(world: World) -> None:
    """What comes next, from whom, by when, for how much, and what may be done."""
    held = world.start(terms(3000, cycles=2))

    def told() -> tuple[str, date | None, Action | None]:
        answer = explain_subscription(ExplainSubscription(subscription=held.id), world)
        assert answer.patient_sentence
        assert answer.staff_sentence
        return answer.next_event, answer.by, answer.actions[0] if answer.actions else None

    assert ("Cycle 2 is charged.", FEB_28, Action.PAUSE) == told()
    world.day(FEB_28)
    world.fail(held)
    assert ("Cycle 2 is paid, by a retry or by the patient.", None, Action.PAUSE) == told()
    world.pay(held)
    assert ("The last paid cycle ends and the commitment is complete.", date(2026, 3, 31), Action.PAUSE) == told()
    world.turn(held, date(2026, 3, 31))
    assert ("Nothing more happens.", None, None) == told()


def test_subscriptions_are_found(world: World) -> None:
    """By number, by patient, page by page."""
    held = [world.start(terms(), line=line) for line in range(3)]

    page = list_subscriptions(ListSubscriptions(states=(State.ACTIVE,), limit=2), world)

    assert tuple(held[:2]) == page.items
    assert tuple(held[2:]) == list_subscriptions(ListSubscriptions(after=page.items[-1].id), world).items
    assert held[1] == subscription_numbered(SubscriptionNumbered(number=held[1].number.lower()), world)
    assert tuple(held) == subscriptions_of_patient(SubscriptionsOfPatient(patient=held[0].patient), world)
    with pytest.raises(Missing):
        subscription_numbered(SubscriptionNumbered(number="S-NONE"), world)
