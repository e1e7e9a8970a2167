"""The order words of CarePortals, at the edge only. Both ways total; in, then out, is the identity.

Source: spec/commerce, Orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hlc_core.orders.machine import OrderState


class CarePortalsStatus(StrEnum):
    """Their eight words."""

    PENDING = "pending"
    PROCESSING = "processing"
    APPROVED = "approved"
    PHARMACY = "pharmacy"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


_OURS, _THEIRS = OrderState, CarePortalsStatus

OUTWARD: Mapping[OrderState, CarePortalsStatus] = {
    _OURS.INCOMPLETE: _THEIRS.PENDING,
    _OURS.PENDING: _THEIRS.PENDING,
    _OURS.AWAITING_PAYMENT: _THEIRS.PENDING,
    _OURS.AWAITING_REQUIREMENTS: _THEIRS.PENDING,
    _OURS.PROCESSING: _THEIRS.PROCESSING,
    _OURS.AWAITING_REQUISITION: _THEIRS.PROCESSING,
    _OURS.AWAITING_RESULTS: _THEIRS.PROCESSING,
    _OURS.AWAITING_SCRIPT: _THEIRS.APPROVED,
    _OURS.AWAITING_FULFILLMENT: _THEIRS.PHARMACY,
    _OURS.AWAITING_SHIPMENT: _THEIRS.PHARMACY,
    _OURS.SHIPPED: _THEIRS.SHIPPED,
    _OURS.COMPLETED: _THEIRS.DELIVERED,
    _OURS.RETURNED: _THEIRS.DELIVERED,
    _OURS.REJECTED: _THEIRS.CANCELLED,
    _OURS.CANCELLED: _THEIRS.CANCELLED,
    _OURS.REFUNDED: _THEIRS.REFUNDED,
}
"""What we tell them."""

INWARD: Mapping[CarePortalsStatus, OrderState] = {
    _THEIRS.PENDING: _OURS.PENDING,
    _THEIRS.PROCESSING: _OURS.PROCESSING,
    _THEIRS.APPROVED: _OURS.AWAITING_SCRIPT,
    _THEIRS.PHARMACY: _OURS.AWAITING_FULFILLMENT,
    _THEIRS.SHIPPED: _OURS.SHIPPED,
    _THEIRS.DELIVERED: _OURS.COMPLETED,
    _THEIRS.CANCELLED: _OURS.CANCELLED,
    _THEIRS.REFUNDED: _OURS.REFUNDED,
}
"""What we take their words for."""


def to_careportals(state: OrderState) -> CarePortalsStatus:
    """Their word for our status."""
    return OUTWARD[state]


def from_careportals(status: CarePortalsStatus) -> OrderState:
    """Our status for their word."""
    return INWARD[status]
