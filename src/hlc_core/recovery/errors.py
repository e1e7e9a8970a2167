"""What recovery refuses."""

from hlc_core.kernel.errors import Conflict


class NothingToRetry(Conflict):
    """The case is resolved; nothing is owed."""


class RetryInFlight(Conflict):
    """An earlier try has no definite answer yet, so no other may start."""


class NoMethodToCharge(Conflict):
    """The patient has no saved method that can be charged."""
