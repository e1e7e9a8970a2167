"""The plan as a function of facts, against plain date arithmetic."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.billing.world import World, days
from hlc_core.billing.expiry import last_day, months, reminder_day
from hlc_core.billing.growth import NEVER_STOPPED, bound
from hlc_core.billing.missed import split
from hlc_core.billing.model import BillingRun, BillingRunId, LineKind
from hlc_core.kernel.ids import OrganizationId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.organizations.api import BillingSettings, MissedPeriods
from hlc_core.payments.api import Card

policies = st.sampled_from(MissedPeriods)


def month_start(anchor: date, n: int) -> date:
    """The oracle: the anchor's day n months on, or that month's last day. Written apart from the kernel."""
    month = anchor.month - 1 + n
    year, month = anchor.year + month // 12, month % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))


@given(st.integers(1, 50), st.integers(0, 50), policies, st.none() | st.integers(0, 60))
def test_missed_cycles_are_billed_or_forgiven_never_both_and_none_is_left_out(
    first: int, more: int, policy: MissedPeriods, remaining: int | None
) -> None:
    """Forgiven and billed are disjoint, in order, and together all that have begun (a commitment may end before)."""
    done = split(first, first + more, policy, remaining)

    together = [*done.forgiven, *done.billed]
    assert list(range(first, first + more + 1))[: len(together)] == together
    if remaining is None or remaining > more:
        assert first + more == together[-1]
    if more == 0 and remaining != 0:
        assert [first] == list(done.billed)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 900),
    policies,
    st.sampled_from([Interval(Unit.MONTH), Interval(Unit.MONTH, 3), Interval(Unit.WEEK), Interval(Unit.DAY, 10)]),
)
def test_a_late_run_bills_what_plain_date_arithmetic_says(late: int, policy: MissedPeriods, interval: Interval) -> None:
    """Whatever the delay: the charged cycles, their dates and the sum are those of the policy."""
    world = World(billing=BillingSettings(missed_periods=policy))
    held = world.subscription("p", method=world.card("p"), interval=interval)
    anchor = held.anchor
    today = held.next_due + timedelta(days=late % (200 if interval.unit is Unit.DAY else 900))
    begun = []
    for n in range(1, 500):
        if interval.unit is Unit.MONTH:
            start = month_start(anchor, n * interval.count)
        else:
            start = anchor + timedelta(days=n * interval.count * (7 if interval.unit is Unit.WEEK else 1))
        if start > today:
            break
        begun.append((n + 1, start))
    expected = {
        MissedPeriods.BILL_ALL: begun,
        MissedPeriods.BILL_CURRENT: begun[-1:],
        MissedPeriods.FORGIVE: begun if len(begun) == 1 else [],
    }[policy]

    planned = [line for line in world.plan(today) if line.kind is LineKind.CHARGE]
    world.run(today)

    assert expected == [(line.cycle, line.due_on) for line in planned]
    assert expected == [(i.cycle, i.due_on) for i in sorted(world.invoices, key=lambda i: i.cycle or 0)]
    assert len(expected) * 9900 == sum(amount for _, amount in world.captured())
    assert [] == world.plan(today)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_planning_again_after_a_run_gives_nothing(data: st.DataObject) -> None:
    """Any mix of cards, intervals, trials and commitments: after a full run the same date has nothing more to do."""
    world = World(billing=BillingSettings(missed_periods=data.draw(policies)))
    for n in range(data.draw(st.integers(1, 6))):
        token = data.draw(st.sampled_from(["tok_success", "tok_soft", "tok_hard", "tok_lost_answer", "none"]))
        method = None if token == "none" else world.card(f"p{n}", token)
        world.subscription(
            f"p{n}",
            method=method,
            interval=Interval(data.draw(st.sampled_from([Unit.WEEK, Unit.MONTH]))),
            cycles=data.draw(st.none() | st.integers(1, 4)),
            trial_days=data.draw(st.sampled_from([0, 14])),
        )
    day = date(2026, 1, 31)
    for _ in range(data.draw(st.integers(1, 4))):
        day += days(data.draw(st.integers(0, 50)))
        world.run(day, batch=data.draw(st.integers(1, 5)))

        assert [] == world.actions(day)

    captured = world.captured()
    assert len(captured) == len({obligation for obligation, _ in captured})


@given(
    st.integers(2026, 2040),
    st.integers(1, 12),
    st.dates(date(2026, 1, 1), date(2040, 12, 31)),
    st.lists(st.integers(0, 90), max_size=5),
)
def test_a_card_is_told_of_the_nearest_named_day_that_is_reached(
    year: int, month: int, on: date, named: list[int]
) -> None:
    """Never before the first named day, never after expiry; and the months that are looked at hold the card."""
    card = Card(brand="visa", last_four="4242", expires_month=month, expires_year=year)
    ends = date(year, month, monthrange(year, month)[1])

    day = reminder_day(card, on, named)

    assert ends == last_day(card)
    left = (ends - on).days
    assert min((n for n in named if 0 <= left <= n), default=None) == day
    if day is not None:
        assert date(year, month, 1) in months(on, named)


def test_the_bound_is_drawn_from_the_largest_run_and_spares_small_ones() -> None:
    """300 % above the largest; without an earlier run there is none; up to 25 charges are never stopped."""

    def ran(amount: int) -> BillingRun:
        return BillingRun(
            id=BillingRunId("run_1"),
            organization=OrganizationId("org_1"),
            as_of=date(2026, 3, 1),
            started_at=World().clock.now(),
            billed=Money(amount, "USD"),
        )

    drawn = bound([ran(0), ran(1000), ran(400)], 300)

    assert drawn is not None
    assert Money(4000, "USD") == drawn.most
    assert drawn.exceeded(NEVER_STOPPED + 1, Money(4001, "USD"))
    assert not drawn.exceeded(NEVER_STOPPED + 1, Money(4000, "USD"))
    assert not drawn.exceeded(NEVER_STOPPED, Money(9999, "USD"))
    assert bound([ran(0)], 300) is None
    assert bound([], 300) is None
