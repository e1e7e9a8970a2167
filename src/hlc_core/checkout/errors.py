"""Refusals of checkout."""

from hlc_core.kernel.errors import Conflict, Invalid


class AddressNeeded(Invalid):
    """Something that is bought is shipped, and nobody knows where to; the fields name what is missing."""


class StaleQuote(Conflict):
    """The quote expired, or prices, coupon, tax or the cart changed since; the fields say what."""


class PaymentStillClosing(Conflict):
    """The last payment was declined and is being closed at the gateway; try again in some seconds."""
