"""Days and amounts as the people of a locale write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency

from hlc_core.kernel.documents import Shown, joined
from hlc_core.kernel.money import EXPONENTS, Money


@lru_cache(maxsize=4096)
def money(amount: Money, locale: str = "en_US") -> str:
    """`Money(19999, "USD")` as `$199.99`."""
    digits = EXPONENTS.get(amount.currency, 2)
    return format_currency(Decimal(amount.amount).scaleb(-digits), amount.currency, locale=locale)


def day(when: date, locale: str = "en_US") -> str:
    """A date as `March 31, 2026`."""
    return format_date(when, format="long", locale=locale)


def words(detail: tuple[Shown, ...], locale: str = "en_US") -> str:
    """The parts of a fact or of a detail, one behind the other."""
    return joined(detail, lambda part: written(part, locale))


def written(shown: Shown, locale: str) -> str:
    """What stands in a cell of a document."""
    match shown:
        case Money():
            return money(shown, locale)
        case date():
            return day(shown, locale)
        case _:
            return shown
