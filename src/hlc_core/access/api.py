"""The face of the context."""

from hlc_core.access.permissions import KEYS, ORDER_STEPS, STAFF_KEYS

__all__ = ["KEYS", "ORDER_STEPS", "STAFF_KEYS"]
