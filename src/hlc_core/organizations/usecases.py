"""Opening an organization and changing its settings."""

from __future__ import annotations

from attrs import field, fields, frozen

from hlc_core.access.api import (
    BRANDING,
    COMMUNICATION,
    DOMAINS,
    PAYMENT_GATEWAY,
    SECURITY,
    SETTINGS,
    TOGGLES,
    plan_named,
)
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.organizations.model import (
    BillingSettings,
    Branding,
    CartSettings,
    CommunicationSettings,
    Domains,
    HourFormat,
    LetterheadSettings,
    LimitSettings,
    NotificationSettings,
    OrderSettings,
    Organization,
    OrganizationSecrets,
    PartnerSettings,
    PaymentSettings,
    PermissionSettings,
    PrescriptionSettings,
    RecoverySettings,
    Secret,
    SecretName,
    SecuritySettings,
)
from hlc_core.organizations.ports import Env
from hlc_core.organizations.rules import refuse_faults

LONGEST_SECRET = 2000

SECTION_KEYS: dict[str, str] = {
    "branding": BRANDING,
    "domains": DOMAINS,
    "letterhead": BRANDING,
    "communication": COMMUNICATION,
    "payments": PAYMENT_GATEWAY,
    "security": SECURITY,
    "permissions": TOGGLES,
    "plan": TOGGLES,
    "limits": TOGGLES,
}
"""The key that a section asks for, or one setting; all others ask for `admin.settings.edit`."""

SECTIONS: dict[str, type] = {
    "branding": Branding,
    "domains": Domains,
    "letterhead": LetterheadSettings,
    "communication": CommunicationSettings,
    "payments": PaymentSettings,
    "security": SecuritySettings,
    "recovery": RecoverySettings,
    "billing": BillingSettings,
    "carts": CartSettings,
    "orders": OrderSettings,
    "notifications": NotificationSettings,
    "limits": LimitSettings,
    "permissions": PermissionSettings,
}
"""The sections of settings."""


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
    refuse_faults(opened)
    env.organizations.add(opened)
    return opened


@frozen(kw_only=True)
class LookAcross(Command[None]):
    """Whoever lists all organizations says so first: the list itself belongs to none, its record to the sender's."""


def look_across(command: LookAcross, env: Env) -> None:
    """Changes nothing; its audit entry is what it is for."""


@frozen(kw_only=True)
class ChangeSettings(Command[Organization]):
    """Replace whole sections of settings; None leaves a section as it is.

    `plan` in any of its spellings. Each section asks for its own key, see `keys_of_change`.
    """

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
    locale: str | None = None
    hours: HourFormat | None = None
    plan: str | None = None
    permissions: PermissionSettings | None = None
    communication: CommunicationSettings | None = None
    security: SecuritySettings | None = None
    notifications: NotificationSettings | None = None
    limits: LimitSettings | None = None
    letterhead: LetterheadSettings | None = None


def keys_of_change(command: ChangeSettings) -> frozenset[str]:
    """The keys that these changes ask for: one a section."""
    given = (item.name for item in fields(ChangeSettings) if getattr(command, item.name) is not None)
    return frozenset(SECTION_KEYS.get(name, SETTINGS) for name in given)


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
        locale=stands.locale if command.locale is None else command.locale,
        hours=command.hours or stands.hours,
        plan=stands.plan if command.plan is None else plan_named(command.plan),
        permissions=command.permissions or stands.permissions,
        communication=command.communication or stands.communication,
        security=command.security or stands.security,
        notifications=command.notifications or stands.notifications,
        limits=command.limits or stands.limits,
        letterhead=command.letterhead or stands.letterhead,
    )
    refuse_faults(changed)
    env.organizations.save(changed)
    return changed


@frozen(kw_only=True)
class GetOrganization(Query[Organization]):
    """The organization that the actor acts for."""


def get_organization(query: GetOrganization, env: Env) -> Organization:
    """Refuses: Missing."""
    return env.organizations.get(env.actor.organization)


_SECRET_KEYS: dict[SecretName, str] = {
    SecretName.SMTP_PASSWORD: COMMUNICATION,
}


@frozen(kw_only=True)
class SetSecret(Command[tuple[SecretName, ...]]):
    """Keep a secret; an empty value forgets it. Answers the names of those that are kept."""

    name: SecretName
    value: str = field(repr=False)


def keys_of_secret(command: SetSecret) -> frozenset[str]:
    """The key of the section that the secret belongs to."""
    return frozenset({_SECRET_KEYS[command.name]})


def set_secret(command: SetSecret, env: Env) -> tuple[SecretName, ...]:
    """Refuses: Invalid (too long, or not one line)."""
    if len(command.value) > LONGEST_SECRET or not command.value.isprintable():
        raise Invalid("That secret cannot be kept.", Fault("value", f"one line, at most {LONGEST_SECRET} characters"))
    stands = env.secrets.find(env.organization.id)
    held = stands or OrganizationSecrets(id=env.organization.id, organization=env.organization.id)
    others = tuple(one for one in held.secrets if one.name.value != command.name.value)
    wished = (*others, Secret(name=command.name, value=command.value)) if command.value else others
    changed = evolve(held, secrets=tuple(sorted(wished, key=lambda one: one.name)))
    if stands is None:
        env.secrets.add(changed)
    else:
        env.secrets.save(changed)
    return tuple(one.name for one in changed.secrets)


@frozen(kw_only=True)
class ListSecrets(Query[tuple[SecretName, ...]]):
    """Which secrets are kept, by name only."""


def list_secrets(query: ListSecrets, env: Env) -> tuple[SecretName, ...]:
    """In the order of their names."""
    held = env.secrets.find(env.organization.id)
    return () if held is None else tuple(one.name for one in held.secrets)
