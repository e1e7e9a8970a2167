"""JSON at the edge, by the only cattrs converter: camelCase outside, strict in, one encoder out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from types import GenericAlias
from typing import Any, TypeVar, get_args, get_origin

import attrs
import msgspec
from cattrs import (
    BaseValidationError,
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.money import Money
from hlc_core.kernel.personal import Personal

T = TypeVar("T")

LARGEST = 2**53 - 1
"""Whole numbers beyond this are not kept exactly by every reader of JSON."""
LONGEST = 20_000
"""Letters that one text may have at the edge; narrower limits belong to the core."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})")

_CURRENCY = re.compile(r"[A-Z]{3}")


class NotReadable(Invalid):
    """The input has not the shape that is asked for; `faults` names each field."""

    code = "not_readable"


class _WrongShape(ValueError):
    """Why one value does not fit; becomes the message of a fault."""


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """`next_retry_at` as `nextRetryAt`; a dotted or indexed path is turned part by part."""
    return re.sub(r"(?<=[^_.\[\]])_+([a-zA-Z0-9])", lambda found: found[1].upper(), name).rstrip("_")


def read(value: object, shape: type[T]) -> T:
    """Parsed JSON as an instance of the attrs class. Refuses: NotReadable, naming all fields at fault at once;
    a refusal of the class itself comes out as it is, its fields in camelCase."""
    try:
        return _converter.structure(value, shape)
    except (BaseValidationError, _WrongShape) as error:
        faults = tuple(_faults(error, ""))
        own = _only_refusal(error)
        if own is not None:
            raise type(own)(own.detail, *faults, retry_after=own.retry_after) from None
        raise NotReadable(_sentence(faults), *faults) from None


def parsed(text: bytes) -> Any:
    """JSON of a file as plain values. Refuses: ValueError (it is none)."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError("That is no JSON.") from error


def plain(value: object) -> Any:
    """The value as JSON's own types, in camelCase (dates and enums stay for the encoder)."""
    return _converter.unstructure(value)


def write(value: object) -> bytes:
    """The value as JSON: Money is amount and currency, instants are RFC 3339 in UTC, dates ISO."""
    return _encoder.encode(_converter.unstructure(value))


def _sentence(faults: tuple[Fault, ...]) -> str:
    if len(faults) == 1 and faults[0].field:
        return f"{faults[0].field}: {faults[0].message}."
    if len(faults) == 1:
        return f"The input must be {faults[0].message.removeprefix('must be ')}."
    return f"{len(faults)} fields cannot be used as they are."


def _only_refusal(error: BaseException) -> HlcError | None:
    while isinstance(error, BaseValidationError) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, HlcError) else None


