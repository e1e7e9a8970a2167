"""What happened to orders. Names, addresses and products stay on the rows; consumers read them there."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.orders.machine import OrderState, OrderTrigger
from hlc_core.orders.model import Step, Tracking


@frozen(kw_only=True)
class OrderCreated(Event):
    """It was placed. Goes out short (tracking) and full (normalised store): both are made from the row."""

    name: ClassVar[str] = "order.created"
    order: OrderId
    number: str
    patient: PatientId
    state: OrderState
    source_context: str
    total: Money
    subscriptions: tuple[SubscriptionId, ...]
    invoice: InvoiceId | None
    at: datetime

    @property
    def subject(self) -> str:
        """The order."""
        return self.order


@frozen(kw_only=True)
class OrderStatusUpdated(Event):
    """It moved. `history` is the whole of it, without reasons (they may speak of health)."""

    name: ClassVar[str] = "order.status_updated"
    order: OrderId
    number: str
    patient: PatientId
    source: OrderState
    state: OrderState
    trigger: OrderTrigger
    source_context: str
    subscriptions: tuple[SubscriptionId, ...]
    invoice: InvoiceId | None
    history: tuple[Step, ...]
    tracking: Tracking | None
    at: datetime

    @property
    def subject(self) -> str:
        """The order."""
        return self.order


@frozen(kw_only=True)
class OrderRejected(Event):
    """A clinician refused it. `ends_subscriptions`: the organization lets linked subscriptions be cancelled for it."""

    name: ClassVar[str] = "order.rejected"
    order: OrderId
    number: str
    patient: PatientId
    subscriptions: tuple[SubscriptionId, ...]
    ends_subscriptions: bool
    at: datetime

    @property
    def subject(self) -> str:
        """The order."""
        return self.order


@frozen(kw_only=True)
class OrderTracked(Event):
    """Its parcel can be followed; the status is as it was."""

    name: ClassVar[str] = "order.tracking_updated"
    order: OrderId
    number: str
    state: OrderState
    tracking: Tracking

    @property
    def subject(self) -> str:
        """The order."""
        return self.order
