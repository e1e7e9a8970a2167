"""The rules that carry the proof, each by itself: refusals of the database, guards, the meaning of an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import frozen
from proof.charging import Counter

from hlc_adapters.clock import VirtualClock
from hlc_adapters.gateways.registry import GuardedGateway, InsideTransaction
from hlc_adapters.gateways.simulator import FENCING, KEYED, Faults, SimulatorGateway
from hlc_adapters.gateways.simulator.faults import Fate
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, REFUNDS
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES, SUBSCRIPTIONS
from hlc_core.billing.api import RunWish
from hlc_core.cart.api import GetCart
from hlc_core.checkout.api import CheckoutState, PaymentStillClosing
from hlc_core.invoicing.api import InvoiceState
from hlc_core.kernel.errors import AlreadyExists, HlcError, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, AttemptId, EventId
from hlc_core.kernel.time import Interval, Unit
from hlc_core.payments.api import (
    AttemptState,
    DeclineClass,
    Payment,
    PaymentDeclined,
    RefundTooLarge,
    RequestRefund,
    Result,
)
from hlc_core.payments.model import Answer, ChargeRequest
from hlc_core.payments.protocol import Step, Told, after
from hlc_core.payments.usecases import facts
from hlc_core.recovery.model import Hold
from hlc_core.recovery.reactions import renewals_declined
from hlc_core.relay import Delivery, DeliveryState, relay_once
from hlc_core.subscriptions.api import ForgiveBill, Subscription
from support.refusals import refused
from support.worlds import ORGANIZATION, PUBLIC, START, SYSTEM, World, opened, usd


def refuses(world: World, shape: Shape[Any], row: Any) -> bool:
    """Whether the database refuses one more row."""
    session = world.services.backend.begin(write=True)
    try:
        session.insert(shape, [row])
    except AlreadyExists:
        return True
    finally:
        session.rollback()
    return False


def charged(payment: Payment, **changes: Any) -> Payment:
    """The payment, changed."""
    return evolve(payment, **changes)


def test_the_database_refuses_what_would_be_a_second_charge(world: World) -> None:
    """One unclosed attempt at a debt, one of each number, one owner of a gateway's object."""
    world.buy(world.product())
    paid = world.attempts()[0]
    other = charged(paid.payment, obligation="another")
    again = evolve(paid, id=AttemptId("att_again"), object_id=None, version=1)

    assert refuses(world, PAYMENT_ATTEMPTS, evolve(again, number=2, state=AttemptState.OPEN))
    assert refuses(world, PAYMENT_ATTEMPTS, evolve(again, number=2))
    assert refuses(world, PAYMENT_ATTEMPTS, evolve(again, state=AttemptState.CLOSED))
    assert refuses(world, PAYMENT_ATTEMPTS, evolve(again, payment=other, object_id=paid.object_id))
    assert not refuses(world, PAYMENT_ATTEMPTS, evolve(again, number=2, state=AttemptState.CLOSED))
    assert not refuses(world, PAYMENT_ATTEMPTS, evolve(again, payment=other))


def test_the_database_refuses_what_would_bill_twice(world: World) -> None:
    """One invoice of a cycle and of a debt, one of each number, one order of an invoice, one case of an invoice."""
    world.subscribe(token="tok_renewal_dead")
    world.advance(days=31)
    world.bill()
    bill = next(one for one in world.rows(INVOICES) if one.cycle is not None)
    order = next(one for one in world.rows(ORDERS) if one.invoice == bill.id)
    case, held = world.rows(RECOVERY_CASES)[0], world.rows(SUBSCRIPTIONS)[0]
    free: dict[str, Any] = {"id": "inv_again", "number": 90, "obligation": "another", "subscription": None}

    assert refuses(world, INVOICES, evolve(bill, **{**free, "subscription": bill.subscription}))
    assert refuses(world, INVOICES, evolve(bill, **{**free, "obligation": bill.obligation}))
    assert refuses(world, INVOICES, evolve(bill, **{**free, "number": bill.number}))
    assert not refuses(world, INVOICES, evolve(bill, **free))
    assert refuses(world, ORDERS, evolve(order, id="ord_again", number="R-1"))
    assert refuses(world, ORDERS, evolve(order, id="ord_again", invoice=None))
    assert refuses(world, RECOVERY_CASES, evolve(case, id="rec_again"))
    assert refuses(world, SUBSCRIPTIONS, evolve(held, id="sub_again", number="S-1"))


