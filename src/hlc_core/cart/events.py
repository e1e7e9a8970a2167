"""What happened to carts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import CartId
from hlc_core.kernel.money import Money


@frozen(kw_only=True)
class CartEvent(Event):
    """Base: tells of one cart."""

    cart: CartId

    @property
    def subject(self) -> str:
        """The cart."""
        return self.cart


@frozen(kw_only=True)
class CartAbandoned(CartEvent):
    """Idle beyond the timeout; put once each time."""

    name: ClassVar[str] = "cart.abandoned"
    total: Money | None


@frozen(kw_only=True)
class CartFailed(CartEvent):
    """Its payment was declined; `text` is the gateway's reason with its codes."""

    name: ClassVar[str] = "cart.failed"
    code: str
    text: str


@frozen(kw_only=True)
class CartCompleted(CartEvent):
    """Paid and finalised."""

    name: ClassVar[str] = "cart.completed"
    total: Money


@frozen(kw_only=True)
class CartEmptied(CartEvent):
    """The last product was removed: the cart is gone and gets no more messages."""

    name: ClassVar[str] = "cart.emptied"
