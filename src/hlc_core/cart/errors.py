"""Refusals of carts."""

from hlc_core.kernel.errors import Conflict, Invalid, Missing


class CartNotFound(Missing):
    """There is no such cart, or it was emptied."""


class CartIsEmpty(Invalid):
    """Nothing is in it."""


class CartIsBeingPaid(Conflict):
    """A payment for it may still succeed."""


class CartIsCompleted(Conflict):
    """It was paid."""


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
