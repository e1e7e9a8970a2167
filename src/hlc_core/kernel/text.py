"""Small validated strings."""

from __future__ import annotations

import re

from hlc_core.kernel.errors import Fault, Invalid

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(?:\.[^@\s\x00-\x1f\x7f.]+)+")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def email(text: str, where: str = "email") -> str:
    """The address, trimmed, its domain in lower case. Refuses: Invalid."""
    trimmed = text.strip()
    if len(trimmed) > 254 or not _EMAIL.fullmatch(trimmed):
        raise Invalid("That is no email address.", Fault(where, "write it as name@example.com"))
    local, _, domain = trimmed.rpartition("@")
    return f"{local}@{domain.lower()}"


def folded(text: str) -> str:
    """The form under which two spellings count as the same (case and outer blanks)."""
    return text.strip().casefold()


def slug(text: str, where: str = "slug") -> str:
    """Lower-case letters, digits and dashes, at most 64. Refuses: Invalid."""
    if not _SLUG.fullmatch(text):
        raise Invalid("That is no slug.", Fault(where, "lower-case letters, digits and dashes, at most 64"))
    return text


def printable(text: str, most: int = 200, least: int = 0) -> bool:
    """Whether it is one line of that length, outer blanks apart, without control characters."""
    trimmed = text.strip()
    return least <= len(trimmed) <= most and not _UNPRINTED.search(trimmed)


def line(text: str, where: str, most: int = 200, least: int = 0) -> str:
    """One trimmed line without control characters. Refuses: Invalid (too short, too long, control characters)."""
    if not printable(text, most, least):
        raise Invalid(
            f"{where} is not a usable line of text.", Fault(where, f"{least} to {most} characters, on one line")
        )
    return text.strip()


def counted(number: int, one: str, more: str = "") -> str:
    """`1 row` and `2 rows`; `more` where an `s` is not all: `person is`, `people are`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
