"""Money: nothing is lost when it is split, signs do not matter, what is printed can be read again."""

from __future__ import annotations

import pytest
from babel.core import get_global
from hypothesis import example, given
from hypothesis import strategies as st

from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.money import CURRENCIES as IN_USE
from hlc_core.kernel.money import EXPONENTS, MixedCurrencies, Money, NotMoney, Rounding, parse_money, total, zero

AMOUNTS = st.integers(-(10**14), 10**14)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLP", "TND"])
MONEY = st.builds(Money, AMOUNTS, CURRENCIES)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any)
DENOMINATORS = st.integers(1, 10**9)


@given(MONEY, WEIGHTS)
def test_the_parts_add_up_to_the_whole(money: Money, weights: list[int]) -> None:
    """Splitting loses and makes nothing."""
    parts = money.allocate(weights)

    assert len(weights) == len(parts)
    assert money == total(parts, money.currency)


@given(MONEY, WEIGHTS)
def test_a_part_is_less_than_one_unit_from_its_fair_share(money: Money, weights: list[int]) -> None:
    """Largest remainder: every part is the exact share, rounded down or up; a weight of nothing gets nothing."""
    for part, weight in zip(money.allocate(weights), weights, strict=True):
        assert abs(part.amount * sum(weights) - money.amount * weight) < sum(weights)
        assert weight or part.is_zero


@given(MONEY, WEIGHTS)
def test_the_largest_remainders_get_the_odd_units(money: Money, weights: list[int]) -> None:
    """Nobody who was rounded down had a larger remainder than one who was rounded up; ties go to the first."""
    whole, all_ = abs(money.amount), sum(weights)
    parts = [abs(part.amount) for part in money.allocate(weights)]
    up = [i for i, part in enumerate(parts) if part > whole * weights[i] // all_]
    down = [i for i in range(len(parts)) if i not in up]
    rest = {i: whole * weights[i] % all_ for i in range(len(parts))}

    assert all((-rest[a], a) < (-rest[b], b) for a in up for b in down)


@given(MONEY, WEIGHTS)
def test_a_refund_is_split_as_the_payment_was(money: Money, weights: list[int]) -> None:
    """Splitting the negative gives the negatives of the parts."""
    assert tuple(-part for part in money.allocate(weights)) == (-money).allocate(weights)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [3, -1]])
def test_weights_that_say_nothing_are_refused(weights: list[int]) -> None:
    """No weight, none above zero, or a negative one."""
    with pytest.raises(Invalid):
        Money(100, "USD").allocate(weights)


@given(MONEY, st.integers(-(10**9), 10**9), DENOMINATORS)
def test_a_share_is_rounded_to_a_neighbour_of_the_exact_value(money: Money, numerator: int, denominator: int) -> None:
    """DOWN never exceeds it, UP never falls short, HALF_UP is at most half a unit away: in size, whatever the sign."""
    exact = abs(money.amount * numerator)
    down, half, up = (
        abs(money.share(numerator, denominator, rounding).amount)
        for rounding in (Rounding.DOWN, Rounding.HALF_UP, Rounding.UP)
    )

    assert down * denominator <= exact < (down + 1) * denominator
    assert (up - 1) * denominator < exact <= up * denominator
    assert 2 * abs(half * denominator - exact) <= denominator
    assert down <= half <= up


@given(MONEY, st.integers(-(10**9), 10**9), DENOMINATORS, st.sampled_from(Rounding))
def test_rounding_is_the_same_on_both_sides_of_zero(
    money: Money, numerator: int, denominator: int, rounding: Rounding
) -> None:
    """The share of the negative is the negative of the share."""
    assert -money.share(numerator, denominator, rounding) == (-money).share(numerator, denominator, rounding)


@pytest.mark.parametrize(("amount", "expected"), [(1, 1), (-1, -1), (3, 2), (-3, -2), (2, 1)])
def test_a_half_goes_away_from_zero(amount: int, expected: int) -> None:
    """Half a cent is a cent, also of a debt."""
    assert expected == Money(amount, "USD").share(1, 2, Rounding.HALF_UP).amount


