"""A patient pays a failed renewal with a new card, at once: decline, 3-D Secure, doubt, double clicks, crashes; and the
cards that are kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any

import pytest

from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES
from hlc_core.access.api import KEYS
from hlc_core.invoicing.api import RecordPayment
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.errors import Denied, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, InvoiceId, MethodId, PatientId
from hlc_core.payments.api import ListMethods, MethodState, NoPaymentToken, NoUsableMethod
from hlc_core.recovery.api import (
    CardNeeded,
    CardNotUsable,
    ChargeOwnCard,
    GetOwnRenewal,
    NothingToRetry,
    OwnCards,
    OwnRenewal,
    OwnRenewals,
    PayRenewal,
    RecoveryState,
    RemoveOwnCard,
    RetryNow,
    Standing,
)
from hlc_core.subscriptions.api import CancelSubscription, OpenDebt, State, Subscription, When
from payments_road.test_crashes import IMPATIENT, dies_at, points_of
from support.refusals import refused
from support.worlds import ORGANIZATION, SYSTEM, Crash, World, opened, usd

BACK = "https://clinic.example/back"


def patient_of(held: Subscription) -> Envelope:
    """What the patient sends."""
    kind = ActorKind.PATIENT
    actor = Actor(kind=kind, id=ActorId(held.patient), organization=ORGANIZATION, permissions=KEYS[kind])
    return Envelope(actor=actor)


def failed(world: World, token: str = "tok_renewal_dead") -> tuple[Subscription, Envelope, InvoiceId]:
    """A subscription whose renewal could not be charged, its patient, and the invoice."""
    held = world.subscribe(token=token)
    world.advance(days=31)
    world.bill()
    patient = patient_of(held)
    return held, patient, world.ask(OwnRenewals(), patient)[0].invoice


def pay(world: World, invoice: InvoiceId, patient: Envelope, token: str = "tok_mastercard", **more: Any) -> OwnRenewal:
    """Press the button."""
    return world.services.pay_renewal(PayRenewal(invoice=invoice, token=token, return_url=BACK, **more), patient)


def brand(world: World) -> str:
    """Of the card that was charged last."""
    card = world.attempts()[-1].payment.instrument.card
    return "" if card is None else card.brand


def test_a_new_card_pays_the_renewal_at_once_and_is_charged_from_then_on(world: World) -> None:
    """Paid, resolved, active; the next renewal goes to the new card without anybody's doing."""
    held, patient, invoice = failed(world)
    owed = world.ask(GetOwnRenewal(invoice=invoice), patient)
    paid = pay(world, invoice, patient)
    after = world.subscription(held.id)
    world.advance(days=31)
    world.bill()

    assert (Standing.DECLINED, True, usd(19900)) == (owed.standing, owed.payable, owed.amount)
    assert (Standing.PAID, False) == (paid.standing, paid.payable)
    assert (State.ACTIVE, 2) == (after.state, after.cycle)
    assert RecoveryState.RESOLVED is world.rows(RECOVERY_CASES)[0].state
    assert (3, 0) == (len(world.captured()), world.double_charges())
    assert "mastercard" == brand(world)
    assert () == world.ask(OwnRenewals(), patient)
    world.sound()


def test_a_declined_card_can_be_followed_by_another(world: World) -> None:
    """The gateway's reason is said; the patient's own tries use nothing of the automatic budget."""
    _, patient, invoice = failed(world, "tok_renewal_soft_2")
    before = world.rows(RECOVERY_CASES)[0]
    declined = pay(world, invoice, patient, "tok_hard")
    between = world.rows(RECOVERY_CASES)[0]
    paid = pay(world, invoice, patient, "tok_success~new")

    assert (Standing.DECLINED, True) == (declined.standing, declined.payable)
    assert "restricted_card" in declined.reason
    assert (before.retry_count, before.next_on, before.state) == (between.retry_count, between.next_on, between.state)
    assert Standing.PAID is paid.standing
    assert 0 == world.double_charges()
    world.sound()


def test_the_bank_may_ask_for_a_confirmation(world: World) -> None:
    """The charge is made with the patient there: 3-D Secure leads to the bank and back, and the money comes once."""
    held, patient, invoice = failed(world)
    asked = pay(world, invoice, patient, "tok_action")
    again = pay(world, invoice, patient, "tok_mastercard")
    world.bank.act(str(world.attempts()[-1].object_id), True)
    paid = world.services.resume_renewal(invoice, patient)

    assert (Standing.CONFIRM, False) == (asked.standing, asked.payable)
    assert asked.action_url
    assert asked == again
    assert Standing.PAID is paid.standing
    assert State.ACTIVE is world.subscription(held.id).state
    assert [usd(19900)] * 2 == world.captured()


