"""Many at once: buttons pressed together, coupons at their limit, two billing runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

import pytest

from hlc_adapters.gateways.simulator import BARE, FENCING, KEYED, Faults
from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.catalog import COUPON_REDEMPTIONS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.payments import SAVED_METHODS
from hlc_core.billing.api import RunWish
from hlc_core.catalog.api import CouponExhausted, RedemptionState
from hlc_core.checkout.api import CheckoutState, CheckoutView
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.evolve import evolve
from hlc_core.patients.api import Contact, Particulars, RegisterPatient
from hlc_core.payments.api import AttemptState, Capabilities, Instrument, SaveMethod, collect
from hlc_core.subscriptions.api import State
from support.worlds import PUBLIC, SYSTEM, World, opened, usd

T = TypeVar("T")


def at_once(number: int, work: Callable[[int], T]) -> list[T]:
    """The answers of so many threads that begin together."""
    start = Barrier(number)

    def one(place: int) -> T:
        start.wait(30)
        return work(place)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_fifty_clicks_are_one_order_and_one_charge(world: World) -> None:
    """Everybody gets the same answer: the one checkout, as it ended."""
    command = world.submission(world.cart(world.plan()))

    views = at_once(50, lambda _: world.services.submit_checkout(command, PUBLIC))

    assert 1 == len({view.checkout.id for view in views})
    assert [views[0]] * 50 == views
    assert CheckoutState.SUCCEEDED is views[0].checkout.state
    assert ([usd(19900)], 1, 1) == (world.captured(), len(world.rows(ORDERS)), len(world.rows(CHECKOUTS)))
    world.sound()


def test_clicks_with_one_idempotency_key_are_one_order(world: World) -> None:
    """The browser's key selects the submission; all of them get its answer."""
    command = world.submission(world.cart(world.product()))
    envelope: Envelope = evolve(PUBLIC, idempotency_key="one-press")

    views = at_once(12, lambda _: world.services.submit_checkout(command, envelope))

    assert [views[0]] * 12 == views
    assert [usd(4900)] == world.captured()


def test_clicks_while_the_gateway_is_slow_wait_for_the_first() -> None:
    """A caller who comes second waits for the first instead of asking the gateway again."""
    with opened(sleep=time.sleep) as world:
        asked: list[str] = []
        world.probe = lambda point: asked.append(point) if point == "gateway.before" else None
        world.bank.behave(Faults(latency_ms=60))
        command = world.submission(world.cart(world.product()))

        views = at_once(10, lambda _: world.services.submit_checkout(command, PUBLIC))

        assert [views[0]] * 10 == views
        assert (CheckoutState.SUCCEEDED, 2) == (views[0].checkout.state, len(asked))


@pytest.mark.parametrize("capabilities", [BARE, KEYED, FENCING])
def test_a_driver_that_comes_second_does_not_charge(capabilities: Capabilities) -> None:
    """While one process is about to confirm, another takes up the same attempt: one charge, fence or no fence."""
    with opened(capabilities=capabilities) as world:
        world.execute(world.submission(world.cart(world.product())), PUBLIC)
        attempt = world.attempts()[0]
        calls = count()

        def overtake(point: str) -> None:
            if point == "gateway.before" and next(calls) == (1 if capabilities.two_step else 0):
                collect([attempt], world.services.driver, SYSTEM)

        world.probe = overtake
        collect([attempt], world.services.driver, SYSTEM)

        assert AttemptState.PAID is world.attempts()[0].state
        assert [usd(4900)] == world.captured()


def test_a_coupon_is_never_given_more_often_than_it_allows(world: World) -> None:
    """Limit five, twenty buyers: five pay less, the others are told, and a decline frees its place."""
    product = world.product(10_000)
    world.coupon("FIVE", percent=5000, total_limit=5)
    carts = [world.cart(product, coupon="FIVE") for _ in range(20)]
    declined = world.pay(carts[0], "tok_soft")

    def one(place: int) -> CheckoutView | None:
        try:
            return world.pay(carts[place])
        except CouponExhausted:
            return None

    views = at_once(20, one)

    claims = [one for one in world.rows(COUPON_REDEMPTIONS) if one.state is RedemptionState.REDEEMED]
    assert CheckoutState.DECLINED is declined.checkout.state
    assert (5, 5) == (len(claims), sum(view is not None for view in views))
    assert [usd(5000)] * 5 == world.captured()
    world.sound()


def test_a_card_added_by_many_at_once_is_one_method(world: World) -> None:
    """The same card, sent by ten at once, is stored once."""
    patient = world.buy(world.product()).checkout.patient

    added = at_once(10, lambda _: world.services.add_method(patient, "tok_mastercard", SYSTEM))

    assert 1 == len({method.id for method in added})
    assert 2 == len(world.rows(SAVED_METHODS))
    assert 1 == sum(method.default for method in world.rows(SAVED_METHODS))


def test_two_billing_runs_at_once_bill_each_cycle_once(world: World) -> None:
    """One invoice for (subscription, cycle), one charge, one order, whoever was first."""
    plan = world.plan()
    for _ in range(12):
        world.buy(plan)
    world.advance(days=31)

    at_once(2, lambda _: world.services.run_billing(RunWish(as_of=world.today, batch=5), SYSTEM))
    world.advance(minutes=1)
    world.bill()

    cycles = [(one.subscription, one.cycle) for one in world.rows(INVOICES) if one.subscription is not None]
    assert (12, 12) == (len(cycles), len(set(cycles)))
    assert (24, 0) == (len(world.captured()), world.double_charges())


def test_a_new_card_and_a_billing_run_at_once_charge_a_debt_once(world: World) -> None:
    """The patient saves a card while the run retries: the debt is collected once."""
    held = world.subscribe(token="tok_renewal_dead")
    world.advance(days=31)
    world.bill()
    world.advance(days=1)

    at_once(
        2,
        lambda place: (
            world.services.add_method(held.patient, "tok_mastercard", SYSTEM)
            if place
            else world.services.run_billing(RunWish(as_of=world.today), SYSTEM)
        ),
    )
    world.advance(minutes=1)
    world.settle()
    world.bill()

    assert (State.ACTIVE, 2) == (world.subscription(held.id).state, world.subscription(held.id).cycle)
    assert (2, 0) == (len(world.captured()), world.double_charges())


def test_cards_added_at_once_leave_one_default(world: World) -> None:
    """Of a patient who had none before: both look before either has written, where the database lets them. Each card is
    kept, one of them is charged."""
    person = Particulars(contact=Contact(email="kay@example.com", name="Kay"))
    patient = world.execute(RegisterPatient(person=person)).id
    both = Barrier(2)

    def meet(point: str) -> None:
        if point == "commit.before":
            with suppress(BrokenBarrierError):
                both.wait(0.5)

    def save(place: int) -> None:
        token = Instrument(token=f"pm_{place}", customer=f"cus_{place}")
        world.execute(SaveMethod(patient=patient, gateway="simulator", instrument=token))

    world.probe = meet
    at_once(2, save)

    assert (1, 2) == (sum(method.default for method in world.rows(SAVED_METHODS)), len(world.rows(SAVED_METHODS)))
