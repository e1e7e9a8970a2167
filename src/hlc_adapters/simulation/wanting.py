"""What people want of a running subscription: to pause, switch, pay off, get money back, leave, or mend their card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from attrs import define, evolve, field

from hlc_adapters.simulation.agenda import Agenda
from hlc_adapters.simulation.clinic import STAFF, Clinic
from hlc_adapters.simulation.journal import Count, Journal, Life, PauseWish, ResumeWish, SwitchWish
from hlc_adapters.simulation.people import Person, Want
from hlc_adapters.simulation.plans import SHELF
from hlc_core.invoicing.api import cycle_obligation
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.ids import PatientId, RecoveryId
from hlc_core.kernel.money import Money
from hlc_core.payments.api import AttemptsOfObligation, AttemptState, RequestRefund
from hlc_core.recovery.api import RetryNow
from hlc_core.subscriptions.api import (
    CancelSubscription,
    GetSubscription,
    KeepSubscription,
    OpenDebt,
    PauseSubscription,
    PayOffSubscription,
    QuotePayoff,
    QuoteSwitch,
    ResumeAs,
    ResumeSubscription,
    State,
    Subscription,
    SwitchSubscription,
    When,
    obligation_of,
)

_REACTS = {
    "recovery.method_needed": 0.6,
    "recovery.reminder_due": 0.35,
    "recovery.failed_final": 0.3,
    "payment_method.expiring": 0.25,
}
"""How many of those who get the message do something about it."""


@define
class Wanting:
    """One life's wishes. Each is an action on the agenda; one that is refused is counted and dropped."""

    life: Life
    person: Person
    clinic: Clinic
    agenda: Agenda
    journal: Journal
    _serial: int = field(default=0, init=False)
    _unsure: SwitchWish | None = field(default=None, init=False)

    def begin(self) -> None:
        """Plan what will come to mind."""
        for want in (Want.CANCEL, Want.PAUSE, Want.REFUND):
            self._plan(want)
        if self.life.plan.family:
            self._plan(Want.SWITCH)
        if self.life.plan.cycles:
            self._plan(Want.PAY_OFF)

    def _plan(self, want: Want) -> None:
        at = self.clinic.later(days=self.person.days_until(want), minutes=self.person.random.randrange(600))
        self.agenda.put(at, lambda: self._do(want))

    def _do(self, want: Want) -> None:
        held = self._held()
        if held.ended or self.clinic.closing:
            return
        try:
            _WANTS[want](self, held)
        except HlcError as refusal:
            self.journal.refused[refusal.code] += 1
        if want in (Want.PAUSE, Want.SWITCH, Want.REFUND):
            self._plan(want)

    def _held(self) -> Subscription:
        return self.clinic.services.application.ask(GetSubscription(subscription=self.life.id), STAFF)

    # leaving

    def _cancel(self, held: Subscription) -> None:
        when = When.NOW if self.person.chance(0.35) else When.PERIOD_END
        debt = OpenDebt.COLLECT if self.person.chance(0.7) else OpenDebt.FORGIVE
        command = CancelSubscription(subscription=held.id, when=when, reason="Does not need it.", open_debt=debt)
        self.clinic.services.application.execute(command, STAFF)
        self.journal.add(Count.CANCELS)
        if when is When.PERIOD_END and self.person.chance(0.2):
            self.agenda.put(self.clinic.later(days=self.person.random.randint(1, 20)), self._keep)

    def _keep(self) -> None:
        try:
            self.clinic.services.application.execute(KeepSubscription(subscription=self.life.id), STAFF)
        except HlcError as refusal:
            self.journal.refused[refusal.code] += 1
        else:
            self.journal.add(Count.KEPT)
            self._plan(Want.CANCEL)

    # pausing

    def _pause(self, held: Subscription) -> None:
        if held.state is State.PAUSED:
            return
        random, today = self.person.random, self.clinic.today
        when = When.NOW if random.random() < 0.5 else When.PERIOD_END
        begins = max(today, held.period.end) if when is When.PERIOD_END else today
        resume_on = begins + timedelta(days=random.randint(7, 90)) if random.random() < 0.7 else None
        anew = random.random() < 0.5
        command = PauseSubscription(
            subscription=held.id,
            when=when,
            resume_on=resume_on,
            resume_as=ResumeAs.NEW_PERIOD if anew else ResumeAs.KEEP_ANCHOR,
        )
        self.clinic.services.application.execute(command, STAFF)
        self.life.pauses.append(PauseWish(at=self.clinic.clock.now(), on=today, resume_on=resume_on, anew=anew))
        self.journal.add(Count.PAUSES)
        if resume_on is None or random.random() < 0.15:
            self.agenda.put(self.clinic.later(days=random.randint(10, 120)), self.resume)

    def resume(self) -> None:
        """End the pause by hand, if there is one."""
        if self._held().state is not State.PAUSED:
            return
        anew = self.person.chance(0.5)
        way = ResumeAs.NEW_PERIOD if anew else ResumeAs.KEEP_ANCHOR
        debt = OpenDebt.COLLECT if self.person.chance(0.7) else OpenDebt.FORGIVE
        self.life.resumes.append(ResumeWish(on=self.clinic.today, anew=anew))
        command = ResumeSubscription(subscription=self.life.id, resume_as=way, open_debt=debt)
        self.clinic.services.application.execute(command, STAFF)
        self.journal.add(Count.RESUMES)

    # changing

    def _switch(self, held: Subscription) -> None:
        if self._unsure is not None:  # the process died while it was confirmed
            wish, self._unsure = self._unsure, None
            coming = held.product if held.next_terms is None else held.next_terms.product
            if wish.debt or wish.product == coming:
                return
            self.life.switches.remove(wish)
        products = self.clinic.products
        others = [
            plan
            for plan in SHELF
            if plan.family == self.life.plan.family and plan is not products[held.product] and not plan.trial_days
        ]
        product = self.clinic.product_of(self.person.random.choice(others))
        at_once = self.person.chance(0.6)
        when = When.NOW if at_once else When.PERIOD_END
        query = QuoteSwitch(subscription=held.id, product=product, when=when)
        quote = self.clinic.services.application.ask(query, STAFF)
        debt = "" if quote.charge.is_zero else obligation_of(quote)
        now = self.clinic.clock.now()
        wish = self._unsure = SwitchWish(at=now, on=quote.on, product=product, at_once=at_once, debt=debt)
        self.life.switches.append(wish)
        command = SwitchSubscription(subscription=held.id, product=product, when=when, quote_hash=quote.hash)
        try:
            self.clinic.services.switch_subscription(command, STAFF)
        except HlcError:
            self._unsure = None
            self.life.switches.remove(wish)
            raise
        self._unsure = None
        self.journal.add(Count.SWITCHES)

    def _pay_off(self, held: Subscription) -> None:
        quote = self.clinic.services.application.ask(QuotePayoff(subscription=held.id), STAFF)
        self.life.payoff_debts.append(obligation_of(quote))
        command = PayOffSubscription(subscription=held.id, quote_hash=quote.hash)
        self.clinic.services.pay_off_subscription(command, STAFF)
        self.journal.add(Count.PAYOFFS)

    # money back

    def _refund(self, held: Subscription) -> None:
        road = self.clinic.services.application
        attempts = road.ask(AttemptsOfObligation(obligation=cycle_obligation(held.id, held.cycle)), STAFF)
        paid = [attempt for attempt in attempts if attempt.state is AttemptState.PAID]
        if not paid:
            return
        self._serial += 1
        whole = paid[0].payment.amount
        part = None if self.person.chance(0.5) else Money(max(1, whole.amount // 3), whole.currency)
        key = f"{held.id}-{held.cycle}-{self._serial}"
        command = RequestRefund(attempt=paid[0].id, amount=part, reason="As a courtesy.")
        refund = road.execute(command, evolve(STAFF, idempotency_key=key))
        self.clinic.services.give_back([refund], STAFF)
        self.journal.add(Count.REFUNDS)

    # mending

    def read(self, kind: str, recovery: str) -> None:
        """A message about money has come; some people do something about it within days."""
        if self.person.chance(_REACTS.get(kind, 0.0)):
            at = self.clinic.later(hours=self.person.random.randint(2, 200))
            by_hand = bool(recovery) and (kind == "recovery.failed_final" or self.person.chance(0.2))
            self.agenda.put(at, lambda: self._mend(recovery if by_hand else ""))

    def _mend(self, recovery: str) -> None:
        token = self.person.token(self.clinic.today, first=False)
        try:
            self._with_card(token, self.life.patient)
            if recovery:
                started = self.clinic.services.application.execute(RetryNow(recovery=RecoveryId(recovery)), STAFF)
                self.clinic.services.collect([started.attempt], STAFF)
                self.journal.add(Count.RETRIES)
                self.resume()
        except HlcError as refusal:
            self.journal.refused[refusal.code] += 1

    def _with_card(self, token: str, patient: PatientId) -> None:
        self.clinic.services.add_method(patient, token, STAFF)
        self.journal.add(Count.CARDS)


_WANTS: Mapping[Want, Callable[[Wanting, Subscription], None]] = {
    Want.CANCEL: Wanting._cancel,
    Want.PAUSE: Wanting._pause,
    Want.SWITCH: Wanting._switch,
    Want.PAY_OFF: Wanting._pay_off,
    Want.REFUND: Wanting._refund,
}