def test_a_confirmation_can_be_given_up_for_another_card(world: World) -> None:
    """Closed at the gateway first, then the other card pays: once."""
    _, patient, invoice = failed(world)
    pay(world, invoice, patient, "tok_action")
    given_up = world.services.withdraw_renewal(invoice, patient)
    again = world.services.withdraw_renewal(invoice, patient)
    paid = pay(world, invoice, patient)
    late = world.bank.act(str(world.attempts()[-2].object_id), True)
    world.advance(hours=2)
    world.settle()

    assert (True, True) == (given_up.payable, again.payable)
    assert Standing.PAID is paid.standing
    assert late is not None
    assert [usd(19900)] * 2 == world.captured()
    assert 0 == world.double_charges()
    world.sound()


def test_a_confirmation_that_was_given_meanwhile_wins(world: World) -> None:
    """Whoever gives up too late has paid; only what waits for the bank is given up, and only one's own."""
    _, patient, invoice = failed(world)
    untouched = world.services.withdraw_renewal(invoice, patient)
    pay(world, invoice, patient, "tok_action")
    world.bank.act(str(world.attempts()[-1].object_id), True)
    won = world.services.withdraw_renewal(invoice, patient)

    assert untouched.payable
    assert Standing.PAID is won.standing
    assert [usd(19900)] * 2 == world.captured()
    with refused(Missing):
        world.services.withdraw_renewal(invoice, patient_of(world.subscribe()))


def test_giving_up_killed_anywhere_charges_once() -> None:
    """The process dies at every commit and around every call; then another card pays."""
    with opened(settings=IMPATIENT) as world:
        _, patient, invoice = failed(world)
        pay(world, invoice, patient, "tok_action")
        points = points_of(world, lambda: world.services.withdraw_renewal(invoice, patient))
    assert points > 1
    for place in range(points):
        with opened(settings=IMPATIENT) as world:
            _, patient, invoice = failed(world)
            pay(world, invoice, patient, "tok_action")
            world.probe = dies_at(place)
            with suppress(Crash):
                world.services.withdraw_renewal(invoice, patient)
            world.probe = lambda _point: None
            world.restart()
            world.services.withdraw_renewal(invoice, patient)
            paid = pay(world, invoice, patient)

            assert Standing.PAID is paid.standing, f"killed at point {place}"
            assert (2, 0) == (len(world.captured()), world.double_charges()), f"killed at point {place}"
            world.sound()


@pytest.mark.parametrize("token", ["tok_lost_answer", "tok_server_error", "tok_lagging_60", "tok_pending_60"])
def test_a_payment_in_doubt_is_being_checked_and_never_made_again(memory_world: World, token: str) -> None:
    """Pressing again, with another card too, answers from the one that stands."""
    world = memory_world
    _, patient, invoice = failed(world)
    first = pay(world, invoice, patient, token)
    pressed = [pay(world, invoice, patient, "tok_mastercard") for _ in range(2)]
    world.advance(hours=2)
    world.settle()
    after = world.services.resume_renewal(invoice, patient)

    assert Standing.CHECKING is first.standing
    assert {Standing.CHECKING, Standing.PAID} >= {one.standing for one in pressed}
    assert Standing.PAID is after.standing
    assert (2, 0) == (len(world.captured()), world.double_charges())


def test_a_retry_of_ours_on_its_way_is_answered_not_joined_by_another(world: World) -> None:
    """The patient's card and the schedule's cannot both be charged."""
    held, patient, invoice = failed(world, "tok_renewal_soft_2~x")
    case = world.ask(GetOwnRenewal(invoice=invoice), patient).recovery
    started = world.execute(RetryNow(recovery=case))
    answered = pay(world, invoice, patient)

    assert started.attempt.id == answered.attempt
    assert 0 == world.double_charges()
    assert held.patient == started.attempt.payment.patient


def test_other_debts_are_tried_on_the_new_card_at_once(world: World) -> None:
    """Two renewals failed; paying one with a new card pays the other, too."""
    view = world.buy(world.plan(), world.plan(name="Other plan"), token="tok_renewal_dead")
    world.advance(days=31)
    world.bill()
    patient = patient_of(world.subscription(view.checkout.subscriptions[0]))
    owed = world.ask(OwnRenewals(), patient)
    pay(world, owed[0].invoice, patient)

    assert {"Monthly plan", "Other plan"} == {one.name for one in owed}
    assert () == world.ask(OwnRenewals(), patient)
    assert {State.ACTIVE} == {world.subscription(id).state for id in view.checkout.subscriptions}
    assert 0 == world.double_charges()


