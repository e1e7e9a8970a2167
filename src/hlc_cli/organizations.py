"""`hlc org`: clinics and their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

import attrs
import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_cli.output import Fact
from hlc_core.access.api import Plan
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import PLATFORM
from hlc_core.organizations.api import (
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

app = group("Clinics: open one, see and change its settings.")

_PLAIN = ("name", "zone", "locale", "hours", "plan")
_SECTIONS = tuple(SECTIONS)


@app.command("open")
def open_(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="Its word in addresses: lower-case letters, digits, dashes.")],
    name: Annotated[str, typer.Argument(help="What patients read.")],
    zone: Annotated[str, typer.Option(help="IANA time zone; due dates are local to it.")] = "America/New_York",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of all its prices.")] = "USD",
    locale: Annotated[str, typer.Option(help="How amounts and dates are written.")] = "en_US",
) -> None:
    """Open a clinic."""
    desk = desk_of(context)
    command = OpenOrganization(slug=slug, name=name, zone=zone, currency=currency, locale=locale)
    opened = desk.services.open_organization(command, system(PLATFORM, "cli"))
    desk.out.record(opened, _facts(opened), f"Opened {opened.name} as {opened.slug}.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """All clinics of this installation; each look leaves an audit entry (`hlc audit list --platform`)."""
    desk = desk_of(context)
    desk.services.application.execute(LookAcross(), desk.above)
    found = desk.services.directory.all()
    desk.out.items(
        found,
        ("slug", "name", "zone", "currency", "gateway", "id"),
        lambda one: (one.slug, one.name, one.zone, one.currency, one.payments.active_gateway, one.id),
        "No clinic yet: `hlc org open SLUG NAME`.",
    )


@app.command()
def show(context: typer.Context) -> None:
    """One clinic and all its settings."""
    desk = desk_of(context)
    found = desk.ask(GetOrganization())
    desk.out.record(found, _facts(found))


@app.command("set")
def set_(
    context: typer.Context,
    settings: Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="Names as `hlc org show` has them.")],
) -> None:
    """Change settings, all or none: `hlc org set carts.taxBasisPoints=725 recovery.retryDelaysDays=1,3,5`."""
    desk = desk_of(context)
    stands = desk.ask(GetOrganization())
    changed = desk.execute(ChangeSettings(**changes(stands, settings)))
    desk.out.record(changed, _facts(changed), "Changed.")


@app.command()
def secret(
    context: typer.Context,
    name: Annotated[SecretName, typer.Argument(help="Which one.")],
    clear: Annotated[bool, typer.Option("--clear", help="Forget it.")] = False,
) -> None:
    """Keep a secret, read from standard input or asked for; nothing ever shows it again."""
    desk = desk_of(context)
    value = "" if clear else typer.prompt("Secret", hide_input=True, err=True)
    kept = desk.execute(SetSecret(name=name, value=value))
    desk.out.record({"secrets": kept}, (("kept", kept),), "Forgotten." if clear else "Kept.")


@app.command()
def secrets(context: typer.Context) -> None:
    """Which secrets are kept, by name."""
    desk = desk_of(context)
    kept = desk.ask(ListSecrets())
    desk.out.record({"secrets": kept}, (("kept", kept),), "" if kept else "None is kept.")


def changes(stands: Organization, settings: list[str]) -> dict[str, Any]:
    """The fields of the command for these assignments. Refuses: Invalid, naming every one at fault."""
    known = dict(_values(stands))
    faults: list[Fault] = []
    sections: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            faults.append(Fault(name, f"one of: {', '.join(known)}" if equals else "write NAME=VALUE"))
            continue
        try:
            value = _read(text, known[name])
        except ValueError as fault:
            faults.append(Fault(name, str(fault)))
            continue
        section, _, field = name.partition(".")
        if field:
            before = sections.get(section, getattr(stands, section))
            sections[section] = attrs.evolve(before, **{_snake(field): value})
        else:
            sections[section] = value
    if faults:
        raise Invalid("Some settings cannot be used.", *faults)
    return sections


def _values(organization: Organization) -> Iterator[tuple[str, Any]]:
    yield from ((name, getattr(organization, name)) for name in _PLAIN)
    for section in _SECTIONS:
        held = getattr(organization, section)
        for field in attrs.fields(type(held)):
            yield f"{section}.{_camel(field.name)}", getattr(held, field.name)


def _facts(organization: Organization) -> list[Fact]:
    fixed: Mapping[str, object] = {
        "id": organization.id,
        "slug": organization.slug,
        "currency": organization.currency,
    }
    return [*fixed.items(), *_values(organization)]


def _read(text: str, before: Any) -> Any:
    match before:
        case bool():
            if text.lower() not in ("yes", "no", "true", "false"):
                raise ValueError("yes or no")
            return text.lower() in ("yes", "true")
        case int():
            if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
                raise ValueError("a whole number")
            return int(text)
        case Plan():
            return text
        case StrEnum():
            if text not in list(type(before)):
                raise ValueError(f"one of: {', '.join(type(before))}")
            return type(before)(text)
        case tuple():
            parts = tuple(part.strip() for part in text.split(",") if part.strip())
            if not before or not isinstance(before[0], int):
                return parts
            return tuple(_read(part, 0) for part in parts)
        case _:
            return text


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
