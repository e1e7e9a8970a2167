"""The oracle of periods: walks each subscription's history day by day and holds it against its invoices.

It knows what was bought, paused, resumed and switched, the days without a billing run, and plain calendar arithmetic;
it reads of the code it judges only what was invoiced, and when a state changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from attrs import define, field, frozen

from hlc_adapters.simulation.calendars import Rhythm, rhythm
from hlc_adapters.simulation.facts import Facts
from hlc_adapters.simulation.findings import Finding, Wrong
from hlc_adapters.simulation.journal import Life, SwitchWish
from hlc_adapters.simulation.plans import Plan
from hlc_core.audit.api import Move
from hlc_core.invoicing.api import Invoice, InvoiceState
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.time import local_date
from hlc_core.organizations.api import MissedPeriods
from hlc_core.subscriptions.api import State, Subscription

_DAY = timedelta(days=1)
_DOUBT = timedelta(days=10)
"""How long a charge for a change may be in doubt, and hold up the next bill."""


@frozen(kw_only=True)
class _Resumed:
    at: datetime
    on: date
    anew: bool


_Event = _Resumed | SwitchWish


@define
class _Walk:
    """One subscription. `cursor` is the first day that is not billed yet; `paid` counts instalments."""

    facts: Facts
    held: Subscription
    life: Life
    invoices: Sequence[Invoice]
    debts: Mapping[str, Invoice]
    moves: Sequence[Move]
    plan: Plan = field(init=False)
    rhythm: Rhythm = field(init=False)
    cursor: date = field(init=False)
    paid: int = field(init=False, default=1)
    full: bool = field(init=False, default=True)
    found: list[Finding] = field(init=False, factory=list)
    woken: set[date] = field(init=False, factory=set)
    """Days on which a pause ended, after that day's billing run."""
    _baseline: tuple[date, Plan, Rhythm, date] | None = field(init=False, default=None)

    def walk(self) -> list[Finding]:
        """Everything that is wrong with its periods."""
        self.plan = self.life.plan
        begun = self._local(self.held.created_at)
        first = begun + timedelta(days=self.plan.trial_days)
        self.rhythm = rhythm(first, self.plan.length)
        self.cursor = first
        if self.plan.trial_days:
            self.paid, self.full = 0, False
        else:
            self.cursor = self.rhythm.end_of(begun)
        events = sorted(self._events(), key=lambda event: event.at)
        for invoice in self.invoices:
            while events and events[0].at <= invoice.created_at:
                self._apply(events.pop(0), invoice)
            self._bill(invoice)
        for event in events:
            self._apply(event, None)
        self._end()
        return self.found

    # what happened beside the bills

    def _events(self) -> Iterator[_Event]:
        for move in self.moves:
            if move.source == State.PAUSED and move.target in (State.ACTIVE, State.TRIALING):
                yield self._resumed(move)
        for wish in self.life.switches:
            carried = not wish.debt or _paid(self.debts.get(wish.debt))
            if wish.at_once and carried:
                yield wish

    def _resumed(self, move: Move) -> _Resumed:
        on = self._local(move.at)
        if move.cause == "ResumeSubscription":
            self.woken.add(on)
            by_hand = [wish for wish in self.life.resumes if wish.on == on]
            return _Resumed(at=move.at, on=on, anew=by_hand[-1].anew)
        agreed = [wish for wish in self.life.pauses if wish.at < move.at][-1]
        return _Resumed(at=move.at, on=agreed.resume_on or on, anew=agreed.anew)

    def _apply(self, event: _Event, following: Invoice | None) -> None:
        if isinstance(event, SwitchWish):
            self._switch(event)
        elif event.anew:
            self._begin_anew(event.on)
        elif event.on >= self.cursor:
            self._take_over(following)
            self._jump(event.on)

    def _begin_anew(self, on: date) -> None:
        if on < self.cursor:
            self.paid -= self.full
        else:
            self._idle_until(on)
        self.rhythm, self.cursor, self._baseline = rhythm(on, self.plan.length), on, None

    def _jump(self, on: date) -> None:
        self._idle_until(on)
        self.cursor, self._baseline = on, None

    def _switch(self, wish: SwitchWish) -> None:
        if self._baseline is None or self._baseline[0] != wish.on:
            self._baseline = (wish.on, self.plan, self.rhythm, self.cursor)
        _, before, self.rhythm, self.cursor = self._baseline
        self.plan = self.facts.products[wish.product]
        if self.plan.length == before.length:
            return
        if self.paid or any(invoice.created_at < wish.at for invoice in self.invoices):
            self.rhythm = rhythm(wish.on, self.plan.length)
            self.cursor, self.full = self.rhythm.end_of(wish.on), True
        else:
            self.rhythm = self.rhythm.changed(self.plan.length, self.cursor)

    def _take_over(self, invoice: Invoice | None) -> None:
        """The bill is for another plan: a switch at the period's end has come true."""
        product = None if invoice is None else invoice.lines[0].product
        if invoice is None or product is None or self.facts.products[product] is self.plan:
            return
        agreed = {wish.product for wish in self.life.switches if wish.at <= invoice.created_at}
        if product not in agreed:
            self._say(Wrong.CROOKED_PERIOD, f"{invoice.id} bills a plan that nobody agreed to.")
        self.plan = self.facts.products[product]
        self.rhythm = self.rhythm.changed(self.plan.length, self.cursor)

    # bills

    def _bill(self, invoice: Invoice) -> None:
        self._take_over(invoice)
        begins, ends = invoice.period_start, invoice.period_end
        if begins is None or ends is None:
            self._say(Wrong.CROOKED_PERIOD, f"{invoice.id} bills a cycle without dates.")
            return
        if begins < self.cursor:
            means = f"{invoice.id} bills from {begins} on; all days before {self.cursor} were billed."
            self._say(Wrong.REPEATED_PERIOD, means)
        elif begins > self.cursor and not self._forgiven(begins):
            self._say(Wrong.SKIPPED_PERIOD, f"{invoice.id} bills from {begins} on; {self.cursor} is the next day due.")
        elif ends != self.rhythm.end_of(begins):
            expected = self.rhythm.end_of(begins)
            self._say(Wrong.CROOKED_PERIOD, f"{invoice.id} bills {begins} to {ends}; the period ends on {expected}.")
        if self.held.ended_at is not None and invoice.created_at > self.held.ended_at:
            self._say(Wrong.REPEATED_PERIOD, f"{invoice.id} was written after the end.")
        self.cursor = ends
        self._baseline = None
        if invoice.state is not InvoiceState.VOID:
            self.full = self.rhythm.end_of(begins - _DAY) == begins or begins == self.rhythm.first
            self.paid += self.full and invoice.state is InvoiceState.PAID

    def _forgiven(self, begins: date) -> bool:
        """Whether the policy forgives the periods between: several had begun when the next run could look."""
        policy = self.facts.wish.policy.missed
        if policy is MissedPeriods.BILL_ALL:
            return False
        edge, edges = self.cursor, []
        while edge < begins:
            edges.append(edge)
            edge = self.rhythm.end_of(edge)
        if edge != begins:
            return False
        looked = next((day for day in _days(self.cursor, begins) if not self._blocked(day)), None)
        if policy is MissedPeriods.BILL_CURRENT:
            return looked is None
        return looked is not None and edges[-1] <= looked and len(edges) > 1

    def _end(self) -> None:
        held, last = self.held, self.facts.today - _DAY
        if held.state in (State.ACTIVE, State.TRIALING) and held.change is None and self.cursor <= last:
            self._say(Wrong.SKIPPED_PERIOD, f"It runs, and nothing was billed from {self.cursor} on.")
        if held.state is State.CANCELLED and held.ended_at is not None:
            self._idle_until(self._local(held.ended_at))
        plain = not self.life.switches and not any(_paid(self.debts.get(one)) for one in self.life.payoff_debts)
        if held.state is State.COMPLETED and plain and self.paid != self.plan.cycles:
            self._say(Wrong.CROOKED_PERIOD, f"It is complete after {self.paid} of {self.plan.cycles} instalments.")

    # days without a bill

    def _idle_until(self, end: date) -> None:
        for day in _days(self.cursor, end):
            if self._paused(day) or self._blocked(day):
                continue
            forgives = self.facts.wish.policy.missed is MissedPeriods.FORGIVE
            if not (forgives and self.rhythm.end_of(self.cursor) <= day and end <= self.rhythm.end_of(day)):
                self._say(Wrong.SKIPPED_PERIOD, f"It ran on {day}, and that day was not billed.")
            return

    def _paused(self, day: date) -> bool:
        """Whether it was paused that morning, or became so on that day."""
        state = ""
        for move in self.moves:
            on = self._local(move.at)
            if on > day:
                break
            if on == day and State.PAUSED in (move.source, move.target):
                return True
            state = move.target
        return state == State.PAUSED or any(
            wish.resume_on is not None and wish.on <= wish.resume_on <= day for wish in self.life.pauses
        )

    def _blocked(self, day: date) -> bool:
        """Whether a bill could not be opened that day: no run, or an earlier bill or change not settled."""
        if day in self.facts.journal.missed_days or day in self.woken:
            return True
        for place, invoice in enumerate(self.invoices):
            until = invoice.paid_at
            if until is None and invoice.state is InvoiceState.VOID and place + 1 < len(self.invoices):
                until = self.invoices[place + 1].created_at
            if self._local(invoice.created_at) <= day and (until is None or day <= self._local(until)):
                return True
        return any(wish.debt and wish.on <= day <= wish.on + _DOUBT for wish in self.life.switches)

    def _local(self, instant: datetime) -> date:
        return local_date(instant, self.facts.wish.zone)

    def _say(self, wrong: Wrong, means: str) -> None:
        self.found.append(Finding(wrong=wrong, subject=self.held.id, means=means))


