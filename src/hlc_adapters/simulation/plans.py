"""The shelf of the simulated clinic: plans of every length, and how often each is bought."""

from __future__ import annotations

from attrs import frozen

from hlc_core.catalog.api import Offer, ProductKind
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit

CURRENCY = "USD"


@frozen(kw_only=True)
class Plan:
    """One product on the shelf. `weight` is its share of purchases; plans of one `family` can be switched."""

    key: str
    weight: int
    price: int
    interval: Interval
    family: str = ""
    cycles: int | None = None
    prepaid_months: int | None = None
    trial_days: int = 0

    @property
    def length(self) -> Interval:
        """How long what is billed at once lasts."""
        return Interval(Unit.MONTH, self.prepaid_months) if self.prepaid_months else self.interval

    @property
    def offer(self) -> Offer:
        """The plan as the catalog takes it."""
        return Offer(
            name=self.key.replace("-", " ").capitalize(),
            price=Money(self.price, CURRENCY),
            kind=ProductKind.SUBSCRIPTION,
            interval=self.interval,
            cycles=self.cycles,
            prepaid_months=self.prepaid_months,
            trial_days=self.trial_days,
            payoff_rebate=500 if self.cycles else 0,
        )


_MONTH, _QUARTER, _WEEK = Interval(Unit.MONTH), Interval(Unit.MONTH, 3), Interval(Unit.WEEK)

SHELF: tuple[Plan, ...] = (
    Plan(key="monthly", weight=34, price=19_900, interval=_MONTH, family="care"),
    Plan(key="monthly-plus", weight=12, price=29_900, interval=_MONTH, family="care"),
    Plan(key="quarterly", weight=14, price=53_700, interval=_QUARTER, family="care"),
    Plan(key="weekly", weight=3, price=4_900, interval=_WEEK, family="care"),
    Plan(key="prepaid-half-year", weight=7, price=99_900, interval=_MONTH, prepaid_months=6),
    Plan(key="prepaid-year", weight=5, price=179_900, interval=_MONTH, prepaid_months=12),
    Plan(key="commitment-half-year", weight=9, price=17_900, interval=_MONTH, cycles=6),
    Plan(key="commitment-year", weight=6, price=14_900, interval=_MONTH, cycles=12),
    Plan(key="trial-two-weeks", weight=10, price=9_900, interval=_MONTH, trial_days=14, family="care"),
)
"""Everything that can be bought."""

WEIGHTS = tuple(plan.weight for plan in SHELF)
