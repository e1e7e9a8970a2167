"""Products, coupons, claims on them, checkout templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import above, at_most, eq, one_of
from hlc_adapters.storage.shapes.catalog import CHECKOUT_TEMPLATES, COUPON_REDEMPTIONS, COUPONS, PRODUCTS
from hlc_core.catalog.machine import RedemptionState
from hlc_core.catalog.model import CheckoutTemplate, Coupon, CouponRedemption, Product, RedemptionId
from hlc_core.kernel.ids import CouponId, PatientId, ProductId, TemplateId


@frozen
class StoredProducts(Rows[ProductId, Product]):
    """Products."""

    shape = PRODUCTS

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Product]:
        """Those that were imported under these keys."""
        return self.unit.select(self.shape, one_of("external_id", tuple(external_ids)))

    def page(self, active_only: bool, after: ProductId | None, limit: int) -> Sequence[Product]:
        """In the order of their ids."""
        where = [eq("active", True)] if active_only else []
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)


@frozen
class StoredCoupons(Rows[CouponId, Coupon]):
    """Coupons."""

    shape = COUPONS

    def with_code(self, folded_code: str) -> Coupon | None:
        """The coupon of that folded code."""
        found = self.unit.select(self.shape, eq("folded_code", folded_code), limit=1)
        return found[0] if found else None

    def page(self, after: CouponId | None, limit: int) -> Sequence[Coupon]:
        """In the order of their ids."""
        where = () if after is None else (above("id", after),)
        return self.unit.select(self.shape, *where, limit=limit)


@frozen
class StoredCouponRedemptions(Rows[RedemptionId, CouponRedemption]):
    """Claims on coupons."""

    shape = COUPON_REDEMPTIONS

    def in_slots(self, coupon: CouponId, slots: Iterable[int]) -> Sequence[CouponRedemption]:
        """The claims that sit in these places."""
        return self.unit.select(self.shape, eq("coupon", coupon), one_of("slot", tuple(slots)))

    def below_slot(self, coupon: CouponId, limit: int) -> Sequence[CouponRedemption]:
        """All claims whose place is at most `limit`."""
        return self.unit.select(self.shape, eq("coupon", coupon), at_most("slot", limit), order=("slot",))

    def of_patient(self, coupon: CouponId, patient: PatientId) -> Sequence[CouponRedemption]:
        """The patient's claims."""
        return self.unit.select(self.shape, eq("coupon", coupon), eq("patient", patient))

    def count(self, coupon: CouponId, state: RedemptionState) -> int:
        """How many claims on the coupon stand so."""
        return self.unit.count(self.shape, eq("coupon", coupon), eq("state", state))


@frozen
class StoredCheckoutTemplates(Rows[TemplateId, CheckoutTemplate]):
    """Checkout templates."""

    shape = CHECKOUT_TEMPLATES

    def default(self) -> CheckoutTemplate | None:
        """The organization's default."""
        found = self.unit.select(self.shape, eq("is_default", True), limit=1)
        return found[0] if found else None

    def named(self, name: str) -> CheckoutTemplate | None:
        """The template of that name."""
        found = self.unit.select(self.shape, eq("name", name), limit=1)
        return found[0] if found else None

    def page(self, after: TemplateId | None, limit: int) -> Sequence[CheckoutTemplate]:
        """In the order of their ids."""
        where = () if after is None else (above("id", after),)
        return self.unit.select(self.shape, *where, limit=limit)
