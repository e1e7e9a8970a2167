"""The face of the context."""

from hlc_core.catalog.machine import REDEMPTION, RedemptionState
from hlc_core.catalog.model import (
    CheckoutTemplate,
    Coupon,
    CouponRedemption,
    CouponTerms,
    Drug,
    Duration,
    Offer,
    PageDesign,
    Product,
    ProductKind,
    RedemptionId,
    Reduction,
)
from hlc_core.catalog.ports import CheckoutTemplates, CouponRedemptions, Coupons, Env, Products

__all__ = [
    "REDEMPTION",
    "CheckoutTemplate",
    "CheckoutTemplates",
    "Coupon",
    "CouponRedemption",
    "CouponRedemptions",
    "CouponTerms",
    "Coupons",
    "Drug",
    "Duration",
    "Env",
    "Offer",
    "PageDesign",
    "Product",
    "ProductKind",
    "Products",
    "RedemptionId",
    "RedemptionState",
    "Reduction",
]
