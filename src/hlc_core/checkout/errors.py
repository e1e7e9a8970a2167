"""Refusals of checkout."""

from hlc_core.kernel.errors import Conflict, Fault, Invalid


class AddressNeeded(Invalid):
    """Something that is bought is shipped, and nobody knows where to; the fields name what is missing."""


class StaleQuote(Conflict):
    """The quote expired, or prices, coupon, tax or the cart changed since; the fields say what."""

    remedy = Fault("quoteHash", "ask for the quote again and show it to the buyer")


class PaymentStillClosing(Conflict):
    """The last payment was declined and is being closed at the gateway; try again in some seconds."""

    remedy = Fault("cartId", "send the same again in a few seconds; nothing is charged twice")
