"""Shapes of the catalog."""

from hlc_adapters.storage.shape import Index, Shape, Unique, boolean, integer, text
from hlc_core.catalog.machine import REDEMPTION
from hlc_core.catalog.model import CheckoutTemplate, Coupon, CouponRedemption, Product

PRODUCTS: Shape[Product] = Shape(
    "products",
    Product,
    (
        text("name"),
        integer("price", "price.amount"),
        text("currency", "price.currency"),
        boolean("active"),
        text("external_id"),
    ),
    uniques=(Unique("one_product_per_external_id", ("external_id",)),),
    kind="product",
    listed="products at /products",
)

COUPONS: Shape[Coupon] = Shape(
    "coupons",
    Coupon,
    (text("folded_code"), boolean("active")),
    uniques=(Unique("one_coupon_per_code", ("folded_code",)),),
    kind="coupon",
)

COUPON_REDEMPTIONS: Shape[CouponRedemption] = Shape(
    "coupon_redemptions",
    CouponRedemption,
    (
        text("coupon"),
        text("subject"),
        text("patient"),
        text("state"),
        integer("slot"),
        integer("patient_slot"),
    ),
    uniques=(
        Unique("one_claim_per_slot", ("coupon", "slot")),
        Unique("one_claim_per_patient_slot", ("coupon", "patient", "patient_slot")),
    ),
    indexes=(Index(("coupon", "state")),),
    machine=REDEMPTION,
    refers=(("coupon", "coupons"),),
    kind="coupon redemption",
)


def _default(template: CheckoutTemplate) -> bool | None:
    return True if template.default else None


CHECKOUT_TEMPLATES: Shape[CheckoutTemplate] = Shape(
    "checkout_templates",
    CheckoutTemplate,
    (text("name"), boolean("is_default", _default)),
    uniques=(Unique("one_template_per_name", ("name",)), Unique("one_default_template", ("is_default",))),
    kind="checkout template",
)

SHAPES = (PRODUCTS, COUPONS, COUPON_REDEMPTIONS, CHECKOUT_TEMPLATES)
