"""Where somebody waits for a payment: submitting and resuming checkouts, adding cards, paid changes.

Each step is a transaction or a gateway call of its own; whatever is interrupted, the resolver takes up.
"""

from __future__ import annotations

import threading
import time

from attrs import define, field, frozen

from hlc_core.checkout.api import Checkout, CheckoutState, CheckoutView, GetCheckout, SubmitCheckout
from hlc_core.kernel.commands import Envelope, system
from hlc_core.kernel.errors import AlreadyExists, HlcError, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId, CheckoutId, InvoiceId, PatientId, SubscriptionId
from hlc_core.payments.api import (
    AttemptsOfObligation,
    AttemptState,
    CardNeedsAction,
    CardRefused,
    Driver,
    GetAttempt,
    PaymentAttempt,
    PaymentRefused,
    SavedMethod,
    StoringInDoubt,
    collect,
    resolve,
    store_method,
    withdraw,
)
from hlc_core.recovery.api import (
    PAYABLE,
    GetOwnRenewal,
    OwnRenewal,
    PayRenewal,
    RetriesUnderWay,
    Standing,
    own_records,
)
from hlc_core.subscriptions.api import (
    ChangeMethod,
    GetSubscription,
    PayOffOwn,
    PayOffSubscription,
    Subscription,
    SwitchOwn,
    SwitchSubscription,
    obligation_of,
)

_PAUSE = 0.05


@define
class UnderWay:
    """The attempts that this process is driving right now: a second caller waits for the first."""

    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _ends: dict[str, threading.Event] = field(factory=dict, init=False)

    def take(self, attempt: AttemptId) -> threading.Event | None:
        """None: it is the caller's now, who must `end` it. Else what is set when the other one has ended."""
        with self._lock:
            other = self._ends.get(attempt)
            if other is None:
                self._ends[attempt] = threading.Event()
            return other

    def end(self, attempt: AttemptId) -> None:
        """Let it go, and wake those who wait."""
        with self._lock:
            self._ends.pop(attempt).set()


