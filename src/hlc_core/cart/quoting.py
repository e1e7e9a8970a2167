"""Pricing a cart into a quote."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from attrs import evolve

from hlc_core.cart.errors import CartIsEmpty, CouponNotValid, MixedCurrencyCart, ProductNotOffered
from hlc_core.cart.model import Cart, CartLine, Quote, QuotedLine
from hlc_core.cart.ports import Env
from hlc_core.catalog.api import Coupon, PriceLine, Priced, Product, price
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import ProductId


def quoted(cart: Cart, env: Env, forgiving: bool = False) -> Cart:
    """The cart with a quote of today's prices.

    Refuses: ProductNotOffered, MixedCurrencyCart, CouponNotValid; when `forgiving`, a withdrawn product and an ended
    coupon leave the cart instead.
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
        raise MixedCurrencyCart("Products of two currencies cannot be bought together.", Fault("productIds", "one currency"))
    return found


def known_coupon(code: str, env: Env) -> Coupon:
    """The coupon of that folded code, if it runs now. Refuses: CouponNotValid."""
    coupon = env.coupons.with_code(code)
    if coupon is None or not coupon.runs(env.clock.now()):
        raise CouponNotValid("This coupon is not valid.", Fault("code", "check the spelling and the dates"))
    return coupon


def _coupon(code: str, env: Env, forgiving: bool) -> Coupon | None:
    try:
        return known_coupon(code, env)
    except CouponNotValid:
        if forgiving:
            return None
        raise


def make_quote(
    lines: Sequence[CartLine], products: Mapping[ProductId, Product], coupon: Coupon | None, env: Env
) -> Quote:
    """The lines at today's prices. Refuses: CouponNotValid (an amount in another currency)."""
    now = env.clock.now()
    priced = price(
        [PriceLine(price=products[line.product].due_now, quantity=line.quantity) for line in lines],
        None if coupon is None else coupon.reduction,
        env.organization.carts.tax_basis_points,
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


def _line(line: CartLine, product: Product, amounts: Priced) -> QuotedLine:
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
        terms=product.terms_in_words,
    )


def _hash(lines: Sequence[QuotedLine], coupon: str) -> str:
    text = "|".join(
        f"{ln.product}*{ln.quantity}@{ln.price}-{ln.discount}+{ln.tax}={ln.total};{ln.terms}" for ln in lines
    )
    return hashlib.blake2b(f"{text}|{coupon}".encode(), digest_size=12).hexdigest()
