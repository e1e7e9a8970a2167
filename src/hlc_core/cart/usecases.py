"""Filling carts. Every change prices the cart anew into a quote."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from hlc_core.cart.errors import CartIsEmpty, CartNotFound, NotInCart
from hlc_core.cart.events import CartAbandoned, CartEmptied
from hlc_core.cart.machine import CartState, CartTrigger
from hlc_core.cart.model import Cart
from hlc_core.cart.ports import Env
from hlc_core.cart.quoting import quoted
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CartId, ProductId, TemplateId
from hlc_core.kernel.text import folded

CART_ID_LENGTH = 40


@frozen(kw_only=True)
class CreateCart(Command[Cart]):
    """A cart with these products, or the cart `into` with them added.

    `claimed` is the id that a signed buy link promised: the cart is made under it unless it is there already.
    """

    products: tuple[ProductId, ...]
    into: CartId | None = None
    claimed: CartId | None = None
    template: TemplateId | None = None
    source_path: str = ""
    source_domain: str = ""


def create_cart(command: CreateCart, env: Env) -> Cart:
    """The cart with its quote.

    Refuses: CartIsEmpty (no products), ProductNotOffered, MixedCurrencyCart, TooManyLines; with `into`:
    CartNotFound, CartIsBeingPaid, CartIsCompleted.
    """
    if not command.products:
        raise CartIsEmpty("Name at least one product.", Fault("productIds", "one or more product ids"))
    now = env.clock.now()
    wanted = command.into or command.claimed
    stands = None if wanted is None else env.carts.find(wanted)
    if stands is None and command.into is not None:
        raise CartNotFound("There is no such cart.", Fault("cartId", "leave it out to open a new cart"))
    if stands is not None:
        if command.into is None and stands.state is CartState.COMPLETED:
            return stands
        merged = quoted(stands.edited(now).with_products(command.products), env)
        env.carts.save(merged)
        return merged
    if command.claimed is not None and len(command.claimed) != CART_ID_LENGTH:
        raise Invalid("That is no cart id.", Fault("cartId", "follow the buy link again"))
    cart = Cart(
        id=command.claimed or CartId(env.ids.new("cart")),
        organization=env.organization.id,
        state=CartState.OPEN,
        lines=(),
        created_at=now,
        active_at=now,
        template=command.template,
        source_path=command.source_path[:500],
        source_domain=command.source_domain[:253],
    )
    made = quoted(cart.with_products(command.products), env)
    env.carts.add(made)
    return made


@frozen(kw_only=True)
class AddItems(Command[Cart]):
    """Put products into a cart; one that is there already keeps its quantity."""

    cart: CartId
    products: tuple[ProductId, ...]


def add_items(command: AddItems, env: Env) -> Cart:
    """Refuses: CartNotFound, CartIsBeingPaid, CartIsCompleted, ProductNotOffered, TooManyLines."""
    return _change(_get(command.cart, env).edited(env.clock.now()).with_products(command.products), env)


@frozen(kw_only=True)
class ChangeQuantity(Command[Cart]):
    """Buy another number of a product that is in the cart."""

    cart: CartId
    product: ProductId
    quantity: int


def change_quantity(command: ChangeQuantity, env: Env) -> Cart:
    """Refuses: CartNotFound, NotInCart, QuantityOutOfRange, CartIsBeingPaid, CartIsCompleted."""
    cart = _holding(command.cart, command.product, env)
    return _change(cart.edited(env.clock.now()).with_quantity(command.product, command.quantity), env)


@frozen(kw_only=True)
class RemoveItem(Command[Cart | None]):
    """Take a product out of the cart; with the last one the cart is gone."""

    cart: CartId
    product: ProductId


def remove_item(command: RemoveItem, env: Env) -> Cart | None:
    """The cart, or None when it is gone. Refuses: CartNotFound, NotInCart, CartIsBeingPaid, CartIsCompleted."""
    cart = _holding(command.cart, command.product, env)
    smaller = cart.edited(env.clock.now()).without(command.product)
    if smaller.lines:
        return _change(smaller, env)
    # the row stays, since its moves do: a buy link may open a cart under the same id again
    env.carts.save(evolve(smaller.move(CartTrigger.ABANDON), quote=None, coupon=""))
    env.outbox.put(CartEmptied(cart=cart.id))
    return None


@frozen(kw_only=True)
class ApplyCoupon(Command[Cart]):
    """Use a coupon; one cart has at most one."""

    cart: CartId
    code: str


def apply_coupon(command: ApplyCoupon, env: Env) -> Cart:
    """Refuses: CartNotFound, UnknownCoupon, CouponNotRunning, CouponExhausted, CartIsBeingPaid, CartIsCompleted."""
    cart = _get(command.cart, env).edited(env.clock.now())
    return _change(evolve(cart, coupon=folded(command.code)), env)


@frozen(kw_only=True)
class RemoveCoupon(Command[Cart]):
    """Use no coupon."""

    cart: CartId


def remove_coupon(command: RemoveCoupon, env: Env) -> Cart:
    """Refuses: CartNotFound, CartIsBeingPaid, CartIsCompleted."""
    return _change(evolve(_get(command.cart, env).edited(env.clock.now()), coupon=""), env)


@frozen(kw_only=True)
class QuoteCart(Command[Cart]):
    """Price the cart as of now: what the checkout page shows and pays. Reopens an abandoned cart."""

    cart: CartId


def quote_cart(command: QuoteCart, env: Env) -> Cart:
    """The cart with a fresh quote. Refuses: CartNotFound, CartIsEmpty, CartIsBeingPaid, CartIsCompleted.

    A product that was withdrawn meanwhile leaves the cart; a coupon that ended, too.
    """
    cart = _get(command.cart, env)
    if not cart.lines:
        raise CartIsEmpty("There is nothing in this cart.", Fault("cart", "add a product"))
    return _change(cart.edited(env.clock.now()), env, forgiving=True)


@frozen(kw_only=True)
class AbandonCarts(Command[int]):
    """Mark carts ABANDONED whose buyer did nothing for the organization's timeout."""

    limit: int = 500


def abandon_carts(command: AbandonCarts, env: Env) -> int:
    """How many were marked; `cart.abandoned` is put once for each. One whose payment is in doubt is left alone."""
    now = env.clock.now()
    since = now - timedelta(minutes=env.organization.carts.idle_minutes)
    marked = 0
    for cart in env.carts.idle(since, None, command.limit):
        env.carts.save(cart.move(CartTrigger.ABANDON))
        env.outbox.put(CartAbandoned(cart=cart.id, total=None if cart.quote is None else cart.quote.total))
        marked += 1
    return marked


def _get(cart: CartId, env: Env) -> Cart:
    found = env.carts.find(cart)
    if found is None or found.gone:
        raise CartNotFound("There is no such cart.", Fault("cartId", "open a new cart"))
    return found


def _holding(cart: CartId, product: ProductId, env: Env) -> Cart:
    found = _get(cart, env)
    if not found.has(product):
        raise NotInCart("That product is not in this cart.", Fault("productId", "one of the cart's products"))
    return found


def _change(cart: Cart, env: Env, forgiving: bool = False) -> Cart:
    priced = quoted(cart, env, forgiving)
    env.carts.save(priced)
    return priced
