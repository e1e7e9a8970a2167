"""A random walk over the shop: whatever buyers, bank and clock do, the bank's books agree with ours."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from hlc_adapters.gateways.simulator import CALM, Faults
from hlc_adapters.ids import SeededIds
from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.billing.api import RunWish
from hlc_core.cart.api import Cart, CartIsBeingPaid, CartIsCompleted, ChangeQuantity, QuoteCart
from hlc_core.checkout.api import CheckoutState, CheckoutView, PaymentStillClosing, StaleQuote
from hlc_core.orders.api import SourceContext
from hlc_core.payments.api import AttemptState, ListQuarantined, RefundTooLarge, RequestRefund, Result, RuleAttempt
from support.worlds import PUBLIC, SYSTEM, World

T = TypeVar("T")

TOKENS = st.sampled_from(
    [
        "tok_success",
        "tok_soft",
        "tok_hard",
        "tok_soft_first_1~walk",
        "tok_action",
        "tok_lost_answer",
        "tok_lost_request",
        "tok_late_600",
        "tok_lagging_30",
        "tok_server_error",
        "tok_pending_300",
        "tok_wrong_amount",
        "tok_no_such_card",
    ]
)


class Shop(RuleBasedStateMachine):
    """Buyers with carts, a bank with moods, a clock."""

    carts = Bundle("carts")
    checkouts = Bundle("checkouts")

    @initialize()
    def opened(self) -> None:
        self.world = World(ids=SeededIds(11), settings={"patience": 0.0})
        self.faults = CALM
        self.returned: set[str] = set()
        self.products = (self.world.product(4900), self.world.plan(19900), self.world.plan(9900, trial_days=7))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()

    @rule(target=carts, which=st.sets(st.integers(0, 2), min_size=1))
    def cart(self, which: set[int]) -> Cart:
        return self.world.cart(*(self.products[place] for place in sorted(which)))

    @rule(cart=carts, quantity=st.integers(1, 3))
    def change(self, cart: Cart, quantity: int) -> None:
        self._maybe(
            lambda: self.world.execute(
                ChangeQuantity(cart=cart.id, product=cart.lines[0].product, quantity=quantity), PUBLIC
            )
        )

    @rule(target=checkouts, cart=carts, token=TOKENS)
    def submit(self, cart: Cart, token: str) -> CheckoutView | None:
        def pay() -> CheckoutView:
            fresh = cart
            with suppress(CartIsBeingPaid, CartIsCompleted):
                fresh = self.world.execute(QuoteCart(cart=cart.id), PUBLIC)
            return self.world.pay(fresh, token)

        return self._maybe(pay)

    @rule(cart=carts, token=TOKENS)
    def submit_and_die(self, cart: Cart, token: str) -> None:
        """The process dies right after the checkout was opened."""
        self._maybe(lambda: self.world.execute(self.world.submission(cart, token), PUBLIC))

    @rule(view=checkouts)
    def come_back(self, view: CheckoutView | None) -> None:
        if view is not None:
            self.world.services.resume_checkout(view.checkout.id, PUBLIC)

    @rule(view=checkouts, agreed=st.booleans())
    def act(self, view: CheckoutView | None, agreed: bool) -> None:
        if view is not None and view.attempt is not None and view.attempt.object_id is not None:
            self.world.bank.act(view.attempt.object_id, agreed)

    @rule(view=consumes(checkouts), part=st.sampled_from([None, 100, 5000]))
    def refund(self, view: CheckoutView | None, part: int | None) -> None:
        stands = None if view is None else self.world.services.resume_checkout(view.checkout.id, PUBLIC).attempt
        if stands is None or stands.state is not AttemptState.PAID:
            return
        amount = None if part is None else stands.payment.amount.__class__(part, "USD")
        try:
            asked = self.world.execute(RequestRefund(attempt=stands.id, amount=amount, reason="Walk."))
        except RefundTooLarge:
            return
        self.world.services.give_back([asked], SYSTEM)

    @rule(paid=st.booleans())
    def rule_on(self, paid: bool) -> None:
        """Who rules that nothing was paid has fenced the object at the gateway, or given its money back, before."""
        self.world.bank.behave(CALM)
        for waiting in self.world.ask(ListQuarantined()):
            fenced = self.world.bank.cancel(str(waiting.object_id), waiting.id).result
            if not paid and fenced is Result.CAPTURED:
                self.world.return_by_hand(waiting)
                self.returned.add(waiting.id)
            elif not paid and fenced is not Result.CANCELLED:
                continue
            if paid and fenced is not Result.CAPTURED:
                continue
            self.world.execute(RuleAttempt(attempt=waiting.id, paid=paid, evidence="Seen."))
        self.world.bank.behave(self.faults)

    @rule(minutes=st.sampled_from([1, 6, 40, 90, 26 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.world.advance(minutes=minutes)
        self.world.services.resolve_due(SYSTEM)

    @rule(mood=st.sampled_from(["calm", "lost_answer", "lost_request", "outage", "server_error"]))
    def mood(self, mood: str) -> None:
        self.faults = CALM if mood == "calm" else Faults(seed=5, **{mood: 0.5})
        self.world.bank.behave(self.faults)

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def a_month_passes(self) -> None:
        self.world.advance(days=31)
        self.world.services.run_billing(RunWish(as_of=self.world.today, override_bound=True), SYSTEM)
        self.world.services.relay(100)

    @invariant()
    def nothing_is_charged_twice(self) -> None:
        if hasattr(self, "world"):
            owner = {a.id: a.payment.obligation for a in self.world.attempts() if a.id not in self.returned}
            assert 0 == self.world.bank.audit.double_charges(lambda reference: owner.get(reference, reference))

    @invariant()
    def an_order_for_each_success_and_for_nothing_else(self) -> None:
        if not hasattr(self, "world"):
            return
        checkouts = self.world.rows(CHECKOUTS)
        won = [one.order for one in checkouts if one.state is CheckoutState.SUCCEEDED]
        assert sorted(str(order) for order in won) == sorted(
            one.id for one in self.world.rows(ORDERS) if one.source.context is SourceContext.CHECKOUT
        )
        assert len({one.cart for one in checkouts if one.state is CheckoutState.SUCCEEDED}) == len(won)

    @invariant()
    def the_books_are_sound(self) -> None:
        if hasattr(self, "world"):
            self.world.bank.behave(CALM)
            self.world.sound()
            self.world.bank.behave(self.faults)

    def _maybe(self, work: Callable[[], T]) -> T | None:
        with suppress(StaleQuote, PaymentStillClosing, CartIsBeingPaid, CartIsCompleted):
            return work()
        return None


Shop.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestWalk = Shop.TestCase