def check_periods(facts: Facts) -> Iterator[Finding]:
    """Skipped, repeated and crooked periods of all subscriptions."""
    invoices: dict[SubscriptionId, list[Invoice]] = {}
    for invoice in sorted(facts.invoices, key=lambda one: (one.created_at, one.cycle or 0)):
        if invoice.subscription is not None:
            invoices.setdefault(invoice.subscription, []).append(invoice)
    moves: dict[str, list[Move]] = {}
    for move in sorted(facts.moves, key=lambda one: (one.subject, one.version)):
        moves.setdefault(move.subject, []).append(move)
    debts: dict[str, Invoice] = {invoice.obligation: invoice for invoice in facts.invoices}
    for held in facts.subscriptions:
        life = facts.journal.lives.get(held.id)
        if life is None:
            means = "It began although its buyer gave up."
            yield Finding(wrong=Wrong.STUCK, subject=held.id, means=means)
            continue
        mine = invoices.get(held.id, ())
        yield from _Walk(facts, held, life, mine, debts, moves.get(held.id, ())).walk()


def _days(begin: date, end: date) -> Iterator[date]:
    while begin < end:
        yield begin
        begin += _DAY


def _paid(invoice: Invoice | None) -> bool:
    return invoice is not None and invoice.state is InvoiceState.PAID
