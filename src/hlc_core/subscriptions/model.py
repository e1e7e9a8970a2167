"""The subscription: the standing agreement, what was last paid, what is open, and what happens next."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId, OrderId, OrganizationId, PatientId, ProductId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Period, local_date
from hlc_core.subscriptions.calendar import Grid
from hlc_core.subscriptions.machine import MACHINE, Facts, State, Trigger
from hlc_core.subscriptions.terms import Terms


class When(StrEnum):
    """When a wish takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


class ResumeAs(StrEnum):
    """From where billing goes on after a pause: a new period from that day, or the old rhythm."""

    NEW_PERIOD = "new_period"
    KEEP_ANCHOR = "keep_anchor"


class OpenDebt(StrEnum):
    """What happens to a renewal that was billed and not paid, when the agreement ends."""

    COLLECT = "collect"
    FORGIVE = "forgive"


class ChangeKind(StrEnum):
    """What a quote is for."""

    SWITCH = "switch"
    PAYOFF = "payoff"


class Turn(StrEnum):
    """What a due date asks for: who bills, who is turned over by itself, who must wait."""

    BILL = "bill"
    COMPLETE = "complete"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    WAIT = "wait"
    NOTHING = "nothing"


@frozen(kw_only=True)
class Span:
    """Paid time at one price: its dates are billed as their share, by days, of `price` for the `whole` period."""

    start: date
    end: date
    price: Money
    whole: Period


@frozen(kw_only=True, slots=False)
class Bill:
    """One cycle as it is to be paid; frozen while it is open. `value` − `credit` = `due`.

    `price` is the whole period's; `value` is the share of it that `period` covers (all of it, save for the rest of
    a running period after a pause, which is a `part` and counts neither for a commitment nor for a discount).
    """

    subscription: SubscriptionId
    cycle: int
    position: int
    period: Period
    whole: Period
    terms: Terms
    price: Money
    value: Money
    credit: Money
    due: Money
    part: bool = False


@frozen(kw_only=True)
class Quote:
    """The price of a switch or payoff, as of an instant. Confirming it charges exactly `charge`, or is refused.

    `change` is the difference of totals (below zero: `credit_gained`); `credit_used` + `charge` pay it. `hash`
    covers everything but the instant, with the subscription's version and the local date `on`: it holds until
    that day ends or anything about the subscription changes.
    """

    kind: ChangeKind
    subscription: SubscriptionId
    subscription_version: int
    as_of: datetime
    on: date
    when: When
    terms: Terms
    change: Money
    rebate: Money
    credit_used: Money
    credit_gained: Money
    charge: Money
    next_price: Money | None
    next_on: date | None
    hash: str


@frozen(kw_only=True)
class Baseline:
    """How things stood before the first switch of a day: later switches of that day are computed from here."""

    on: date
    terms: Terms
    grid: Grid
    paid: int
    period: Period
    spans: tuple[Span, ...]


@frozen(kw_only=True, slots=False)
class Subscription:
    """The standing agreement of one patient on one line of an order.

    `cycle` is what was last paid (0 in a trial), `next_cycle` what is billed next; numbers between them were
    forgiven. `paid` counts the cycles paid under the present terms. `period` is the current paid period.
    `next_due` is the local date on which the billing run looks here again (to bill, resume, pause, end), None
    while a bill is open and when nothing more is to come. Conserved: `charged` = value billed + `credit`.
    `external_id` is the key of the system that it was taken over from.
    """

    id: SubscriptionId
    organization: OrganizationId
    number: str
    patient: PatientId
    order: OrderId
    line: int
    state: State
    terms: Terms
    zone: str
    grid: Grid
    cycle: int
    paid: int
    next_cycle: int
    period: Period
    next_due: date | None
    charged: Money
    credit: Money
    method: MethodId | None
    gateway: str
    created_at: datetime
    spans: tuple[Span, ...] = ()
    bill: Bill | None = None
    forgiven_bills: tuple[int, ...] = ()
    resumed_on: date | None = None
    trial_end: date | None = None
    cancel_at_period_end: bool = False
    cancel_reason: str = ""
    open_debt: OpenDebt | None = None
    pause_at_period_end: bool = False
    paused_at: datetime | None = None
    resume_on: date | None = None
    resume_as: ResumeAs = ResumeAs.NEW_PERIOD
    next_terms: Terms | None = None
    change: Quote | None = None
    baseline: Baseline | None = None
    ended_at: datetime | None = None
    version: int = 0
    external_id: str | None = None

    @property
    def anchor(self) -> date:
        """The local date from which all boundaries are counted."""
        return self.grid.anchor

    @property
    def product(self) -> ProductId:
        """The product of the present terms."""
        return self.terms.product

    @property
    def ended(self) -> bool:
        """Whether nothing leads on from here."""
        return self.state in MACHINE.final

    @property
    def ever_paid(self) -> bool:
        """Whether a cycle was paid: the trial is behind."""
        return self.cycle > 0

    @property
    def all_paid(self) -> bool:
        """Whether every cycle of the commitment is paid."""
        return self.terms.cycles is not None and self.paid >= self.terms.cycles

    @property
    def facts(self) -> Facts:
        """What the guards read."""
        return Facts(
            ever_paid=self.ever_paid,
            bill_open=self.bill is not None,
            change_open=self.change is not None,
            committed=self.terms.cycles is not None,
            all_paid=self.all_paid,
        )

    def today(self, now: datetime) -> date:
        """The local date of the instant, in the zone of the agreement."""
        return local_date(now, self.zone)

    def moved(self, trigger: Trigger) -> Subscription:
        """The subscription after the trigger. Refuses: IllegalTransition, GuardRefused."""
        return evolve(self, state=MACHINE.step(self.state, trigger, self.facts))
