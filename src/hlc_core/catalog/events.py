"""What happened in the catalog."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import CouponId, OrderId, ProductId


@frozen(kw_only=True)
class ProductAdded(Event):
    """A product can be bought."""

    name: ClassVar[str] = "product.added"
    product: ProductId

    @property
    def subject(self) -> str:
        """The product."""
        return self.product


@frozen(kw_only=True)
class ProductChanged(Event):
    """Its offer was changed; what was sold before keeps its terms."""

    name: ClassVar[str] = "product.changed"
    product: ProductId

    @property
    def subject(self) -> str:
        """The product."""
        return self.product


@frozen(kw_only=True)
class ProductWithdrawn(Event):
    """It can no longer be bought."""

    name: ClassVar[str] = "product.withdrawn"
    product: ProductId

    @property
    def subject(self) -> str:
        """The product."""
        return self.product


@frozen(kw_only=True)
class CouponRedeemed(Event):
    """A coupon was counted for an order."""

    name: ClassVar[str] = "coupon.redeemed"
    coupon: CouponId
    order: OrderId

    @property
    def subject(self) -> str:
        """The order, so that no two orders wait for one another."""
        return self.order
