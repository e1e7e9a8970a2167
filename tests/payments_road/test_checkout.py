"""The road of a purchase, from cart to order, on every backend."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from attrs import evolve
from sqlalchemy import make_url

from hlc_adapters.gateways.simulator import CALM, Faults
from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_core.cart.api import CartIsBeingPaid, CartState, ChangeQuantity, GetCart, QuoteCart
from hlc_core.catalog.api import ChangeProduct
from hlc_core.checkout.api import CheckoutState, PaymentStillClosing, StaleQuote
from hlc_core.payments.api import (
    AttemptState,
    DeclineClass,
    ListProcessorEvents,
    ListQuarantined,
    MarkDisputed,
    ProcessorEventKind,
    RuleAttempt,
)
from support.refusals import refused
from support.statements import SEEN
from support.worlds import PUBLIC, SYSTEM, Crash, World, usd

MOST_STATEMENTS = {"memory": 0, "sqlite": 45, "postgresql": 18}
"""Of a cart and its checkout, by a new buyer, of a plan that is prescribed. On SQLite each table that is written is a
statement (32), which costs no round trip there; on PostgreSQL a flush is one."""


def test_a_purchase_takes_few_statements(world: World) -> None:
    """What is known is not asked, and what is written is written together: see docs/benchmarks.md."""
    plan = world.plan(needs_prescription=True)
    world.buy(plan)
    keyed = evolve(PUBLIC, idempotency_key="once")
    before = SEEN.total
    view = world.services.submit_checkout(world.submission(world.cart(plan)), keyed)
    taken = SEEN.total - before

    assert CheckoutState.SUCCEEDED is view.checkout.state
    most = MOST_STATEMENTS[make_url(world.url).get_backend_name()] if "//" in world.url else 0
    assert most - 2 <= taken <= most, "fewer: write the new number down"


def test_a_purchase_becomes_a_paid_order(world: World) -> None:
    """Paying a cart captures once and places the order, the subscription and the saved card."""
    view = world.buy(world.plan(19900))

    held = world.subscription(view.checkout.subscriptions[0])
    assert (CheckoutState.SUCCEEDED, AttemptState.PAID) == (view.checkout.state, view.attempt.state)
    assert view.checkout.order_number
    assert held.method is not None
    assert CartState.COMPLETED is world.ask(GetCart(cart=view.checkout.cart), PUBLIC).state
    assert [usd(19900)] == world.captured()
    world.sound()


@pytest.mark.parametrize(
    ("token", "decline", "sentence"),
    [
        ("tok_hard", DeclineClass.HARD, "The bank declined the card (code: restricted_card)"),
        ("tok_soft", DeclineClass.SOFT, "The card has insufficient funds (code: insufficient_funds)"),
        ("tok_outage", DeclineClass.OUTAGE, "The bank could not be reached (code: issuer_not_available)"),
        ("tok_nothing", DeclineClass.HARD, "The card was not accepted (code: invalid_token)"),
    ],
)
def test_a_decline_names_its_reason_and_leaves_nothing(
    memory_world: World, token: str, decline: DeclineClass, sentence: str
) -> None:
    """Every class of decline: the cart failed, no order and no invoice, the sentence of the specification."""
    world = memory_world

    view = world.buy(world.product(), token=token)

    lines = world.ask(ListProcessorEvents(subject=view.checkout.id)).items
    failed = {ProcessorEventKind.PAYMENT_FAILED, ProcessorEventKind.TOKENIZATION_FAILED}
    assert (CheckoutState.DECLINED, AttemptState.CLOSED) == (view.checkout.state, view.attempt.state)
    assert f"Payment failed: {sentence}. You can retry from this same cart link." == view.checkout.text
    assert decline is view.attempt.decline
    assert CartState.FAILED is world.ask(GetCart(cart=view.checkout.cart), PUBLIC).state
    assert ([], [], []) == (world.rows(ORDERS), world.rows(INVOICES), world.captured())
    assert 1 == sum(line.kind in failed for line in lines)
    world.sound()


def test_a_declined_cart_can_be_paid_after_all(world: World) -> None:
    """Decline, then success on the same cart: one order, one charge, two numbered checkouts."""
    cart = world.cart(world.product())

    declined = world.pay(cart, "tok_soft")
    paid = world.pay(cart, "tok_success")

    assert [CheckoutState.DECLINED, CheckoutState.SUCCEEDED] == [declined.checkout.state, paid.checkout.state]
    assert [1, 2] == [declined.attempt.number, paid.attempt.number]
    assert [usd(4900)] == world.captured()
    assert 1 == len(world.rows(ORDERS))
    world.sound()


def test_three_d_secure_is_a_state_and_not_a_failure(world: World) -> None:
    """The bank asks; the cart is locked meanwhile; the returning buyer finds the order."""
    asked = world.buy(world.product(), token="tok_action")
    cart = world.ask(GetCart(cart=asked.checkout.cart), PUBLIC)
    with refused(CartIsBeingPaid):
        world.execute(ChangeQuantity(cart=cart.id, product=cart.lines[0].product, quantity=2), PUBLIC)
    again = world.pay(cart)

    world.bank.act(str(asked.attempt.object_id), True)
    back = world.services.resume_checkout(asked.checkout.id, PUBLIC)

    assert CheckoutState.ACTION is asked.checkout.state
    assert str(asked.action_url).startswith("http")
    assert asked.checkout.id == again.checkout.id
    assert (CheckoutState.SUCCEEDED, None) == (back.checkout.state, back.action_url)
    world.sound()


def test_three_d_secure_that_fails_is_a_decline(memory_world: World) -> None:
    """The buyer does not confirm: declined, and the cart can be paid again."""
    world = memory_world
    asked = world.buy(world.product(), token="tok_action")

    world.bank.act(str(asked.attempt.object_id), False)
    back = world.services.resume_checkout(asked.checkout.id, PUBLIC)

    assert CheckoutState.DECLINED is back.checkout.state
    assert CheckoutState.SUCCEEDED is world.pay(world.ask(GetCart(cart=back.checkout.cart), PUBLIC)).checkout.state


def test_three_d_secure_that_nobody_ends_is_withdrawn(memory_world: World) -> None:
    """After a day the attempt is fenced; confirming at the bank then moves no money."""
    world = memory_world
    asked = world.buy(world.product(), token="tok_action")

    world.advance(hours=30)
    world.settle()
    world.bank.act(str(asked.attempt.object_id), True)
    late = world.services.resume_checkout(asked.checkout.id, PUBLIC)

    assert (CheckoutState.DECLINED, AttemptState.CLOSED) == (late.checkout.state, late.attempt.state)
    assert [] == world.captured()
    world.sound()


def test_a_challenge_that_was_forgotten_is_fenced_before_anybody_is_asked(memory_world: World) -> None:
    """The resolver comes back after a month: the cancel is tried first, and the old page moves no money any more."""
    world = memory_world
    asked = world.buy(world.product(), token="tok_action")

    world.advance(days=31)
    world.settle()
    world.bank.act(str(asked.attempt.object_id), True)

    assert [AttemptState.CLOSED] == [one.state for one in world.attempts()]
    assert ((), []) == (world.ask(ListQuarantined()), world.captured())


@pytest.mark.parametrize("token", ["tok_lost_answer", "tok_lost_request", "tok_lagging_60", "tok_server_error"])
def test_an_unknown_outcome_is_checked_and_resolved(world: World, token: str) -> None:
    """No answer: the page says so, nobody can pay again, and one charge and one order come of it."""
    cart = world.cart(world.product())
    unsure = world.pay(cart, token)
    again = world.pay(cart)

    world.advance(minutes=3)
    world.settle()
    known = world.services.resume_checkout(unsure.checkout.id, PUBLIC)

    assert (CheckoutState.CHECKING, unsure.checkout.id) == (unsure.checkout.state, again.checkout.id)
    assert CheckoutState.SUCCEEDED is known.checkout.state
    assert ([usd(4900)], 1) == (world.captured(), len(world.rows(ORDERS)))
    world.sound()


def test_a_request_that_executes_late_is_paid_once(memory_world: World) -> None:
    """The first confirm is stuck for an hour; confirming the same object again cannot charge twice."""
    world = memory_world
    unsure = world.buy(world.product(), token="tok_late_3600")

    world.advance(minutes=5)
    world.settle()
    known = world.services.resume_checkout(unsure.checkout.id, PUBLIC)
    world.advance(hours=3)
    world.bank.tick()
    world.settle()

    assert (CheckoutState.SUCCEEDED, [usd(4900)]) == (known.checkout.state, world.captured())
    world.sound()


def test_a_pending_charge_is_awaited(memory_world: World) -> None:
    """A debit that takes its time is captured when the bank says so."""
    world = memory_world
    waiting = world.buy(world.product(), token="tok_pending_600")

    world.advance(minutes=11)
    world.settle()

    assert CheckoutState.ACTION is waiting.checkout.state
    assert CheckoutState.SUCCEEDED is world.services.resume_checkout(waiting.checkout.id, PUBLIC).checkout.state
    world.sound()


@pytest.mark.parametrize("token", ["tok_wrong_amount", "tok_wrong_currency"])
@pytest.mark.parametrize("paid", [True, False])
def test_a_wrong_amount_waits_for_a_person(memory_world: World, token: str, paid: bool) -> None:
    """Other money than was asked for is never taken for a payment; a person rules, with the evidence."""
    world = memory_world
    cart = world.cart(world.product())
    odd = world.pay(cart, token)
    again = world.pay(cart)
    waiting = world.ask(ListQuarantined())

    world.execute(RuleAttempt(attempt=odd.attempt.id, paid=paid, evidence="Seen at the gateway."))
    ruled = world.services.resume_checkout(odd.checkout.id, PUBLIC)

    assert (AttemptState.QUARANTINE, CheckoutState.CHECKING) == (odd.attempt.state, odd.checkout.state)
    assert (odd.checkout.id, [odd.attempt.id]) == (again.checkout.id, [one.id for one in waiting])
    assert (CheckoutState.SUCCEEDED if paid else CheckoutState.DECLINED) is ruled.checkout.state
    assert int(paid) == len(world.rows(ORDERS))
    if not paid:
        kept = world.services.check_invariants(SYSTEM, settle_seconds=0)
        world.return_by_hand(odd.attempt)
        assert ["every_charge_has_its_attempt"] == [finding.invariant for finding in kept]
    world.sound()


def test_a_quote_that_is_stale_is_refused_with_what_changed(world: World) -> None:
    """A changed price is told with both amounts; the fresh quote can be paid."""
    product = world.product(4900)
    cart = world.cart(product)
    dearer = product.offer.__class__(name=product.name, price=usd(5900), kind=product.offer.kind)
    world.execute(ChangeProduct(product=product.id, offer=dearer))

    with refused(StaleQuote) as refusal:
        world.pay(cart)
    fresh = world.pay(world.execute(QuoteCart(cart=cart.id), PUBLIC))

    assert any("49.00" in fault.message and "59.00" in fault.message for fault in refusal.faults)
    assert ([usd(5900)], CheckoutState.SUCCEEDED) == (world.captured(), fresh.checkout.state)


def test_a_quote_expires(memory_world: World) -> None:
    """An old quote is refused although no price changed."""
    world = memory_world
    cart = world.cart(world.product())
    world.advance(minutes=31)

    with refused(StaleQuote):
        world.pay(cart)

    assert [] == world.captured()


def test_while_a_declined_payment_is_being_closed_nothing_else_opens(memory_world: World) -> None:
    """The fence is not up yet: the buyer is asked to wait some seconds, not charged a second time."""
    world = memory_world
    cart = world.cart(world.product())
    calls = count(1)

    def cut_the_third_call(point: str) -> None:
        if point == "gateway.before" and next(calls) == 3:
            world.bank.behave(Faults(outage=1.0))

    world.probe = cut_the_third_call
    world.pay(cart, "tok_soft")
    world.bank.behave(CALM)

    with refused(PaymentStillClosing) as refusal:
        world.pay(cart)
    world.advance(seconds=10)
    world.settle()

    assert 5 == refusal.retry_after
    assert CheckoutState.SUCCEEDED is world.pay(cart).checkout.state
    assert [usd(4900)] == world.captured()


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("token", ["tok_success", "tok_lost_request", "tok_soft"])
def test_a_resolver_that_was_away_for_a_month_leaves_nothing_alive(memory_world: World, place: int, token: str) -> None:
    """Whatever the crash interrupted: captured money is an order, everything else is fenced, and nothing hangs."""
    world = memory_world
    points = count()

    def die(_point: str) -> None:
        if next(points) == place:
            raise Crash

    command = world.submission(world.cart(world.product()), token)
    world.probe = die
    with suppress(Crash):
        world.services.submit_checkout(command, PUBLIC)
    world.probe = lambda _point: None
    world.restart()
    world.advance(days=31)
    world.settle()

    assert {AttemptState.PAID, AttemptState.CLOSED} >= {one.state for one in world.attempts()}
    assert len(world.captured()) == len(world.rows(ORDERS))
    world.sound()


def test_a_second_tab_lands_on_the_paid_checkout(world: World) -> None:
    """Whoever comes after the payment gets the order that was placed."""
    cart = world.cart(world.product())
    first, second = world.pay(cart), world.pay(cart)

    assert first == second
    assert [usd(4900)] == world.captured()


def test_a_crash_before_the_charge_is_taken_up(memory_world: World) -> None:
    """The attempt was opened and nobody drove it: pressing again, or coming back, drives it."""
    world = memory_world
    command = world.submission(world.cart(world.product()))
    checkout = world.execute(command, PUBLIC)

    resumed = world.services.resume_checkout(checkout.id, PUBLIC)

    assert CheckoutState.PAYING is checkout.state
    assert CheckoutState.SUCCEEDED is resumed.checkout.state
    assert [usd(4900)] == world.captured()


def test_webhooks_only_wake_the_resolver(memory_world: World) -> None:
    """A webhook says where to look, however often and in whatever order; the state is read at the gateway."""
    world = memory_world
    asked = world.buy(world.product(), token="tok_action")
    object_id = str(asked.attempt.object_id)

    before = [world.services.wake("simulator", object_id, SYSTEM).state for _ in range(3)]
    world.bank.act(object_id, True)
    after = [world.services.wake("simulator", object_id, SYSTEM).state for _ in range(3)]
    nobody = world.services.wake("simulator", "sim_nobody", SYSTEM)

    assert [AttemptState.ACTION] * 3 == before
    assert ([AttemptState.PAID] * 3, None) == (after, nobody)
    assert 1 == len(world.rows(ORDERS))
    world.sound()


def test_a_late_webhook_of_a_declined_attempt_does_not_touch_the_next_one(memory_world: World) -> None:
    """Events of a superseded attempt move nothing."""
    world = memory_world
    cart = world.cart(world.product())
    declined = world.pay(cart, "tok_soft")
    asked = world.pay(cart, "tok_action")

    woken = world.services.wake("simulator", str(declined.attempt.object_id), SYSTEM)
    stands = world.services.resume_checkout(asked.checkout.id, PUBLIC)

    assert (AttemptState.CLOSED, CheckoutState.ACTION) == (woken.state, stands.checkout.state)


def test_a_dispute_is_marked_once(memory_world: World) -> None:
    """A chargeback marks the attempt, tells the timeline once, and charges nothing again."""
    world = memory_world
    view = world.buy(world.plan())
    command = MarkDisputed(gateway="simulator", object_id=str(view.attempt.object_id))

    marked = [world.execute(command).disputed for _ in range(2)]

    lines = world.ask(ListProcessorEvents(subject=view.checkout.id)).items
    assert [True, True] == marked
    assert 1 == sum(line.kind is ProcessorEventKind.PAYMENT_DISPUTED for line in lines)


def test_the_buyer_hears_of_the_order_once(memory_world: World) -> None:
    """Double submits and repeated looks put one success event."""
    world = memory_world
    cart = world.cart(world.product())
    for _ in range(3):
        view = world.pay(cart)
        world.services.resume_checkout(view.checkout.id, PUBLIC)

    assert 1 == sum(row.name == "checkout.succeeded" for row in world.rows(DELIVERIES))
    assert 1 == len(world.rows(CHECKOUTS))


def test_quotes_last_their_time(memory_world: World) -> None:
    """A quote can be paid until the minute that it names."""
    world = memory_world
    cart = world.cart(world.product())
    assert cart.quote is not None
    world.clock.set(cart.quote.expires_at - timedelta(seconds=1))

    assert CheckoutState.SUCCEEDED is world.pay(cart).checkout.state
