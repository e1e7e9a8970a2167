"""What orders refuse."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Fault, Invalid


class NotAnOrder(Invalid):
    """Fields of an order are at fault; all are named at once."""


class ReasonNeeded(Invalid):
    """This is an exceptional step: say why."""


class NotYourStep(Denied):
    """The step is not for this actor."""


class TrackingNotPossible(Conflict):
    """There is no parcel yet, or none any more."""

    remedy = Fault(
        "order",
        "pack the order first (`hlc orders show` says what is possible); then say how the parcel can be followed",
    )


class NotATracking(Invalid):
    """Fields of the tracking are at fault."""


class ProductsNotSold(Invalid):
    """Some of the products do not exist or were withdrawn."""


class NotForAProvider(Conflict):
    """Only an order that awaits its prescription can be put before a provider."""


class MovedMeanwhile(Conflict):
    """The order stands elsewhere than the actor saw it."""
