"""Questions about carts."""

from __future__ import annotations

from attrs import frozen

from hlc_core.cart.errors import CartNotFound
from hlc_core.cart.machine import CART, CartState, CartTrigger
from hlc_core.cart.model import Cart
from hlc_core.cart.ports import Env
from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import CartId
from hlc_core.kernel.paging import Page, limited


@frozen(kw_only=True)
class GetCart(Query[Cart]):
    """One cart, with its last quote."""

    cart: CartId


def get_cart(query: GetCart, env: Env) -> Cart:
    """Refuses: CartNotFound (never there, or emptied)."""
    found = env.carts.find(query.cart)
    if found is None or found.gone:
        raise CartNotFound("There is no such cart.")
    return found


@frozen(kw_only=True)
class ListCarts(Query[Page[Cart]]):
    """Carts, newest first, of one state or of all."""

    state: CartState | None = None
    cursor: str | None = None
    limit: int = 50


def list_carts(query: ListCarts, env: Env) -> Page[Cart]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else CartId(query.cursor)
    found = env.carts.page(query.state, after, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


def allowed(cart: Cart) -> tuple[CartTrigger, ...]:
    """The triggers that would be accepted now."""
    return CART.allowed(cart.state, cart.facts)
