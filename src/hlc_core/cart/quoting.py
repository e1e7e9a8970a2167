"""Pricing a cart into a quote."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from hlc_core.cart.errors import CartIsEmpty, MixedCurrencyCart, ProductNotOffered
from hlc_core.cart.model import Cart, CartLine, Quote, QuotedLine
from hlc_core.cart.ports import Env
from hlc_core.catalog.api import (
    Coupon,
    CouponExhausted,
    CouponNotRunning,
    CouponUsed,
    PricedLine,
    PriceLine,
    Product,
    UnknownCoupon,
    price,
    usable_coupon,
)
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.text import counted


def quoted(cart: Cart, env: Env, forgiving: bool = False) -> Cart:
    """The cart with a quote of today's prices.

    Refuses: ProductNotOffered, MixedCurrencyCart, what the coupon refuses; when `forgiving`, a withdrawn
    product and an ended coupon leave the cart instead.
    """
    products = offered(cart.lines, env, forgiving)
    lines = tuple(line for line in cart.lines if line.product in products)
    if not lines:
        raise CartIsEmpty("Nothing in this cart is offered any more.", Fault("cart", "add a product"))
    coupon = None if not cart.coupon else _coupon(cart.coupon, env, forgiving)
    kept = evolve(cart, lines=lines, coupon="" if coupon is None else coupon.folded_code)
    return evolve(kept, quote=make_quote(lines, products, coupon, env))


def offered(lines: Sequence[CartLine], env: Env, forgiving: bool = False) -> Mapping[ProductId, Product]:
    """The products of the lines. Refuses: ProductNotOffered, MixedCurrencyCart."""
    wanted = [line.product for line in lines]
    found = {product.id: product for product in env.products.many(wanted) if product.active}
    missing = [place for place, id in enumerate(wanted) if id not in found]
    if missing and not forgiving:
        faults = (Fault(f"productIds[{place}]", "no product of that id is offered") for place in missing)
        raise ProductNotOffered("Some of these products are not offered.", *faults)
    if len({product.price.currency for product in found.values()}) > 1:
        raise MixedCurrencyCart(
            "Products of two currencies cannot be bought together.", Fault("productIds", "one currency")
        )
    return found


def _coupon(code: str, env: Env, forgiving: bool) -> Coupon | None:
    try:
        return usable_coupon(code, None, env)
    except (UnknownCoupon, CouponNotRunning, CouponExhausted, CouponUsed):
        if forgiving:
            return None
        raise


def make_quote(
    lines: Sequence[CartLine], products: Mapping[ProductId, Product], coupon: Coupon | None, env: Env
) -> Quote:
    """The lines at today's prices. Refuses: CouponDoesNotFit."""
    now = env.clock.now()
    priced = price(
        [PriceLine(key=ln.product, unit=products[ln.product].due_now, quantity=ln.quantity) for ln in lines],
        None if coupon is None else coupon.reduction,
        env.organization.carts.tax_basis_points,
        products[lines[0].product].price.currency,
    )
    quoted_lines = tuple(
        _line(line, products[line.product], amounts) for line, amounts in zip(lines, priced.lines, strict=True)
    )
    code = "" if coupon is None else coupon.folded_code
    return Quote(
        hash=_hash(quoted_lines, code),
        lines=quoted_lines,
        subtotal=priced.subtotal,
        discount=priced.discount,
        tax=priced.tax,
        total=priced.total,
        coupon=code,
        quoted_at=now,
        expires_at=now + timedelta(minutes=env.organization.carts.quote_minutes),
    )


def _line(line: CartLine, product: Product, amounts: PricedLine) -> QuotedLine:
    return QuotedLine(
        product=product.id,
        name=product.name,
        image=product.offer.image,
        quantity=line.quantity,
        price=product.due_now,
        subtotal=amounts.subtotal,
        discount=amounts.discount,
        tax=amounts.tax,
        total=amounts.total,
        terms=terms_in_words(product),
        ships=product.offer.ships,
    )


def _hash(lines: Sequence[QuotedLine], coupon: str) -> str:
    text = "|".join(
        f"{ln.product}*{ln.quantity}@{ln.price}-{ln.discount}+{ln.tax}={ln.total};{ln.terms}" for ln in lines
    )
    return hashlib.blake2b(f"{text}|{coupon}".encode(), digest_size=12).hexdigest()


def terms_in_words(product: Product) -> str:
    """What recurs after today, for the buyer to read; empty for a one-time product."""
    offer = product.offer
    if offer.interval is None:
        return ""
    words = f"{offer.price} {offer.interval}"
    if offer.trial_days:
        words = f"{offer.trial_days} days free, then {words}"
    if offer.prepaid_months:
        words += f", {counted(offer.prepaid_months, 'month')} paid at once"
    if offer.cycles:
        words += f", {counted(offer.cycles, 'payment')} in all"
    return words
