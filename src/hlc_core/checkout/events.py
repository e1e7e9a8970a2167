"""What happened to checkouts."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import CartId, CheckoutId, InvoiceId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money


@frozen(kw_only=True)
class CheckoutSucceeded(Event):
    """The order exists and is paid: the receipt goes out."""

    name: ClassVar[str] = "checkout.succeeded"
    checkout: CheckoutId
    cart: CartId
    patient: PatientId
    order: OrderId
    order_number: str
    invoice: InvoiceId | None
    subscriptions: tuple[SubscriptionId, ...]
    total: Money

    @property
    def subject(self) -> str:
        """The cart's events are delivered in order."""
        return self.cart


@frozen(kw_only=True)
class CheckoutDeclined(Event):
    """The payment was refused; `text` is the sentence for the buyer."""

    name: ClassVar[str] = "payment.failed"
    checkout: CheckoutId
    cart: CartId
    patient: PatientId
    total: Money
    code: str
    text: str

    @property
    def subject(self) -> str:
        """The cart's events are delivered in order."""
        return self.cart
