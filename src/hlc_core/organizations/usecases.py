"""Opening an organization and changing its settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from attrs import frozen

from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.text import line, slug
from hlc_core.kernel.time import zone
from hlc_core.organizations.model import (
    BillingSettings,
    Branding,
    CartSettings,
    Domains,
    OrderSettings,
    Organization,
    PartnerSettings,
    PaymentSettings,
    PrescriptionSettings,
    RecoverySettings,
)
from hlc_core.organizations.ports import Env

_CURRENCY = re.compile(r"[A-Z]{3}")
_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*(?::[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://" + _HOST.pattern)
_HOSTS = "a host name in lower case, such as shop.example.com"
_ORIGINS = "each an origin such as https://www.example.com"


@frozen(kw_only=True)
class OpenOrganization(Command[Organization]):
    """A new clinic. The envelope's actor already acts for the id that it is opened under."""

    slug: str
    name: str
    zone: str
    currency: str
    locale: str = "en_US"


def open_organization(command: OpenOrganization, env: Env) -> Organization:
    """The organization with default settings. Refuses: Invalid (all faults at once), AlreadyExists (slug)."""
    opened = Organization(
        id=env.actor.organization,
        organization=env.actor.organization,
        slug=command.slug,
        name=command.name.strip(),
        zone=command.zone,
        currency=command.currency,
        locale=command.locale,
    )
    _refuse_faults(opened)
    env.organizations.add(opened)
    return opened


@frozen(kw_only=True)
class ChangeSettings(Command[Organization]):
    """Replace whole sections of settings; None leaves a section as it is."""

    name: str | None = None
    zone: str | None = None
    branding: Branding | None = None
    domains: Domains | None = None
    carts: CartSettings | None = None
    payments: PaymentSettings | None = None
    recovery: RecoverySettings | None = None
    billing: BillingSettings | None = None
    orders: OrderSettings | None = None
    partners: PartnerSettings | None = None
    prescriptions: PrescriptionSettings | None = None


def change_settings(command: ChangeSettings, env: Env) -> Organization:
    """The organization with the new sections. Refuses: Invalid (all faults at once), AlreadyExists (a domain)."""
    stands = env.organizations.get(env.organization.id)
    changed = evolve(
        stands,
        name=stands.name if command.name is None else command.name.strip(),
        zone=stands.zone if command.zone is None else command.zone,
        branding=command.branding or stands.branding,
        domains=command.domains or stands.domains,
        carts=command.carts or stands.carts,
        payments=command.payments or stands.payments,
        recovery=command.recovery or stands.recovery,
        billing=command.billing or stands.billing,
        orders=command.orders or stands.orders,
        partners=command.partners or stands.partners,
        prescriptions=command.prescriptions or stands.prescriptions,
    )
    _refuse_faults(changed)
    env.organizations.save(changed)
    return changed


@frozen(kw_only=True)
class GetOrganization(Query[Organization]):
    """The organization that the actor acts for."""


def get_organization(query: GetOrganization, env: Env) -> Organization:
    """Refuses: Missing."""
    return env.organizations.get(env.actor.organization)


def _hosts(domains: Domains) -> tuple[tuple[str, str], ...]:
    return (("checkout", domains.checkout), ("consultation", domains.consultation), ("portal", domains.portal))


def _refuse_faults(organization: Organization) -> None:
    faults = [*_faults(organization)]
    if faults:
        raise Invalid("Some settings cannot be used.", *faults)


def _faults(one: Organization) -> Iterator[Fault]:
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("slug", lambda: slug(one.slug)),
        ("name", lambda: line(one.name, "name", most=120, least=1)),
        ("zone", lambda: str(zone(one.zone))),
        ("branding.title", lambda: line(one.branding.title, "branding.title", most=120)),
        ("branding.logoUrl", lambda: line(one.branding.logo_url, "branding.logoUrl", most=500)),
    )
    for field, check in checks:
        try:
            check()
        except HlcError as refusal:
            yield Fault(field, refusal.faults[0].message if refusal.faults else refusal.detail)
    recovery, carts = one.recovery, one.carts
    rules = (
        (_CURRENCY.fullmatch(one.currency), "currency", "three capital letters of ISO 4217, such as USD"),
        (_ACCENT.fullmatch(one.branding.accent), "branding.accent", "a colour such as #0f766e"),
        (_LOCALE.fullmatch(one.locale), "locale", "a language and a country, such as en_US"),
        *(
            (
                not host or _HOST.fullmatch(host),
                f"domains.{face}",
                _HOSTS,
            )
            for face, host in _hosts(one.domains)
        ),
        (all(_ORIGIN.fullmatch(origin) for origin in one.domains.embed_origins), "domains.embedOrigins", _ORIGINS),
        (1 <= carts.idle_minutes <= 43_200, "carts.idleMinutes", "1 to 43200"),
        (1 <= carts.quote_minutes <= 1_440, "carts.quoteMinutes", "1 to 1440"),
        (0 <= carts.tax_basis_points <= 10_000, "carts.taxBasisPoints", "0 to 10000"),
        (0 <= recovery.max_retry_count <= 30, "recovery.maxRetryCount", "0 to 30"),
        (
            recovery.retry_delays_days and all(1 <= days <= 90 for days in recovery.retry_delays_days),
            "recovery.retryDelaysDays",
            "at least one delay, each 1 to 90 days",
        ),
        (0 <= recovery.remind_from_retry <= 30, "recovery.remindFromRetry", "0 to 30"),
        (all(0 <= days <= 120 for days in recovery.card_expiry_days), "recovery.cardExpiryDays", "each 0 to 120"),
        (1 <= recovery.network_budget <= 100, "recovery.networkBudget", "1 to 100"),
        (0 <= one.partners.duplicate_days <= 90, "partners.duplicateDays", "0 to 90"),
        (len(one.partners.careportals_code) <= 80, "partners.careportalsCode", "at most 80 characters"),
        (1 <= one.billing.growth_limit_percent <= 100_000, "billing.growthLimitPercent", "1 to 100000"),
        (1 <= one.prescriptions.valid_days <= 730, "prescriptions.validDays", "1 to 730"),
        (
            len(one.prescriptions.refill_days) <= 24
            and all(1 <= days <= 730 for days in one.prescriptions.refill_days),
            "prescriptions.refillDays",
            "at most 24, each 1 to 730 days after the start",
        ),
    )
    for holds, field, message in rules:
        if not holds:
            yield Fault(field, message)
