"""When the patient is told that a card is about to expire: once per card and named day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hlc_core.kernel.time import add_months
from hlc_core.payments.api import Card


def last_day(card: Card) -> date:
    """The last local date on which the card can be charged."""
    return add_months(date(card.expires_year, card.expires_month, 1), 1) - timedelta(days=1)


def reminder_day(card: Card, on: date, days: Sequence[int]) -> int | None:
    """Which of the named days before expiry is reached: the nearest one, so that a missed day is made up for once.

    None: no named day is reached yet, or the card is expired.
    """
    left = (last_day(card) - on).days
    if left < 0:
        return None
    return min((day for day in days if day >= left), default=None)


def months(on: date, days: Sequence[int]) -> tuple[date, ...]:
    """The months whose cards may have to be told on that date, each as its first day."""
    if not days:
        return ()
    until, month, found = on + timedelta(days=max(days)), on.replace(day=1), []
    while month <= until:
        found.append(month)
        month = add_months(month, 1)
    return tuple(found)
