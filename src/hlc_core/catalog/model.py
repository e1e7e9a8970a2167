"""What is sold, what makes it cheaper, and how the checkout page looks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

from attrs import frozen

from hlc_core.catalog.machine import REDEMPTION, RedemptionState, RedemptionTrigger
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CouponId, OrderId, OrganizationId, PatientId, ProductId, TemplateId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.time import Interval

RedemptionId = NewType("RedemptionId", str)


class ProductKind(StrEnum):
    """How it is paid."""

    ONE_TIME = "ONE_TIME"
    SUBSCRIPTION = "SUBSCRIPTION"


@frozen(kw_only=True)
class Drug:
    """A drug that the product maps to: the name on the label and the compound behind it."""

    name: str
    compound: str


@frozen(kw_only=True)
class Offer:
    """What can be said about a product: everything but its identity.

    `image` is a URL, relative ones count from the service. `interval` is given exactly for subscriptions.
    `cycles` is the commitment (None: until cancelled). `prepaid_months`: what one price covers, when several
    months are paid at once. `payoff_rebate` is taken off the rest of a commitment settled early, in basis points.
    """

    name: str
    price: Money
    kind: ProductKind
    description: str = ""
    image: str = ""
    category: str = ""
    interval: Interval | None = None
    cycles: int | None = None
    prepaid_months: int | None = None
    trial_days: int = 0
    questionnaires: tuple[str, ...] = ()
    drugs: tuple[Drug, ...] = ()
    needs_prescription: bool = False
    needs_labs: bool = False
    ships: bool = True
    payoff_rebate: int = 0


@frozen(kw_only=True)
class Product:
    """A product of one organization. Changing or withdrawing it never changes what was sold under its old terms.

    `external_id` is the key of the file or system that it was imported from.
    """

    id: ProductId
    organization: OrganizationId
    offer: Offer
    active: bool = True
    external_id: str | None = None
    version: int = 0

    @property
    def name(self) -> str:
        """What the buyer reads."""
        return self.offer.name

    @property
    def price(self) -> Money:
        """The list price: of one piece, or of one billing period."""
        return self.offer.price

    @property
    def recurring(self) -> bool:
        """Whether buying it makes a subscription."""
        return self.offer.kind is ProductKind.SUBSCRIPTION

    @property
    def due_now(self) -> Money:
        """What a purchase costs at once: nothing while a trial runs, else the price."""
        return zero(self.offer.price.currency) if self.offer.trial_days else self.offer.price


class Duration(StrEnum):
    """How long a coupon lasts on a subscription."""

    FIRST_CYCLE = "first_cycle"
    CYCLES = "cycles"
    FOREVER = "forever"


@frozen(kw_only=True)
class Reduction:
    """A discount as it is frozen on quotes, orders and subscriptions: exactly one of `percent` (basis points) and
    `amount`; `cycles` is how many billing cycles it covers, None for ever."""

    code: str
    percent: int | None = None
    amount: Money | None = None
    cycles: int | None = 1

    def covers(self, cycle: int) -> bool:
        """Whether the n-th billing cycle (from 1) is still reduced."""
        return self.cycles is None or cycle <= self.cycles


@frozen(kw_only=True)
class CouponTerms:
    """What can be said about a coupon: everything but its identity and its code.

    Exactly one of `percent` (basis points) and `amount`. Valid from `starts_at` (included) to `ends_at` (not
    included). `cycles` is given exactly for `Duration.CYCLES`. A limit of None is none.
    """

    percent: int | None = None
    amount: Money | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    total_limit: int | None = None
    patient_limit: int | None = None
    duration: Duration = Duration.FIRST_CYCLE
    cycles: int | None = None


@frozen(kw_only=True)
class Coupon:
    """A code that makes a cart cheaper. `folded_code` is unique in the organization; `code` is as it was written."""

    id: CouponId
    organization: OrganizationId
    code: str
    folded_code: str
    terms: CouponTerms
    active: bool = True
    version: int = 0

    @property
    def reduction(self) -> Reduction:
        """What a purchase under this coupon freezes."""
        cycles = {Duration.FIRST_CYCLE: 1, Duration.CYCLES: self.terms.cycles, Duration.FOREVER: None}
        return Reduction(
            code=self.code,
            percent=self.terms.percent,
            amount=self.terms.amount,
            cycles=cycles[self.terms.duration],
        )

    def runs(self, at: datetime) -> bool:
        """Whether it is active and within its dates."""
        begun = self.terms.starts_at is None or self.terms.starts_at <= at
        return self.active and begun and (self.terms.ends_at is None or at < self.terms.ends_at)


@frozen(kw_only=True)
class CouponRedemption:
    """One claim on a coupon by one purchase (`subject`, a checkout or order id).

    `slot` is its place under the total limit, `patient_slot` its place under the patient's: both unique where not
    None, so that no limit can be exceeded. Source: spec/commerce, Catalog; design/pains, fault 18.
    """

    id: RedemptionId
    organization: OrganizationId
    coupon: CouponId
    subject: str
    patient: PatientId
    state: RedemptionState
    at: datetime
    slot: int | None = None
    patient_slot: int | None = None
    order: OrderId | None = None
    version: int = 0

    def move(self, trigger: RedemptionTrigger) -> CouponRedemption:
        """The claim after the trigger. Refuses: IllegalTransition."""
        return evolve(self, state=REDEMPTION.step(self.state, trigger, NoFacts()))


class AskedField(StrEnum):
    """What a checkout page can ask beside the email address and the payment."""

    NAME = "name"
    PHONE = "phone"
    PASSWORD = "password"  # noqa: S105  # the name of a form field
    SHIPPING_ADDRESS = "shipping_address"
    BIRTH_DATE = "birth_date"


@frozen(kw_only=True)
class PageDesign:
    """How a checkout page looks and what it asks; empty title, logo and accent fall back to the organization's."""

    title: str = ""
    logo_url: str = ""
    accent: str = ""
    fields: tuple[AskedField, ...] = (AskedField.NAME, AskedField.PHONE, AskedField.SHIPPING_ADDRESS)
    terms: str = ""
    thank_you: str = ""


@frozen(kw_only=True)
class CheckoutTemplate:
    """A named page design; one per organization is its default. `name` is unique in the organization."""

    id: TemplateId
    organization: OrganizationId
    name: str
    design: PageDesign
    default: bool = False
    version: int = 0
