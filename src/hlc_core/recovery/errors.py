"""What recovery refuses."""

from hlc_core.kernel.errors import Conflict, Fault


class NothingToRetry(Conflict):
    """The case is resolved; nothing is owed."""

    remedy = Fault("recovery", "nothing has to be done: it was paid, or given up")


class RetryInFlight(Conflict):
    """An earlier try has no definite answer yet, so no other may start."""

    remedy = Fault("recovery", "wait a minute: HLC asks the gateway by itself")


class NoMethodToCharge(Conflict):
    """The patient has no saved method that can be charged."""

    remedy = Fault("method", "ask the patient for a card first")


class CardNeeded(Conflict):
    """The last card that can be charged, and a subscription will be charged to it."""


class CardNotUsable(Conflict):
    """The card is expired, or was kept at a gateway that the clinic does not charge through."""
