"""What a cart costs: subtotal, discount, tax and total, per line and in all. Pure.

Source: spec/commerce, Cart; spec/README, Money (largest remainder for splits).
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.catalog.errors import CouponDoesNotFit
from hlc_core.catalog.model import Reduction
from hlc_core.kernel.money import Money, Rounding, total, zero

WHOLE = 10_000
"""Basis points of one."""


@frozen(kw_only=True)
class PriceLine:
    """What is priced: `key` names the line (a product id), `unit` is the price of one, not negative."""

    key: str
    unit: Money
    quantity: int = 1


@frozen(kw_only=True)
class PricedLine:
    """One line's share. `total` is subtotal less discount plus tax."""

    key: str
    unit: Money
    quantity: int
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


@frozen(kw_only=True)
class Priced:
    """The sums; each is exactly the sum of its lines."""

    lines: tuple[PricedLine, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money


def price(lines: Sequence[PriceLine], reduction: Reduction | None, tax_basis_points: int, currency: str) -> Priced:
    """Price the lines. The discount is found on the subtotal and shared out by the lines' subtotals; the tax is
    found on what is left and shared out by that. Percentages round half up, once, on the whole.

    An amount above the subtotal takes the subtotal off and no more.
    Refuses: MixedCurrencies, CouponDoesNotFit (the reduction's amount is in another currency).
    """
    subtotals = [line.unit.times(line.quantity) for line in lines]
    subtotal = total(subtotals, currency)
    discounts = _shared(discount_of(subtotal, reduction), subtotals)
    nets = [gross - less for gross, less in zip(subtotals, discounts, strict=True)]
    net = total(nets, currency)
    taxes = _shared(net.share(tax_basis_points, WHOLE, Rounding.HALF_UP), nets)
    priced = tuple(
        PricedLine(
            key=line.key,
            unit=line.unit,
            quantity=line.quantity,
            subtotal=gross,
            discount=less,
            tax=tax,
            total=rest + tax,
        )
        for line, gross, less, rest, tax in zip(lines, subtotals, discounts, nets, taxes, strict=True)
    )
    return Priced(
        lines=priced,
        subtotal=subtotal,
        discount=total(discounts, currency),
        tax=total(taxes, currency),
        total=total((line.total for line in priced), currency),
    )


def discount_of(subtotal: Money, reduction: Reduction | None) -> Money:
    """What the reduction takes off a subtotal: never more than all of it. Refuses: CouponDoesNotFit."""
    if reduction is None:
        return zero(subtotal.currency)
    if reduction.amount is None:
        return subtotal.share(min(reduction.percent or 0, WHOLE), WHOLE, Rounding.HALF_UP)
    if reduction.amount.currency != subtotal.currency:
        raise CouponDoesNotFit(f"The coupon is in {reduction.amount.currency}, the cart in {subtotal.currency}.")
    return min(reduction.amount, subtotal)


def _shared(whole: Money, weights: Sequence[Money]) -> list[Money]:
    if whole.is_zero:
        return [zero(whole.currency) for _ in weights]
    return list(whole.allocate([weight.amount for weight in weights]))
