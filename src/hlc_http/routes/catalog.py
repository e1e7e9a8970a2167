"""Products, coupons and checkout templates."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from hlc_core.catalog.api import (
    AddCheckoutTemplate,
    AddCoupon,
    AddProduct,
    ChangeCheckoutTemplate,
    ChangeCoupon,
    ChangeProduct,
    CheckoutTemplate,
    Coupon,
    CouponTerms,
    CouponUse,
    GetCoupon,
    GetProduct,
    ListCheckoutTemplates,
    ListCoupons,
    ListProducts,
    MakeTemplateDefault,
    Offer,
    PageDesign,
    Product,
    RestoreCoupon,
    RestoreProduct,
    WithdrawCoupon,
    WithdrawProduct,
)
from hlc_core.kernel.ids import CouponId, ProductId, TemplateId
from hlc_core.kernel.paging import Page
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("catalog", who=Who.STAFF)


@frozen(kw_only=True)
class ProductsQuery(Paged):
    """Withdrawn ones are listed, too, unless `activeOnly`."""

    active_only: bool = False


@frozen(kw_only=True)
class OfferBody:
    """What is said about the product from now on; what was sold keeps its terms."""

    offer: Offer


@frozen(kw_only=True)
class CouponBody:
    """The terms from now on."""

    terms: CouponTerms


@frozen(kw_only=True)
class TemplateBody:
    """The name and design from now on."""

    name: str
    design: PageDesign


@frozen(kw_only=True)
class ProductAnswer:
    """A product, with what may be done with it."""

    product: Product
    actions: tuple[str, ...]


@frozen(kw_only=True)
class CouponAnswer:
    """A coupon, with what may be done with it."""

    coupon: Coupon
    actions: tuple[str, ...]


@routes.get("/api/v1/products", "List products", query=ProductsQuery, answers=Page[ProductAnswer], uses=ListProducts)
def list_products(call: Call[Nothing, ProductsQuery]) -> Page[ProductAnswer]:
    """In the order of their making."""
    asked = call.query
    page = call.ask(ListProducts(active_only=asked.active_only, cursor=asked.cursor, limit=asked.limit))
    return Page(tuple(_product(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/products",
    "Add a product",
    body=AddProduct,
    answers=ProductAnswer,
    status=201,
    uses=AddProduct,
    idempotent=True,
)
def add_product(call: Call[AddProduct, Nothing]) -> ProductAnswer:
    return _product(call.execute(call.body), call)


@routes.get("/api/v1/products/{product_id}", "Show a product", answers=ProductAnswer, uses=GetProduct)
def show_product(call: Call[Nothing, Nothing]) -> ProductAnswer:
    return _product(call.ask(GetProduct(product=_product_id(call))), call)


@routes.patch(
    "/api/v1/products/{product_id}",
    "Change a product",
    body=OfferBody,
    answers=ProductAnswer,
    uses=ChangeProduct,
    idempotent=True,
)
def change_product(call: Call[OfferBody, Nothing]) -> ProductAnswer:
    return _product(call.execute(ChangeProduct(product=_product_id(call), offer=call.body.offer)), call)


@routes.post(
    "/api/v1/products/{product_id}/withdraw",
    "Sell it no more",
    answers=ProductAnswer,
    uses=WithdrawProduct,
    idempotent=True,
)
def withdraw_product(call: Call[Nothing, Nothing]) -> ProductAnswer:
    """Subscriptions to it go on."""
    return _product(call.execute(WithdrawProduct(product=_product_id(call))), call)


@routes.post(
    "/api/v1/products/{product_id}/restore",
    "Sell it again",
    answers=ProductAnswer,
    uses=RestoreProduct,
    idempotent=True,
)
def restore_product(call: Call[Nothing, Nothing]) -> ProductAnswer:
    return _product(call.execute(RestoreProduct(product=_product_id(call))), call)


@routes.get("/api/v1/coupons", "List coupons", query=Paged, answers=Page[CouponAnswer], uses=ListCoupons)
def list_coupons(call: Call[Nothing, Paged]) -> Page[CouponAnswer]:
    """In the order of their making."""
    page = call.ask(ListCoupons(cursor=call.query.cursor, limit=call.query.limit))
    return Page(tuple(_coupon(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/coupons", "Add a coupon", body=AddCoupon, answers=CouponAnswer, status=201, uses=AddCoupon, idempotent=True
)
def add_coupon(call: Call[AddCoupon, Nothing]) -> CouponAnswer:
    return _coupon(call.execute(call.body), call)


@routes.get("/api/v1/coupons/{coupon_id}", "Show a coupon and its use", answers=CouponUse, uses=GetCoupon)
def show_coupon(call: Call[Nothing, Nothing]) -> CouponUse:
    return call.ask(GetCoupon(coupon=_coupon_id(call)))


@routes.patch(
    "/api/v1/coupons/{coupon_id}",
    "Change a coupon",
    body=CouponBody,
    answers=CouponAnswer,
    uses=ChangeCoupon,
    idempotent=True,
)
def change_coupon(call: Call[CouponBody, Nothing]) -> CouponAnswer:
    return _coupon(call.execute(ChangeCoupon(coupon=_coupon_id(call), terms=call.body.terms)), call)


@routes.post(
    "/api/v1/coupons/{coupon_id}/withdraw", "End a coupon", answers=CouponAnswer, uses=WithdrawCoupon, idempotent=True
)
def withdraw_coupon(call: Call[Nothing, Nothing]) -> CouponAnswer:
    return _coupon(call.execute(WithdrawCoupon(coupon=_coupon_id(call))), call)


@routes.post(
    "/api/v1/coupons/{coupon_id}/restore", "Revive a coupon", answers=CouponAnswer, uses=RestoreCoupon, idempotent=True
)
def restore_coupon(call: Call[Nothing, Nothing]) -> CouponAnswer:
    return _coupon(call.execute(RestoreCoupon(coupon=_coupon_id(call))), call)


@routes.get(
    "/api/v1/checkout-templates",
    "List checkout templates",
    query=Paged,
    answers=Page[CheckoutTemplate],
    uses=ListCheckoutTemplates,
)
def list_checkout_templates(call: Call[Nothing, Paged]) -> Page[CheckoutTemplate]:
    return call.ask(ListCheckoutTemplates(cursor=call.query.cursor, limit=call.query.limit))


@routes.post(
    "/api/v1/checkout-templates",
    "Add a checkout template",
    body=AddCheckoutTemplate,
    answers=CheckoutTemplate,
    status=201,
    uses=AddCheckoutTemplate,
    idempotent=True,
)
def add_checkout_template(call: Call[AddCheckoutTemplate, Nothing]) -> CheckoutTemplate:
    """The first one becomes the organization's default."""
    return call.execute(call.body)


