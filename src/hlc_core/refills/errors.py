"""What refills refuse."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Invalid


class NotAPlan(Invalid):
    """The plan of refills cannot be made like that."""


class RefillNotCovered(Conflict):
    """No active prescription allows this fill."""


class NothingToSend(Conflict):
    """There is no order or prescription to send it under; it is prescribed anew, or completed by hand."""


class ReasonNeededForRefill(Invalid):
    """Say why."""
