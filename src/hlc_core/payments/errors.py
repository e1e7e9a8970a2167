"""Refusals of payments."""

from hlc_core.kernel.errors import Conflict, Invalid, Missing


class RefundTooLarge(Invalid):
    """More than was captured and not yet given back."""


class NothingCaptured(Conflict):
    """Only a paid attempt can be refunded or disputed."""


class PaymentInDoubt(Conflict):
    """An attempt at this obligation is not closed: nothing else may be charged for it."""


class AlreadyPaid(Conflict):
    """The obligation is settled."""


class NoUsableMethod(Conflict):
    """There is no saved method that can be charged."""


class GatewayNotConfigured(Missing):
    """This installation has no gateway of that name."""
