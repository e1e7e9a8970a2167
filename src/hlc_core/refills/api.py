"""The face of the context."""

from hlc_core.refills.events import (
    RefillApproved,
    RefillCancelled,
    RefillCompleted,
    RefillDeclined,
    RefillDue,
    RefillEvent,
    RefillScheduled,
)
from hlc_core.refills.machine import REFILL, RefillState, RefillTrigger
from hlc_core.refills.model import Gate, Hold, Refill
from hlc_core.refills.ports import Env, Refills

__all__ = [
    "REFILL",
    "Env",
    "Gate",
    "Hold",
    "Refill",
    "RefillApproved",
    "RefillCancelled",
    "RefillCompleted",
    "RefillDeclined",
    "RefillDue",
    "RefillEvent",
    "RefillScheduled",
    "RefillState",
    "RefillTrigger",
    "Refills",
]
