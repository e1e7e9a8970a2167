"""What settings may be: every rule names its field and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hlc_core.access.api import ALWAYS_ON, MOBILE_TOGGLES, SENTENCES
from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.money import CURRENCIES
from hlc_core.kernel.text import email, line, slug
from hlc_core.kernel.time import zone
from hlc_core.organizations.model import (
    CommunicationSettings,
    Domains,
    LetterheadSettings,
    Organization,
    SecuritySettings,
)

_ACCENT = re.compile(r"#[0-9a-fA-F]{6}")
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*(?::[0-9]{1,5})?")
_ORIGIN = re.compile(r"https?://" + _HOST.pattern)
_HOSTS = "a host name in lower case, such as shop.example.com"
_ORIGINS = "each an origin such as https://www.example.com"
_LINES = "one line, at most 200 characters"
_LONGEST_SESSION = 90 * 24 * 60

Rules = Iterator[tuple[object, str, str]]
"""Whether it holds, the field, how to mend it."""


def _hosts(domains: Domains) -> tuple[tuple[str, str], ...]:
    return (("checkout", domains.checkout), ("consultation", domains.consultation), ("portal", domains.portal))


def refuse_faults(organization: Organization) -> None:
    """Refuses: Invalid, naming every setting at fault at once."""
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
        (one.currency in CURRENCIES, "currency", "a currency of ISO 4217 that people pay with, such as USD"),
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
        (1 <= one.billing.growth_limit_percent <= 100_000, "billing.growthLimitPercent", "1 to 100000"),
        *_letterhead(one.letterhead),
        *_communication(one.communication),
        *_security(one.security),
        *_rest(one),
        *_care(one),
    )
    for holds, field, message in rules:
        if not holds:
            yield Fault(field, message)


def _letterhead(said: LetterheadSettings) -> Rules:
    short = (("name", said.name, 120), ("phone", said.phone, 40), ("taxNumber", said.tax_number, 60))
    for name, text, most in short:
        yield _printable(text, most), f"letterhead.{name}", f"one line, at most {most} characters"
    lines = len(said.address) <= 6 and all(part.strip() and _printable(part, 100) for part in said.address)
    yield lines, "letterhead.address", "at most 6 lines, each of 1 to 100 characters"
    yield not said.email or _usable(email, said.email), "letterhead.email", "name@example.com"
    yield _printable(said.remark, 300), "letterhead.remark", "one line, at most 300 characters"


def _printable(text: str, most: int) -> bool:
    return len(text) <= most and (not text or text.isprintable())


def _communication(said: CommunicationSettings) -> Rules:
    yield not said.smtp_host or _HOST.fullmatch(said.smtp_host), "communication.smtpHost", _HOSTS
    yield 1 <= said.smtp_port <= 65_535, "communication.smtpPort", "1 to 65535"
    yield not said.from_address or _usable(email, said.from_address), "communication.fromAddress", "name@example.com"
    for name, text in (("smtpUser", said.smtp_user), ("fromName", said.from_name)):
        yield len(text) <= 200 and (not text or text.isprintable()), f"communication.{name}", _LINES


def _security(said: SecuritySettings) -> Rules:
    yield 3 <= said.max_failed_attempts <= 10, "security.maxFailedAttempts", "3 to 10"
    yield 1 <= said.lockout_minutes <= 1_440, "security.lockoutMinutes", "1 to 1440"
    yield 8 <= said.password_min_length <= 64, "security.passwordMinLength", "8 to 64"
    yield 30 <= said.login_record_days <= 3_650, "security.loginRecordDays", "30 to 3650"
    for portal, idle, most in (
        ("admin", said.admin_idle_minutes, said.admin_session_minutes),
        ("crm", said.crm_idle_minutes, said.crm_session_minutes),
        ("emr", said.emr_idle_minutes, said.emr_session_minutes),
        ("patient", said.patient_idle_minutes, said.patient_session_minutes),
    ):
        yield 5 <= most <= _LONGEST_SESSION, f"security.{portal}SessionMinutes", f"5 to {_LONGEST_SESSION} (90 days)"
        yield 5 <= idle <= most, f"security.{portal}IdleMinutes", "5 up to the length of the session"


def _rest(one: Organization) -> Rules:
    told, limits = one.notifications, one.limits
    in_order = 0 <= told.remind_from_hour < told.remind_until_hour <= 24
    yield in_order, "notifications.remindFromHour", "0 to 23, before remindUntilHour, which is at most 24"
    for name, most in (("patients", limits.patients), ("portalSeats", limits.portal_seats)):
        yield 0 <= most <= 10_000_000, f"limits.{name}", "0 (no limit) to 10000000"
    unknown = sorted(set(one.permissions.off) - SENTENCES.keys())
    yield not unknown, "permissions.off", f"no such keys: {', '.join(unknown)[:300]}"
    strange = sorted(set(one.permissions.mobile_off) - MOBILE_TOGGLES)
    yield (
        not strange,
        "permissions.mobileOff",
        f"each a role and a module, such as STAFF:orders, not: {', '.join(strange)[:300]}",
    )
    fixed = sorted(set(one.permissions.off) & ALWAYS_ON)
    yield not fixed, "permissions.off", f"cannot be turned off: {', '.join(fixed)}"


def _care(one: Organization) -> Rules:
    given, partners = one.prescriptions, one.partners
    yield 1 <= given.valid_days <= 730, "prescriptions.validDays", "1 to 730"
    yield (
        len(given.refill_days) <= 24 and all(1 <= days <= 730 for days in given.refill_days),
        "prescriptions.refillDays",
        "at most 24, each 1 to 730 days after the start",
    )
    yield 0 <= partners.duplicate_days <= 90, "partners.duplicateDays", "0 to 90"
    yield len(partners.careportals_code) <= 80, "partners.careportalsCode", "at most 80 characters"


def _usable(check: Callable[[str], str], text: str) -> bool:
    try:
        check(text)
    except Invalid:
        return False
    return True
