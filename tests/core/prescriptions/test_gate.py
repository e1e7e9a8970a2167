"""The clinical gate of renewals: what care does not permit is held with a reason and not charged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.intake.forms import bought, clinician, order_of, publish
from core.prescriptions.shelf import OFFERED, carry, drug, prescribed, prescriptions, reviewed
from hlc_adapters.storage.shapes.catalog import PRODUCTS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.billing.api import LineKind, ListHeldRenewals, LookAtHeldRenewal, NotHeld, PlanBilling, Stage
from hlc_core.catalog.api import ProductKind
from hlc_core.invariants.api import Finding
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.orders.api import ListOrders, Order, OrderState
from hlc_core.organizations.api import PrescriptionSettings, RenewalGate
from hlc_core.prescriptions.api import (
    AskRenewal,
    BlockKind,
    CancelPrescription,
    CloseBlock,
    HeldBack,
    HoldPrescription,
    OpenBlock,
    ReleasePrescription,
)
from hlc_core.subscriptions.api import CancelSubscription, OpenDebt, PauseSubscription, When
from support.refusals import refused
from support.worlds import MONTH, SYSTEM, World


def subscribed(world: World) -> Order:
    """A monthly plan that needs a prescription, approved and prescribed."""
    publish(world)
    drug(world)
    order = reviewed(world, bought(world, drugs=OFFERED, kind=ProductKind.SUBSCRIPTION, interval=MONTH))
    prescribed(world, order)
    carry(world)
    return order_of(world, order.id)


def _hold(world: World) -> None:
    world.execute(HoldPrescription(prescription=prescriptions(world)[0].id, reason="Labs first."), clinician())


def _cancel(world: World) -> None:
    world.execute(CancelPrescription(prescription=prescriptions(world)[0].id, reason="Side effects."), clinician())


def _out_of_stock(world: World) -> None:
    world.execute(OpenBlock(prescription=prescriptions(world)[0].id, kind=BlockKind.OUT_OF_STOCK))


def _cancelled(world: World, subscription: SubscriptionId) -> None:
    wish = CancelSubscription(subscription=subscription, when=When.NOW, reason="Enough.", open_debt=OpenDebt.FORGIVE)
    world.execute(wish)


def _paused(world: World, subscription: SubscriptionId) -> None:
    world.execute(PauseSubscription(subscription=subscription, when=When.NOW))


def _nothing(world: World) -> None:
    pass


@pytest.mark.parametrize(
    ("done", "code"),
    [
        (_hold, "prescription_on_hold"),
        (_cancel, "prescription_ended"),
        (_out_of_stock, "out_of_stock"),
        (_nothing, ""),
    ],
)
def test_a_renewal_is_charged_only_while_care_permits_it(
    world: World, done: Callable[[World], None], code: str
) -> None:
    """Held: a line that says why, no invoice, no charge; patient and staff can ask for the reason."""
    order = subscribed(world)
    done(world)
    world.advance(days=32)
    plan = world.ask(PlanBilling(as_of=world.today, stage=Stage.SUBSCRIPTIONS))
    standing = world.ask(AskRenewal(subscription=order.subscriptions[0]))
    before = len(world.captured())
    world.bill()

    assert (not code, code) == (standing.permitted, standing.code)
    assert bool(code) == bool(standing.for_patient)
    assert [LineKind.HOLD if code else LineKind.CHARGE] == [line.kind for line in plan.lines]
    assert all(standing.for_staff in line.why for line in plan.lines)
    assert (0 if code else 1) == len(world.captured()) - before


def test_what_was_held_is_charged_once_when_it_is_settled(memory_world: World) -> None:
    """No charge while it is on hold, however often the run runs; one afterwards."""
    world = memory_world
    subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.bill()
    world.bill()
    world.execute(ReleasePrescription(prescription=prescriptions(world)[0].id), clinician())
    world.bill()
    world.bill()

    assert 2 == len(world.captured())


def test_a_held_renewal_is_told_to_the_patient_and_shown_to_staff_once(world: World) -> None:
    """One mail, which names no medicine; one row, whatever the reason becomes; none when it was charged."""
    order = subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.services.relay()
    mails = len(world.mail.sent)
    for _ in range(3):
        world.bill()
        world.services.relay()
    (card,) = world.ask(ListHeldRenewals(), clinician()).items
    (mail,) = list(world.mail.sent.values())[mails:]
    world.execute(ReleasePrescription(prescription=prescriptions(world)[0].id), clinician())
    _out_of_stock(world)
    world.bill()
    (changed,) = world.ask(ListHeldRenewals(why=HeldBack.OUT_OF_STOCK), clinician()).items
    others = world.ask(ListHeldRenewals(why=HeldBack.ON_HOLD), clinician()).items
    world.execute(CloseBlock(prescription=prescriptions(world)[0].id, number=1, answer="Back."))
    (settled,) = world.ask(ListHeldRenewals(patient=order.patient), clinician()).items
    world.bill()
    world.services.relay()
    subjects = [one.subject for one in list(world.mail.sent.values())[mails:]]

    assert (order.subscriptions[0], HeldBack.ON_HOLD) == (card.held.id, card.today)
    assert "not charged" in mail.subject
    assert "on hold" in mail.text
    assert not any(one.name in mail.text for one in world.rows(PRODUCTS))
    assert ((), HeldBack.OUT_OF_STOCK) == (others, changed.today)
    assert (None, "It is settled: the next billing run charges it.") == (settled.today, settled.meaning)
    assert [] == list(world.ask(ListHeldRenewals(), clinician()).items)
    assert 1 == len([one for one in subjects if "not charged" in one])
    assert 2 == len(world.captured())


@pytest.mark.parametrize("away", [_cancelled, _paused])
def test_what_is_not_to_be_renewed_is_held_no_more(
    memory_world: World, away: Callable[[World, SubscriptionId], None]
) -> None:
    """Cancelled or paused: nobody has to settle anything for it."""
    world = memory_world
    order = subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.bill()
    away(world, order.subscriptions[0])

    assert [] == list(world.ask(ListHeldRenewals(), clinician()).items)


def test_a_renewal_that_is_settled_before_the_mail_goes_out_is_not_told(memory_world: World) -> None:
    """The next run charges it: there is nothing to tell."""
    world = memory_world
    subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.services.relay()
    mails = len(world.mail.sent)
    world.bill()
    world.execute(ReleasePrescription(prescription=prescriptions(world)[0].id), clinician())
    world.services.relay()

    assert mails == len(world.mail.sent)


def test_a_held_renewal_that_nobody_looks_at_is_found_by_the_doctor(world: World) -> None:
    """After a week, with the remedy; not while somebody has said that they know of it, nor once it is settled."""
    order = subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.bill()
    world.advance(days=6)
    early = _unseen(world)
    world.advance(days=1)
    (found,) = _unseen(world)
    looked = world.execute(LookAtHeldRenewal(subscription=order.subscriptions[0]))
    known = _unseen(world)
    world.advance(days=7)
    again = _unseen(world)
    world.execute(ReleasePrescription(prescription=prescriptions(world)[0].id), clinician())
    world.bill()

    assert ((), ()) == (early, known)
    assert order.subscriptions[0] in found.subjects
    assert f"hlc billing look {order.subscriptions[0]}" in found.remedy
    assert SYSTEM.actor.id == looked.looked_by
    assert (1, ()) == (len(again), _unseen(world))
    with refused(NotHeld):
        world.execute(LookAtHeldRenewal(subscription=order.subscriptions[0]))


def _unseen(world: World) -> tuple[Finding, ...]:
    found = world.services.check_invariants(SYSTEM, settle_seconds=0, days=4000)
    return tuple(one for one in found if one.invariant == "a_held_renewal_is_looked_after")


def test_who_looks_at_held_renewals_is_written_down(memory_world: World) -> None:
    """Why one is held tells of a treatment."""
    world = memory_world
    order = subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.bill()
    world.ask(ListHeldRenewals(), clinician())

    assert ("ListHeldRenewals", f"patient {order.patient}") in [
        (one.command, one.shown) for one in world.rows(AUDIT_ENTRIES)
    ]


def test_a_retry_is_held_like_the_charge_that_failed(world: World) -> None:
    """No new try at a renewal whose prescription is on hold; one when it is released, and the hold is over."""
    publish(world)
    drug(world)
    order = bought(world, token="tok_renewal_soft_1", drugs=OFFERED, kind=ProductKind.SUBSCRIPTION, interval=MONTH)
    prescribed(world, reviewed(world, order))
    carry(world)
    world.advance(days=32)
    world.bill()
    tries = len(world.attempts())
    _hold(world)
    for _ in range(3):
        world.advance(days=3)
        world.bill()
    held = world.ask(ListHeldRenewals(), clinician()).items
    after = len(world.attempts())
    world.execute(ReleasePrescription(prescription=prescriptions(world)[0].id), clinician())
    world.bill()

    assert (2, 2) == (tries, after)
    assert [HeldBack.ON_HOLD] == [card.held.why for card in held]
    assert (3, 2) == (len(world.attempts()), len(world.captured()))
    assert [] == list(world.ask(ListHeldRenewals(), clinician()).items)
    world.sound()


def test_an_expired_prescription_holds_the_renewal(memory_world: World) -> None:
    """On the day after its last one."""
    world = memory_world
    world.change(prescriptions=PrescriptionSettings(valid_days=20))
    order = subscribed(world)
    world.advance(days=32)
    world.bill()

    assert 1 == len(world.captured())
    assert "prescription_ended" == world.ask(AskRenewal(subscription=order.subscriptions[0])).code


@pytest.mark.parametrize(("gate", "charged"), [(RenewalGate.OFF, 1), (RenewalGate.KNOWN, 1), (RenewalGate.STRICT, 0)])
def test_what_never_had_a_prescription_is_held_only_by_the_strict_gate(
    memory_world: World, gate: RenewalGate, charged: int
) -> None:
    """Agreements that were taken over, or whose first prescription is still to come."""
    world = memory_world
    world.change(prescriptions=PrescriptionSettings(renewal_gate=gate))
    world.subscribe(world.plan(needs_prescription=True))
    world.advance(days=32)
    world.bill()

    assert 1 + charged == len(world.captured())


def test_a_gate_that_is_off_lets_everything_pass(memory_world: World) -> None:
    """Also what is on hold."""
    world = memory_world
    world.change(prescriptions=PrescriptionSettings(renewal_gate=RenewalGate.OFF))
    subscribed(world)
    _hold(world)
    world.advance(days=32)
    world.bill()

    assert 2 == len(world.captured())


def test_a_block_that_is_closed_lets_the_renewal_pass(memory_world: World) -> None:
    """The pharmacy has it again."""
    world = memory_world
    subscribed(world)
    _out_of_stock(world)
    world.execute(CloseBlock(prescription=prescriptions(world)[0].id, number=1, answer="Back."))
    world.advance(days=32)
    world.bill()

    assert 2 == len(world.captured())
    placed = [card.order for card in world.ask(ListOrders(state=OrderState.AWAITING_SCRIPT)).items]
    assert ["renewal"] == [order.source.context for order in placed]
