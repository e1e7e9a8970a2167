"""The tenant and the settings by which it runs. Everything belongs to exactly one organization."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from hlc_core.access.api import Plan
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
class LetterheadSettings:
    """The head of invoices, receipts and other documents; without a name it is the organization's.

    `address` line by line, as it stands on a letter; `remark` stands below every invoice and receipt.
    """

    name: str = ""
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    tax_number: str = ""
    remark: str = ""


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
    """Carts and quotes; times in minutes, tax in basis points (725 = 7.25 %).

    `names_products_in_messages`: mails say what was bought; off, they do not, since others may read over a shoulder.
    """

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
    """Orders. `refund_on_rejection`: what was paid for an order goes back when a clinician rejects it."""

    cancel_subscriptions_on_rejection: bool = True
    refund_on_rejection: bool = False


class RenewalGate(StrEnum):
    """Whose renewals wait for the clinical facts: nobody's, those with a prescription here, or all that need one."""

    OFF = "off"
    KNOWN = "known"
    STRICT = "strict"


@frozen(kw_only=True)
class PrescriptionSettings:
    """Prescriptions, dispatches and refills. Source: spec/care; spec/README, Decided (refills of a plan).

    `pharmacy` takes what names no other (empty: the installation's default). `refill_days` after the start of a plan
    refills are due, only those inside its term unless `refills_inside_term` is off. `automatic_refills`: an approved
    refill is sent on its day without a person, never a controlled drug.
    """

    pharmacy: str = ""
    valid_days: int = 365
    refill_days: tuple[int, ...] = (90, 180, 270)
    refills_inside_term: bool = True
    automatic_refills: bool = False
    renewal_gate: RenewalGate = RenewalGate.KNOWN


@frozen(kw_only=True)
class PartnerSettings:
    """What comes from other systems. `price_in_dollars`: a partner's bare `price` is dollars, not cents.

    `duplicate_days`: two payments for the same so near to each other are looked at by a person. `careportals_code` is
    the word that CarePortals has for us.
    """

    price_in_dollars: bool = False
    duplicate_days: int = 7
    careportals_code: str = ""


class HourFormat(StrEnum):
    """How hours of the day are written."""

    TWELVE = "12"
    TWENTY_FOUR = "24"


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is kept secret."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@frozen(kw_only=True)
class CommunicationSettings:
    """How mail leaves; without an SMTP host the installation's own way is taken.

    The password is a secret of its own, never part of the settings.
    """

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    from_address: str = ""
    from_name: str = ""


@frozen(kw_only=True)
class SecuritySettings:
    """Sign-in: alerts, lockout, second factor, lengths of sessions in minutes for each portal, passwords, the record.

    `two_factor_staff_only` (email 2FA for all but patients) does nothing while `email_two_factor` is off.
    """

    login_alert: bool = False
    suspicious_login_alert: bool = True
    max_failed_attempts: int = 10
    lockout_minutes: int = 15
    email_two_factor: bool = False
    two_factor_staff_only: bool = False
    admin_idle_minutes: int = 60
    admin_session_minutes: int = 720
    crm_idle_minutes: int = 60
    crm_session_minutes: int = 720
    emr_idle_minutes: int = 60
    emr_session_minutes: int = 720
    patient_idle_minutes: int = 43_200
    patient_session_minutes: int = 43_200
    password_min_length: int = 12
    login_record_days: int = 365
    """How long the record of tries to sign in is kept."""


@frozen(kw_only=True)
class NotificationSettings:
    """Whether people are mailed at all, and from and until which local hour of what HLC writes of by itself."""

    email: bool = True
    remind_from_hour: int = 8
    remind_until_hour: int = 20


@frozen(kw_only=True)
class LimitSettings:
    """What the organization may hold; 0 is no limit. A portal seat is anybody who works here, or is invited to."""

    patients: int = 0
    portal_seats: int = 0


@frozen(kw_only=True)
class PermissionSettings:
    """The ceiling: `off` are the keys that nobody of this organization holds, whatever they are given below.

    `overrides` turns the layer of single overrides on. `mobile_off` hides modules of the mobile app from roles,
    each written `STAFF:orders`. Source: spec/access, Effective permission.
    """

    off: tuple[str, ...] = ()
    overrides: bool = False
    mobile_off: tuple[str, ...] = ()


class SecretName(StrEnum):
    """A secret of the organization. It is set and cleared; nothing ever shows it."""

    SMTP_PASSWORD = "smtpPassword"  # noqa: S105  # the secret's name


@frozen(kw_only=True)
class Secret:
    """One secret and its value."""

    name: SecretName
    value: str = field(repr=False)


@frozen(kw_only=True)
class OrganizationSecrets:
    """The organization's secrets, in a sealed row of their own, so that no answer, cache or log meets them."""

    id: OrganizationId
    organization: OrganizationId
    secrets: tuple[Secret, ...] = ()
    version: int = 0

    def value(self, name: SecretName) -> str:
        """The secret, or nothing."""
        return next((one.value for one in self.secrets if one.name.value == name.value), "")


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
    partners: PartnerSettings = PartnerSettings()
    prescriptions: PrescriptionSettings = PrescriptionSettings()
    hours: HourFormat = HourFormat.TWELVE
    plan: Plan = Plan.NONE
    permissions: PermissionSettings = PermissionSettings()
    communication: CommunicationSettings = CommunicationSettings()
    security: SecuritySettings = SecuritySettings()
    notifications: NotificationSettings = NotificationSettings()
    limits: LimitSettings = LimitSettings()
    letterhead: LetterheadSettings = LetterheadSettings()
    version: int = 0

    @property
    def country(self) -> str:
        """Two capital letters, by the locale; phones that are written as they are dialled at home are of there."""
        territory = self.locale.rpartition("_")[2]
        return territory if len(territory) == 2 and territory.isupper() else "US"
