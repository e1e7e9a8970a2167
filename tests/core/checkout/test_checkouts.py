"""Checkout: one live attempt for a cart, the price that was seen, the answer that is true."""

from __future__ import annotations

from typing import Any

import pytest

from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_core.cart.api import CartIsEmpty, CartNotFound, CartState, ChangeQuantity, GetCart, QuoteCart, RemoveItem
from hlc_core.catalog.api import ChangeProduct, WithdrawProduct
from hlc_core.checkout.api import AddressNeeded, CheckoutState, GetCheckout, LastCheckout, StaleQuote
from hlc_core.checkout.errors import PaymentStillClosing
from hlc_core.checkout.reactions import decline_sentence
from hlc_core.kernel.errors import HlcError, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CartId, CheckoutId, MethodId
from hlc_core.payments.api import Answer, AttemptState, NoPaymentToken, NoUsableMethod, RecordAnswers, Result
from hlc_core.payments.protocol import Step, Told
from support.refusals import Refusal, refused
from support.worlds import HOME, PUBLIC, World, usd

S = CheckoutState


@pytest.fixture
def world(memory_world: World) -> World:
    """These tests ask for rules; the road itself is tested on every backend."""
    return memory_world


def pressed(world: World, command: Any) -> Any:
    """The buyer presses; nothing is driven."""
    return world.execute(command, PUBLIC)


def test_a_paid_checkout_places_what_was_bought(world: World) -> None:
    """Order, paid invoice, subscriptions, completed cart, each pointing at the others."""
    view = world.buy(world.product(1000), world.plan(2000))
    done = view.checkout

    assert (S.SUCCEEDED, AttemptState.PAID) == (done.state, view.attempt.state)  # type: ignore[union-attr]  # it is paid
    (order,), (invoice,) = world.rows(ORDERS), world.rows(INVOICES)
    assert (order.id, order.number, 1) == (done.order, done.order_number, len(done.subscriptions))
    assert (usd(3000), usd(3000)) == (invoice.total, invoice.amount_paid)
    assert CartState.COMPLETED is world.ask(GetCart(cart=done.cart)).state
    assert [usd(3000)] == world.captured()


def test_what_is_shipped_is_not_sold_without_a_whole_address(world: World) -> None:
    """The refusal names the parcel and every part of the address that is missing; nothing is opened or charged."""
    cart = world.cart(world.product(name="Cream"), world.product(name="Visit", ships=False))
    command = world.submission(cart)
    sketch = evolve(HOME, address1=" ", city="", province_code="")

    with refused(AddressNeeded) as nowhere:
        pressed(world, evolve(command, address=None))
    with refused(AddressNeeded) as half:
        pressed(world, evolve(command, address=sketch))
    stateless = evolve(HOME, province_code="", country_code="IT")

    assert ("An address is needed: Cream is shipped.", ["address"]) == (nowhere.detail, _fields(nowhere))
    assert ["address.address1", "address.city", "address.province_code"] == _fields(half)
    assert [True, False] == [line.ships for line in cart.quote.lines]  # type: ignore[union-attr]  # it is quoted
    assert ([], []) == (world.rows(CHECKOUTS), world.captured())
    assert S.SUCCEEDED is world.services.submit_checkout(evolve(command, address=stateless), PUBLIC).checkout.state


def test_where_nothing_is_shipped_no_address_is_asked(world: World) -> None:
    """A visit by telephone needs none; the quote says so."""
    cart = world.cart(world.product(name="Visit", ships=False))

    assert cart.quote is not None
    assert not cart.quote.needs_address
    assert S.SUCCEEDED is world.pay(cart, address=None).checkout.state


def test_who_is_signed_in_has_it_sent_home(world: World) -> None:
    """The address of their record stands in for one that is not given."""
    first = world.buy(world.product()).checkout

    again = world.pay(world.cart(world.product()), address=None, patient=first.patient).checkout

    assert (S.SUCCEEDED, HOME) == (again.state, again.address)


