"""Prices: what a cart costs, and the laws that every cart obeys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.catalog.shop import usd
from hlc_core.catalog.api import CouponDoesNotFit, PriceLine, Reduction, discount_of, price
from hlc_core.kernel.money import MixedCurrencies, Money, total

LINES = some.lists(
    some.builds(
        PriceLine,
        key=some.text(min_size=1, max_size=3),
        unit=some.integers(0, 10**7).map(usd),
        quantity=some.integers(1, 99),
    ),
    max_size=12,
)
REDUCTIONS = (
    some.none()
    | some.integers(1, 10_000).map(lambda points: Reduction(code="P", percent=points))
    | some.integers(1, 10**8).map(lambda cents: Reduction(code="A", amount=usd(cents)))
)
TAXES = some.integers(0, 3000)


def test_a_cart_with_a_coupon_and_tax() -> None:
    """Ten percent off two lines at 7.25 % tax; the odd cent goes to the largest remainder."""
    lines = (PriceLine(key="a", unit=usd(1999), quantity=2), PriceLine(key="b", unit=usd(501)))

    priced = price(lines, Reduction(code="TEN", percent=1000), 725, "USD")

    assert (usd(4499), usd(450), usd(294), usd(4343)) == (priced.subtotal, priced.discount, priced.tax, priced.total)
    assert [usd(400), usd(50)] == [line.discount for line in priced.lines]


def test_an_empty_cart_costs_nothing() -> None:
    """No lines: four zeros in the organization's currency."""
    priced = price((), Reduction(code="A", amount=usd(500)), 725, "USD")

    assert [usd(0)] * 4 == [priced.subtotal, priced.discount, priced.tax, priced.total]


def test_a_coupon_in_another_currency_does_not_fit() -> None:
    """An amount in euros is refused on a cart in dollars."""
    with pytest.raises(CouponDoesNotFit):
        price((PriceLine(key="a", unit=usd(1)),), Reduction(code="E", amount=Money(5, "EUR")), 0, "USD")


def test_currencies_never_mix() -> None:
    """A line in another currency is refused."""
    with pytest.raises(MixedCurrencies):
        price((PriceLine(key="a", unit=Money(5, "EUR")),), None, 0, "USD")


@given(LINES, REDUCTIONS, TAXES)
def test_the_sums_are_the_sums_of_the_lines(lines: list[PriceLine], reduction: Reduction | None, tax: int) -> None:
    """Subtotal, discount, tax and total are each exactly the sum of the lines."""
    priced = price(lines, reduction, tax, "USD")

    for name in ("subtotal", "discount", "tax", "total"):
        assert getattr(priced, name) == total((getattr(line, name) for line in priced.lines), "USD")


@given(LINES, REDUCTIONS, TAXES)
def test_every_line_adds_up_and_nothing_is_negative(
    lines: list[PriceLine], reduction: Reduction | None, tax: int
) -> None:
    """Per line: total = subtotal - discount + tax, and no discount is above its line."""
    for line in price(lines, reduction, tax, "USD").lines:
        assert line.total == line.subtotal - line.discount + line.tax
        assert 0 <= line.discount.amount <= line.subtotal.amount
        assert line.tax.amount >= 0


@given(LINES, REDUCTIONS, TAXES)
def test_the_order_of_lines_does_not_change_the_sums(
    lines: list[PriceLine], reduction: Reduction | None, tax: int
) -> None:
    """The same lines backwards cost the same."""
    one, other = price(lines, reduction, tax, "USD"), price(lines[::-1], reduction, tax, "USD")

    assert (one.subtotal, one.discount, one.tax, one.total) == (other.subtotal, other.discount, other.tax, other.total)


@given(some.integers(0, 10**9), some.integers(1, 10_000), some.integers(1, 10_000))
def test_a_larger_percentage_takes_off_no_less(subtotal: int, one: int, other: int) -> None:
    """Discounts grow with the percentage."""
    small, large = sorted((one, other))
    less = discount_of(usd(subtotal), Reduction(code="A", percent=small))

    assert less <= discount_of(usd(subtotal), Reduction(code="B", percent=large)) <= usd(subtotal)


@given(some.integers(1, 40), some.integers(1, 60))
def test_a_reduction_covers_its_first_cycles(cycles: int, cycle: int) -> None:
    """It covers the n-th cycle exactly when n is not above its count; without a count always."""
    assert (cycle <= cycles) is Reduction(code="A", percent=1, cycles=cycles).covers(cycle)
    assert Reduction(code="A", percent=1, cycles=None).covers(cycle)
