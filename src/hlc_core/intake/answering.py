"""From what somebody typed to an answer as it is kept, or a sentence that says what is asked. Pure and total."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from hlc_core.intake.definition import Item, ItemType

YES, NO = "yes", "no"
TODAY = "today"

_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,6})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MEASURE = re.compile(r"(\d{1,4}(?:[.,]\d{1,2})?) ?([a-z]{1,3})", re.ASCII)
_FEET = re.compile(r"(\d) ?(?:'|ft|feet) ?(?:(\d{1,2}(?:[.,]\d)?) ?(?:\"|''|in|inches)?)?", re.ASCII)
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNPRINTED_LONG = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_CM = {"cm": Decimal(1), "m": Decimal(100), "in": Decimal("2.54")}
_KG = {"kg": Decimal(1), "lb": Decimal("0.45359237"), "lbs": Decimal("0.45359237")}
_KEPT = {"lbs": "lb"}

UNITS: Mapping[ItemType, tuple[str, ...]] = {ItemType.HEIGHT: ("cm", "in"), ItemType.WEIGHT: ("kg", "lb")}
"""The units that forms offer; answers are kept in the patient's own."""


class Unusable(ValueError):
    """What was typed is no answer; the sentence says what is asked, and never repeats it."""


def usable(item: Item, values: Sequence[str], today: date) -> tuple[str, ...]:
    """The answer as it is kept; nothing for no answer. Refuses: Unusable."""
    given = tuple(value.strip() for value in values)
    given = tuple(value for value in given if value)
    if not given or not item.asks:
        return ()
    if item.type is ItemType.CHOICES:
        return _chosen(item, given)
    if len(given) > 1:
        raise Unusable("Give one answer.")
    read = _READERS[item.type](item, given[0])
    if read and item.type not in (ItemType.TEXT, ItemType.LONG_TEXT):
        _bounded(item, read, today)
    return (read,) if read else ()


def magnitude(type_: ItemType, value: str) -> Decimal | None:
    """A number by which answers of that type compare (cm, kg, days), or None where they do not."""
    try:
        if type_ in (ItemType.INTEGER, ItemType.DECIMAL):
            return Decimal(value) if _NUMBER.fullmatch(value) else None
        if type_ is ItemType.DATE:
            return Decimal(date.fromisoformat(value).toordinal()) if _DATE.fullmatch(value) else None
    except ValueError:
        return None
    scale = {ItemType.HEIGHT: _CM, ItemType.WEIGHT: _KG}.get(type_)
    found = _MEASURE.fullmatch(value)
    if scale is None or found is None or found[2] not in scale:
        return None
    return _decimal(found[1]) * scale[found[2]]


def bound(type_: ItemType, text: str, today: date) -> Decimal | None:
    """A limit of an item as a number: measures in cm and kg, dates as days, `today` as the day itself."""
    if type_ is ItemType.DATE:
        return magnitude(type_, today.isoformat() if text == TODAY else text)
    return magnitude(ItemType.DECIMAL, text)


def _bounded(item: Item, read: str, today: date) -> None:
    size = magnitude(item.type, read)
    if size is None:
        return
    least, most = bound(item.type, item.least, today), bound(item.type, item.most, today)
    if (least is not None and size < least) or (most is not None and size > most):
        unit = {ItemType.HEIGHT: " cm", ItemType.WEIGHT: " kg"}.get(item.type, "")
        words = [
            f"at least {item.least}{unit}" if item.least else "",
            f"at most {item.most}{unit}" if item.most else "",
        ]
        raise Unusable(f"Must be {' and '.join(word for word in words if word)}.")


def _chosen(item: Item, given: Sequence[str]) -> tuple[str, ...]:
    known = {choice.value: choice for choice in item.choices}
    if any(value not in known for value in given):
        raise Unusable("Choose from the list.")
    if len(set(given)) > 1 and any(known[value].alone for value in given):
        raise Unusable("That one answer goes with no other.")
    return tuple(choice.value for choice in item.choices if choice.value in given)


def _choice(item: Item, text: str) -> str:
    if all(choice.value != text for choice in item.choices):
        raise Unusable("Choose from the list.")
    return text


def _yes_no(_: Item, text: str) -> str:
    if text not in (YES, NO):
        raise Unusable("Answer yes or no.")
    return text


def _consent(_: Item, text: str) -> str:
    if text not in (YES, NO):
        raise Unusable("Tick the box to agree.")
    return YES if text == YES else ""


def _text(item: Item, text: str) -> str:
    longest = item.longest or 200
    if len(text) > longest:
        raise Unusable(f"Use at most {longest} characters.")
    if _UNPRINTED.search(text):
        raise Unusable("Use one line of plain text.")
    return text


def _long_text(item: Item, text: str) -> str:
    longest, plain = item.longest or 4000, text.replace("\r\n", "\n").replace("\r", "\n")
    if len(plain) > longest:
        raise Unusable(f"Use at most {longest} characters.")
    if _UNPRINTED_LONG.search(plain):
        raise Unusable("Use plain text.")
    return plain


def _integer(_: Item, text: str) -> str:
    if not _WHOLE.fullmatch(text):
        raise Unusable("Write a whole number.")
    return str(int(text))


def _decimals(item: Item, text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise Unusable("Write a number, such as 12.5.")
    number = _decimal(text)
    if -int(number.normalize().as_tuple().exponent) > (item.decimals or 2):
        raise Unusable(f"Use at most {item.decimals or 2} decimals.")
    return _plain(number)


def _date(_: Item, text: str) -> str:
    try:
        read = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        read = None
    if read is None or read.year < 1900:
        raise Unusable("Write a date as year-month-day, such as 1984-03-31.")
    return read.isoformat()


def _height(_: Item, text: str) -> str:
    lowered = text.lower()
    feet = _FEET.fullmatch(lowered)
    if feet is not None:
        inches = _decimal(feet[2] or "0")
        if inches >= 12:
            raise Unusable("Inches beside feet go up to 11.")
        return f"{_plain(12 * Decimal(feet[1]) + inches)} in"
    found = _MEASURE.fullmatch(lowered)
    if found is None or found[2] not in _CM:
        raise Unusable("Write a height such as 178 cm, 70 in, or 5 ft 10 in.")
    if found[2] == "m":
        return f"{_plain(_decimal(found[1]) * 100)} cm"
    return f"{_plain(_decimal(found[1]))} {found[2]}"


def _weight(_: Item, text: str) -> str:
    found = _MEASURE.fullmatch(text.lower())
    if found is None or found[2] not in _KG:
        raise Unusable("Write a weight such as 81.5 kg or 180 lb.")
    return f"{_plain(_decimal(found[1]))} {_KEPT.get(found[2], found[2])}"


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _plain(number: Decimal) -> str:
    """Without needless zeros or exponents; nothing is rounded."""
    text = format(number.normalize(), "f")
    return "0" if text in ("-0", "") else text


_READERS: Mapping[ItemType, Callable[[Item, str], str]] = {
    ItemType.TEXT: _text,
    ItemType.LONG_TEXT: _long_text,
    ItemType.INTEGER: _integer,
    ItemType.DECIMAL: _decimals,
    ItemType.DATE: _date,
    ItemType.YES_NO: _yes_no,
    ItemType.CHOICE: _choice,
    ItemType.HEIGHT: _height,
    ItemType.WEIGHT: _weight,
    ItemType.CONSENT: _consent,
}
