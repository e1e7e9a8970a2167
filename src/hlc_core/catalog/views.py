"""Questions about the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from attrs import frozen

from hlc_core.catalog.claims import usable_coupon
from hlc_core.catalog.machine import RedemptionState
from hlc_core.catalog.model import CheckoutTemplate, Coupon, PageDesign, Product, Reduction
from hlc_core.catalog.ports import Env
from hlc_core.kernel.commands import Query
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CouponId, PatientId, ProductId, TemplateId
from hlc_core.kernel.paging import Page, limited

M = TypeVar("M", Product, Coupon, CheckoutTemplate)


@frozen(kw_only=True)
class ListProducts(Query[Page[Product]]):
    """Products in the order of their making; `cursor` is the last id of the page before."""

    active_only: bool = True
    cursor: str | None = None
    limit: int = 50


def list_products(query: ListProducts, env: Env) -> Page[Product]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else ProductId(query.cursor)
    return _page(env.products.page(query.active_only, after, limited(query.limit) + 1), query.limit)


@frozen(kw_only=True)
class GetProduct(Query[Product]):
    """One product, withdrawn or not."""

    product: ProductId


def get_product(query: GetProduct, env: Env) -> Product:
    """Refuses: Missing."""
    return env.products.get(query.product)


@frozen(kw_only=True)
class ProductsByIds(Query[tuple[Product, ...]]):
    """Those of the ids that can be bought, in the order asked; others are left out."""

    products: tuple[ProductId, ...]


def products_by_ids(query: ProductsByIds, env: Env) -> tuple[Product, ...]:
    """Withdrawn and unknown ids are left out: the caller compares."""
    found = {product.id: product for product in env.products.many(query.products) if product.active}
    return tuple(found[id] for id in dict.fromkeys(query.products) if id in found)


@frozen(kw_only=True)
class CouponUse:
    """A coupon and how often it was used; `held` are purchases being paid right now."""

    coupon: Coupon
    redeemed: int
    held: int


@frozen(kw_only=True)
class ListCoupons(Query[Page[Coupon]]):
    """Coupons in the order of their making; `cursor` is the last id of the page before."""

    cursor: str | None = None
    limit: int = 50


def list_coupons(query: ListCoupons, env: Env) -> Page[Coupon]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else CouponId(query.cursor)
    return _page(env.coupons.page(after, limited(query.limit) + 1), query.limit)


@frozen(kw_only=True)
class GetCoupon(Query[CouponUse]):
    """One coupon with its use."""

    coupon: CouponId


def get_coupon(query: GetCoupon, env: Env) -> CouponUse:
    """Refuses: Missing."""
    claims = env.coupon_redemptions
    return CouponUse(
        coupon=env.coupons.get(query.coupon),
        redeemed=claims.count(query.coupon, RedemptionState.REDEEMED),
        held=claims.count(query.coupon, RedemptionState.HELD),
    )


@frozen(kw_only=True)
class CheckCoupon(Query[Reduction]):
    """What a code would take off for this patient, or for somebody not known yet."""

    code: str
    patient: PatientId | None = None


def check_coupon(query: CheckCoupon, env: Env) -> Reduction:
    """Refuses: UnknownCoupon, CouponNotRunning, CouponExhausted, CouponUsed."""
    return usable_coupon(query.code, query.patient, env).reduction


@frozen(kw_only=True)
class ListCheckoutTemplates(Query[Page[CheckoutTemplate]]):
    """Templates in the order of their making; `cursor` is the last id of the page before."""

    cursor: str | None = None
    limit: int = 50


def list_checkout_templates(query: ListCheckoutTemplates, env: Env) -> Page[CheckoutTemplate]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else TemplateId(query.cursor)
    return _page(env.checkout_templates.page(after, limited(query.limit) + 1), query.limit)


@frozen(kw_only=True)
class GetPageDesign(Query[PageDesign]):
    """How the page of that template looks; None asks for the default."""

    template: TemplateId | None = None


def get_page_design(query: GetPageDesign, env: Env) -> PageDesign:
    """Complete: what the template leaves empty comes from the organization's branding. An unknown template gets the
    default, so that an old link still opens."""
    chosen = None if query.template is None else env.checkout_templates.find(query.template)
    template = chosen or env.checkout_templates.default()
    design, brand = PageDesign() if template is None else template.design, env.organization.branding
    return evolve(
        design,
        title=design.title or brand.title or env.organization.name,
        logo_url=design.logo_url or brand.logo_url,
        accent=design.accent or brand.accent,
    )


def _page(found: Sequence[M], limit: int) -> Page[M]:
    page = tuple(found[:limit])
    return Page(page, page[-1].id if len(found) > limit else None)
