"""What prescriptions do, in the same transaction, when their order leaves the way of care."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.orders.api import OrderState, OrderStatusUpdated
from hlc_core.prescriptions.holding import cancel_all
from hlc_core.prescriptions.ports import Env

_OFF_THE_WAY = frozenset(
    {OrderState.AWAITING_REQUIREMENTS, OrderState.REJECTED, OrderState.CANCELLED, OrderState.REFUNDED}
)
_APPROVED = frozenset({OrderState.AWAITING_SCRIPT, OrderState.AWAITING_FULFILLMENT, OrderState.AWAITING_SHIPMENT})


def orders_moved(events: Sequence[OrderStatusUpdated], env: Env) -> None:
    """An order that is sent back, rejected, cancelled or refunded before its parcel is handed over takes its
    prescriptions with it; a fill that is on its way or there is left for a person, who tells the pharmacy."""
    gone = [event.order for event in events if event.state in _OFF_THE_WAY and event.source in _APPROVED]
    if gone:
        cancel_all(env.prescriptions.of_orders(gone), "The order left the way of care.", env)
