"""The money of switches and payoffs, end to end: memory storage, and the simulated bank as the oracle."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.billing.world import SYSTEM, World, days
from hlc_core.catalog.api import AddProduct, Offer, Product, ProductKind
from hlc_core.invoicing.api import InvoiceState
from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.payments.api import NoUsableMethod, collect
from hlc_core.subscriptions.api import (
    CancelSubscription,
    ChangeDeclined,
    ForgiveBill,
    OpenDebt,
    PaidOutOfTurn,
    PayOffSubscription,
    Quote,
    QuotePayoff,
    QuoteSwitch,
    State,
    Subscription,
    SubscriptionSwitched,
    SwitchSubscription,
    When,
    obligation_of,
)

FEB_14, FEB_28 = date(2026, 2, 14), date(2026, 2, 28)


def bigger(world: World, amount: int = 19_900) -> ProductId:
    offer = Offer(
        name="Bigger care",
        price=Money(amount, "USD"),
        kind=ProductKind.SUBSCRIPTION,
        interval=Interval(Unit.MONTH),
    )
    product: Product = world.do(AddProduct(offer=offer))
    return product.id


def confirmed(world: World, held: Subscription) -> Quote:
    """The switch to the bigger plan, quoted and confirmed; its payment is open."""
    product = bigger(world)
    query = QuoteSwitch(subscription=held.id, product=product, when=When.NOW)
    quote = world.application.ask(query, SYSTEM)
    world.do(SwitchSubscription(subscription=held.id, product=product, when=When.NOW, quote_hash=quote.hash))
    return quote


def drive(world: World) -> None:
    """What the sender of the confirmation does next."""
    collect(world.open_attempts, world.driver, SYSTEM)


def clinic(token: str = "tok_success", **terms: Any) -> tuple[World, Subscription]:
    world = World()
    held = world.subscription("ada", method=world.card("ada", token), **terms)
    world.on(FEB_14)
    return world, held


def test_a_confirmed_switch_is_charged_once_and_made() -> None:
    """The bank takes exactly the quoted amount, the invoice is paid, and the subscription switched."""
    world, held = clinic()
    quote = confirmed(world, held)
    assert held.product == world.now(held).product
    drive(world)
    drive(world)

    after = world.now(held)

    assert [quote.charge.amount] == [amount for _, amount in world.captured()]
    assert [(InvoiceState.PAID, quote.charge)] == [(one.state, one.total) for one in world.invoices]
    assert (quote.terms, None, FEB_28) == (after.terms, after.change, after.next_due)
    assert 1 == len(world.events(SubscriptionSwitched))
    world.run(FEB_28)
    assert [quote.charge.amount, 19_900] == sorted(amount for _, amount in world.captured())


def test_a_declined_switch_leaves_nothing_behind() -> None:
    """Dead at the bank: the plan is the old one, the invoice is void, and the renewal is billed as ever."""
    world, held = clinic("tok_insufficient_funds")
    confirmed(world, held)
    drive(world)

    after = world.now(held)

    assert (held.terms, None, State.ACTIVE) == (after.terms, after.change, after.state)
    assert [InvoiceState.VOID] == [one.state for one in world.invoices]
    assert 1 == len(world.events(ChangeDeclined))
    assert [] == world.captured()


def test_a_payoff_completes_when_it_is_paid() -> None:
    """The rest of the commitment less its rebate, in one charge."""
    world, held = clinic(cycles=3, rebate_basis_points=1000)
    quote = world.application.ask(QuotePayoff(subscription=held.id), SYSTEM)
    world.do(PayOffSubscription(subscription=held.id, quote_hash=quote.hash))
    drive(world)

    assert State.COMPLETED is world.now(held).state
    assert [2 * 9900 * 9 // 10] == [amount for _, amount in world.captured()]


def test_without_a_card_nothing_is_confirmed() -> None:
    """Refused before anything is written."""
    world = World()
    held = world.subscription("bob")
    world.on(FEB_14)

    with pytest.raises(NoUsableMethod):
        confirmed(world, held)

    assert held == world.now(held)
    assert [] == world.invoices


def test_money_that_comes_after_the_end_stands_as_credit() -> None:
    """Cancelled while the charge was under way: it is not lost, and staff are told."""
    world, held = clinic()
    quote = confirmed(world, held)
    world.do(CancelSubscription(subscription=held.id, when=When.NOW, reason="No.", open_debt=OpenDebt.COLLECT))
    drive(world)

    after = world.now(held)

    assert (State.CANCELLED, quote.charge, held.terms) == (after.state, after.credit, after.terms)
    assert 1 == len(world.events(PaidOutOfTurn))


def test_credit_is_shown_on_the_invoice_and_only_the_rest_is_charged() -> None:
    """Down in the morning, up the day after: the credit pays its part of the dearer plan."""
    world, _ = clinic()
    other = world.subscription("bob", method=world.card("bob"), unit_price=Money(39_900, "USD"))
    down = confirmed(world, other)
    assert down.credit_gained.amount > 0
    world.on(FEB_14 + days(1))
    product = bigger(world, 59_900)
    query = QuoteSwitch(subscription=other.id, product=product, when=When.NOW)
    quote = world.application.ask(query, SYSTEM)
    world.do(SwitchSubscription(subscription=other.id, product=product, when=When.NOW, quote_hash=quote.hash))

    invoice = next(one for one in world.invoices if one.obligation == obligation_of(quote))

    assert [quote.change, -quote.credit_used] == [line.amount for line in invoice.lines]
    assert quote.charge == invoice.total == quote.change - quote.credit_used


def test_a_declined_renewal_gives_up_no_change() -> None:
    """Its bill is forgiven: the invoice is void, the subscription active, and a switch can be confirmed again."""
    world, held = clinic("tok_insufficient_funds")
    world.run(FEB_28)
    assert State.PAST_DUE is world.now(held).state
    world.do(ForgiveBill(subscription=held.id, reason="Goodwill."))

    assert (State.ACTIVE, None) == (world.now(held).state, world.now(held).bill)
    assert [InvoiceState.VOID] == [one.state for one in world.invoices]
    assert [] == world.events(ChangeDeclined)
