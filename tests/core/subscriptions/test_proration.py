"""Proration chains: net billed for any time is the price in force, and credit never exceeds what was charged."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.money import zero
from hlc_core.kernel.time import Period, Unit
from hlc_core.subscriptions.api import (
    Discount,
    PaidChange,
    QuoteSwitch,
    Subscription,
    SwitchSubscription,
    When,
    change_paid,
    quote_switch,
    switch_subscription,
)
from hlc_core.subscriptions.proration import cut, value, worth
from hlc_core.subscriptions.quotes import obligation_of
from support.subscriptions_world import World, terms, usd

START = date(2026, 1, 31)
prices = st.integers(0, 500_000)
PLANS = {"prod_b": (4999, Unit.MONTH, 1), "prod_c": (1999, Unit.MONTH, 1), "prod_y": (39_900, Unit.YEAR, 1)}
PLANS |= {"prod_w": (999, Unit.WEEK, 1), "prod_q": (11_000, Unit.MONTH, 3)}


def world_with_plans() -> World:
    world = World(START)
    for name, (amount, unit, count) in PLANS.items():
        world.product(name, amount, unit, count)
    return world


def switch(world: World, held: Subscription, product: str) -> tuple[Subscription, int]:
    """Quote, confirm, pay; the subscription, and the net of money and credit that it cost."""
    before = world.now(held)
    query = QuoteSwitch(subscription=held.id, product=ProductId(product), when=When.NOW)
    quote = quote_switch(query, world)
    confirm = SwitchSubscription(subscription=held.id, product=ProductId(product), when=When.NOW, quote_hash=quote.hash)
    waiting = switch_subscription(confirm, world)
    if waiting.change is not None:
        assert waiting.terms == before.terms
        change_paid([PaidChange(obligation=obligation_of(quote), amount=quote.charge)], world)
    after = world.now(held)
    net = (after.charged - before.charged) - (after.credit - before.credit)
    assert quote.change == net
    return after, net.amount


@given(prices, st.integers(1, 400), st.data())
def test_pieces_of_a_period_add_up(price: int, days: int, data: st.DataObject) -> None:
    """Wherever a period is cut, the pieces cost what the whole costs, and no piece is negative."""
    whole = Period(START, START + timedelta(days=days))
    cuts = sorted(data.draw(st.lists(st.integers(0, days), max_size=6)))
    ends = [whole.start, *(START + timedelta(days=n) for n in cuts), whole.end]

    pieces = [worth(usd(price), whole, a, b).amount for a, b in pairwise(ends)]

    assert price == sum(pieces)
    assert min(pieces) >= 0


@given(st.sampled_from(sorted(PLANS)), st.integers(0, 27), st.booleans())
def test_there_and_back_at_one_instant_costs_nothing(product: str, days: int, coupon: bool) -> None:
    """A to B to A on one day nets to zero and restores terms, discount, rhythm and paid time."""
    world = world_with_plans()
    agreed = terms(3000, discount=Discount(basis_points=2500, cycles=3) if coupon else None)
    held = world.start(agreed)
    world.product("prod_a", 9900)
    world.day(START + timedelta(days=days))

    _, there = switch(world, held, product)
    back, again = switch(world, held, "prod_a")

    assert there + again == 0
    same = ("terms", "grid", "paid", "period", "spans", "next_due", "cycle")
    assert [getattr(held, name) for name in same] == [getattr(back, name) for name in same]


@given(st.lists(st.sampled_from(sorted(PLANS)), min_size=1, max_size=5), st.integers(0, 27))
def test_the_way_does_not_matter_on_one_day(chain: list[str], days: int) -> None:
    """A chain of switches on one day costs what the last one alone would have cost."""
    world, direct = world_with_plans(), world_with_plans()
    held, other = world.start(terms(3000)), direct.start(terms(3000))
    for each in (world, direct):
        each.day(START + timedelta(days=days))

    total = 0
    for product in chain:
        if product != world.now(held).product:
            total += switch(world, held, product)[1]
    _, at_once = switch(direct, other, world.now(held).product)

    assert at_once == total


@given(st.lists(st.tuples(st.sampled_from(sorted(PLANS)), st.integers(0, 20)), min_size=1, max_size=8))
def test_net_billed_is_the_price_in_force(chain: list[tuple[str, int]]) -> None:
    """After any chain of switches over the days, what was billed is the sum of each day's price in force."""
    world = world_with_plans()
    held = world.start(terms(3000))
    in_force = [(START, usd(3000), held.grid.period(1))]
    today = START
    for product, days in chain:
        now = world.now(held)
        today = min(today + timedelta(days=days), now.period.end - timedelta(days=1))
        world.day(today)
        if product == now.product:
            continue
        now, _ = switch(world, held, product)
        kept = [entry for entry in in_force if entry[0] < today]
        in_force = [*kept, (today, now.terms.price_of_cycle(1), now.grid.period(1))]

    now = world.now(held)
    ends = [*(entry[0] for entry in in_force[1:]), now.period.end]
    billed = sum(
        worth(price, whole, start, end).amount for (start, price, whole), end in zip(in_force, ends, strict=True)
    )
    assert billed == (now.charged - now.credit).amount == value(now.spans, "USD").amount
    assert zero("USD") <= now.credit <= now.charged


