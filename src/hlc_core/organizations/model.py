"""The tenant and the settings by which it runs. Everything belongs to exactly one organization."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.ids import OrganizationId


class MissedPeriods(StrEnum):
    """What the billing run does with several missed periods. Source: spec/billing, The billing run."""

    BILL_ALL = "bill_all"
    BILL_CURRENT = "bill_current"
    FORGIVE = "forgive"


class FinalFailure(StrEnum):
    """What happens to a subscription when recovery ends without money. Source: spec/billing, Recovery."""

    NOTHING = "nothing"
    PAUSE = "pause"
    CANCEL = "cancel"


@frozen(kw_only=True)
class Branding:
    """What pages and messages show."""

    title: str = ""
    logo_url: str = ""
    accent: str = "#0f766e"


@frozen(kw_only=True)
class Domains:
    """Host names of the three public faces; empty means the service's own base URL."""

    checkout: str = ""
    consultation: str = ""
    portal: str = ""
    embed_origins: tuple[str, ...] = ()
    """Origins that may call the public API from a page; none listed means any (no cookies, public data only)."""


@frozen(kw_only=True)
class CartSettings:
    """Carts and quotes; times in minutes, tax in basis points (725 = 7.25 %)."""

    idle_minutes: int = 60
    quote_minutes: int = 30
    tax_basis_points: int = 0
    names_products_in_messages: bool = False


@frozen(kw_only=True)
class PaymentSettings:
    """Which gateway charges."""

    active_gateway: str = "simulator"


@frozen(kw_only=True)
class RecoverySettings:
    """Retries of failed renewals. Source: spec/billing, Recovery (settings per organization)."""

    notifications: bool = True
    max_retry_count: int = 3
    retry_delays_days: tuple[int, ...] = (1, 3, 5)
    remind_from_retry: int = 1
    final_failure: FinalFailure = FinalFailure.NOTHING
    card_expiry_reminders: bool = True
    card_expiry_days: tuple[int, ...] = (30, 7, 3, 1)
    network_budget: int = 15
    """Automatic tries that one card may see in any 30 days, over all debts."""


@frozen(kw_only=True)
class BillingSettings:
    """The billing run. `growth_limit_percent`: a run that would bill more than this much above the last one stops."""

    missed_periods: MissedPeriods = MissedPeriods.BILL_ALL
    growth_limit_percent: int = 300


@frozen(kw_only=True)
class OrderSettings:
    """Orders."""

    cancel_subscriptions_on_rejection: bool = True


@frozen(kw_only=True)
class Organization:
    """One clinic business. `zone` is an IANA zone, `currency` an ISO 4217 code, `slug` its word in URLs."""

    id: OrganizationId
    organization: OrganizationId
    slug: str
    name: str
    zone: str
    currency: str
    locale: str = "en_US"
    branding: Branding = Branding()
    domains: Domains = Domains()
    carts: CartSettings = CartSettings()
    payments: PaymentSettings = PaymentSettings()
    recovery: RecoverySettings = RecoverySettings()
    billing: BillingSettings = BillingSettings()
    orders: OrderSettings = OrderSettings()
    version: int = 0

    @property
    def country(self) -> str:
        """Two capital letters, by the locale; phones that are written as they are dialled at home are of there."""
        territory = self.locale.rpartition("_")[2]
        return territory if len(territory) == 2 and territory.isupper() else "US"
