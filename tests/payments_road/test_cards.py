"""Cards that are kept without a charge: added by hand, or with a trial."""

from __future__ import annotations

import pytest

from hlc_adapters.gateways.simulator import CALM, Faults
from hlc_adapters.storage.shapes.payments import SAVED_METHODS
from hlc_core.checkout.api import CheckoutState
from hlc_core.kernel.errors import Denied, Missing
from hlc_core.kernel.ids import PatientId
from hlc_core.payments.api import (
    CardNeedsAction,
    CardRefused,
    ListMethods,
    ListProcessorEvents,
    MethodState,
    NoPaymentToken,
    NoUsableMethod,
    ProcessorEventKind,
    RemoveMethod,
    StoringInDoubt,
)
from support.refusals import refused
from support.worlds import PUBLIC, SYSTEM, World, usd


def patient_of(world: World) -> PatientId:
    """A patient without a saved card."""
    return world.buy(world.product(), token="tok_success").checkout.patient


def test_an_added_card_becomes_the_default(world: World) -> None:
    """The card is kept at the gateway without a charge, under the customer that is known there."""
    patient = patient_of(world)
    captured = world.captured()

    added = world.services.add_method(patient, "tok_mastercard", SYSTEM)

    methods = world.ask(ListMethods(patient=patient))
    assert ("mastercard", True) == (added.instrument.card.brand, added.default)
    assert [added.id] == [one.id for one in methods if one.default]
    assert 1 == len({one.instrument.customer for one in methods})
    assert captured == world.captured()
    world.sound()


def test_adding_a_card_twice_keeps_one(world: World) -> None:
    """A repetition answers the method that stands; a removed card can be added again."""
    patient = patient_of(world)

    first, second = (world.services.add_method(patient, "tok_mastercard", SYSTEM) for _ in range(2))
    world.execute(RemoveMethod(method=first.id))
    third = world.services.add_method(patient, "tok_mastercard", SYSTEM)

    assert first == second
    assert (first.id, MethodState.ACTIVE) == (third.id, third.state)
    assert 2 == len(world.rows(SAVED_METHODS))


def test_a_declined_card_is_refused_with_the_reason(memory_world: World) -> None:
    """The sentence has the gateway's reason and code; the timeline keeps it; nothing is stored."""
    world = memory_world
    patient = patient_of(world)

    with refused(CardRefused) as refusal:
        world.services.add_method(patient, "tok_stolen", SYSTEM)

    kinds = [line.kind for line in world.ask(ListProcessorEvents(subject=patient)).items]
    assert "The card was not saved: The bank declined the card (code: stolen_card)." == refusal.detail
    assert [ProcessorEventKind.TOKENIZATION_FAILED] == kinds
    assert 1 == len(world.ask(ListMethods(patient=patient)))


def test_a_card_whose_answer_is_lost_is_safe_to_send_again(memory_world: World) -> None:
    """No answer is Unavailable; the same request then answers the one card that was kept."""
    world = memory_world
    patient = patient_of(world)

    with refused(StoringInDoubt) as refusal:
        world.services.add_method(patient, "tok_lost_answer", SYSTEM)
    added = world.services.add_method(patient, "tok_lost_answer", SYSTEM)

    assert 5 == refusal.retry_after
    assert {added.id} == {one.id for one in world.ask(ListMethods(patient=patient)) if one.default}


def test_a_card_may_need_the_bank_first(memory_world: World) -> None:
    """3-D Secure: the refusal says where to go; after that the same request keeps the card."""
    world = memory_world
    patient = patient_of(world)

    with refused(CardNeedsAction) as refusal:
        world.services.add_method(patient, "tok_action_once", SYSTEM)
    where = next(fault.message for fault in refusal.faults if fault.field == "actionUrl")
    world.bank.act(where.rpartition("/")[2], True)

    assert world.services.add_method(patient, "tok_action_once", SYSTEM).default


def test_nobody_adds_a_card_without_leave(memory_world: World) -> None:
    """The public may not, strangers' patients are not there, and a token is needed."""
    world = memory_world
    patient = patient_of(world)

    with refused(Denied):
        world.services.add_method(patient, "tok_success", PUBLIC)
    with refused(Missing):
        world.services.add_method(PatientId("pat_nobody"), "tok_success", SYSTEM)
    with refused(NoPaymentToken):
        world.services.add_method(patient, "", SYSTEM)


def test_a_trial_keeps_the_card_and_bills_it_later(world: World) -> None:
    """A trial costs nothing; its card is put on the subscription, and the first cycle is charged to it."""
    view = world.buy(world.plan(19900, trial_days=14))
    before = world.captured()

    world.advance(days=15)
    world.bill()

    held = world.subscription(view.checkout.subscriptions[0])
    assert (CheckoutState.SUCCEEDED, None, "") == (view.checkout.state, view.attempt, view.notice)
    assert ([], [usd(19900)]) == (before, world.captured())
    assert ("ACTIVE", 1) == (held.state, held.cycle)


def test_a_trial_begins_although_its_card_is_refused(memory_world: World) -> None:
    """The page says that the card was not saved; recovery asks for another when the trial ends."""
    world = memory_world

    view = world.buy(world.plan(trial_days=14), token="tok_hard")
    world.advance(days=15)
    run = world.bill()

    assert CheckoutState.SUCCEEDED is view.checkout.state
    assert "The card was not saved: The bank declined the card (code: restricted_card)." == view.notice
    assert ["no_method"] == [one.outcome for one in run.tallies if one.kind == "CHARGE"]


def test_a_trial_whose_card_waits_for_the_bank_is_finished_by_pressing_again(memory_world: World) -> None:
    """3-D Secure for the card of a trial: the view leads to the bank; the same submission then keeps the card."""
    world = memory_world
    command = world.submission(world.cart(world.plan(trial_days=14)), "tok_action_once")

    asked = world.services.submit_checkout(command, PUBLIC)
    world.bank.act(str(asked.action_url).rpartition("/")[2], True)
    done = world.services.submit_checkout(command, PUBLIC)

    assert asked.checkout.id == done.checkout.id
    assert (False, True) == (asked.notice == "", done.notice == "")
    assert world.subscription(done.checkout.subscriptions[0]).method is not None


def test_a_crash_between_trial_and_card_is_harmless(memory_world: World) -> None:
    """The trial stands without a card; pressing again keeps it."""
    world = memory_world
    command = world.submission(world.cart(world.plan(trial_days=14)))
    world.bank.behave(Faults(outage=1.0))
    lost = world.services.submit_checkout(command, PUBLIC)
    world.bank.behave(CALM)

    found = world.services.submit_checkout(command, PUBLIC)

    assert lost.notice
    assert (lost.checkout.id, "") == (found.checkout.id, found.notice)
    assert world.subscription(found.checkout.subscriptions[0]).method is not None


@pytest.mark.parametrize("trial_days", [0, 14])
def test_a_stranger_cannot_buy_with_somebody_elses_card(memory_world: World, trial_days: int) -> None:
    """A saved method of another patient is refused, whether something is to be paid or not."""
    world = memory_world
    owner = world.buy(world.product()).checkout.patient
    method = world.ask(ListMethods(patient=owner))[0]

    with refused(NoUsableMethod):
        world.buy(world.plan(trial_days=trial_days), token=None, method=method.id)