def test_adding_a_card_retries_open_debts_at_once(world: World) -> None:
    """Without anybody waiting for the resolver."""
    held, patient, invoice = failed(world)
    world.services.add_method(held.patient, "tok_mastercard", SYSTEM)

    assert Standing.PAID is world.ask(GetOwnRenewal(invoice=invoice), patient).standing


def test_a_saved_card_can_be_used_instead_of_a_new_one(world: World) -> None:
    """On-session, so that a card whose bank wanted the patient can be confirmed; it is not kept a second time."""
    held, patient, invoice = failed(world, "tok_renewal_action")
    saved = world.ask(ListMethods(patient=held.patient))
    paid = pay(world, invoice, patient, token="", method=saved[0].id)

    assert Standing.PAID is paid.standing
    assert len(saved) == len(world.ask(ListMethods(patient=held.patient)))


def test_what_was_paid_by_another_way_meanwhile_is_not_charged(world: World) -> None:
    """Part of it was paid at the desk: the card is charged with the rest, by the patient and by the schedule alike."""
    _, patient, invoice = failed(world)
    world.execute(RecordPayment(invoice=invoice, amount=usd(4900), reference="R-1"))
    paid = pay(world, invoice, patient)

    assert Standing.PAID is paid.standing
    assert [usd(15000), usd(19900)] == sorted(world.captured())
    with refused(NothingToRetry):
        _, other, bill = failed(world, "tok_renewal_soft_1~y")
        world.execute(RecordPayment(invoice=bill, amount=usd(19900), reference="R-2"))
        pay(world, bill, other)


def test_only_ones_own_debts_are_seen_and_paid(memory_world: World) -> None:
    """Somebody else's is absent; staff have commands of their own; a card has to be named."""
    world = memory_world
    _, patient, invoice = failed(world)
    stranger = patient_of(world.subscribe())
    other = world.ask(ListMethods(patient=PatientId(stranger.actor.id)))[0].id

    assert () == world.ask(OwnRenewals(), stranger)
    for bill, sender in ((invoice, stranger), (InvoiceId("inv_nope"), patient)):
        with refused(Missing):
            pay(world, bill, sender)
    with refused(Missing):
        world.ask(GetOwnRenewal(invoice=invoice), stranger)
    with refused(NoPaymentToken):
        pay(world, invoice, patient, token="")
    with refused(NoUsableMethod):
        pay(world, invoice, patient, token="", method=other)
    with refused(Denied):
        pay(world, invoice, SYSTEM)
    with refused(Denied):
        world.ask(OwnCards(), SYSTEM)


def test_what_was_forgiven_is_no_debt_any_more(memory_world: World) -> None:
    """It is not listed, and nothing can be paid for it."""
    world = memory_world
    held, patient, invoice = failed(world)
    world.execute(CancelSubscription(subscription=held.id, when=When.NOW, reason="Moved.", open_debt=OpenDebt.FORGIVE))

    assert () == world.ask(OwnRenewals(), patient)
    assert Standing.SETTLED is world.ask(GetOwnRenewal(invoice=invoice), patient).standing
    with refused(NothingToRetry):
        pay(world, invoice, patient)


def test_what_failed_for_good_can_still_be_paid(memory_world: World) -> None:
    """FAILED_FINAL becomes RESOLVED."""
    world = memory_world
    held, patient, invoice = failed(world)
    for _ in range(40):
        world.advance(days=1)
        world.bill()
    before = world.ask(GetOwnRenewal(invoice=invoice), patient)
    paid = pay(world, invoice, patient)

    assert (RecoveryState.FAILED_FINAL, True) == (before.status, before.payable)
    assert (Standing.PAID, RecoveryState.RESOLVED) == (paid.standing, paid.status)
    assert str(held.patient) == str(patient.actor.id)


@pytest.mark.parametrize("keyed", [True, False])
def test_clicks_together_charge_once(keyed: bool) -> None:
    """A double click, two tabs: everybody is told of the one payment."""
    with opened(sleep=time.sleep) as world:
        _, patient, invoice = failed(world)
        start = Barrier(8)

        def press(place: int) -> OwnRenewal:
            start.wait(30)
            sent = evolve(patient, idempotency_key="one-press") if keyed else patient
            return pay(world, invoice, sent, "tok_mastercard" if keyed else f"tok_mastercard~{place}")

        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(press, range(8)))

        assert {Standing.PAID} == {one.standing for one in told}
        assert 1 == len({one.attempt for one in told})
        assert (2, 0) == (len(world.captured()), world.double_charges())
        world.sound()


