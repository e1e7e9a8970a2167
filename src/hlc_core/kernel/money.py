"""Money: integer minor units and an ISO 4217 currency; no floats, no mixed currencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid

CURRENCIES = frozenset({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP",
    "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR",
    "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF",
    "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW",
    "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD",
    "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK",
    "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB",
    "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SYP",
    "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU",
    "UZS", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
})  # fmt: skip
"""What people pay with (ISO 4217): without funds, metals, codes for tests, and money that is no longer taken."""

EXPONENTS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""Decimal digits of the currencies that do not have two (ISO 4217)."""


class MixedCurrencies(Invalid):
    """Two currencies met in one sum."""

    remedy = Fault("currency", "use one currency")


class NotMoney(Invalid):
    """The text is no amount of that currency."""


class Rounding(StrEnum):
    """How a share that falls between two minor units is rounded; named at every call."""

    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


@frozen
class Money:
    """An amount in minor units (cents) of one currency (three capital letters)."""

    amount: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency} cannot be added.")
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{other.currency} cannot be taken from {self.currency}.")
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self._beyond(other) < 0

    def __le__(self, other: Money) -> bool:
        return self._beyond(other) <= 0

    def _beyond(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{other.currency} cannot be compared with {self.currency}.")
        return self.amount - other.amount

    def times(self, count: int) -> Money:
        """This amount `count` times."""
        return Money(self.amount * count, self.currency)

    def share(self, numerator: int, denominator: int, rounding: Rounding) -> Money:
        """`numerator / denominator` of this amount; refuses: Invalid (denominator below 1).

        HALF_UP rounds a half away from zero, DOWN towards zero, UP away from zero.
        """
        if denominator < 1:
            raise Invalid("A share needs a denominator of at least 1.")
        if numerator == denominator:
            return self
        product = self.amount * numerator
        size, rest = divmod(abs(product), denominator)
        if rest and (rounding is Rounding.UP or (rounding is Rounding.HALF_UP and 2 * rest >= denominator)):
            size += 1
        return Money(size if product >= 0 else -size, self.currency)

    def allocate(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Split by weights so that the parts add up to the whole: largest remainder, ties to the first.

        Refuses: Invalid (a negative weight, or none above zero).
        """
        total = sum(weights)
        if total < 1 or min(weights) < 0:
            raise Invalid("Weights must not be negative and one must be above zero.")
        sign = -1 if self.amount < 0 else 1
        whole = abs(self.amount)
        parts = [whole * weight // total for weight in weights]
        order = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
        for i in order[: whole - sum(parts)]:
            parts[i] += 1
        return tuple(Money(sign * part, self.currency) for part in parts)

    @property
    def is_zero(self) -> bool:
        """Whether nothing is owed."""
        return self.amount == 0

    def __str__(self) -> str:
        digits = EXPONENTS.get(self.currency, 2)
        sign = "-" if self.amount < 0 else ""
        whole, part = divmod(abs(self.amount), 10**digits)
        return f"{sign}{whole}.{part:0{digits}d} {self.currency}" if digits else f"{sign}{whole} {self.currency}"


@lru_cache(maxsize=256)
def zero(currency: str) -> Money:
    """Nothing, in that currency."""
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum; an empty sum is zero of `currency`. Refuses: MixedCurrencies."""
    summed = 0
    for money in amounts:
        if money.currency != currency:
            raise MixedCurrencies(f"{money.currency} stands in a sum of {currency}.")
        summed += money.amount
    return Money(summed, currency)


def parse_money(text: str, currency: str) -> Money:
    """`"199.99"` as 19999 cents. Refuses: NotMoney (no number, or more digits than the currency has)."""
    digits = EXPONENTS.get(currency, 2)
    plain = text.strip()
    whole, _, part = plain.partition(".")
    if not plain.isascii() or not whole or not (whole + part).isdigit() or len(part) > digits or len(whole) > 12:
        raise NotMoney(f"Write the amount as digits with at most {digits} decimals, such as {Money(19999, currency)}.")
    return Money(int(whole) * 10**digits + int(part.ljust(digits, "0") or "0"), currency)
