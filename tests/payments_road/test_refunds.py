"""Money going back, and the two books compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hlc_adapters.gateways.simulator import CALM, Faults
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, REFUNDS
from hlc_core.checkout.api import CheckoutView
from hlc_core.kernel.errors import AlreadyExists, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId, OrganizationId
from hlc_core.orders.api import OrderState
from hlc_core.payments.api import (
    AttemptState,
    ChargeRequest,
    Discrepancy,
    Instrument,
    NothingCaptured,
    RefundState,
    RefundTooLarge,
    RequestRefund,
)
from support.refusals import refused
from support.worlds import SYSTEM, World, usd


def give(world: World, view: CheckoutView, cents: int | None = None) -> RefundState:
    """Refund so much of the checkout (None: the rest)."""
    amount = None if cents is None else usd(cents)
    assert view.attempt is not None
    asked = world.execute(RequestRefund(attempt=view.attempt.id, amount=amount, reason="Asked for it."))
    return world.services.give_back([asked], SYSTEM)[0].state


def test_a_payment_can_be_given_back_in_parts(world: World) -> None:
    """Partial refunds go on the invoice; one too many is refused; the last one refunds the order."""
    view = world.buy(world.product(4900))

    first = give(world, view, 1000)
    with refused(RefundTooLarge) as refusal:
        give(world, view, 3901)
    rest = give(world, view)
    with refused(RefundTooLarge):
        give(world, view, 1)

    assert [RefundState.REFUNDED] * 2 == [first, rest]
    assert "39.00" in refusal.detail
    assert ([usd(4900)], OrderState.REFUNDED) == (
        [one.refunded for one in world.rows(INVOICES)],
        world.rows(ORDERS)[0].state,
    )
    assert [usd(1000), usd(3900)] == [line.amount for line in world.bank.audit.refunds()]
    world.sound()


def test_what_was_not_captured_is_not_given_back(memory_world: World) -> None:
    """A declined attempt has nothing to refund."""
    with refused(NothingCaptured):
        give(memory_world, memory_world.buy(memory_world.product(), token="tok_soft"))


def test_a_refused_refund_frees_its_amount(memory_world: World) -> None:
    """The bank refuses: the invoice stays as it was and the amount can be tried again."""
    world = memory_world
    view = world.buy(world.product(), token="tok_refund_fails")

    states = [give(world, view) for _ in range(2)]

    assert [RefundState.REFUSED] * 2 == states
    assert [usd(0)] == [one.refunded for one in world.rows(INVOICES)]
    world.sound()


@pytest.mark.parametrize("rate", ["lost_answer", "lost_request", "outage", "server_error"])
def test_a_refund_in_doubt_is_made_once_or_not_at_all(memory_world: World, rate: str) -> None:
    """Whatever happens on the way, both books end alike; one that surely never arrived can be asked for again."""
    world = memory_world
    view = world.buy(world.product())
    world.bank.behave(Faults(**{rate: 1.0}))
    unsure = give(world, view, 1000)
    world.bank.behave(CALM)

    for _ in range(15):
        world.advance(hours=8)
        world.settle()

    made = [line.amount for line in world.bank.audit.refunds()]
    ended = [one.state for one in world.rows(REFUNDS)]
    assert RefundState.UNKNOWN is unsure
    assert (made, ended) in (([usd(1000)], [RefundState.REFUNDED]), ([], [RefundState.REFUSED]))
    world.sound()


def test_a_pending_refund_is_awaited(memory_world: World) -> None:
    """A refund that takes its time is refunded when the bank says so."""
    world = memory_world
    view = world.buy(world.product(), token="tok_refund_waits_600")

    waiting = give(world, view)
    world.advance(minutes=15)
    world.settle()

    assert RefundState.UNKNOWN is waiting
    assert [RefundState.REFUNDED] == [one.state for one in world.rows(REFUNDS)]


def test_a_hundred_refunds_at_once_give_back_no_more_than_was_captured(world: World) -> None:
    """Tenths of one payment, asked for by a hundred at once: at most ten are made, by both books."""
    view = world.buy(world.product(10_000))

    def one(_: int) -> RefundState | None:
        try:
            return give(world, view, 1000)
        except (RefundTooLarge, Stale, AlreadyExists):
            return None

    with ThreadPoolExecutor(10) as pool:
        states = list(pool.map(one, range(100)))
    world.advance(minutes=1)
    world.settle()
    while len(world.bank.audit.refunds()) < 10:
        assert RefundState.REFUNDED is give(world, view, 1000)

    assert {None, RefundState.REFUNDED} >= set(states)
    assert 10 == len(world.bank.audit.refunds())
    assert [usd(10_000)] == [one.refunded for one in world.rows(INVOICES)]
    world.sound()


def test_reconciliation_finds_what_only_one_side_knows(memory_world: World) -> None:
    """A charge that is not ours, one of another amount, and a paid attempt without a charge."""
    world = memory_world
    paid, odd = world.buy(world.product()), world.buy(world.product())
    stray = ChargeRequest(
        reference=AttemptId("att_stray"),
        organization=OrganizationId("org_clinic"),
        amount=usd(700),
        instrument=Instrument(token="tok_success"),
        off_session=False,
    )
    world.bank.confirm(str(world.bank.create(stray).object_id), stray)
    tamper(world, paid, object_id="sim_elsewhere", id="att_elsewhere")
    tamper(world, odd, amount=usd(4800))
    world.advance(hours=2)

    found = world.services.reconcile(SYSTEM)

    kinds = sorted((one.kind, one.attempt) for one in found)
    assert [
        (Discrepancy.AMOUNT_MISMATCH, odd.attempt.id),
        (Discrepancy.ATTEMPT_WITHOUT_CHARGE, "att_elsewhere"),
        (Discrepancy.CHARGE_WITHOUT_ATTEMPT, paid.attempt.id),
        (Discrepancy.CHARGE_WITHOUT_ATTEMPT, "att_stray"),
    ] == sorted(kinds)


def tamper(world: World, view: CheckoutView, amount: object = None, **changes: object) -> None:
    """Write another attempt in place of the one that is there, past every rule."""
    attempt = next(one for one in world.attempts() if one.id == view.attempt.id)
    session = world.services.backend.begin(write=True)
    session.delete(PAYMENT_ATTEMPTS, [attempt])
    payment = attempt.payment if amount is None else evolve(attempt.payment, amount=amount)
    session.insert(PAYMENT_ATTEMPTS, [evolve(attempt, payment=payment, **changes)])
    session.commit()


def test_a_charge_that_was_resolved_late_is_no_discrepancy(memory_world: World) -> None:
    """The answer was lost and found three days later: charge and settlement lie in different spans."""
    world = memory_world
    view = world.buy(world.product(), token="tok_lost_answer")
    world.advance(days=3)
    world.settle()
    world.advance(hours=2)

    found = world.services.reconcile(SYSTEM, days=1)

    assert AttemptState.PAID is next(one for one in world.attempts() if one.id == view.attempt.id).state
    assert () == found
