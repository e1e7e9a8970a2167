"""What was done, as those who did it remember it: the history that the oracles hold against the invoices."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from enum import StrEnum

from attrs import define, field, frozen

from hlc_adapters.simulation.plans import Plan
from hlc_core.kernel.ids import PatientId, ProductId, SubscriptionId


@frozen(kw_only=True)
class PauseWish:
    """A pause that was agreed to: until `resume_on`, if a day was named, and how it goes on afterwards."""

    at: datetime
    on: date
    resume_on: date | None
    anew: bool


@frozen(kw_only=True)
class ResumeWish:
    """A pause that was ended by hand."""

    on: date
    anew: bool


@frozen(kw_only=True)
class SwitchWish:
    """A switch that was confirmed. `debt` names the obligation of its charge, if there was one."""

    at: datetime
    on: date
    product: ProductId
    at_once: bool
    debt: str


@define
class Life:
    """One subscription and what its patient wanted of it."""

    id: SubscriptionId
    patient: PatientId
    plan: Plan
    pauses: list[PauseWish] = field(factory=list)
    resumes: list[ResumeWish] = field(factory=list)
    switches: list[SwitchWish] = field(factory=list)
    payoff_debts: list[str] = field(factory=list)


class Count(StrEnum):
    """What is counted along the way."""

    CARTS = "carts opened"
    GIVEN_UP = "purchases given up"
    CANCELS = "cancellations"
    KEPT = "cancellations taken back"
    PAUSES = "pauses"
    RESUMES = "pauses ended by hand"
    SWITCHES = "switches"
    PAYOFFS = "commitments paid off"
    REFUNDS = "refunds"
    CARDS = "cards replaced"
    RETRIES = "retries by hand"
    RULINGS = "rulings by staff"
    CRASHES = "crashes"
    RUNS = "billing runs"
    MISSED_RUNS = "days without a billing run"
    OVERRIDES = "bounds overridden"


@define
class Journal:
    """The whole run's."""

    lives: dict[SubscriptionId, Life] = field(factory=dict)
    counts: Counter[Count] = field(factory=Counter)
    refused: Counter[str] = field(factory=Counter)
    missed_days: set[date] = field(factory=set)
    accepted: dict[str, int] = field(factory=dict)
    """Differences that staff accepted when they ruled: minor units that the bank captured above our record."""
    active: list[tuple[date, int]] = field(factory=list)
    """How many subscriptions ran on the first day of each month."""

    def add(self, what: Count) -> None:
        """Count one."""
        self.counts[what] += 1