@routes.patch(
    "/api/v1/checkout-templates/{template_id}",
    "Change a checkout template",
    body=TemplateBody,
    answers=CheckoutTemplate,
    uses=ChangeCheckoutTemplate,
    idempotent=True,
)
def change_checkout_template(call: Call[TemplateBody, Nothing]) -> CheckoutTemplate:
    body = call.body
    return call.execute(ChangeCheckoutTemplate(template=_template_id(call), name=body.name, design=body.design))


@routes.post(
    "/api/v1/checkout-templates/{template_id}/default",
    "Make it the default",
    answers=CheckoutTemplate,
    uses=MakeTemplateDefault,
    idempotent=True,
)
def make_template_default(call: Call[Nothing, Nothing]) -> CheckoutTemplate:
    return call.execute(MakeTemplateDefault(template=_template_id(call)))


def _product(product: Product, call: Call[Any, Any]) -> ProductAnswer:
    state = ("withdraw", WithdrawProduct) if product.active else ("restore", RestoreProduct)
    return ProductAnswer(product=product, actions=call.offered((("change", ChangeProduct), state)))


def _coupon(coupon: Coupon, call: Call[Any, Any]) -> CouponAnswer:
    state = ("withdraw", WithdrawCoupon) if coupon.active else ("restore", RestoreCoupon)
    return CouponAnswer(coupon=coupon, actions=call.offered((("change", ChangeCoupon), state)))


def _product_id(call: Call[Any, Any]) -> ProductId:
    return ProductId(call.part("product_id"))


def _coupon_id(call: Call[Any, Any]) -> CouponId:
    return CouponId(call.part("coupon_id"))


def _template_id(call: Call[Any, Any]) -> TemplateId:
    return TemplateId(call.part("template_id"))
