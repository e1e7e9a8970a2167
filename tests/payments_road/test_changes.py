"""Switches and payoffs that cost money: charged at once, or nothing changes."""

from __future__ import annotations

import pytest

from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_core.invoicing.api import InvoiceState
from hlc_core.kernel.time import Interval, Unit
from hlc_core.payments.api import (
    AttemptState,
    ListMethods,
    ListQuarantined,
    NoUsableMethod,
    PaymentRefused,
    RemoveMethod,
    RuleAttempt,
)
from hlc_core.subscriptions.api import (
    CancelSubscription,
    NothingToPayOff,
    OpenDebt,
    PayOffSubscription,
    QuotePayoff,
    QuoteSwitch,
    State,
    Subscription,
    SwitchSubscription,
    When,
)
from support.refusals import refused
from support.worlds import PUBLIC, SYSTEM, World, usd


def switch_to(world: World, held: Subscription, product: object, when: When = When.NOW) -> SwitchSubscription:
    """The confirmation of a switch as it is quoted now."""
    quote = world.ask(QuoteSwitch(subscription=held.id, product=product.id, when=when))  # type: ignore[attr-defined]
    return SwitchSubscription(subscription=held.id, product=product.id, when=when, quote_hash=quote.hash)  # type: ignore[attr-defined]


def test_a_dearer_plan_is_charged_and_carried_out(world: World) -> None:
    """Half a month later the difference of the rest is charged, on an invoice that says what for."""
    held = world.subscribe(world.plan(19900))
    better = world.plan(39900, name="Better plan")
    world.advance(days=15)

    after = world.services.switch_subscription(switch_to(world, held, better), SYSTEM)

    paid = [one for one in world.rows(INVOICES) if one.lines[0].name.startswith("Switch to")]
    assert (better.id, None) == (after.terms.product, after.change)
    assert [(InvoiceState.PAID, world.captured()[-1])] == [(one.state, one.total) for one in paid]
    assert usd(0) < world.captured()[-1] < usd(20000)
    assert 0 == world.double_charges()
    world.sound()
    world.advance(days=31)
    world.bill()


def test_a_cheaper_plan_gives_credit_and_charges_nothing(world: World) -> None:
    """The unused part of the dearer plan stands as credit and pays the next cycles."""
    held = world.subscribe(world.plan(39900))
    world.advance(days=3)
    captured = world.captured()

    after = world.services.switch_subscription(switch_to(world, held, world.plan(4900, name="Small")), SYSTEM)
    world.sound()
    credit = after.credit
    world.advance(days=31)
    world.bill()

    assert usd(0) < credit
    assert captured == world.captured()
    assert world.subscription(held.id).credit == credit - usd(4900)


def test_there_and_back_at_one_instant_costs_nothing(memory_world: World) -> None:
    """A -> B -> A nets to zero: what was charged comes back as credit."""
    world = memory_world
    first, second = world.plan(19900), world.plan(39900, name="Better")
    held = world.subscribe(first)
    world.advance(days=10)

    there = world.services.switch_subscription(switch_to(world, held, second), SYSTEM)
    back = world.services.switch_subscription(switch_to(world, there, first), SYSTEM)

    assert back.credit == world.captured()[-1]
    world.sound()


@pytest.mark.parametrize("token", ["tok_renewal_dead", "tok_renewal_action"])
def test_a_declined_switch_changes_nothing(world: World, token: str) -> None:
    """The refusal has the gateway's reason; the invoice is void; the switch can be confirmed again."""
    held = world.subscribe(world.plan(19900), token=token)
    better = world.plan(39900, name="Better")
    world.advance(days=5)

    with refused(PaymentRefused) as refusal:
        world.services.switch_subscription(switch_to(world, held, better), SYSTEM)
    after = world.subscription(held.id)
    world.services.add_method(held.patient, "tok_mastercard", SYSTEM)
    world.sound()

    assert "Nothing was changed." in refusal.detail
    assert (held.terms, None, held.charged) == (after.terms, after.change, after.charged)
    assert [InvoiceState.VOID] == [one.state for one in world.rows(INVOICES) if one.state is not InvoiceState.PAID]