@pytest.mark.parametrize("denominator", [0, -1])
def test_a_share_of_nothing_is_refused(denominator: int) -> None:
    """A denominator below one is no share."""
    with pytest.raises(Invalid):
        Money(100, "USD").share(1, denominator, Rounding.DOWN)


@given(MONEY, MONEY)
def test_money_of_two_currencies_never_mixes(a: Money, b: Money) -> None:
    """Sums, differences and comparisons are exact within a currency and refused across two."""
    if a.currency == b.currency:
        assert (a.amount + b.amount, a.amount - b.amount) == ((a + b).amount, (a - b).amount)
        assert (a.amount < b.amount, a.amount <= b.amount) == (a < b, a <= b)
        return
    for mix in (lambda: a + b, lambda: a - b, lambda: a < b, lambda: a <= b, lambda: a > b, lambda: a >= b):
        with pytest.raises(MixedCurrencies):
            mix()
    assert a != b


def test_a_sum_of_nothing_is_zero_and_one_of_strangers_is_refused() -> None:
    """The currency of a sum is named, not guessed."""
    assert zero("USD") == total([], "USD")
    with pytest.raises(MixedCurrencies):
        total([Money(1, "USD"), Money(1, "EUR")], "USD")


@given(MONEY, st.integers(-1000, 1000))
def test_times_is_repeated_addition(money: Money, count: int) -> None:
    """So many of it."""
    assert Money(money.amount * count, money.currency) == money.times(count)


@given(st.integers(0, 10**12 - 1), CURRENCIES)
@example(amount=0, currency="JPY")
@example(amount=5, currency="KWD")
def test_what_is_printed_can_be_read_again(amount: int, currency: str) -> None:
    """Currencies of no, two and three decimals."""
    money = Money(amount, currency)
    text, _, printed = str(money).partition(" ")

    assert currency == printed
    assert money == parse_money(text, currency)


def test_every_currency_is_known_to_those_who_write_amounts() -> None:
    """Else a receipt in it could not be printed; and whatever has its own number of digits is one."""
    assert set() == IN_USE - set(get_global("all_currencies"))
    assert {"USD", "EUR", "JPY", "KWD"} <= IN_USE
    assert {"UYI"} == EXPONENTS.keys() - IN_USE


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(19999, "USD"), "199.99 USD"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(19999, "JPY"), "19999 JPY"),
        (Money(19999, "KWD"), "19.999 KWD"),
        (Money(-1, "KWD"), "-0.001 KWD"),
    ],
)
def test_the_digits_are_those_of_the_currency(money: Money, text: str) -> None:
    """ISO 4217 says how many."""
    assert text == str(money)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("1", "USD", 100), ("1.5", "USD", 150), (" 1.50 ", "USD", 150), ("007", "JPY", 7), ("1.", "USD", 100)],
)
def test_shorter_spellings_are_read(text: str, currency: str, amount: int) -> None:
    """Missing decimals are zero, blanks around are nothing."""
    assert Money(amount, currency) == parse_money(text, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "USD"), (".", "USD"), (".5", "USD"), ("1.234", "USD"), ("1.5", "JPY"), ("1,50", "USD"), ("1e3", "USD"),
        ("-5", "USD"), ("-0.01", "USD"), ("--5", "USD"), ("5-", "USD"), ("+5", "USD"), ("1.-5", "USD"), ("NaN", "USD"),
        ("١", "USD"), ("1.٣", "USD"), ("²", "USD"), ("1.²", "USD"), ("1 000", "USD"), ("1.5.0", "USD"),
        ("1234567890123", "USD"), ("1_000", "USD"), ("0x10", "USD"), ("$5", "USD"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    """A sign, foreign digits, too many decimals, exponents: a price list must not be guessed at."""
    with pytest.raises(NotMoney):
        parse_money(text, currency)


@given(st.text(max_size=20), CURRENCIES)
def test_any_text_is_read_or_refused_by_name(text: str, currency: str) -> None:
    """Never another exception."""
    try:
        parse_money(text, currency)
    except NotMoney:
        return