def test_the_second_of_two_writers_is_told(world: World) -> None:
    """A row that has moved on since it was read is not overwritten."""
    world.buy(world.product())
    stands = world.attempts()[0]
    session = world.services.backend.begin(write=True)
    try:
        with refused(Stale):
            session.update(PAYMENT_ATTEMPTS, [evolve(stands, disputed=True, version=stands.version)])
    finally:
        session.rollback()


def test_two_refunds_at_once_cannot_both_have_the_whole(world: World) -> None:
    """One waits just before its commit while the other is asked for: together they stay within what was captured."""
    view = world.buy(world.product(4900))
    assert view.attempt is not None
    wish = RequestRefund(attempt=view.attempt.id, amount=usd(4900))
    second_ended, first = threading.Event(), threading.current_thread()

    def wait(point: str) -> None:
        if point == "commit.before" and threading.current_thread() is not first and not second_ended.is_set():
            second_ended.wait(0.4)

    outcomes: list[str] = []

    def ask() -> None:
        try:
            world.execute(wish)
            outcomes.append("opened")
        except RefundTooLarge:
            outcomes.append("refused")

    world.probe = wait
    other = threading.Thread(target=ask)
    other.start()
    ask()
    second_ended.set()
    other.join()

    assert ["opened", "refused"] == sorted(outcomes)
    assert 1 == len(world.rows(REFUNDS))


def test_no_gateway_is_called_while_a_transaction_is_open() -> None:
    """It is a fault of the program, and told as one."""
    bank = SimulatorGateway(clock=VirtualClock(START))
    inside = GuardedGateway(bank, lambda: True, lambda _point: None)

    with pytest.raises(InsideTransaction):
        inside.look_up("any")


class Broken(SimulatorGateway):
    """A gateway that breaks its promise not to raise."""

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """Raises."""
        raise ConnectionResetError(object_id)


def test_a_broken_gateway_has_said_nothing() -> None:
    """Whatever is raised, nothing is known of the charge."""
    counter = Counter(capabilities=KEYED)
    counter.bank = Broken(clock=counter.clock, capabilities=KEYED)
    counter.restart()
    counter.pay("debt", "tok_success", 100, off_session=False)

    assert [AttemptState.UNKNOWN] == [attempt.state for attempt in counter.attempts()]


def test_an_object_that_is_not_shown_is_not_dead() -> None:
    """Not found is proof of nothing where an object was made."""
    counter = Counter(capabilities=FENCING)
    counter.pay("debt", "tok_lost_answer", 100, off_session=False)
    doubtful = counter.attempts()[0]
    told = Told(attempt=doubtful.id, step=Step.LOOK_UP, answer=Answer(result=Result.NOT_FOUND))
    later = doubtful.opened_at + timedelta(days=6)

    assert AttemptState.UNKNOWN is after(doubtful, told, FENCING, later).state


def test_after_a_week_without_an_answer_a_person_is_asked() -> None:
    """The attempt goes into quarantine; before, it does not."""
    counter = Counter(capabilities=FENCING)
    counter.pay("debt", "tok_lost_answer", 100, off_session=False)
    counter.bank.behave(Faults(outage=1.0))
    states = []
    for _ in range(8):
        for _ in range(4):
            counter.advance(6 * 3600)
            counter.resolve_due()
        states.append(counter.attempts()[0].state)

    assert [AttemptState.UNKNOWN] * 6 == states[:6]
    assert AttemptState.QUARANTINE is states[-1]


