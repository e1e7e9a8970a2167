"""The face of the context."""

from hlc_core.orders.events import OrderCreated, OrderRejected, OrderStatusUpdated
from hlc_core.orders.machine import ORDER, OrderState, OrderTrigger
from hlc_core.orders.model import (
    Amounts,
    Billing,
    Contact,
    Needs,
    Order,
    OrderLine,
    PaymentRecovery,
    ReductionType,
    ShippingAddress,
    Source,
    SourceContext,
    Tracking,
)
from hlc_core.orders.ports import Env, Orders

__all__ = [
    "ORDER",
    "Amounts",
    "Billing",
    "Contact",
    "Env",
    "Needs",
    "Order",
    "OrderCreated",
    "OrderLine",
    "OrderRejected",
    "OrderState",
    "OrderStatusUpdated",
    "OrderTrigger",
    "Orders",
    "PaymentRecovery",
    "ReductionType",
    "ShippingAddress",
    "Source",
    "SourceContext",
    "Tracking",
]
