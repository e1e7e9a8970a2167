"""Carts and checkout attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Op, Where, above, at_most, below, eq, one_of
from hlc_adapters.storage.shapes.cart import CARTS, CHECKOUTS
from hlc_core.cart.machine import CartState
from hlc_core.cart.model import Cart
from hlc_core.checkout.model import Checkout
from hlc_core.kernel.ids import CartId, CheckoutId


@frozen
class StoredCarts(Rows[CartId, Cart]):
    """Carts."""

    shape = CARTS

    def idle(self, since: datetime, after: CartId | None, limit: int) -> Sequence[Cart]:
        """OPEN and FAILED carts without a payment in doubt whose buyer did nothing since the instant."""
        where = [one_of("state", (CartState.OPEN, CartState.FAILED)), at_most("active_at", since)]
        where.append(Where("paying", Op.IS_NULL))
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)

    def page(self, state: CartState | None, after: CartId | None, limit: int) -> Sequence[Cart]:
        """Newest first."""
        where = [] if state is None else [eq("state", state)]
        if after is not None:
            where.append(below("id", after))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)


@frozen
class StoredCheckouts(Rows[CheckoutId, Checkout]):
    """Checkout attempts."""

    shape = CHECKOUTS

    def of_cart(self, cart: CartId) -> Sequence[Checkout]:
        """All attempts at the cart, by number."""
        return self.unit.select(self.shape, eq("cart", cart), order=("number",))
