"""Refusals of checkout."""

from hlc_core.kernel.errors import Conflict, Invalid


class StaleQuote(Conflict):
    """The quote expired, or prices, coupon, tax or the cart changed since; the fields say what."""


class NoPaymentToken(Invalid):
    """Something is to be paid and neither a token nor a saved method was sent."""


class PaymentStillClosing(Conflict):
    """The last payment was declined and is being closed at the gateway; try again in some seconds."""
