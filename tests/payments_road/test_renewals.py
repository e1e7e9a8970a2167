"""Renewals that fail and are recovered: by the schedule, by a new card, in doubt, disputed."""

from __future__ import annotations

import pytest

from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES
from hlc_core.invoicing.api import InvoiceState
from hlc_core.orders.api import SourceContext
from hlc_core.payments.api import MarkDisputed
from hlc_core.recovery.api import RecoveryState
from hlc_core.subscriptions.api import CancelSubscription, ChangeMethod, OpenDebt, State, When
from support.worlds import SYSTEM, World, usd


def renewals(world: World) -> list[object]:
    """The renewal orders."""
    return [one for one in world.rows(ORDERS) if one.source.context is SourceContext.RENEWAL]


def test_a_renewal_is_billed_once_a_period(world: World) -> None:
    """Running again on the same day, or a day late, bills nothing twice and skips nothing."""
    held = world.subscribe()

    for days in (30, 0, 1, 1, 27, 31, 3):
        world.advance(days=days)
        world.bill()

    cycles = sorted(one.cycle for one in world.rows(INVOICES) if one.subscription == held.id)
    assert [2, 3, 4] == cycles
    assert [usd(19900)] * 4 == world.captured()
    assert 3 == len(renewals(world))


def test_a_soft_decline_is_retried_on_schedule(world: World) -> None:
    """Past due at once, charged again after one and three more days, active when it works: one order for the cycle."""
    held = world.subscribe(token="tok_renewal_soft_2")
    world.advance(days=31)
    world.bill()
    states = [world.subscription(held.id).state]
    for _ in range(8):
        world.advance(days=1)
        world.bill()
        states.append(world.subscription(held.id).state)

    case = world.rows(RECOVERY_CASES)[0]
    assert (State.PAST_DUE, State.ACTIVE) == (states[0], states[-1])
    assert RecoveryState.RESOLVED is case.state
    assert ([usd(19900)] * 2, 1) == (world.captured(), len(renewals(world)))


def test_a_dead_card_is_not_tried_again_and_a_new_one_is_charged_at_once(world: World) -> None:
    """A hard decline asks for a method; saving one opens the retry in the same transaction, the resolver drives it."""
    held = world.subscribe(token="tok_renewal_dead")
    world.advance(days=31)
    for _ in range(5):
        world.bill()
        world.advance(days=1)
    attempts = len(world.attempts())
    waiting = world.rows(RECOVERY_CASES)[0]

    world.services.add_method(held.patient, "tok_mastercard", SYSTEM)
    world.advance(seconds=10)
    world.settle()

    after = world.subscription(held.id)
    assert (2, RecoveryState.NEEDS_PAYMENT_METHOD) == (attempts, waiting.state)
    assert (State.ACTIVE, 2) == (after.state, after.cycle)
    assert RecoveryState.RESOLVED is world.rows(RECOVERY_CASES)[0].state
    assert [usd(19900)] * 2 == world.captured()
    world.sound()


@pytest.mark.parametrize("token", ["tok_lost_answer", "tok_lagging_60", "tok_server_error", "tok_late_3600"])
def test_a_renewal_in_doubt_is_never_charged_again(memory_world: World, token: str) -> None:
    """While the answer is out, further runs leave the debt alone; the look-up settles it."""
    world = memory_world
    view = world.buy(world.plan(), token=token)
    world.advance(hours=2)
    world.settle()
    world.advance(days=31)

    runs = [world.bill() for _ in range(3)]
    world.advance(hours=2)
    world.settle()
    world.bill()

    held = world.subscription(world.services.resume_checkout(view.checkout.id, SYSTEM).checkout.subscriptions[0])
    assert [1, 0, 0] == [run.charges for run in runs]
    assert (State.ACTIVE, 2) == (held.state, held.cycle)
    assert (2, 0) == (len(world.captured()), world.double_charges())


def test_a_renewal_with_a_wrong_amount_pauses_its_recovery(memory_world: World) -> None:
    """Quarantine: no retry ever starts from there, however often the run comes by."""
    world = memory_world
    held = world.subscribe()
    odd = world.services.add_method(held.patient, "tok_wrong_amount", SYSTEM)
    world.execute(ChangeMethod(subscription=held.id, method=odd.id, gateway=odd.gateway))
    world.advance(days=31)

    for _ in range(10):
        world.bill()
        world.advance(days=1)

    renewal = [one for one in world.attempts() if one.payment.purpose == "renewal"]
    assert ["quarantine"] == [one.state for one in renewal]
    assert 2 == len(world.captured())


def test_no_message_claims_a_renewal_that_fails(memory_world: World) -> None:
    """The renewal is told when it is paid, and once; a declined one tells of the failure only."""
    world = memory_world
    world.subscribe(token="tok_renewal_dead")
    world.subscribe()
    world.advance(days=31)
    for _ in range(3):
        world.bill()

    names = [one.name for one in world.rows(DELIVERIES)]
    assert 1 == names.count("subscription.renewed")
    assert 1 == names.count("recovery.method_needed")


def test_cancelling_says_what_happens_to_the_open_debt(memory_world: World) -> None:
    """Forgiven: the invoice is void and nothing is retried. Collected: the schedule goes on."""
    world = memory_world
    forgiven, collected = world.subscribe(token="tok_renewal_soft_1~a"), world.subscribe(token="tok_renewal_soft_1~b")
    world.advance(days=31)
    world.bill()
    for held, debt in ((forgiven, OpenDebt.FORGIVE), (collected, OpenDebt.COLLECT)):
        world.execute(CancelSubscription(subscription=held.id, reason="Enough", when=When.NOW, open_debt=debt))

    for _ in range(6):
        world.advance(days=1)
        world.bill()

    states = {one.subscription: one.state for one in world.rows(INVOICES) if one.subscription is not None}
    assert {forgiven.id: InvoiceState.VOID, collected.id: InvoiceState.PAID} == states
    assert {State.CANCELLED} == {world.subscription(held.id).state for held in (forgiven, collected)}
    assert 3 == len(world.captured())


def test_a_disputed_renewal_is_not_charged_again(memory_world: World) -> None:
    """A chargeback of a paid cycle freezes that debt; nothing is collected for it a second time."""
    world = memory_world
    held = world.subscribe()
    world.advance(days=31)
    world.bill()
    renewal = world.attempts()[-1]

    for _ in range(2):
        world.execute(MarkDisputed(gateway="simulator", object_id=str(renewal.object_id)))
        world.bill()
        world.advance(days=3)

    assert 2 == len(world.captured())
    assert 2 == world.subscription(held.id).cycle
