"""The same road with Stripe's own SDK, against the fake of Stripe's API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hlc_adapters.clock import VirtualClock
from hlc_adapters.gateways.stripe.client import StripeGateway
from hlc_core.checkout.api import CheckoutState
from hlc_core.kernel.money import Money
from hlc_core.organizations.api import PaymentSettings
from hlc_core.payments.api import CardNeedsAction, CardRefused
from hlc_core.recovery.api import Standing
from hlc_http.stripe_fake import StripeFake, make_stripe_fake
from payments_road.test_own_recovery import failed, pay
from support.refusals import refused
from support.servers import served
from support.worlds import PUBLIC, START, SYSTEM, World, opened, usd


class Account:
    """A clinic that charges through Stripe, and the fake account behind it."""

    def __init__(self, world: World, fake: StripeFake) -> None:
        self.world = world
        self.fake = fake

    def captured(self) -> list[Money]:
        return [usd(charge["amount_captured"]) for charge in self.fake.captured()]


@pytest.fixture
def account() -> Iterator[Account]:
    clock = VirtualClock(START)
    fake = StripeFake(clock=clock)
    with served(make_stripe_fake(fake)) as address:
        stripe = StripeGateway(
            "sk_test_road_4242", base_url=address, timeout=30, return_url="https://clinic.example/back"
        )
        with opened(clock=clock, gateways=[stripe]) as world:
            world.change(payments=PaymentSettings(active_gateway="stripe"))
            yield Account(world, fake)


def test_a_purchase_and_its_renewal(account: Account) -> None:
    """The card is kept at checkout and charged off session a month later."""
    view = account.world.buy(account.world.plan(19900), token="pm_card_visa")
    account.world.advance(days=31)
    account.world.bill()

    assert CheckoutState.SUCCEEDED is view.checkout.state
    assert [usd(19900)] * 2 == account.captured()
    assert 2 == account.world.subscription(view.checkout.subscriptions[0]).cycle


def test_a_trial_and_its_first_cycle(account: Account) -> None:
    """The card of a trial is kept by a SetupIntent, and charged when the trial ends."""
    view = account.world.buy(account.world.plan(19900, trial_days=14), token="pm_card_visa")
    before = account.captured()
    account.world.advance(days=15)
    account.world.bill()

    assert ("", [], [usd(19900)]) == (view.notice, before, account.captured())


def test_a_declined_renewal_and_a_new_card(account: Account) -> None:
    """A refused card says why; a good one is charged for the open debt at once."""
    world = account.world
    held = world.subscribe(token="pm_card_chargeCustomerFail")
    world.advance(days=31)
    world.bill()

    with refused(CardRefused) as refusal:
        world.services.add_method(held.patient, "pm_card_visa_chargeDeclinedStolenCard", SYSTEM)
    world.services.add_method(held.patient, "pm_card_mastercard", SYSTEM)
    world.advance(minutes=1)
    world.settle()

    assert "stolen_card" in refusal.detail
    assert [usd(19900)] * 2 == account.captured()
    world.sound()


def test_three_d_secure_and_a_lost_answer(account: Account) -> None:
    """The buyer confirms at the bank and comes back; an answer that is lost is looked up."""
    world = account.world
    asked = world.buy(world.product(), token="pm_card_authenticationRequired")
    lost = world.buy(world.product(), token="pm_card_hlc_lostAnswer")
    account.fake.act(str(asked.attempt.object_id), True)

    back = world.services.resume_checkout(asked.checkout.id, PUBLIC)
    found = world.services.resume_checkout(lost.checkout.id, PUBLIC)

    assert (CheckoutState.ACTION, CheckoutState.CHECKING) == (asked.checkout.state, lost.checkout.state)
    assert [CheckoutState.SUCCEEDED] * 2 == [back.checkout.state, found.checkout.state]
    world.sound()


def test_a_patient_pays_a_failed_renewal(account: Account) -> None:
    """Declined, then a card that asks for 3-D Secure: confirmed at the bank, charged once, and charged from then on."""
    world = account.world
    held, patient, invoice = failed(world, "pm_card_chargeCustomerFail")
    declined = pay(world, invoice, patient, "pm_card_visa_chargeDeclinedInsufficientFunds")
    asked = pay(world, invoice, patient, "pm_card_authenticationRequiredOnSetup")
    account.fake.act(str(world.attempts()[-1].object_id), True)
    paid = world.services.resume_renewal(invoice, patient)
    world.advance(days=31)
    world.bill()

    assert (Standing.DECLINED, Standing.CONFIRM, Standing.PAID) == (declined.standing, asked.standing, paid.standing)
    assert "insufficient_funds" in declined.reason
    assert 3 == world.subscription(held.id).cycle
    assert [usd(19900)] * 3 == account.captured()
    world.sound()


def test_a_card_whose_bank_asks_is_saved_after_it_was_confirmed(account: Account) -> None:
    """The SetupIntent leads to the bank and names where to come back to; the same token again then saves the card."""
    world = account.world
    patient = world.subscribe(token="pm_card_visa").patient
    token = "pm_card_authenticationRequiredOnSetup"
    with refused(CardNeedsAction) as asked:
        world.services.add_method(patient, token, SYSTEM, "https://clinic.example/patient/cards/confirmed")
    account.fake.act(asked.faults[0].message.rsplit("/", 1)[-1].partition("?")[0], True)
    saved = world.services.add_method(patient, token, SYSTEM, "https://clinic.example/patient/cards/confirmed")

    assert saved.default
    assert [usd(19900)] == account.captured()
