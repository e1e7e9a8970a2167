"""Refusals of carts."""

from hlc_core.kernel.errors import Conflict, Fault, Invalid, Missing


class CartNotFound(Missing):
    """There is no such cart, or it was emptied."""

    remedy = Fault("cartId", "open a new cart, or follow the buy link again")


class CartIsEmpty(Invalid):
    """Nothing is in it."""


class CartIsBeingPaid(Conflict):
    """A payment for it may still succeed."""

    remedy = Fault("cartId", "wait until the payment has ended: it is paid, or can be changed then")


class CartIsCompleted(Conflict):
    """It was paid."""

    remedy = Fault("cartId", "open a new cart")


class NotInCart(Missing):
    """The product is not in this cart."""


class ProductNotOffered(Missing):
    """There is no such product, or it was withdrawn."""


class QuantityOutOfRange(Invalid):
    """Below 1 or above 99."""


class TooManyLines(Invalid):
    """More products than a cart holds."""


class MixedCurrencyCart(Invalid):
    """Products of two currencies cannot be bought together."""
