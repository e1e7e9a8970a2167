"""A random life of a subscription: whatever is wished in whatever order, money and time are conserved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.money import zero
from hlc_core.kernel.time import Unit
from hlc_core.subscriptions.api import (
    MACHINE,
    CancelSubscription,
    Discount,
    KeepSubscription,
    NextCycle,
    OpenDebt,
    PaidChange,
    PauseSubscription,
    PayOffSubscription,
    QuotePayoff,
    QuoteSwitch,
    ResumeAs,
    ResumeSubscription,
    State,
    Subscription,
    SwitchSubscription,
    Turn,
    When,
    actions,
    cancel_subscription,
    change_declined,
    change_paid,
    due_cycles,
    explain_subscription,
    fall_past_due,
    forgive_bills,
    forgive_cycles,
    keep_subscription,
    obligation_of,
    open_bills,
    pause_subscription,
    pay_off_subscription,
    quote_payoff,
    quote_switch,
    resume_subscription,
    switch_subscription,
    turn_of,
    turn_over,
)
from hlc_core.subscriptions.model import Span
from hlc_core.subscriptions.proration import value
from hlc_core.subscriptions.views import ExplainSubscription
from support.subscriptions_world import World, terms

PRODUCTS = ("prod_a", "prod_b", "prod_q", "prod_w", "prod_y")


class Life(RuleBasedStateMachine):
    """One subscription; the model is a ledger of money that came and of paid time, kept beside it."""

    @initialize(
        trial=st.sampled_from([0, 0, 10]),
        cycles=st.sampled_from([None, None, 4]),
        off=st.sampled_from([None, 1, 3]),
        day=st.integers(1, 31),
        tax=st.sampled_from([0, 725]),
    )
    def buy(self, trial: int, cycles: int | None, off: int | None, day: int, tax: int) -> None:
        self.world = World(date(2026, 1, day), tax=tax)
        self.world.product("prod_a", 3000)
        self.world.product("prod_b", 4999)
        self.world.product("prod_q", 11_000, Unit.MONTH, 3, cycles=3, payoff_rebate=1500)
        self.world.product("prod_w", 777, Unit.WEEK)
        self.world.product("prod_y", 39_900, Unit.YEAR)
        discount = None if off is None else Discount(basis_points=1500, cycles=off)
        agreed = terms(3000, trial_days=trial, cycles=cycles, discount=discount, tax_basis_points=tax)
        self.id = self.world.start(agreed).id
        self.today = date(2026, 1, day)
        self.received = self.held.charged
        self.finished: list[Span] = []

    @property
    def held(self) -> Subscription:
        return self.world.subscriptions.get(self.id)

    def do(self, work: Callable[[], object]) -> None:
        """A wish may be refused, by name; then nothing has changed."""
        before = self.held
        try:
            work()
        except HlcError:
            assert before == self.held

    @rule(days=st.one_of(st.integers(0, 12), st.integers(20, 100)))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.world.day(self.today)

    @precondition(lambda self: self.held.next_due is not None)
    @rule(late=st.integers(0, 3), declined=st.sampled_from([False, False, False, True]))
    def the_due_day_comes(self, late: int, declined: bool) -> None:
        due = self.held.next_due
        assert due is not None
        self.time_passes((max(due, self.today) - self.today).days + late)
        self.the_run_comes("all", declined)

    @rule(policy=st.sampled_from(["all", "current", "forgive"]), declined=st.booleans())
    def the_run_comes(self, policy: str, declined: bool) -> None:
        for _ in range(400):
            match turn_of(self.held, self.today):
                case Turn.NOTHING | Turn.WAIT:
                    break
                case Turn.BILL:
                    cycles = due_cycles(self.held, self.today)
                    if policy == "forgive" and len(cycles) > 1:
                        forgive_cycles([NextCycle(subscription=self.id, cycle=cycles[-1])], self.world)
                    else:
                        cycle = cycles[-1] if policy == "current" else cycles[0]
                        open_bills([NextCycle(subscription=self.id, cycle=cycle)], self.world)
                        if declined:
                            fall_past_due([self.id], self.world)
                        else:
                            self.the_bill_is_paid()
                case _:
                    turn_over([self.id], self.today, self.world)
        assert turn_of(self.held, self.today) in (Turn.NOTHING, Turn.WAIT)

    @precondition(lambda self: self.held.bill is not None)
    @rule()
    def the_bill_is_paid(self) -> None:
        bill = self.held.bill
        assert bill is not None
        self.received += bill.due
        self.finished += self.held.spans
        self.world.pay(self.held)
        assert bill.cycle == self.held.cycle

    @precondition(lambda self: self.held.bill is not None)
    @rule()
    def the_bill_is_forgiven(self) -> None:
        forgive_bills([self.id], "Goodwill.", self.world)
        assert self.held.bill is None

    @rule(when=st.sampled_from(When), days=st.sampled_from([None, 5, 45]), way=st.sampled_from(ResumeAs))
    def pause(self, when: When, days: int | None, way: ResumeAs) -> None:
        resume_on = None if days is None else self.today + timedelta(days=days)
        wish = PauseSubscription(subscription=self.id, when=when, resume_on=resume_on, resume_as=way)
        self.do(lambda: pause_subscription(wish, self.world))

    @rule(way=st.sampled_from(ResumeAs), debt=st.sampled_from(OpenDebt))
    def resume(self, way: ResumeAs, debt: OpenDebt) -> None:
        wish = ResumeSubscription(subscription=self.id, resume_as=way, open_debt=debt)
        self.do(lambda: resume_subscription(wish, self.world))

    @rule()
    def keep(self) -> None:
        self.do(lambda: keep_subscription(KeepSubscription(subscription=self.id), self.world))

    @rule(
        product=st.sampled_from(PRODUCTS), when=st.sampled_from(When), paid=st.sampled_from([True, True, False, None])
    )
    def switch(self, product: str, when: When, paid: bool | None) -> None:
        def wish() -> None:
            query = QuoteSwitch(subscription=self.id, product=ProductId(product), when=when)
            quote = quote_switch(query, self.world)
            assert quote.credit_gained <= self.held.charged - self.held.credit
            confirm = SwitchSubscription(
                subscription=self.id, product=ProductId(product), when=when, quote_hash=quote.hash
            )
            switch_subscription(confirm, self.world)
            self.settle(paid)

        self.do(wish)

    @rule(paid=st.sampled_from([True, False, None]))
    def pay_off(self, paid: bool | None) -> None:
        def wish() -> None:
            quote = quote_payoff(QuotePayoff(subscription=self.id), self.world)
            pay_off_subscription(PayOffSubscription(subscription=self.id, quote_hash=quote.hash), self.world)
            self.settle(paid)

        self.do(wish)

    @precondition(lambda self: self.held.change is not None)
    @rule(paid=st.booleans())
    def the_change_settles(self, paid: bool) -> None:
        self.settle(paid)

    def settle(self, paid: bool | None) -> None:
        change = self.held.change
        if change is None or paid is None:
            return
        if paid:
            self.received += change.charge
            change_paid([PaidChange(obligation=obligation_of(change), amount=change.charge)], self.world)
        else:
            change_declined([obligation_of(change)], self.world)
        assert self.held.change is None

    @precondition(lambda self: self.held.next_cycle > 6)
    @rule(when=st.sampled_from(When), debt=st.sampled_from(OpenDebt))
    def cancel(self, when: When, debt: OpenDebt) -> None:
        wish = CancelSubscription(subscription=self.id, when=when, reason="A reason.", open_debt=debt)
        self.do(lambda: cancel_subscription(wish, self.world))

    @invariant()
    def money_is_conserved(self) -> None:
        """All that came is what the paid time was billed, and credit; credit is never above what came."""
        held = self.held
        assert self.received == held.charged
        assert held.charged == value((*self.finished, *held.spans), "USD") + held.credit
        assert zero("USD") <= held.credit <= held.charged

    @invariant()
    def paid_time_never_overlaps(self) -> None:
        """Every day is billed once at most."""
        spans = [*self.finished, *self.held.spans]
        for before, after in pairwise(spans):
            assert before.start <= before.end <= after.start
        assert all(span.whole.start <= span.start <= span.end <= span.whole.end for span in spans)

    @invariant()
    def the_end_is_the_end(self) -> None:
        """Once ended, never anything else; told once; nothing is due."""
        held = self.held
        ends = [n for n in self.world.events if n in ("subscription.cancelled", "subscription.completed")]
        assert len(ends) == int(held.state in MACHINE.final)
        assert not (held.ended and (held.next_due or held.change))

    @invariant()
    def it_can_be_explained(self) -> None:
        """Something comes next, and what is offered is what is accepted."""
        held = self.held
        assert explain_subscription(ExplainSubscription(subscription=self.id), self.world).next_event
        assert (held.next_due is None) >= (held.bill is not None and held.state is not State.PAUSED)
        assert bool(actions(held, self.today)) == (not held.ended)
        assert held.next_cycle > held.cycle


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
