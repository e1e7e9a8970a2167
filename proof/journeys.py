"""The roads on which money moves, each as something that can be begun again after a crash.

`prepare` sets the scene undisturbed and answers `act`: what the person or the job does. After a crash the same is done
again, as a person presses again (staff with the same idempotency key), and a job runs again.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from hlc_core.checkout.api import CheckoutState, LastCheckout
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.evolve import evolve
from hlc_core.patients.api import Contact, ImportPatients, PatientRow
from hlc_core.payments.api import MarkDisputed, RequestRefund
from hlc_core.subscriptions.api import (
    CancelSubscription,
    OpenDebt,
    PayOffSubscription,
    QuotePayoff,
    QuoteSwitch,
    SwitchSubscription,
    When,
)
from support.worlds import MONTH, PUBLIC, SYSTEM, World, usd

Act = Callable[[], object]


@frozen(kw_only=True)
class Journey:
    """One road: its name, what is there before it, and what is done on it."""

    name: str
    prepare: Callable[[World], Act]


def keyed(key: str) -> Envelope:
    """A member of staff who sends the same key when the answer did not come."""
    return evolve(SYSTEM, idempotency_key=key)


def checkout(world: World) -> Act:
    """A plan and a product with a coupon, paid with a good card."""
    world.coupon("TEN")
    wish = world.submission(world.cart(world.plan(), world.product(), coupon="TEN"))
    return lambda: world.services.submit_checkout(wish, PUBLIC)


def trial(world: World) -> Act:
    """A trial: nothing is charged, the card is kept."""
    wish = world.submission(world.cart(world.plan(trial_days=14)))
    return lambda: world.services.submit_checkout(wish, PUBLIC)


def challenged(world: World) -> Act:
    """3-D Secure: the buyer agrees at the bank and comes back."""
    cart = world.cart(world.plan())
    wish = world.submission(cart, "tok_action_once")

    def act() -> None:
        view = world.services.submit_checkout(wish, PUBLIC)
        view = world.services.resume_checkout(view.checkout.id, PUBLIC)
        if view.attempt is not None and view.attempt.object_id is not None:
            world.bank.act(view.attempt.object_id, agreed=True)
        world.services.resume_checkout(view.checkout.id, PUBLIC)

    return act


def declined(world: World) -> Act:
    """A declined card; the buyer only looks again after a crash, and does not pay again."""
    cart = world.cart(world.plan())
    wish = world.submission(cart, "tok_hard")

    def act() -> None:
        last = world.ask(LastCheckout(cart=cart.id), PUBLIC)
        if last is None or last.checkout.state is CheckoutState.PAYING:
            world.services.submit_checkout(wish, PUBLIC)

    return act


def renewal(world: World) -> Act:
    """A billing run over a good card, one that is declined, and one whose answer is lost."""
    for token in ("tok_success", "tok_renewal_soft_1", "tok_renewal_dead"):
        world.subscribe(world.plan(), token=token)
    world.advance(days=31)
    return lambda: world.bill(batch=2)


def retry(world: World) -> Act:
    """The billing run on the day of a retry."""
    world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    world.bill()
    world.advance(days=3)
    return world.bill


def refund(world: World) -> Act:
    """Staff give part of a payment back."""
    view = world.buy(world.product(4900))
    assert view.attempt is not None
    wish = RequestRefund(attempt=view.attempt.id, amount=usd(1900), reason="Asked for it.")
    return lambda: world.services.give_back([world.execute(wish, keyed("refund"))], SYSTEM)


def cancellation(world: World) -> Act:
    """Staff cancel a subscription whose renewal is being retried, and forgive the debt."""
    held = world.subscribe(token="tok_renewal_soft_3")
    world.advance(days=31)
    world.bill()
    wish = CancelSubscription(subscription=held.id, when=When.NOW, reason="Moved away.", open_debt=OpenDebt.FORGIVE)
    return lambda: world.execute(wish, keyed("cancel"))


def switch(world: World) -> Act:
    """A switch to a dearer plan, charged at once."""
    held, better = world.subscribe(world.plan(19900)), world.plan(39900, name="Better plan")
    world.advance(days=15)
    quote = world.ask(QuoteSwitch(subscription=held.id, product=better.id, when=When.NOW))
    wish = SwitchSubscription(subscription=held.id, product=better.id, when=When.NOW, quote_hash=quote.hash)
    return lambda: world.services.switch_subscription(wish, keyed("switch"))


def payoff(world: World) -> Act:
    """The rest of a commitment, paid at once."""
    held = world.subscribe(world.plan(10000, cycles=6, payoff_rebate=1000, interval=MONTH))
    world.advance(days=2)
    quote = world.ask(QuotePayoff(subscription=held.id))
    wish = PayOffSubscription(subscription=held.id, quote_hash=quote.hash)
    return lambda: world.services.pay_off_subscription(wish, keyed("payoff"))


def intake(world: World) -> Act:
    """A webhook after 3-D Secure, and one of a dispute, both delivered again until they are taken."""
    done = world.buy(world.product())
    view = world.buy(world.plan(), token="tok_action_once")
    assert view.attempt is not None
    assert done.attempt is not None
    object_id, disputed = view.attempt.object_id or "", done.attempt.object_id or ""

    def act() -> None:
        world.bank.act(object_id, agreed=True)
        world.services.wake("simulator", object_id, SYSTEM, view.attempt.id if view.attempt else None)
        world.execute(MarkDisputed(gateway="simulator", object_id=disputed))

    return act


def imports(world: World) -> Act:
    """Patients from a file, one of them twice."""
    rows = tuple(
        PatientRow(external_id=f"old-{n % 3}", contact=Contact(email=f"old{n % 3}@example.com", name="Old"))
        for n in range(4)
    )
    return lambda: world.execute(ImportPatients(rows=rows))


JOURNEYS: tuple[Journey, ...] = tuple(
    Journey(name=prepare.__name__, prepare=prepare)
    for prepare in (
        checkout,
        trial,
        challenged,
        declined,
        renewal,
        retry,
        refund,
        cancellation,
        switch,
        payoff,
        intake,
        imports,
    )
)
"""Every road."""
