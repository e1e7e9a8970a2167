"""The only place where values become text: stored bodies by msgspec, the HTTP edge (`edge`) by cattrs."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from attrs import fields

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import PREFIXES
from hlc_core.kernel.personal import PLACEHOLDER, Personal, stored

M = TypeVar("M")


def _hidden(value: Any) -> Any:
    """What is stored of a personal value; the body that holds it is sealed."""
    if isinstance(value, Personal):
        return stored(value)
    raise NotImplementedError(f"A {type(value).__name__} is not stored.")


def _personal(type_: Any, value: Any) -> Any:
    if get_origin(type_) is Personal:
        return Personal(msgspec.convert(value, get_args(type_)[0], dec_hook=_personal, strict=False))
    raise NotImplementedError(f"A {type_} is not stored.")


UNSTORABLE = Fault("request", "send smaller numbers, and texts of whole letters")
"""What mends a value that no database keeps."""

_encoder = msgspec.json.Encoder(enc_hook=_hidden)
_plain_encoder = msgspec.json.Encoder()


def encode(value: object) -> str:
    """The stored body of a value: JSON text. Refuses: Invalid (half a letter, a number of more than 64 bits)."""
    try:
        return _encoder.encode(value).decode()
    except (UnicodeEncodeError, OverflowError) as error:
        raise Invalid("A value cannot be stored.", UNSTORABLE) from error


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_, dec_hook=_personal)


def decode(type_: type[M], body: str | bytes) -> M:
    """The value of a stored body; unknown fields are passed over, missing ones take their defaults."""
    value: M = _decoder(type_).decode(body)  # type: ignore[arg-type]  # classes are hashable
    return value


def convert(type_: type[M], fields: dict[str, Any]) -> M:
    """The value of a row whose columns are its fields."""
    return msgspec.convert(fields, type_)


_PUBLIC_TEXT = frozenset({"state", "trigger", "at", "unit", "currency", "kind", "gateway", "slug"})

_SECRET_TEXT = frozenset({"value", "password", "secret"})
"""Fields of commands of which not even the length is kept."""

_MOST_ITEMS = 20

_WITHHELD = frozenset({"answers", "corrections", "definition"})
"""Fields whose very shape may speak of health: how many answers, how long each."""


def redacted(value: Any) -> str:
    """JSON of a command without free text: ids, enums, numbers and dates stay, other text becomes its length.

    Of clinical fields nothing stays.
    """
    counted = {field.name: _counted(getattr(value, field.name)) for field in fields(type(value))}
    shown = msgspec.to_builtins(counted, enc_hook=lambda _: PLACEHOLDER)
    return _plain_encoder.encode(_without_text(shown, "")).decode()


def _counted(value: Any) -> Any:
    """Of a long list only its length is shown, so what is in it is not turned: in a billing run hundreds of lines."""
    return (None,) * len(value) if isinstance(value, tuple) and len(value) > _MOST_ITEMS else value


def _without_text(value: Any, field: str) -> Any:
    if field in _WITHHELD:
        return "withheld"
    if isinstance(value, dict):
        return {key: _without_text(inner, key) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        if len(value) > _MOST_ITEMS:
            return f"{len(value)} items"
        return [_without_text(inner, field) for inner in value]
    if field in _SECRET_TEXT:
        return "(hidden)"
    if isinstance(value, str) and field not in _PUBLIC_TEXT and not _is_id(value):
        return f"text of {len(value)}"
    return value


def _is_id(text: str) -> bool:
    prefix, _, body = text.partition("_")
    return prefix in PREFIXES and body.isalnum() and text.isascii()


def differences(subject: str, before: object, after: object, hidden: frozenset[str]) -> list[dict[str, Any]]:
    """The fields that differ, as {field, before, after}; of hidden ones only that they do."""
    found: list[dict[str, Any]] = []
    _differ(subject, "", msgspec.to_builtins(before), msgspec.to_builtins(after), hidden, found)
    return found


def _differ(
    subject: str, field: str, before: Any, after: Any, hidden: frozenset[str], found: list[dict[str, Any]]
) -> None:
    if before == after or field == "version":
        return
    if field in hidden:
        found.append({"field": f"{subject}.{field}", "before": "(hidden)", "after": "(hidden)"})
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in after:
            inner = f"{field}.{name}" if field else name
            _differ(subject, inner if name not in hidden else name, before.get(name), after[name], hidden, found)
    elif hidden and isinstance(after, (list, dict)):
        found.append({"field": f"{subject}.{field}", "before": "(hidden)", "after": "(hidden)"})
    else:
        found.append({"field": f"{subject}.{field}", "before": before, "after": after})


def listed(changes: list[dict[str, Any]]) -> str:
    """A list of differences as text; nothing where there is none."""
    return _encoder.encode(changes).decode() if changes else ""
