"""What the catalog needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hlc_core.catalog.machine import RedemptionState
from hlc_core.catalog.model import CheckoutTemplate, Coupon, CouponRedemption, Product, RedemptionId
from hlc_core.kernel.events import Outbox
from hlc_core.kernel.ids import CouponId, Ids, PatientId, ProductId, TemplateId
from hlc_core.kernel.repository import Repository
from hlc_core.kernel.time import Clock
from hlc_core.organizations.api import Organization


class Products(Repository[ProductId, Product], Protocol):
    """Refuses: Missing (get), Stale, AlreadyExists (external id)."""

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Product]:
        """Those that were imported under these keys."""
        ...

    def page(self, active_only: bool, after: ProductId | None, limit: int) -> Sequence[Product]:
        """In the order of their ids, which is the order of their making, behind `after`."""
        ...


class Coupons(Repository[CouponId, Coupon], Protocol):
    """Refuses: Missing (get), Stale, AlreadyExists (folded code)."""

    def with_code(self, folded_code: str) -> Coupon | None:
        """The coupon of that folded code."""
        ...

    def page(self, after: CouponId | None, limit: int) -> Sequence[Coupon]:
        """In the order of their ids, behind `after`."""
        ...


class CouponRedemptions(Repository[RedemptionId, CouponRedemption], Protocol):
    """Refuses: Missing (get), Stale, AlreadyExists (coupon and slot; coupon, patient and patient slot).

    Released claims have no slots and so never stand in the way.
    """

    def in_slots(self, coupon: CouponId, slots: Iterable[int]) -> Sequence[CouponRedemption]:
        """The claims that sit in these places under the total limit."""
        ...

    def below_slot(self, coupon: CouponId, limit: int) -> Sequence[CouponRedemption]:
        """All claims whose place is at most `limit`, ordered by place."""
        ...

    def of_patient(self, coupon: CouponId, patient: PatientId) -> Sequence[CouponRedemption]:
        """The patient's claims on the coupon, released ones included."""
        ...

    def count(self, coupon: CouponId, state: RedemptionState) -> int:
        """How many claims on the coupon stand so."""
        ...


class CheckoutTemplates(Repository[TemplateId, CheckoutTemplate], Protocol):
    """Refuses: Missing (get), Stale, AlreadyExists (name; a second default)."""

    def default(self) -> CheckoutTemplate | None:
        """The organization's default."""
        ...

    def named(self, name: str) -> CheckoutTemplate | None:
        """The template of that name."""
        ...

    def page(self, after: TemplateId | None, limit: int) -> Sequence[CheckoutTemplate]:
        """In the order of their ids, behind `after`."""
        ...


class Env(Protocol):
    """What use cases of this context may touch."""

    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def organization(self) -> Organization: ...
    @property
    def products(self) -> Products: ...
    @property
    def coupons(self) -> Coupons: ...
    @property
    def coupon_redemptions(self) -> CouponRedemptions: ...
    @property
    def checkout_templates(self) -> CheckoutTemplates: ...