def test_a_cart_stays_locked_until_its_declined_payment_is_dead() -> None:
    """Where nothing fences, a refusal is final only after the longest flight; until then nothing else is paid."""
    with opened(capabilities=KEYED) as world:
        cart = world.cart(world.product())
        view = world.pay(cart, "tok_hard")
        assert CheckoutState.DECLINED is view.checkout.state
        assert world.ask(GetCart(cart=cart.id), PUBLIC).paying == view.checkout.id
        with refused(PaymentStillClosing):
            world.pay(cart)
        for _ in range(30):
            world.advance(hours=2)
            world.services.resolve_due(SYSTEM)

        assert world.ask(GetCart(cart=cart.id), PUBLIC).paying is None


def test_a_dead_checkout_gives_its_coupon_back(memory_world: World) -> None:
    """The one place of the coupon is free again once the declined payment is closed."""
    world = memory_world
    world.coupon("ONCE", percent=1000, total_limit=1)
    product = world.product()
    declined = world.pay(world.cart(product, coupon="ONCE"), "tok_hard")
    paid = world.pay(world.cart(product, coupon="ONCE"))

    assert (CheckoutState.DECLINED, CheckoutState.SUCCEEDED) == (declined.checkout.state, paid.checkout.state)


def test_a_purchase_is_told_after_its_commit(memory_world: World) -> None:
    """What was decided is stored to be told, and told once."""
    world = memory_world
    world.buy(world.product())

    waiting = world.services.deliveries.depth()
    assert waiting >= 1
    assert [waiting, 0] == [world.services.relay(), world.services.relay()]
    assert [waiting, 0] == [len(world.mail.sent), world.services.deliveries.depth()]


