"""What a cycle costs under frozen terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.time import Interval, Unit
from hlc_core.subscriptions.api import Discount
from hlc_core.subscriptions.payoff import payoff
from support.subscriptions_world import terms, usd


@pytest.mark.parametrize(
    ("cycles", "expected"), [(1, [2700, 3000, 3000]), (2, [2700, 2700, 3000]), (None, [2700, 2700, 2700])]
)
def test_a_discount_covers_its_cycles(cycles: int | None, expected: list[int]) -> None:
    """The first cycle only, n cycles, or for ever."""
    agreed = terms(3000, discount=Discount(basis_points=1000, cycles=cycles))

    assert expected == [agreed.price_of_cycle(n).amount for n in (1, 2, 3)]


def test_an_amount_never_makes_a_price_negative() -> None:
    """A discount above the price takes the price off and no more."""
    agreed = terms(3000, discount=Discount(amount=usd(5000)))

    assert usd(0) == agreed.price_of_cycle(1)


@given(
    st.integers(0, 10**7),
    st.integers(1, 99),
    st.integers(1, 10_000),
    st.integers(0, 2500),
    st.integers(1, 24),
    st.integers(1, 30),
)
def test_a_price_adds_up(amount: int, quantity: int, off: int, tax: int, cycles: int, position: int) -> None:
    """Listed less discount plus tax is the total, in every cycle; nothing is below zero."""
    agreed = terms(amount, quantity=quantity, tax_basis_points=tax, discount=Discount(basis_points=off, cycles=cycles))

    price = agreed.breakdown(position)

    assert price.total == price.listed - price.discount + price.tax
    assert usd(amount * quantity) == price.listed
    assert price.discount.is_zero or position <= cycles
    assert min(price.discount.amount, price.tax.amount, price.total.amount) >= 0


def test_a_prepaid_plan_is_billed_once_a_term() -> None:
    """Six months paid up front make one cycle of six months."""
    assert Interval(Unit.MONTH, 6) == terms(prepaid_months=6).cycle_interval


def test_all_faults_are_reported_at_once() -> None:
    """Terms that cannot be agreed name every field at fault."""
    with pytest.raises(Invalid) as refusal:
        terms(-1, quantity=0, cycles=0, tax_basis_points=20_000)

    assert ["unitPrice", "quantity", "cycles", "taxBasisPoints"] == [fault.field for fault in refusal.value.faults]


@pytest.mark.parametrize(
    "discount", [{}, {"basis_points": 100, "amount": usd(1)}, {"basis_points": -1}, {"amount": usd(0)}, {"cycles": 0}]
)
def test_half_a_discount_is_refused(discount: dict[str, object]) -> None:
    """A discount is a percentage or an amount, of at least one cycle."""
    with pytest.raises(Invalid):
        Discount(**discount)  # type: ignore[arg-type]  # wrong on purpose


@given(st.integers(0, 100_000), st.integers(1, 60), st.integers(0, 60), st.integers(0, 10_000))
def test_a_payoff_is_what_is_left_less_the_rebate(amount: int, cycles: int, paid: int, rebate: int) -> None:
    """Instalments that are paid are not paid again; the rebate never exceeds the rest."""
    left = payoff(terms(amount, cycles=cycles, rebate_basis_points=rebate), min(paid, cycles))

    assert cycles - min(paid, cycles) == left.instalments
    assert usd(amount * left.instalments) == left.listed == left.total + left.rebate
    assert 0 <= left.rebate.amount <= left.listed.amount
