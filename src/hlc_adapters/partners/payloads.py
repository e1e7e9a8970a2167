"""A partner's JSON as flat fields: dotted keys, numbers as they were written, nothing guessed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from hlc_core.partners.api import Said, Told

DEEPEST = 12
MOST_FIELDS = 2000
LONGEST = 20_000
LONGEST_UNREAD = 4000


class _TooMuch(ValueError):
    """Too deep, too many fields, too long a text, or no object."""


def told_of(body: bytes) -> Told:
    """The payload; a body that is no JSON object is kept as it came, cut to a length, to be looked at by a person."""
    try:
        found = json.loads(body.decode("utf-8"), parse_float=_literal, parse_int=_literal, parse_constant=_no_number)
        if not isinstance(found, dict):
            raise _TooMuch
        fields = tuple(Said(key=key, value=value) for key, value in _flat(found, "", 0))
        if len(fields) > MOST_FIELDS:
            raise _TooMuch
    except (ValueError, RecursionError):
        return Told(unread=body.decode("utf-8", "backslashreplace")[:LONGEST_UNREAD].replace("\0", "?") or "empty")
    return Told(fields=fields)


def event_id_of(told: Told, named: str, kind: str = "") -> str:
    """The partner's own id of the event; without one a hash of what was told, whatever the order of its fields."""
    if 0 < len(named) <= 200 and named.isascii() and named.isprintable():
        return named
    text = json.dumps([kind, sorted((one.key, one.value) for one in told.fields), told.unread], ensure_ascii=True)
    return "hash-" + hashlib.blake2b(text.encode(), digest_size=24).hexdigest()


def _literal(text: str) -> str:
    return text


def _no_number(text: str) -> str:
    raise ValueError(text)


def _flat(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        raise _TooMuch
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{path}.{place}", depth + 1)
    elif isinstance(value, bool):
        yield _checked(path), "true" if value else "false"
    elif value is not None:
        yield _checked(path), _checked(str(value))


def _checked(text: str) -> str:
    """The text, if it can be stored: not too long, no half letters, no zero bytes."""
    if len(text) > LONGEST or "\0" in text:
        raise _TooMuch
    text.encode("utf-8")
    return text
