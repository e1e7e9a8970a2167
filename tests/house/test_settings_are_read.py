"""A setting that nothing reads is a lie: every one of them has a reader outside of where settings are kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs
import pytest

from hlc_core.organizations.api import SECTIONS, Organization, SecretName

SOURCES = Path(__file__).parents[2] / "src"
KEPT = ("hlc_core/organizations/", "hlc_adapters/demo/", "hlc_adapters/storage/shapes/", "hlc_cli/organizations.py")
"""Where settings are declared, checked, stored, shown and filled with examples: nobody there lives by them."""


@cache
def readers() -> tuple[tuple[str, frozenset[str]], ...]:
    """The attributes and names that each module uses."""
    found = []
    for file in sorted(SOURCES.rglob("*.py")):
        place = file.relative_to(SOURCES).as_posix()
        if not place.startswith(KEPT):
            tree = ast.parse(file.read_text("utf-8"))
            words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            words |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            found.append((place, frozenset(words)))
    return tuple(found)


def read_by(section: str, kind: str, setting: str) -> list[str]:
    """The modules that use the setting's name beside the section's, or beside its class."""
    return [place for place, words in readers() if setting in words and words & {section, kind}]


def settings() -> Iterator[tuple[str, str, str]]:
    """Section, class and name of each."""
    for section, kind in SECTIONS.items():
        yield from ((section, kind.__name__, field.name) for field in attrs.fields(kind))
    rest = {field.name for field in attrs.fields(Organization)} - SECTIONS.keys()
    yield from (("organization", "Organization", name) for name in sorted(rest))


@pytest.mark.parametrize(("section", "kind", "setting"), list(settings()))
def test_a_setting_has_a_reader(section: str, kind: str, setting: str) -> None:
    """Whoever adds one adds what lives by it."""
    assert read_by(section, kind, setting), f"nothing reads {section}.{setting}"


@pytest.mark.parametrize("secret", list(SecretName))
def test_a_secret_has_a_reader(secret: SecretName) -> None:
    """It is kept for something."""
    assert [place for place, words in readers() if {"SecretName", secret.name} <= words]


def test_one_without_a_reader_is_found() -> None:
    """The settings of text messages and appointments stood there before anything could send or book."""
    assert [] == read_by("scheduling", "SchedulingSettings", "slot_minutes")
    assert [] == read_by("security", "SecuritySettings", "shoe_size")
    assert read_by("security", "SecuritySettings", "lockout_minutes")
