"""What paid time is worth, by interval algebra, and what a switch costs: the difference of totals.

Source: spec/billing, Subscriptions (laws of the switch); design/pains, subscription billing 14 and 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.money import Money, Rounding, total
from hlc_core.kernel.time import Period
from hlc_core.subscriptions.calendar import Grid
from hlc_core.subscriptions.model import Baseline, Span, Subscription
from hlc_core.subscriptions.terms import Terms


def worth(price: Money, whole: Period, start: date, end: date) -> Money:
    """What the dates from `start` to `end` cost when the whole period costs `price`.

    Rounded at the two ends, not in the middle: pieces that touch add up to the whole, wherever it is cut.
    """
    if (start, end) == (whole.start, whole.end) and start < end:
        return price
    return _until(price, whole, end) - _until(price, whole, start)


def _until(price: Money, whole: Period, day: date) -> Money:
    return price.share((day - whole.start).days, max(1, whole.days), Rounding.HALF_UP)


def value(spans: Sequence[Span], currency: str) -> Money:
    """What all of the paid time was billed."""
    return total((worth(span.price, span.whole, span.start, span.end) for span in spans), currency)


def cut(spans: Sequence[Span], day: date) -> tuple[Span, ...]:
    """The paid time before the day."""
    return tuple(evolve(span, end=min(span.end, day)) for span in spans if span.start < day)


def rest(spans: Sequence[Span], day: date, currency: str) -> Money:
    """What the paid time from the day on was billed: the most that can be given back."""
    return value(spans, currency) - value(cut(spans, day), currency)


def counted(spans: Sequence[Span]) -> bool:
    """Whether the current period is a full instalment, not the rest of a period that a pause had begun."""
    return bool(spans) and spans[0].start == spans[0].whole.start


@frozen(kw_only=True)
class Standing:
    """Everything that a switch replaces."""

    terms: Terms
    grid: Grid
    paid: int
    period: Period
    spans: tuple[Span, ...]


def standing(held: Subscription) -> Standing:
    """How it stands."""
    return Standing(terms=held.terms, grid=held.grid, paid=held.paid, period=held.period, spans=held.spans)


def before_switches(held: Subscription, on: date) -> Standing:
    """How it stood before the first switch of that day: what every switch of the day is computed from."""
    first = held.baseline
    if first is None or first.on != on:
        return standing(held)
    return Standing(terms=first.terms, grid=first.grid, paid=first.paid, period=first.period, spans=first.spans)


def as_baseline(before: Standing, on: date) -> Baseline:
    """What is kept of the day's beginning."""
    return Baseline(
        on=on, terms=before.terms, grid=before.grid, paid=before.paid, period=before.period, spans=before.spans
    )


def after_switch(held: Subscription, terms: Terms, on: date) -> Standing:
    """How it stands once the terms are switched on that day, which lies in the current period.

    A trial goes on under the new terms. Of the same length, the new terms bill the rest of the period; of another,
    a new period begins on the day, which becomes the anchor. Going back to what the day began with restores it.
    """
    before = before_switches(held, on)
    if (terms.product, terms.quantity) == (before.terms.product, before.terms.quantity):
        return before
    same = terms.cycle_interval == before.terms.cycle_interval
    if not held.ever_paid:
        grid = before.grid.changed(terms.cycle_interval, held.next_cycle)
        return evolve(before, terms=terms, grid=grid, paid=0)
    price, used = terms.price_of_cycle(1), cut(before.spans, on)
    if same:
        whole = before.grid.period(held.cycle)
        spans = (*used, Span(start=on, end=before.period.end, price=price, whole=whole))
        return evolve(before, terms=terms, spans=spans, paid=int(counted(before.spans)))
    grid = Grid(anchor=on, interval=terms.cycle_interval, first=held.cycle)
    period = grid.period(held.cycle)
    spans = (*used, Span(start=period.start, end=period.end, price=price, whole=period))
    return Standing(terms=terms, grid=grid, paid=1, period=period, spans=spans)
