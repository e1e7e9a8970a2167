"""What the catalog refuses."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Fault, Invalid, Missing


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

    remedy = Fault("code", "choose another code, or change the coupon that has it")


class TemplateNameTaken(Conflict):
    """Another checkout template has that name."""

    remedy = Fault("name", "choose another name, or change the template that has it")


class LimitInUse(Conflict):
    """The new limit would lie below what was already claimed; end the coupon and add another."""

    remedy = Fault("terms.totalLimit", "end this coupon, and add another one with the limit")


class UnknownCoupon(Missing):
    """There is no coupon with that code, or it was withdrawn."""

    remedy = Fault("code", "check how it is spelt, or go on without a coupon")


class CouponNotRunning(Conflict):
    """The coupon has not begun, or is over."""

    remedy = Fault("code", "use another coupon, or none")


class CouponExhausted(Conflict):
    """The coupon's total limit is reached."""

    remedy = Fault("code", "use another coupon, or none")


class CouponUsed(Conflict):
    """This patient has used the coupon as often as it allows."""

    remedy = Fault("code", "use another coupon, or none")


class CouponDoesNotFit(Conflict):
    """The coupon's amount is in another currency than the cart."""

    remedy = Fault("code", "use a coupon in the currency of the cart, or a percentage")


class BadRows(Invalid):
    """The import was to be all or nothing, and some rows are at fault."""