def _fields(refusal: Refusal) -> list[str]:
    return [fault.field for fault in refusal.faults]


def test_pressing_twice_is_pressing_once(world: World) -> None:
    """The one that stands is answered: while it runs, and after it was paid; another card changes nothing."""
    command = world.submission(world.cart(world.product()))
    first = pressed(world, command)
    assert first == pressed(world, command)
    assert first == pressed(world, evolve(command, token="tok_mastercard"))
    done = world.services.submit_checkout(command, PUBLIC).checkout
    assert (first.id, S.SUCCEEDED) == (done.id, done.state)
    assert done == pressed(world, command)

    assert 1 == len(world.rows(CHECKOUTS))
    assert 1 == len(world.captured())


def test_what_cannot_be_paid_is_refused(world: World) -> None:
    """No cart, an empty one, no card, somebody else's card."""
    product = world.product()
    cart = world.cart(product)
    command = world.submission(cart)
    with refused(CartNotFound):
        pressed(world, evolve(command, cart=CartId("cart_nothing")))
    with refused(NoPaymentToken):
        pressed(world, evolve(command, token=None))
    with refused(NoUsableMethod):
        pressed(world, evolve(command, token=None, method=MethodId("pm_nobodys")))
    world.execute(RemoveItem(cart=cart.id, product=product.id))
    with refused(CartIsEmpty):
        pressed(world, command)

    assert [] == world.rows(CHECKOUTS)


def test_a_price_that_changed_is_shown_before_it_is_paid(world: World) -> None:
    """The fields say what changed, from what to what; with a fresh quote it can be paid."""
    product = world.product(1000)
    cart = world.cart(product)
    command = world.submission(cart)
    world.execute(ChangeProduct(product=product.id, offer=evolve(product.offer, price=usd(1200))))
    with refused(StaleQuote) as told:
        pressed(world, command)

    assert [
        ("quoteHash", f"{product.offer.name} cost 10.00 USD, now 12.00 USD: the product's price changed"),
        ("quoteHash", "the total was 10.00 USD, now 12.00 USD"),
        ("quoteHash", "ask for the quote again and show it to the buyer"),
    ] == [(fault.field, fault.message) for fault in told.faults]
    fresh = world.execute(QuoteCart(cart=cart.id))
    assert S.SUCCEEDED is world.pay(fresh).checkout.state
    assert [usd(1200)] == world.captured()


def test_a_quote_is_paid_while_it_holds(world: World) -> None:
    """Not after its minutes, not after the cart changed, not under a made-up hash."""
    product = world.product()
    cart = world.cart(product)
    command = world.submission(cart)
    with refused(StaleQuote):
        pressed(world, evolve(command, quote_hash="made-up"))
    world.execute(ChangeQuantity(cart=cart.id, product=product.id, quantity=2))
    with refused(StaleQuote):
        pressed(world, command)
    fresh = world.submission(world.execute(QuoteCart(cart=cart.id)))
    world.advance(minutes=30)
    with refused(StaleQuote) as told:
        pressed(world, fresh)
    assert "expired" in told.detail


def test_a_withdrawn_product_is_not_sold(world: World) -> None:
    """Although it was quoted."""
    product = world.product()
    command = world.submission(world.cart(product))
    world.execute(WithdrawProduct(product=product.id))
    with refused(HlcError) as told:
        pressed(world, command)
    assert told.faults
    assert [] == world.rows(CHECKOUTS)


