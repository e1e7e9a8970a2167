"""How a partner's amount is read. Pure. Source: spec/care, External intake and payment."""

from __future__ import annotations

import re

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.money import EXPONENTS, Money, NotMoney, parse_money, zero

_SIGNS = re.compile(r"[$€£¥]|\b[A-Za-z]{3}\b")
_PLAIN = re.compile(r"\d{1,12}")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


@frozen(kw_only=True)
class Reading:
    """The amount, and how it was understood: which field, as it was written, in which unit."""

    amount: Money
    told: str


def read_amount(amount: str, price: str, currency: str, price_in_dollars: bool) -> Reading:
    """`amount` is cents and goes first; `price` is dollars when it has a decimal point or a currency sign, or when the
    setting says so, else cents. Neither: nothing was paid. Refuses: Invalid."""
    if amount.strip():
        text = amount.strip()
        if not _PLAIN.fullmatch(text):
            remedy = Fault("amount", "whole cents, such as 29900; dollars go in price")
            raise Invalid("That amount cannot be read.", remedy)
        return Reading(amount=Money(int(text), currency), told=f'amount "{text}" as cents')
    if not price.strip():
        return Reading(amount=zero(currency), told="no amount was told")
    text = price.strip()
    bare = _SIGNS.sub("", text).strip()
    signed = bare != text
    bare = bare.replace(",", "") if _GROUPED.fullmatch(bare) else bare
    if not ("." in bare or signed or price_in_dollars):
        if not _PLAIN.fullmatch(bare):
            raise _unreadable()
        return Reading(amount=Money(int(bare), currency), told=f'price "{text}" as cents')
    try:
        return Reading(amount=parse_money(_trimmed(bare, currency), currency), told=f'price "{text}" as dollars')
    except NotMoney:
        raise _unreadable() from None


def _trimmed(text: str, currency: str) -> str:
    """Without zeros behind the last digit that counts: spreadsheets write 299.0000."""
    whole, point, part = text.partition(".")
    digits = EXPONENTS.get(currency, 2)
    return text if not point or part[digits:].strip("0") else f"{whole}.{part[:digits]}"


def _unreadable() -> Invalid:
    return Invalid("That price cannot be read.", Fault("price", "such as 299.00, $299 or, as cents, 29900"))
