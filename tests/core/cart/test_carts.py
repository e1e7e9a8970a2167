"""Carts through the whole application: filling, pricing, locking, emptying, abandoning."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hlc_adapters.storage.shapes.cart import CARTS
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_core.cart.api import (
    AbandonCarts,
    AddItems,
    ApplyCoupon,
    Cart,
    CartIsBeingPaid,
    CartIsCompleted,
    CartIsEmpty,
    CartNotFound,
    CartState,
    ChangeQuantity,
    CreateCart,
    GetCart,
    ListCarts,
    NotInCart,
    ProductNotOffered,
    QuantityOutOfRange,
    QuoteCart,
    RemoveCoupon,
    RemoveItem,
    TooManyLines,
)
from hlc_core.catalog.api import UnknownCoupon, WithdrawCoupon, WithdrawProduct
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.ids import CartId, ProductId
from hlc_core.kernel.money import total
from hlc_core.organizations.api import CartSettings
from support.refusals import refused
from support.worlds import World, usd

LINK = CartId("cart_" + "c0ffee1234" * 3 + "abcde")


@pytest.fixture
def world(memory_world: World) -> World:
    """These tests ask for rules, not for storage."""
    return memory_world


def the(world: World, cart: Cart) -> Cart:
    """The cart as it stands."""
    return world.ask(GetCart(cart=cart.id))


def test_a_cart_is_priced_when_it_is_made(world: World) -> None:
    """Line by line, discount and tax, and the whole; the quote expires after the clinic's minutes."""
    world.change(carts=CartSettings(tax_basis_points=725, quote_minutes=10))
    cart = world.cart(world.product(1000), world.product(1999), coupon=world.coupon(percent=1000).code)

    quote = cart.quote
    assert quote is not None
    assert (usd(2999), usd(300)) == (quote.subtotal, quote.discount)
    assert quote.total == quote.subtotal - quote.discount + quote.tax
    assert quote.total == total((line.total for line in quote.lines), "USD")
    assert quote.discount == total((line.discount for line in quote.lines), "USD")
    assert timedelta(minutes=10) == quote.expires_at - quote.quoted_at
    assert not quote.expired(quote.expires_at - timedelta(seconds=1))
    assert quote.expired(quote.expires_at)


def test_a_product_that_is_there_keeps_its_quantity(world: World) -> None:
    """Adding again adds nothing; naming it twice is naming it once."""
    one, two = world.product(1000), world.product(500)
    cart = world.cart(one, one)
    world.execute(ChangeQuantity(cart=cart.id, product=one.id, quantity=3))
    world.execute(AddItems(cart=cart.id, products=(one.id, two.id, two.id)))

    assert [(one.id, 3), (two.id, 1)] == [(line.product, line.quantity) for line in the(world, cart).lines]
    assert usd(3500) == the(world, cart).quote.total  # type: ignore[union-attr]  # it is priced


@pytest.mark.parametrize("quantity", [-1, 0, 100, 10**9])
def test_quantities_are_from_1_to_99(world: World, quantity: int) -> None:
    """The cart stays as it was."""
    product = world.product()
    cart = world.cart(product)
    with refused(QuantityOutOfRange) as told:
        world.execute(ChangeQuantity(cart=cart.id, product=product.id, quantity=quantity))

    assert ["quantity"] == [fault.field for fault in told.faults]
    assert cart == the(world, cart)


def test_a_cart_holds_fifty_products(world: World) -> None:
    """And not one more."""
    products = [world.product(100) for _ in range(51)]
    cart = world.cart(*products[:50])
    with refused(TooManyLines):
        world.execute(AddItems(cart=cart.id, products=(products[50].id,)))

    assert 50 == len(the(world, cart).lines)


def test_what_cannot_be_bought_is_named(world: World) -> None:
    """By its place; nothing is made."""
    gone = world.product()
    world.execute(WithdrawProduct(product=gone.id))
    with refused(ProductNotOffered) as told:
        world.execute(CreateCart(products=(world.product().id, gone.id, ProductId("prod_nothing"))))

    assert ["productIds[1]", "productIds[2]"] == [fault.field for fault in told.faults]
    assert [] == world.rows(CARTS)
    with refused(CartIsEmpty):
        world.execute(CreateCart(products=()))


