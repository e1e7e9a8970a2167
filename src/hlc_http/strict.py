"""JSON and forms from strangers, read strictly: whatever two readers could understand differently is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from hlc_core.kernel.errors import Fault, Invalid

DEEPEST = 64
LONGEST_NUMBER = 30
MOST_FORM_FIELDS = 100

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_FORBIDDEN_ESCAPES = ("\\u0000", "\\ud", "\\uD")


class MalformedBody(Invalid):
    """The body is not what its content type says, or says something in two ways."""

    remedy = Fault("body", "send what the Content-Type says, in UTF-8")


def json_value(body: bytes) -> Any:
    """The body as Python's plain values.

    Refuses: MalformedBody (not UTF-8, no JSON, a key given twice, NaN or Infinity, a number of more than 30
    letters, deeper than 64 levels, a NUL or half a surrogate pair in a text).
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    if text.count("[") + text.count("{") > DEEPEST and _depth(text) > DEEPEST:
        raise MalformedBody(f"The body is nested deeper than {DEEPEST} levels.")
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedBody(f"The body is no JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise MalformedBody(f"The body is nested deeper than {DEEPEST} levels.") from None
    if any(escape in text for escape in _FORBIDDEN_ESCAPES):
        _refuse_unwritable(value)
    return value


def form_value(body: bytes) -> dict[str, str]:
    """The fields of a posted form; of a repeated field the last.

    Refuses: MalformedBody (not UTF-8, more than 100 fields, control characters in a value).
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FORM_FIELDS, errors="strict"
        )
    except (UnicodeDecodeError, ValueError):
        raise MalformedBody("The form cannot be read: it must be UTF-8 with at most 100 fields.") from None
    for name, value in pairs:
        if unprintable(value.replace("\r", "").replace("\n", "").replace("\t", "")):
            raise MalformedBody("The form holds control characters.", Fault(name[:60], "plain text only"))
    return dict(pairs)


def unprintable(text: str) -> bool:
    """Whether the text holds control characters or halves of surrogate pairs."""
    return not text.isprintable() and any(
        ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text
    )


def _depth(text: str) -> int:
    deepest = level = 0
    for found in _BRACKETS.finditer(text):
        letter = found[0]
        if letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest


def _refuse_unwritable(value: Any) -> None:
    todo = [value]
    while todo:
        here = todo.pop()
        if isinstance(here, str):
            if "\x00" in here or any(0xD800 <= ord(letter) <= 0xDFFF for letter in here):
                raise MalformedBody("A text holds a NUL or half a surrogate pair.")
        elif isinstance(here, dict):
            todo.extend(here)
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedBody("A field is given twice.", Fault(key[:60], "give it once"))
            seen.add(key)
    return made


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise MalformedBody(f"A number has more than {LONGEST_NUMBER} digits.")
    return int(digits)


def _fraction(digits: str) -> float:
    made = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(made):
        raise MalformedBody("A number is too large or too long.")
    return made


def _no_number(word: str) -> NoReturn:
    raise MalformedBody(f"{word} is no JSON number.")


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_int=_whole, parse_float=_fraction, parse_constant=_no_number)
