"""Refusals of payments."""

from hlc_core.kernel.errors import Conflict, Fault, Invalid, Missing, Unavailable


class RefundTooLarge(Invalid):
    """More than was captured and not yet given back."""


class NothingCaptured(Conflict):
    """Only a paid attempt can be refunded or disputed."""

    remedy = Fault("attempt", "name one that is paid: `hlc payments list` shows them")


class NoUsableMethod(Conflict):
    """There is no saved method that can be charged."""

    remedy = Fault("method", "add a card that can be charged, then try again")


class GatewayNotConfigured(Missing):
    """This installation has no gateway of that name."""


class NoPaymentToken(Invalid):
    """Something is to be paid or stored, and neither a token nor a saved method was sent."""


class CardRefused(Conflict):
    """The gateway would not keep the card; the detail has its reason."""


class CardNeedsAction(Conflict):
    """The bank asks the customer to confirm the card first; the field `actionUrl` says where. Then send it again."""

    remedy = Fault("token", "confirm the card with the bank, then send the same token again")


class StoringInDoubt(Unavailable):
    """The gateway gave no definite answer; the same request is safe to repeat."""

    remedy = Fault("token", "send the same token again: the card is saved once")


class PaymentRefused(Conflict):
    """The charge for a change was declined; nothing was changed. The detail has the gateway's reason."""

    remedy = Fault("method", "use another card, then try again")
