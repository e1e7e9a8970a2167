"""The bound on a run: one that would bill far more than the last ones stops before it begins."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.billing.model import BillingRun
from hlc_core.kernel.money import Money

NEVER_STOPPED = 25
"""A run of at most so many charges is never stopped: small clinics grow by leaps."""


@frozen
class Bound:
    """The most that a run may bill without an explicit override."""

    most: Money

    def exceeded(self, charges: int, billed: Money) -> bool:
        """Whether so many charges over so much money are beyond it."""
        return charges > NEVER_STOPPED and self.most < billed


def bound(runs: Sequence[BillingRun], limit_percent: int) -> Bound | None:
    """The bound drawn from earlier runs: the most that one of them billed, and `limit_percent` more.

    Runs that billed nothing say nothing, and without any other there is no bound.
    """
    largest = max((run.billed for run in runs if run.billed.amount > 0), key=lambda money: money.amount, default=None)
    if largest is None:
        return None
    return Bound(Money(largest.amount + largest.amount * limit_percent // 100, largest.currency))
