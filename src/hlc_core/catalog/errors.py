"""What the catalog refuses."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Invalid, Missing


class NotAnOffer(Invalid):
    """Fields of a product are at fault; all are named at once."""


class NotACoupon(Invalid):
    """Fields of a coupon are at fault; all are named at once."""


class NotADesign(Invalid):
    """Fields of a checkout template are at fault; all are named at once."""


class ExternalIdTaken(Conflict):
    """Another product was imported under that external id."""


class CodeTaken(Conflict):
    """Another coupon has that code; upper and lower case count as the same."""


class TemplateNameTaken(Conflict):
    """Another checkout template has that name."""


class LimitInUse(Conflict):
    """The new limit would lie below what was already claimed; end the coupon and add another."""


class UnknownCoupon(Missing):
    """There is no coupon with that code, or it was withdrawn."""


class CouponNotRunning(Conflict):
    """The coupon has not begun, or is over."""


class CouponExhausted(Conflict):
    """The coupon's total limit is reached."""


class CouponUsed(Conflict):
    """This patient has used the coupon as often as it allows."""


class CouponDoesNotFit(Conflict):
    """The coupon's amount is in another currency than the cart."""


class BadRows(Invalid):
    """The import was to be all or nothing, and some rows are at fault."""
