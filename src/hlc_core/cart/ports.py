"""What carts need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hlc_core.cart.machine import CartState
from hlc_core.cart.model import Cart
from hlc_core.catalog.api import Env as CatalogEnv
from hlc_core.kernel.ids import CartId
from hlc_core.kernel.repository import Repository


class Carts(Repository[CartId, Cart], Protocol):
    """Carts."""

    def idle(self, since: datetime, after: CartId | None, limit: int) -> Sequence[Cart]:
        """OPEN and FAILED carts without a payment in doubt whose buyer did nothing since the instant, by id."""
        ...

    def page(self, state: CartState | None, after: CartId | None, limit: int) -> Sequence[Cart]:
        """Newest first, behind (made before) `after`."""
        ...


class Env(CatalogEnv, Protocol):
    """What use cases of carts may touch."""

    @property
    def carts(self) -> Carts: ...