def test_without_a_card_nothing_is_begun(memory_world: World) -> None:
    """A switch that costs money is refused before anything changes when nothing can be charged."""
    world = memory_world
    held = world.subscribe()
    world.execute(RemoveMethod(method=world.ask(ListMethods(patient=held.patient))[0].id))
    before = world.rows(INVOICES)

    with refused(NoUsableMethod):
        world.services.switch_subscription(switch_to(world, held, world.plan(39900)), SYSTEM)

    assert (held, before) == (world.subscription(held.id), world.rows(INVOICES))


def test_a_switch_in_doubt_is_carried_out_when_the_money_is_known(world: World) -> None:
    """The answer is lost, the day ends and the quote with it: the money still buys what was quoted."""
    view = world.buy(world.plan(19900), token="tok_lost_answer")
    world.advance(days=5)
    world.settle()
    held = world.subscription(world.services.resume_checkout(view.checkout.id, PUBLIC).checkout.subscriptions[0])
    better = world.plan(39900, name="Better")

    waiting = world.services.switch_subscription(switch_to(world, held, better), SYSTEM)
    world.advance(days=3)
    world.settle()

    assert (held.terms, False) == (waiting.terms, waiting.change is None)
    assert better.id == world.subscription(held.id).terms.product
    assert 0 == world.double_charges()
    world.sound()


def test_a_switch_that_nobody_drives_is_given_up(memory_world: World) -> None:
    """The process died before the charge: after an hour nobody waits for it any more, and nothing has changed."""
    world = memory_world
    held = world.subscribe()
    confirmed = world.execute(switch_to(world, held, world.plan(39900, name="Better")))
    world.advance(hours=2)
    world.settle()

    after = world.subscription(held.id)
    assert confirmed.change is not None
    assert (held.terms, None) == (after.terms, after.change)
    assert [usd(19900)] == world.captured()
    world.sound()


def test_money_for_a_switch_of_a_cancelled_subscription_is_credit(memory_world: World) -> None:
    """The subscription ends while the charge is in doubt: the money is never lost, it stands as credit."""
    world = memory_world
    held = world.subscribe()
    world.advance(days=5)
    confirmed = world.execute(switch_to(world, held, world.plan(39900, name="Better")))
    world.execute(CancelSubscription(subscription=held.id, reason="No more", when=When.NOW, open_debt=OpenDebt.COLLECT))

    world.settle()
    world.advance(minutes=1)
    world.settle()

    after = world.subscription(held.id)
    assert confirmed.change is not None
    assert (State.CANCELLED, confirmed.change.charge) == (after.state, after.credit)
    assert confirmed.change.charge == world.captured()[-1]
    world.sound()


def test_a_payoff_settles_the_commitment(world: World) -> None:
    """The remaining instalments less the rebate are charged, and the subscription is complete."""
    plan = world.plan(10000, cycles=6, payoff_rebate=1000, interval=Interval(Unit.MONTH, 1))
    held = world.subscribe(plan)
    world.advance(days=2)
    quote = world.ask(QuotePayoff(subscription=held.id))
    command = PayOffSubscription(subscription=held.id, quote_hash=quote.hash)

    after = world.services.pay_off_subscription(command, SYSTEM)

    assert (State.COMPLETED, usd(45000)) == (after.state, quote.charge)
    assert [usd(10000), usd(45000)] == world.captured()
    world.sound()
    with refused(NothingToPayOff):
        world.services.pay_off_subscription(PayOffSubscription(subscription=held.id, quote_hash="another"), SYSTEM)


def test_a_switch_in_quarantine_waits_for_a_person(memory_world: World) -> None:
    """The gateway captured another amount: nothing changes until somebody rules; then it is carried out."""
    world = memory_world
    held = world.subscribe(token="tok_success")
    world.services.add_method(held.patient, "tok_wrong_amount", SYSTEM)
    world.execute(RemoveMethod(method=held.method))  # type: ignore[arg-type]  # bought with a card
    better = world.plan(39900, name="Better")

    waiting = world.services.switch_subscription(switch_to(world, held, better), SYSTEM)
    odd = world.ask(ListQuarantined())[0]
    world.execute(RuleAttempt(attempt=odd.id, paid=True, evidence="Seen at the gateway."))

    assert (held.terms, False) == (waiting.terms, waiting.change is None)
    assert AttemptState.QUARANTINE is odd.state
    assert better.id == world.subscription(held.id).terms.product
    world.sound()
