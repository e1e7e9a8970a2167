"""What recovery refuses."""

from hlc_core.kernel.errors import Conflict


class NothingToRetry(Conflict):
    """The case is resolved; nothing is owed."""


class RetryInFlight(Conflict):
    """An earlier try has no definite answer yet, so no other may start."""


class NoMethodToCharge(Conflict):
    """The patient has no saved method that can be charged."""


class CardNeeded(Conflict):
    """The last card that can be charged, and a subscription will be charged to it."""


class CardNotUsable(Conflict):
    """The card is expired, or was kept at a gateway that the clinic does not charge through."""