class Pile:
    """Deliveries in a list."""

    def __init__(self, waiting: Sequence[Delivery]) -> None:
        self.waiting = waiting
        self.settled: list[Delivery] = []

    def claim(self, now: datetime, lease: timedelta, _limit: int) -> Sequence[Delivery]:
        """All of them, leased."""
        return [evolve(one, available_at=now + lease) for one in self.waiting]

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Keep how they ended."""
        self.settled.extend(deliveries)


def delivery(number: int, subject: str) -> Delivery:
    """A stored event."""
    return Delivery(
        id=EventId(f"evt_{number}"),
        organization=ORGANIZATION,
        name="told",
        subject=subject,
        body="{}",
        at=START,
        correlation="",
        actor=ActorId("system"),
        state=DeliveryState.PENDING,
        available_at=START,
        attempts=1,
    )


def test_nothing_overtakes_what_could_not_be_told() -> None:
    """After a failure the later events of the same subject wait; those of others do not."""
    told: list[str] = []

    def effect(one: Delivery) -> None:
        if one.id == "evt_1":
            raise HlcError("Not now.")
        told.append(one.id)

    pile = Pile([delivery(1, "a"), delivery(2, "a"), delivery(3, "b")])
    effects: dict[str, Sequence[Callable[[Delivery], None]]] = {"told": (effect,)}
    relay_once(pile, effects, VirtualClock(START))

    assert ["evt_3"] == told
    assert [0, 1] == sorted(one.attempts for one in pile.settled if one.state is DeliveryState.PENDING)


def test_a_debt_in_doubt_answers_with_the_attempt_that_stands() -> None:
    """Whoever wants the money meanwhile gets no other attempt, and no error either."""
    counter = Counter(capabilities=FENCING)
    counter.pay("debt", "tok_lost_answer", 100, off_session=False)
    counter.bank.behave(Faults(outage=1.0))
    counter.pay("debt", "tok_success", 100, off_session=False)

    assert [AttemptState.UNKNOWN] == [attempt.state for attempt in counter.attempts()]


def test_documents_of_one_batch_are_numbered_one_after_the_other(memory_world: World) -> None:
    """No two share a number, and none is left out."""
    world = memory_world
    world.buy(world.product())
    first = world.rows(INVOICES)[0]
    with world.services.units.open(SYSTEM, "numbering", write=True) as unit:
        for place in range(3):
            fresh = {"id": f"inv_{place}", "number": None, "obligation": f"debt_{place}"}
            unit.unit.add(INVOICES, evolve(first, **fresh))
        unit.commit()

    assert [1, 2, 3, 4] == sorted(one.number for one in world.rows(INVOICES))


def run(world: World) -> None:
    """The billing run of today, whatever the bank is like."""
    world.services.run_billing(RunWish(as_of=world.today), SYSTEM)


@frozen
class LosesAnswersToConfirms(Faults):
    """Money moves, and nobody hears of it; everything else is answered."""

    def fate(self, reference: str, step: str, count: int) -> Fate:
        """See `Faults.fate`."""
        return Fate(lost_answer=step == "confirm")


def with_a_second_cycle_in_doubt(world: World) -> Subscription:
    """A weekly subscription whose renewal was captured, but nobody has heard of it."""
    held = world.subscribe(world.plan(interval=Interval(Unit.WEEK, 1)))
    world.advance(days=7)
    world.bank.behave(LosesAnswersToConfirms(lost_answer=1.0))
    run(world)
    world.bank.behave(Faults(outage=1.0))
    return held


def test_a_debt_that_is_forgiven_in_doubt_is_void_at_once(memory_world: World) -> None:
    """There is no order yet that could say so: the invoice itself does, and no retry comes."""
    world = memory_world
    held = with_a_second_cycle_in_doubt(world)
    world.execute(ForgiveBill(subscription=held.id, reason="A gesture."))

    assert [InvoiceState.VOID] == [one.state for one in world.rows(INVOICES) if one.cycle == 2]


def test_money_for_a_forgiven_cycle_does_not_pay_the_next(memory_world: World) -> None:
    """It came late, while the next cycle was open: it is credit, and no order is placed for it."""
    world = memory_world
    held = with_a_second_cycle_in_doubt(world)
    world.execute(ForgiveBill(subscription=held.id, reason="A gesture."))
    world.advance(days=7)
    run(world)
    late, other = (one for one in world.attempts() if one.live)
    orders = len(world.rows(ORDERS))
    world.bank.behave(Faults())
    world.services.resolve([late], SYSTEM)

    assert (AttemptState.PAID, orders) == (
        next(one.state for one in world.attempts() if one.id == late.id),
        len(world.rows(ORDERS)),
    )
    assert usd(19900) == world.subscription(held.id).credit
    assert other.live


def test_one_subscription_that_cannot_be_billed_stops_no_other(memory_world: World) -> None:
    """The database refuses its invoice: the others of the same batch are billed."""
    world = memory_world
    plan = world.plan()
    held = [world.subscribe(plan) for _ in range(4)]
    world.advance(days=31)
    taken = {"id": "inv_taken", "number": 900, "obligation": "another", "subscription": held[1].id, "cycle": 2}
    session = world.services.backend.begin(write=True)
    session.insert(INVOICES, [evolve(world.rows(INVOICES)[0], **taken)])
    session.commit()
    run(world)

    assert [2, 1, 2, 2] == [world.subscription(one.id).cycle for one in held]


def test_a_refusal_that_is_told_twice_counts_once(memory_world: World) -> None:
    """The case of a declined renewal knows its attempts."""
    world = memory_world
    world.subscribe(token="tok_renewal_soft_3")
    world.advance(days=31)
    run(world)
    before = world.rows(RECOVERY_CASES)
    refused_ = world.attempts()[-1]
    told = PaymentDeclined(**facts(refused_), decline=DeclineClass.SOFT, method=refused_.payment.method)
    with world.services.units.open(SYSTEM, "again", write=True) as unit:
        renewals_declined([told], unit.env)
        unit.commit()

    assert before == world.rows(RECOVERY_CASES)


def test_a_new_card_does_not_move_a_case_in_doubt(memory_world: World) -> None:
    """Until the retry under way has an answer, the case stays exactly as it is."""
    world = memory_world
    held = world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    run(world)
    world.advance(days=2)
    world.bank.behave(LosesAnswersToConfirms(lost_answer=1.0))
    run(world)
    before = world.rows(RECOVERY_CASES)
    assert [Hold.IN_DOUBT] == [case.hold for case in before]
    world.bank.behave(Faults())
    world.services.add_method(held.patient, "tok_mastercard", SYSTEM)

    assert before == world.rows(RECOVERY_CASES)
    assert 3 == len(world.attempts())