@pytest.mark.parametrize("token", ["tok_mastercard", "tok_lost_answer", "tok_hard"])
def test_killed_anywhere_it_ends_as_if_nothing_had_happened(token: str) -> None:
    """The process dies at every commit and around every call; the patient presses again: charged once."""

    def run(world: World, invoice: InvoiceId, patient: Envelope) -> None:
        pay(world, invoice, patient, token)

    with opened(settings=IMPATIENT) as world:
        _, patient, invoice = failed(world)
        points = points_of(world, lambda: run(world, invoice, patient))
    assert points > 4
    for place in range(points):
        with opened(settings=IMPATIENT) as world:
            _, patient, invoice = failed(world)
            world.probe = dies_at(place)
            with suppress(Crash):
                run(world, invoice, patient)
            world.probe = lambda _point: None
            world.restart()
            pay(world, invoice, patient, "tok_success~after")
            world.advance(hours=2)
            world.settle()
            pay_again = world.ask(GetOwnRenewal(invoice=invoice), patient)
            if pay_again.payable:
                pay_again = pay(world, invoice, patient, "tok_success~later")

            assert Standing.PAID is pay_again.standing, f"killed at point {place}"
            assert (2, 0) == (len(world.captured()), world.double_charges()), f"killed at point {place}"
            world.sound()


def test_cards_are_listed_with_what_wants_doing(world: World) -> None:
    """The one that is charged first; expired and expiring ones say so."""
    held = world.subscribe(token="tok_success.042026")
    patient = patient_of(held)
    world.services.add_method(held.patient, "tok_mastercard", SYSTEM)
    cards = world.ask(OwnCards(), patient)
    world.advance(days=200)
    later = world.ask(OwnCards(), patient)

    assert [True, False] == [one.default for one in cards]
    assert ["mastercard", "visa"] == [one.card.brand for one in cards if one.card]
    assert any(one.expired and not one.usable for one in later)


def test_the_last_card_stays_while_a_subscription_needs_it(world: World) -> None:
    """Its name is said, and the way out; after another card was added it can go, and that one is charged."""
    held = world.subscribe()
    patient = patient_of(held)
    first = world.ask(OwnCards(), patient)[0]
    with refused(CardNeeded) as caught:
        world.execute(RemoveOwnCard(method=first.id), patient)
    second = world.services.add_method(held.patient, "tok_mastercard", SYSTEM)
    world.execute(RemoveOwnCard(method=first.id), patient)
    world.execute(RemoveOwnCard(method=first.id), patient)
    world.advance(days=31)
    world.bill()

    assert "Monthly plan" in caught.detail
    assert ("Monthly plan",) == first.needed_by
    assert [second.id] == [one.id for one in world.ask(OwnCards(), patient)]
    assert "mastercard" == brand(world)
    assert {MethodState.REMOVED, MethodState.ACTIVE} == {
        one.state for one in world.ask(ListMethods(patient=held.patient))
    }


def test_after_the_subscription_ends_the_last_card_can_go(memory_world: World) -> None:
    """Nothing will be charged to it."""
    world = memory_world
    held = world.subscribe()
    patient = patient_of(held)
    world.execute(
        CancelSubscription(subscription=held.id, when=When.PERIOD_END, reason="Enough.", open_debt=OpenDebt.COLLECT)
    )
    card = world.ask(OwnCards(), patient)[0]
    world.execute(RemoveOwnCard(method=card.id), patient)

    assert () == world.ask(OwnCards(), patient)


def test_the_chosen_card_is_charged_for_everything(world: World) -> None:
    """Making a card the default moves all subscriptions to it; removing the default makes the other one it."""
    held = world.subscribe()
    patient = patient_of(held)
    first = world.ask(OwnCards(), patient)[0].id
    second = world.services.add_method(held.patient, "tok_mastercard", SYSTEM).id
    world.execute(ChargeOwnCard(method=first), patient)
    again = world.ask(OwnCards(), patient)
    world.execute(ChargeOwnCard(method=second), patient)
    moved = world.subscription(held.id).method
    world.execute(RemoveOwnCard(method=second), patient)

    assert [(first, True), (second, False)] == [(one.id, one.default) for one in again]
    assert second == moved
    assert [(first, True)] == [(one.id, one.default) for one in world.ask(OwnCards(), patient)]


def test_somebody_elses_card_is_absent(memory_world: World) -> None:
    """Neither chosen nor removed; an expired one is not chosen."""
    world = memory_world
    patient, stranger = patient_of(world.subscribe(token="tok_success.042026")), patient_of(world.subscribe())
    card = world.ask(OwnCards(), patient)[0].id
    for command in (ChargeOwnCard(method=card), RemoveOwnCard(method=card), RemoveOwnCard(method=MethodId("pm_nope"))):
        with refused(Missing):
            world.execute(command, stranger)
    world.advance(days=300)
    with refused(CardNotUsable):
        world.execute(ChargeOwnCard(method=card), patient)
