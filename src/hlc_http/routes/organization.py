"""Organizations: opening one, its settings as a whole and by section, its secrets by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import OrganizationId
from hlc_core.organizations.api import (
    SECTION_KEYS,
    SECTIONS,
    ChangeSettings,
    GetOrganization,
    ListSecrets,
    LookAcross,
    OpenOrganization,
    Organization,
    SecretName,
    SetSecret,
)
from hlc_http.call import Call
from hlc_http.table import Nothing, Routes, Who

routes = Routes("organization", who=Who.STAFF)


@frozen(kw_only=True)
class OrganizationLine:
    """An organization of the installation."""

    id: OrganizationId
    slug: str
    name: str
    zone: str
    currency: str


@frozen(kw_only=True)
class SecretBody:
    """The secret; it is kept sealed and never shown."""

    value: str = field(repr=False)


@routes.get("/api/v1/organizations", "All organizations", answers=tuple[OrganizationLine, ...], uses=LookAcross)
def list_organizations(call: Call[Nothing, Nothing]) -> tuple[OrganizationLine, ...]:
    """For super admins; each look leaves an audit entry."""
    call.services.application.execute(LookAcross(), call.unkeyed)
    return tuple(_line(one) for one in call.services.directory.all())


@routes.post(
    "/api/v1/organizations", "Open an organization", body=OpenOrganization, answers=OrganizationLine,
    uses=OpenOrganization, status=201,
)  # fmt: skip
def open_organization(call: Call[OpenOrganization, Nothing]) -> OrganizationLine:
    """For super admins. Its administrator is invited next."""
    return _line(call.services.open_organization(call.body, call.unkeyed))


@routes.get("/api/v1/organization", "The organization and its settings", answers=Organization, uses=GetOrganization)
def show_organization(call: Call[Nothing, Nothing]) -> Organization:
    return call.ask(GetOrganization())


@routes.patch(
    "/api/v1/organization",
    "Change settings, whole sections at once",
    body=ChangeSettings,
    answers=Organization,
    uses=ChangeSettings,
    idempotent=True,
)
def change_settings(call: Call[ChangeSettings, Nothing]) -> Organization:
    """A section that is left out stays as it is. Each section asks for its own key."""
    return call.execute(call.body)


@routes.get("/api/v1/organization/secrets", "Which secrets are kept", answers=tuple[SecretName, ...], uses=ListSecrets)
def list_secrets(call: Call[Nothing, Nothing]) -> tuple[SecretName, ...]:
    """By name; nothing shows a secret."""
    return call.ask(ListSecrets())


@routes.put(
    "/api/v1/organization/secrets/{name}", "Keep a secret", body=SecretBody, answers=tuple[SecretName, ...],
    uses=SetSecret,
)  # fmt: skip
def set_secret(call: Call[SecretBody, Nothing]) -> tuple[SecretName, ...]:
    """Answers the names of those that are kept."""
    return call.execute(SetSecret(name=_secret(call), value=call.body.value))


@routes.delete("/api/v1/organization/secrets/{name}", "Forget a secret", answers=tuple[SecretName, ...], uses=SetSecret)
def clear_secret(call: Call[Nothing, Nothing]) -> tuple[SecretName, ...]:
    return call.execute(SetSecret(name=_secret(call), value=""))


def _secret(call: Call[Any, Any]) -> SecretName:
    name = call.part("name")
    if name not in list(SecretName):
        raise Missing("There is no such secret.", Fault("name", f"one of: {', '.join(SecretName)}"))
    return SecretName(name)


def _line(one: Organization) -> OrganizationLine:
    return OrganizationLine(id=one.id, slug=one.slug, name=one.name, zone=one.zone, currency=one.currency)


def _change(section: type) -> type:
    """The section's fields, each of which may be left out."""
    attrs.resolve_types(section)
    optional = {
        item.name: attrs.field(default=None, type=item.type | None) for item in attrs.fields(section) if item.type
    }
    made = attrs.make_class(f"{section.__name__}Change", optional, frozen=True, kw_only=True)
    made.__doc__ = "What is left out stays as it is."
    return made


def _section(name: str, section: type) -> None:
    path = f"/api/v1/organization/{name}"

    def show(call: Call[Nothing, Nothing]) -> object:
        return getattr(call.ask(GetOrganization()), name)

    def change(call: Call[Any, Nothing]) -> object:
        """What is left out stays as it is."""
        given = {item.name: getattr(call.body, item.name) for item in attrs.fields(type(call.body))}
        stands = getattr(call.ask(GetOrganization()), name)
        wish = attrs.evolve(stands, **{key: value for key, value in given.items() if value is not None})
        return getattr(call.execute(ChangeSettings(**{name: wish})), name)

    _named(show, f"show_{name}_settings")
    _named(change, f"change_{name}_settings")
    routes.get(path, f"The settings of {name}", answers=section, uses=GetOrganization)(show)
    routes.patch(
        path,
        f"Change settings of {name}",
        body=_change(section),
        answers=section,
        uses=ChangeSettings,
        permission=SECTION_KEYS.get(name),
    )(change)


def _named(endpoint: Callable[..., object], name: str) -> None:
    endpoint.__name__ = name


for _name, _class in SECTIONS.items():
    _section(_name, _class)
