"""Which cycles are due, what each costs, and how the agreement stands once one is paid or forgiven. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.time import Period
from hlc_core.subscriptions.machine import State
from hlc_core.subscriptions.model import Bill, Span, Subscription, Turn
from hlc_core.subscriptions.proration import worth


def turn_of(held: Subscription, on: date) -> Turn:
    """What the day asks for. Of what is planned for a period's end, done comes before ended before paused."""
    if held.next_due is None or held.next_due > on:
        return Turn.NOTHING
    if held.state is State.PAUSED:
        return Turn.RESUME
    if held.state not in (State.TRIALING, State.ACTIVE):
        return Turn.NOTHING
    if held.change is not None:
        return Turn.WAIT
    if held.all_paid and held.next_terms is None:
        return Turn.COMPLETE
    if held.cancel_at_period_end:
        return Turn.CANCEL
    return Turn.PAUSE if held.pause_at_period_end else Turn.BILL


def due_cycles(held: Subscription, on: date) -> range:
    """The numbers of the cycles that have begun by the day and are not billed (none, unless the turn is BILL)."""
    if turn_of(held, on) is not Turn.BILL:
        return range(held.next_cycle, held.next_cycle)
    return range(held.next_cycle, max(held.next_cycle, taken_over(held).grid.at(on)) + 1)


def instalments_left(held: Subscription) -> int | None:
    """How many cycles are still to be paid; None without a commitment."""
    coming = taken_over(held)
    return None if coming.terms.cycles is None else max(0, coming.terms.cycles - coming.paid)


def bill_of(held: Subscription, cycle: int) -> Bill:
    """The cycle as it would be billed: `held.next_cycle`, or a later one, when those before it are forgiven."""
    coming = skipped(held, cycle)
    whole = coming.grid.period(cycle)
    period = Period(coming.resumed_on or whole.start, whole.end)
    price = coming.terms.price_of_cycle(coming.paid + 1)
    owed = worth(price, whole, period.start, period.end)
    credit = min(coming.credit, owed)
    return Bill(
        subscription=held.id,
        cycle=cycle,
        position=coming.paid + 1,
        period=period,
        whole=whole,
        terms=coming.terms,
        price=price,
        value=owed,
        credit=credit,
        due=owed - credit,
        part=period != whole,
    )


def bills_of(held: Subscription, cycles: Iterable[int]) -> tuple[Bill, ...]:
    """The cycles as they would be billed one after the other, credit running down; those not named are forgiven."""
    bills: list[Bill] = []
    for cycle in cycles:
        if bills:
            held = paid_for(held, bills[-1])
        bills.append(bill_of(held, cycle))
    return tuple(bills)


def billed(held: Subscription, bill: Bill) -> Subscription:
    """With the cycle billed and not yet paid: nothing else is due until it is."""
    return evolve(skipped(held, bill.cycle), bill=bill, next_due=None)


def paid_for(held: Subscription, bill: Bill) -> Subscription:
    """With the cycle paid: number, period and due date advance. The state is not touched."""
    coming = skipped(held, bill.cycle)
    span = Span(start=bill.period.start, end=bill.period.end, price=bill.price, whole=bill.whole)
    return evolve(
        coming,
        cycle=bill.cycle,
        next_cycle=bill.cycle + 1,
        paid=coming.paid + (not bill.part),
        period=bill.period,
        next_due=bill.period.end,
        spans=(span,),
        charged=held.charged + bill.due,
        credit=held.credit - bill.credit,
        bill=None,
        resumed_on=None,
        baseline=None,
    )


def skipped(held: Subscription, to: int) -> Subscription:
    """With `to` as the cycle that is billed next; those before it are forgiven."""
    coming = taken_over(held)
    if to == coming.next_cycle:
        return coming
    return evolve(coming, next_cycle=to, next_due=coming.grid.start(to), resumed_on=None)


def taken_over(held: Subscription) -> Subscription:
    """With the terms that take over at the period's end in force, if any are planned."""
    if held.next_terms is None:
        return held
    grid = held.grid.changed(held.next_terms.cycle_interval, held.next_cycle)
    return evolve(held, terms=held.next_terms, grid=grid, paid=0, next_terms=None, baseline=None)
