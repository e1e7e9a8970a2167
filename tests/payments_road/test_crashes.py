"""The process dies at every commit and around every call to the gateway; what comes after is as if it had not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES, SUBSCRIPTIONS
from hlc_core.billing.api import RunWish
from hlc_core.catalog.api import Product
from hlc_core.checkout.api import CheckoutState
from hlc_core.kernel.ids import CartId
from hlc_core.subscriptions.api import AlreadyOnThisPlan, QuoteSwitch, StaleQuote, SwitchSubscription, When
from support.worlds import PUBLIC, SYSTEM, Crash, World, opened

TOKENS = (
    "tok_success",
    "tok_renewal_soft_2~a",
    "tok_renewal_dead",
    "tok_renewal_action",
    "tok_lost_answer",
    "tok_server_error",
)


IMPATIENT = {"patience": 0.01}
"""Nobody waits for a process that has died."""


def dies_at(place: int) -> Callable[[str], None]:
    """A probe that dies at the n-th effect point."""
    points = count()

    def probe(_point: str) -> None:
        if next(points) == place:
            raise Crash

    return probe


def points_of(world: World, work: Callable[[], object]) -> int:
    """How many effect points the work passes."""
    points = count()
    world.probe = lambda _point: next(points) and None
    work()
    world.probe = lambda _point: None
    return next(points)


def clinic(world: World) -> None:
    """Subscriptions on cards of every kind, and a trial; all of them due."""
    plan, trial = world.plan(19900), world.plan(9900, trial_days=20, name="Trial")
    for token in TOKENS:
        world.buy(plan, token=token)
    world.buy(trial)
    world.advance(minutes=5)
    world.settle()
    world.advance(days=31)


def bill(world: World) -> None:
    """Run the billing of today, and again after some minutes, as the job does."""
    world.services.run_billing(RunWish(as_of=world.today), SYSTEM)


def outcome(world: World) -> object:
    """All that matters of where things stand, without ids and numbers."""
    buyers = {one.patient: place for place, one in enumerate(sorted(world.rows(ORDERS), key=lambda o: o.placed_at))}
    subscriptions = sorted((one.created_at, one.terms.name, one.order) for one in world.rows(SUBSCRIPTIONS))
    place = {order: place for place, (_, _, order) in enumerate(subscriptions)}
    states = sorted(
        (place[one.order], one.state, one.cycle, one.charged, one.next_due, one.bill is None)
        for one in world.rows(SUBSCRIPTIONS)
    )
    owner = {one.id: place[one.order] for one in world.rows(SUBSCRIPTIONS)}
    invoices = sorted(
        (owner[one.subscription], one.cycle, one.state, one.total)
        for one in world.rows(INVOICES)
        if one.subscription is not None
    )
    orders = sorted(str((one.source.context, one.state, one.paid)) for one in world.rows(ORDERS))
    cases = sorted(str((owner[one.subscription], one.state, one.retry_count)) for one in world.rows(RECOVERY_CASES))
    return len(buyers), states, invoices, orders, cases, sorted(money.amount for money in world.captured())


def finish(world: World) -> None:
    """What the jobs do afterwards: run again, look at what is in doubt, and run again."""
    for _ in range(3):
        bill(world)
        world.advance(minutes=15)
    world.settle()


def undisturbed() -> tuple[object, int]:
    """How a run ends that nothing disturbs, and how many effect points it has."""
    with opened(settings=IMPATIENT) as world:
        clinic(world)
        points = points_of(world, lambda: bill(world))
        finish(world)
        world.sound()
        return outcome(world), points


def test_a_billing_run_killed_anywhere_ends_as_an_undisturbed_one() -> None:
    """Crash anywhere, run again: the same subscriptions, invoices, orders, cases and charges, and nothing twice."""
    expected, points = undisturbed()

    assert points > 20
    for place in range(points):
        with opened(settings=IMPATIENT) as world:
            clinic(world)
            world.probe = dies_at(place)
            with pytest.raises(Crash):
                bill(world)
            world.probe = lambda _point: None
            world.restart()
            world.advance(minutes=2)
            finish(world)

            assert expected == outcome(world), f"killed at point {place}"

            assert 0 == world.double_charges()
            world.sound()


def test_a_second_run_inside_a_first_bills_nothing_twice() -> None:
    """While one run waits for the gateway, another one does everything: at every call."""
    expected, points = undisturbed()

    for place in range(points):
        with opened(settings=IMPATIENT) as world:
            clinic(world)
            calls = count()

            def overtake(point: str, calls: count[int] = calls, place: int = place, world: World = world) -> None:
                if point == "gateway.before" and next(calls) == place:
                    bill(world)

            world.probe = overtake
            bill(world)
            world.probe = lambda _point: None
            if next(calls) <= place:
                break
            world.advance(minutes=2)
            finish(world)

            assert expected == outcome(world), f"overtaken at call {place}"
            assert 0 == world.double_charges()
            world.sound()


@pytest.mark.parametrize("token", ["tok_success", "tok_lost_answer", "tok_lost_request"])
def test_a_checkout_killed_anywhere_is_paid_once(token: str) -> None:
    """The buyer presses again after the crash: one charge, one order, the same checkout."""
    with opened(settings=IMPATIENT) as world:
        command = world.submission(world.cart(world.plan()), token)
        points = points_of(world, lambda: world.services.submit_checkout(command, PUBLIC))

    for place in range(points):
        with opened(settings=IMPATIENT) as world:
            cart = world.cart(world.plan())
            command = world.submission(cart, token)
            world.probe = dies_at(place)
            with pytest.raises(Crash):
                world.services.submit_checkout(command, PUBLIC)
            world.probe = lambda _point: None
            world.restart()
            again = world.services.submit_checkout(command, PUBLIC)
            world.advance(minutes=1)
            world.settle()
            ended = world.services.resume_checkout(again.checkout.id, PUBLIC)

            assert CheckoutState.SUCCEEDED is ended.checkout.state, f"killed at point {place}"
            assert (1, 1) == (len(world.captured()), len(world.rows(ORDERS)))
            world.sound()


def test_a_switch_killed_anywhere_is_charged_once_or_not_at_all() -> None:
    """After the crash the switch is carried out with one charge, or nothing changed and it can be confirmed again."""

    def prepared(world: World) -> tuple[SwitchSubscription, Product]:
        held = world.subscribe()
        better = world.plan(39900, name="Better")
        world.advance(days=5)
        quote = world.ask(QuoteSwitch(subscription=held.id, product=better.id, when=When.NOW))
        confirmed = SwitchSubscription(subscription=held.id, product=better.id, when=When.NOW, quote_hash=quote.hash)
        return confirmed, better

    with opened(settings=IMPATIENT) as world:
        command, _ = prepared(world)
        points = points_of(world, lambda: world.services.switch_subscription(command, SYSTEM))
    for place in range(points):
        with opened(settings=IMPATIENT) as world:
            command, better = prepared(world)
            world.probe = dies_at(place)
            with pytest.raises(Crash):
                world.services.switch_subscription(command, SYSTEM)
            world.probe = lambda _point: None
            world.restart()
            with suppress(StaleQuote, AlreadyOnThisPlan):  # it was carried out before the crash
                world.services.switch_subscription(command, SYSTEM)
            world.advance(minutes=1)
            world.settle()

            assert better.id == world.subscription(command.subscription).terms.product, f"killed at point {place}"
            assert 2 == len(world.captured())
            world.sound()


def test_a_cart_id_is_an_obligation() -> None:
    """All checkouts of a cart share one debt: the key by which nothing can be charged twice."""
    with opened(settings=IMPATIENT) as world:
        cart = world.cart(world.product())
        world.pay(cart, "tok_soft")
        world.pay(cart)

        assert {cart.id} == {CartId(attempt.payment.obligation) for attempt in world.attempts()}