@pytest.mark.parametrize("token", ["tok_soft", "tok_nonsense"])
def test_a_declined_checkout_leaves_nothing_and_can_be_tried_again(world: World, token: str) -> None:
    """The buyer reads why; no order, no invoice; another card pays, under the next number."""
    cart = world.cart(world.product())
    refusal = world.pay(cart, token=token).checkout
    assert S.DECLINED is refusal.state
    assert refusal.text.startswith("Payment failed: ")
    assert refusal.text.endswith("You can retry from this same cart link.")
    assert ([], []) == (world.rows(ORDERS), world.rows(INVOICES))

    done = world.pay(world.execute(QuoteCart(cart=cart.id))).checkout
    assert (S.SUCCEEDED, 2) == (done.state, done.number)
    last = world.ask(LastCheckout(cart=cart.id))
    assert last is not None
    assert done.id == last.checkout.id
    assert 0 == world.double_charges()


def test_while_the_bank_is_asked_the_cart_is_locked(world: World) -> None:
    """The page shows where to confirm; after the confirmation it is paid, once."""
    cart = world.cart(world.product())
    view = world.pay(cart, token="tok_action")
    assert S.ACTION is view.checkout.state
    assert view.action_url

    shown = world.ask(GetCheckout(checkout=view.checkout.id))
    assert view.checkout == shown.checkout


def test_a_free_cart_needs_no_card(world: World) -> None:
    """Nothing to pay: placed at once, without an attempt."""
    cart = world.cart(world.product(1000), coupon=world.coupon(percent=10_000).code)
    done = pressed(world, world.submission(cart, token=None))

    assert (S.SUCCEEDED, None) == (done.state, done.attempt)
    assert [] == world.attempts()
    assert 1 == len(world.rows(ORDERS))


def test_a_lost_answer_is_being_checked(world: World) -> None:
    """Not declined; pressing again answers the same; the resolver finds out, and it was one charge."""
    cart = world.cart(world.product())
    command = world.submission(cart, token="tok_lost_answer")
    view = world.services.submit_checkout(command, PUBLIC)
    assert view.checkout.state in (S.CHECKING, S.SUCCEEDED)
    pressed(world, command)
    world.advance(minutes=5)
    world.settle()

    assert S.SUCCEEDED is world.ask(GetCheckout(checkout=view.checkout.id)).checkout.state
    assert 1 == len(world.captured())


def test_a_checkout_that_is_not_there(world: World) -> None:
    """A clear answer; a cart without one has none."""
    with refused(Missing):
        world.ask(GetCheckout(checkout=CheckoutId("chk_nothing")))
    assert world.ask(LastCheckout(cart=world.cart(world.product()).id)) is None


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("Insufficient funds.", "51", "Payment failed: Insufficient funds (code: 51)."),
        ("", "", "Payment failed: The card was declined."),
        ("Expired card", "", "Payment failed: Expired card."),
    ],
)
def test_the_sentence_of_a_decline(text: str, code: str, expected: str) -> None:
    """What page and API say alike."""
    assert f"{expected} You can retry from this same cart link." == decline_sentence(text, code)


def test_a_decline_that_is_still_closing_says_when_to_come_back(world: World) -> None:
    """While the gateway has not confirmed that the declined attempt is dead, no second one is opened."""
    cart = world.cart(world.product())
    command = world.submission(cart, token="tok_soft")
    checkout = pressed(world, command)
    (attempt,) = world.attempts()
    told = [
        Told(attempt=attempt.id, step=Step.CREATE, answer=Answer(result=Result.CREATED, object_id="pi_1")),
        Told(attempt=attempt.id, step=Step.CONFIRM, answer=Answer(result=Result.DECLINED)),
    ]
    for one in told:
        world.execute(RecordAnswers(told=(one,)))
    assert S.DECLINED is world.ask(GetCheckout(checkout=checkout.id)).checkout.state
    with refused(PaymentStillClosing) as closing:
        pressed(world, command)
    assert 5 == closing.retry_after

    closed = Told(attempt=attempt.id, step=Step.CANCEL, answer=Answer(result=Result.CANCELLED))
    world.execute(RecordAnswers(told=(closed,)))
    assert S.SUCCEEDED is world.pay(world.execute(QuoteCart(cart=cart.id))).checkout.state