def test_emptying_a_cart(world: World) -> None:
    """Nobody finds it any more, nobody is reminded of it, and it is never marked abandoned by the job."""
    product = world.product()
    cart = world.cart(product)
    assert world.execute(RemoveItem(cart=cart.id, product=product.id)) is None

    for wish in (
        AddItems(cart=cart.id, products=(product.id,)), QuoteCart(cart=cart.id), RemoveCoupon(cart=cart.id),
        RemoveItem(cart=cart.id, product=product.id),
    ):  # fmt: skip
        with refused(CartNotFound):
            world.execute(wish)  # type: ignore[arg-type]  # several answers
    with refused(CartNotFound):
        the(world, cart)
    world.advance(days=2)
    assert 0 == world.execute(AbandonCarts())


def test_a_link_can_be_followed_again_after_its_cart_was_emptied(world: World) -> None:
    """The same id is a cart again; its past stays recorded."""
    product = world.product()
    for _ in range(3):
        cart = world.execute(CreateCart(products=(product.id,), claimed=LINK))
        assert (LINK, CartState.OPEN, 1) == (cart.id, cart.state, len(cart.lines))
        world.execute(RemoveItem(cart=LINK, product=product.id))

    moves = [move.target for move in world.rows(MOVES) if move.subject == LINK]
    assert ["OPEN", "ABANDONED"] * 3 == moves


def test_a_link_that_was_followed_already_finds_its_cart(world: World) -> None:
    """With what was added since; a completed one is answered as it is; a made-up id is refused."""
    one, two = world.product(), world.product()
    world.execute(CreateCart(products=(one.id,), claimed=LINK))
    again = world.execute(CreateCart(products=(two.id,), claimed=LINK))
    assert {one.id, two.id} == {line.product for line in again.lines}
    assert 1 == len(world.rows(CARTS))

    world.pay(again)
    done = world.execute(CreateCart(products=(one.id,), claimed=LINK))
    assert CartState.COMPLETED is done.state
    with refused(Invalid):
        world.execute(CreateCart(products=(one.id,), claimed=CartId("cart_short")))


def test_products_are_not_removed_twice(world: World) -> None:
    """One that is not there is a clear answer."""
    one, two = world.product(), world.product()
    cart = world.cart(one, two)
    world.execute(RemoveItem(cart=cart.id, product=one.id))
    for wish in (
        RemoveItem(cart=cart.id, product=one.id),
        ChangeQuantity(cart=cart.id, product=one.id, quantity=2),
    ):
        with refused(NotInCart):
            world.execute(wish)  # type: ignore[arg-type]  # two kinds of answers


def test_a_cart_into_which_nothing_can_be_put(world: World) -> None:
    """One that is not there, and one that was paid."""
    product = world.product()
    with refused(CartNotFound):
        world.execute(CreateCart(products=(product.id,), into=CartId("cart_nothing")))
    view = world.buy(product)
    for wish in (
        CreateCart(products=(product.id,), into=view.checkout.cart),
        AddItems(cart=view.checkout.cart, products=(product.id,)), QuoteCart(cart=view.checkout.cart),
        RemoveItem(cart=view.checkout.cart, product=product.id), ApplyCoupon(cart=view.checkout.cart, code="TEN"),
    ):  # fmt: skip
        with refused(CartIsCompleted):
            world.execute(wish)  # type: ignore[arg-type]  # several answers


def test_a_cart_that_is_being_paid_cannot_be_changed(world: World) -> None:
    """While the payment may still succeed; when it has ended, it can."""
    product = world.product()
    cart = world.cart(product, world.product())
    view = world.pay(cart, token="tok_action")
    assert not view.checkout.ended
    for wish in (
        AddItems(cart=cart.id, products=(product.id,)), RemoveItem(cart=cart.id, product=product.id),
        ChangeQuantity(cart=cart.id, product=product.id, quantity=2), ApplyCoupon(cart=cart.id, code="TEN"),
        RemoveCoupon(cart=cart.id), QuoteCart(cart=cart.id), CreateCart(products=(product.id,), into=cart.id),
    ):  # fmt: skip
        with refused(CartIsBeingPaid) as told:
            world.execute(wish)  # type: ignore[arg-type]  # several answers
        assert told.retry_after is not None
    world.advance(days=3)
    assert 0 == world.execute(AbandonCarts())