@frozen(kw_only=True)
class Till:
    """Takes money while somebody waits. Thread-safe.

    `patience`: seconds that a caller waits for a payment which somebody else is driving; then the caller looks, too.
    Source: design/pains, checkout 2.
    """

    driver: Driver
    patience: float = 5.0
    under_way: UnderWay = field(factory=UnderWay)

    def submit_checkout(self, command: SubmitCheckout, envelope: Envelope) -> CheckoutView:
        """Submit and drive the payment; whoever presses how often gets the one checkout as it then stands.

        Refuses: what `SubmitCheckout` refuses. A decline or a doubt is a state of the view, not a refusal.
        """
        checkout = self.driver.application.execute(command, envelope)
        if checkout.attempt is not None:
            self._drive(checkout.attempt, envelope)
            return self._view(checkout.id, envelope)
        view = self._view(checkout.id, envelope)
        return self._with_card(view, command.token, envelope) if command.token else view

    def resume_checkout(self, checkout: CheckoutId, envelope: Envelope) -> CheckoutView:
        """The checkout after another look at its payment: for the return page and the page that waits.

        Refuses: Missing.
        """
        view = self._view(checkout, envelope)
        if view.attempt is None or not view.attempt.live:
            return view
        self.look_at(view.attempt, envelope)
        return self._view(checkout, envelope)

    def look_at(self, attempt: PaymentAttempt, envelope: Envelope) -> None:
        """Ask the gateway about a live attempt now; where somebody here is asking already, wait for them."""
        other = self.under_way.take(attempt.id)
        if other is not None:
            other.wait(self.patience)
            return
        try:
            resolve([self._attempt(attempt.id, envelope)], self.driver, ours(envelope))
        finally:
            self.under_way.end(attempt.id)

    def add_method(self, patient: PatientId, token: str, envelope: Envelope, return_url: str = "") -> SavedMethod:
        """Keep the card behind the token, and try the patient's open debts on it at once.

        Refuses: see `store_method`.
        """
        saved = store_method(patient, token, self.driver, envelope, return_url)
        self._retry(patient, envelope)
        return saved

    def pay_renewal(self, command: PayRenewal, envelope: Envelope) -> OwnRenewal:
        """Pay one's own failed renewal and wait for it. A new card that paid is tried on the other open debts at once.

        Refuses: what `PayRenewal` refuses. A decline or a doubt is a standing of the answer, not a refusal.
        """
        before = self._renewal(command.invoice, envelope)
        if before.attempt is not None and before.live and before.standing in PAYABLE:
            self.look_at(self._attempt(before.attempt, envelope), envelope)  # declined, and not closed yet
        self._drive(self.driver.application.execute(command, envelope), envelope)
        renewal = self._renewal(command.invoice, envelope)
        if renewal.standing is Standing.PAID:
            for patient in own_records(envelope.actor):
                self._retry(patient, envelope)
        return renewal

    def resume_renewal(self, invoice: InvoiceId, envelope: Envelope) -> OwnRenewal:
        """One's own failed renewal after another look at its payment. Refuses: Missing."""
        renewal = self._renewal(invoice, envelope)
        if renewal.attempt is None or not renewal.live:
            return renewal
        self.look_at(self._attempt(renewal.attempt, envelope), envelope)
        return self._renewal(invoice, envelope)

    def withdraw_renewal(self, invoice: InvoiceId, envelope: Envelope) -> OwnRenewal:
        """Give up a payment that the bank still asks about, so that another card can be tried; see `withdraw`.

        Refuses: Missing. Where the bank had agreed meanwhile, it is paid.
        """
        renewal = self._renewal(invoice, envelope)
        if renewal.attempt is None or renewal.standing is not Standing.CONFIRM:
            return renewal
        other = self.under_way.take(renewal.attempt)
        if other is not None:
            other.wait(self.patience)
            return self._renewal(invoice, envelope)
        try:
            withdraw(self._attempt(renewal.attempt, envelope), self.driver, ours(envelope))
        finally:
            self.under_way.end(renewal.attempt)
        return self._renewal(invoice, envelope)

    def _renewal(self, invoice: InvoiceId, envelope: Envelope) -> OwnRenewal:
        return self.driver.application.ask(GetOwnRenewal(invoice=invoice), evolve(envelope, idempotency_key=None))

    def _retry(self, patient: PatientId, envelope: Envelope) -> None:
        """Drive what a new card has caused; the resolver would do it a little later."""
        for attempt in self.driver.application.ask(RetriesUnderWay(patient=patient), ours(envelope)):
            self._drive(attempt, envelope)

    def change(
        self, command: SwitchSubscription | PayOffSubscription | SwitchOwn | PayOffOwn, envelope: Envelope
    ) -> Subscription:
        """Confirm a switch or payoff and pay for it: the subscription as it then is (`change`: still in doubt).

        Refuses: PaymentRefused (declined; nothing was changed), NoUsableMethod, and what the command refuses.
        """
        held = self.driver.application.execute(command, envelope)
        if held.change is None:
            return held
        own = ours(envelope)
        wanted = AttemptsOfObligation(obligation=obligation_of(held.change))
        attempt = self.driver.application.ask(wanted, own)[-1]
        self._drive(attempt.id, envelope)
        ended = self._attempt(attempt.id, envelope)
        if ended.state is AttemptState.CLOSED:
            reason = ended.text.rstrip(".") or "The card was declined"
            codes = f" (code: {ended.code})" if ended.code else ""
            raise PaymentRefused(f"Payment failed: {reason}{codes}. Nothing was changed.")
        return self.driver.application.ask(GetSubscription(subscription=held.id), own)

    def _view(self, checkout: CheckoutId, envelope: Envelope) -> CheckoutView:
        return self.driver.application.ask(GetCheckout(checkout=checkout), envelope)

    def _attempt(self, attempt: AttemptId, envelope: Envelope) -> PaymentAttempt:
        return self.driver.application.ask(GetAttempt(attempt=attempt), ours(envelope))

    def _drive(self, attempt: AttemptId, envelope: Envelope) -> None:
        """Take an open attempt to its end; wait a while for one that another thread or process is driving."""
        deadline = time.monotonic() + self.patience
        while True:
            other = self.under_way.take(attempt)
            if other is not None:
                other.wait(max(0.0, deadline - time.monotonic()))
            elif self._collect(attempt, envelope):
                return
            if time.monotonic() >= deadline:
                # Whoever was driving has died, or the gateway is slower than anybody's patience.
                self.look_at(self._attempt(attempt, envelope), envelope)
                return
            if other is None:
                time.sleep(min(_PAUSE, self.patience))

    def _collect(self, attempt: AttemptId, envelope: Envelope) -> bool:
        """Whether nothing is to be waited for."""
        try:
            stands = self._attempt(attempt, envelope)
            if stands.state is AttemptState.OPEN:
                collect([stands], self.driver, ours(envelope))
                return True
            return stands.state is not AttemptState.SENT
        except (Stale, AlreadyExists):  # the row holds what happened; the resolver goes on from there
            return True
        finally:
            self.under_way.end(attempt)

    def _with_card(self, view: CheckoutView, token: str, envelope: Envelope) -> CheckoutView:
        """Nothing was to be paid, but a subscription began: its renewals will need the card.

        A crash before this is harmless: recovery asks the patient for a method.
        """
        checkout = view.checkout
        bare = self._without_method(checkout, envelope)
        if not bare:
            return view
        own = ours(envelope)
        try:
            saved = store_method(checkout.patient, token, self.driver, own)
        except (CardRefused, CardNeedsAction, StoringInDoubt) as refusal:
            return evolve(view, notice=refusal.detail, card_action_url=_action_url(refusal))
        for subscription in bare:
            self.driver.application.execute(
                ChangeMethod(subscription=subscription, method=saved.id, gateway=saved.gateway), own
            )
        return view

    def _without_method(self, checkout: Checkout, envelope: Envelope) -> list[SubscriptionId]:
        if checkout.state is not CheckoutState.SUCCEEDED:
            return []
        own = ours(envelope)
        held = [self.driver.application.ask(GetSubscription(subscription=id), own) for id in checkout.subscriptions]
        return [one.id for one in held if one.method is None and not one.ended]


def ours(envelope: Envelope) -> Envelope:
    """What HLC does by itself on behalf of the caller: same organization, same journey, no idempotency key."""
    return evolve(system(envelope.actor.organization, "till"), correlation=envelope.correlation)


def _action_url(refusal: HlcError) -> str | None:
    return next((fault.message for fault in refusal.faults if fault.field == "actionUrl"), None)