def test_the_credit_of_a_second_upgrade_counts_what_was_billed() -> None:
    """The credit for the rest of a plan is drawn from its price in force, not from the last prorated charge."""
    world = World(date(2026, 1, 1))
    world.product("prod_b", 60_000, Unit.YEAR)
    world.product("prod_c", 149_700, Unit.YEAR)
    held = world.start(terms(30_000, Unit.YEAR))

    world.day(date(2026, 1, 11))
    _, first = switch(world, held, "prod_b")
    world.day(date(2026, 1, 21))
    _, second = switch(world, held, "prod_c")

    days = 365
    assert first == pytest.approx((60_000 - 30_000) * (days - 10) / days, abs=2)
    assert second == pytest.approx((149_700 - 60_000) * (days - 20) / days, abs=2)


def test_a_longer_plan_begins_on_the_day_of_the_switch() -> None:
    """Month to year: the unused days are given back, a year is billed, and the day becomes the anchor."""
    world = world_with_plans()
    held = world.start(terms(3100, discount=Discount(amount=usd(100))))
    world.day(date(2026, 2, 14))

    after, net = switch(world, held, "prod_y")

    assert date(2026, 2, 14) == after.anchor == after.period.start
    assert date(2027, 2, 14) == after.period.end == after.next_due
    assert 39_900 - 1500 == net
    assert after.terms.discount is None


def test_a_cheaper_plan_leaves_credit_for_the_next_cycles() -> None:
    """Credit from a downgrade pays later cycles, to the cent, until it is used up."""
    world = World(date(2026, 1, 1))
    world.product("prod_c", 1000)
    held = world.start(terms(31_000))
    world.day(date(2026, 1, 11))
    after, _ = switch(world, held, "prod_c")
    assert usd(21_000 - 677) == after.credit

    dues = []
    while world.now(held).credit.amount:
        world.day(world.now(held).period.end)
        bill = world.open_next(held).bill
        assert bill is not None
        dues.append(bill.due.amount)
        world.pay(held)

    assert [0] * 20 + [21 * 1000 - 20_323] == dues
    assert usd(31_000 + dues[-1]) == world.now(held).charged


def test_cutting_paid_time_keeps_what_lies_before() -> None:
    """Nothing of the time behind the cut is left, and all of the time before it."""
    world = World(START)
    held = world.start(terms(3000))

    assert () == cut(held.spans, START)
    assert held.spans == cut(held.spans, held.period.end)
    assert (evolve(held.spans[0], end=date(2026, 2, 10)),) == cut(held.spans, date(2026, 2, 10))
