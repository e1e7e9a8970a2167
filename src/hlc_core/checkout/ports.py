"""What checkout needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hlc_core.cart.api import Env as CartEnv
from hlc_core.checkout.model import Checkout
from hlc_core.kernel.ids import CartId, CheckoutId
from hlc_core.kernel.repository import Repository
from hlc_core.orders.api import Env as OrdersEnv
from hlc_core.payments.api import Env as PaymentsEnv
from hlc_core.subscriptions.api import Env as SubscriptionsEnv


class Checkouts(Repository[CheckoutId, Checkout], Protocol):
    """Checkout attempts. Refuses when written: AlreadyExists (the cart's number)."""

    def of_cart(self, cart: CartId) -> Sequence[Checkout]:
        """All attempts at the cart, by number."""
        ...


class Env(OrdersEnv, SubscriptionsEnv, CartEnv, PaymentsEnv, Protocol):
    """What use cases of checkout may touch."""

    @property
    def checkouts(self) -> Checkouts: ...