def _faults(error: BaseException, path: str) -> Iterator[Fault]:
    if isinstance(error, ClassValidationError):
        noted, others = error.group_exceptions()
        for inner, note in noted:
            yield from _faults(inner, _joined(path, camel(note.name)))
        for other in others:
            yield from _faults(other, path)
    elif isinstance(error, IterableValidationError):
        listed, others = error.group_exceptions()
        for inner, place in listed:
            yield from _faults(inner, f"{path}[{place.index}]")
        for other in others:
            yield from _faults(other, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        for key in sorted(error.extra_fields)[:20]:
            yield Fault(_joined(path, _shown(key)), "is not a field that is known here")
    elif isinstance(error, KeyError):
        yield Fault(path, "is required")
    elif isinstance(error, HlcError):
        yield from (Fault(_joined(path, camel(fault.field)), fault.message) for fault in error.faults)
        if not error.faults:
            yield Fault(path, error.detail.rstrip("."))
    else:
        yield Fault(path, str(error) if isinstance(error, _WrongShape) else "cannot be read")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name and not name.startswith("[") else path + name


def _shown(key: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in key[:60])


def _text(value: object, shape: Any) -> str:
    if shape is not str and _is_choice(shape):
        return _choice(value, shape)
    if type(value) is not str:
        raise _WrongShape("must be a text")
    if len(value) > LONGEST:
        raise _WrongShape(f"must have at most {LONGEST} characters")
    return value


def _whole(value: object, _: object) -> int:
    if type(value) is not int:
        raise _WrongShape("must be a whole number")
    if abs(value) > LARGEST:
        raise _WrongShape(f"must lie between -{LARGEST} and {LARGEST}")
    return value


def _truth(value: object, _: object) -> bool:
    if type(value) is not bool:
        raise _WrongShape("must be true or false")
    return value


def _fraction(value: object, _: object) -> float:
    raise _WrongShape("fractions are not used here")


def _day(value: object, _: object) -> date:
    if type(value) is not str or not _DATE.fullmatch(value):
        raise _WrongShape("must be a date such as 2026-03-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _WrongShape("is no day of the calendar") from None


def _instant(value: object, _: object) -> datetime:
    if type(value) is not str or not _INSTANT.fullmatch(value):
        raise _WrongShape("must be an instant with its zone, such as 2026-03-31T12:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _WrongShape("is no instant of the calendar") from None


def _choice(value: object, shape: type[StrEnum]) -> StrEnum:
    if type(value) is str:
        for choice in shape:
            if choice.value == value:
                return choice
    raise _WrongShape(f"must be one of: {', '.join(shape)}")


_PLAIN: dict[type, Callable[[Any, Any], Any]] = {
    str: _text,
    int: _whole,
    bool: _truth,
    float: _fraction,
    date: _day,
    datetime: _instant,
}


def _exactly(kind: type) -> Callable[[Any], bool]:
    return lambda shape: shape is kind


def _is_choice(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, StrEnum)


def _is_personal(shape: Any) -> bool:
    return shape is Personal or get_origin(shape) is Personal


def _is_row(shape: Any) -> bool:
    return get_origin(shape) is tuple and len(get_args(shape)) == 2 and get_args(shape)[1] is ...


def _row(shape: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    listed: Any = GenericAlias(list, (get_args(shape)[0],))

    def structure(value: Any, _: Any) -> Any:
        if type(value) is not list:
            raise _WrongShape("must be a list")
        return tuple(converter.structure(value, listed))

    return structure


def _names(shape: Any) -> dict[str, Any]:
    whole: type = get_origin(shape) or shape
    attrs.resolve_types(whole)
    return {item.name: override(rename=camel(item.name)) for item in attrs.fields(whole) if item.init}


def _class_in(shape: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner = make_dict_structure_fn(shape, converter, _cattrs_forbid_extra_keys=True, **_names(shape))

    def structure(value: Any, wanted: Any) -> Any:
        if type(value) is not dict:
            raise _WrongShape("must be an object")
        made = inner(value, wanted)
        if shape is Money and not _CURRENCY.fullmatch(made.currency):
            raise NotReadable("That is no currency.", Fault("currency", "must be three capital letters, such as USD"))
        return made

    return structure


def _class_out(shape: Any, converter: Converter) -> Callable[[Any], Any]:
    return make_dict_unstructure_fn(shape, converter, **_names(shape))


def _same(value: Any) -> Any:
    return value


def _has_fields(shape: Any) -> bool:
    return attrs.has(get_origin(shape) or shape)


def _made() -> Converter:
    converter = Converter(detailed_validation=True)
    converter.register_structure_hook_factory(_has_fields, _class_in)
    converter.register_unstructure_hook_factory(_has_fields, _class_out)
    converter.register_structure_hook_factory(_is_row, _row)
    for kind, hook in _PLAIN.items():
        converter.register_structure_hook(kind, hook)
        converter.register_unstructure_hook_func(_exactly(kind), _same)
    converter.register_unstructure_hook_func(_is_choice, _same)
    converter.register_unstructure_hook_func(_is_personal, str)
    return converter


_converter = _made()
_encoder = msgspec.json.Encoder()