def test_a_coupon_can_be_used_changed_and_dropped(world: World) -> None:
    """One at a time, however it is spelt; an unknown one changes nothing."""
    world.coupon("TEN", percent=1000)
    world.coupon("HALF", percent=5000)
    cart = world.cart(world.product(1000))
    assert usd(900) == world.execute(ApplyCoupon(cart=cart.id, code=" ten ")).quote.total  # type: ignore[union-attr]
    with refused(UnknownCoupon):
        world.execute(ApplyCoupon(cart=cart.id, code="NOPE"))
    assert usd(500) == world.execute(ApplyCoupon(cart=cart.id, code="HALF")).quote.total  # type: ignore[union-attr]
    assert usd(1000) == world.execute(RemoveCoupon(cart=cart.id)).quote.total  # type: ignore[union-attr]


def test_a_fresh_quote_leaves_out_what_ended(world: World) -> None:
    """A withdrawn product and a withdrawn coupon leave the cart; when nothing is left, that is said."""
    kept, gone = world.product(1000), world.product(500)
    coupon = world.coupon("TEN")
    cart = world.cart(kept, gone, coupon="TEN")
    world.execute(WithdrawProduct(product=gone.id))
    world.execute(WithdrawCoupon(coupon=coupon.id))

    fresh = world.execute(QuoteCart(cart=cart.id))
    assert ([kept.id], "", usd(1000)) == ([line.product for line in fresh.lines], fresh.coupon, fresh.quote.total)  # type: ignore[union-attr]
    world.execute(WithdrawProduct(product=kept.id))
    with refused(CartIsEmpty):
        world.execute(QuoteCart(cart=cart.id))


def test_the_hash_is_that_of_what_is_sold(world: World) -> None:
    """Equal carts have equal hashes, at any time; another price, quantity or coupon another."""
    product = world.product(1000)
    one, two = world.cart(product), world.cart(product)
    world.advance(minutes=5)
    hashes = {world.execute(QuoteCart(cart=one.id)).quote.hash, two.quote.hash}  # type: ignore[union-attr]
    assert 1 == len(hashes)
    hashes.add(world.execute(ChangeQuantity(cart=one.id, product=product.id, quantity=2)).quote.hash)  # type: ignore[union-attr]
    world.coupon("FREE", percent=1)
    hashes.add(world.execute(ApplyCoupon(cart=two.id, code="FREE")).quote.hash)  # type: ignore[union-attr]
    assert 3 == len(hashes)


def test_idle_carts_are_marked_once(world: World) -> None:
    """After the clinic's minutes without an action of the buyer; reading is none; an action opens it again."""
    cart = world.cart(world.product())
    world.advance(minutes=59)
    the(world, cart)
    assert 0 == world.execute(AbandonCarts())
    world.advance(minutes=1)
    assert [1, 0] == [world.execute(AbandonCarts()) for _ in range(2)]
    assert CartState.ABANDONED is the(world, cart).state

    assert CartState.OPEN is world.execute(QuoteCart(cart=cart.id)).state
    world.advance(minutes=60)
    assert 1 == world.execute(AbandonCarts())


def test_carts_in_doubt_do_not_keep_others_from_being_marked(world: World) -> None:
    """However many of them are older."""
    for _ in range(3):
        world.pay(world.cart(world.product()), token="tok_action")
    world.advance(seconds=1)
    world.cart(world.product())
    world.advance(minutes=61)

    assert 1 == world.execute(AbandonCarts(limit=2))


def test_a_declined_cart_can_be_tried_again(world: World) -> None:
    """FAILED, and OPEN with the next action; abandoned, too, when nobody comes back."""
    cart = world.cart(world.product())
    world.pay(cart, token="tok_soft")
    assert CartState.FAILED is the(world, cart).state
    assert CartState.OPEN is world.execute(QuoteCart(cart=cart.id)).state


def test_lists_are_pages(world: World) -> None:
    """Newest first, by state, each cart on one page."""
    carts = [world.cart(world.product()) for _ in range(5)]
    found, cursor = [], None
    while True:
        page = world.ask(ListCarts(limit=2, cursor=cursor))
        found += [cart.id for cart in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert [cart.id for cart in reversed(carts)] == found
    assert 0 == len(world.ask(ListCarts(state=CartState.COMPLETED)).items)
    with refused(Invalid):
        world.ask(ListCarts(limit=0))
