"""Stripe's card fields on the checkout page, with the fake account and its stand-in for Stripe.js behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Clinic
from browser.test_money import Debtor
from browser.test_shop import WHERE, WHO, accessible, orders
from hlc_adapters.clock import VirtualClock
from hlc_adapters.gateways.stripe.client import StripeGateway
from hlc_core.organizations.api import PaymentSettings
from hlc_http.stripe_fake import StripeFake, make_stripe_fake
from payments_road.test_own_recovery import failed
from support.portal import account_of
from support.servers import served
from support.service import serving
from support.worlds import START, opened


@pytest.fixture
def charged_by_stripe() -> Iterator[Clinic]:
    """A clinic whose active gateway is Stripe."""
    clock = VirtualClock(START)
    with served(make_stripe_fake(StripeFake(clock=clock))) as address:
        stripe = StripeGateway(
            "sk_test_browser_4242", base_url=address, timeout=5, return_url="https://clinic.example/"
        )
        keys: dict[str, object] = {
            "plain_cookies": True,
            "stripe_publishable_key": "pk_test_browser",
            "stripe_js_url": f"{address}/v3/",
        }
        with opened(clock=clock, gateways=[stripe], settings=keys) as world, serving(world.services) as client:
            world.change(payments=PaymentSettings(active_gateway="stripe"))
            yield Clinic(world, client, [world.product(name="Zinc")])


def pay_with(page: Page, number: str) -> None:
    """Type the number into the gateway's field and press Pay."""
    page.get_by_label("Card", exact=True).fill(number)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Pay").click()


def test_a_card_is_typed_into_the_gateways_field_and_only_its_token_is_sent(
    page: Page, charged_by_stripe: Clinic
) -> None:
    """An invalid number is said at the field, a declined card by its reason, a good one pays; no number reaches HLC."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto(f"{charged_by_stripe.address}/buy/{charged_by_stripe.products[0].id}")
    page.get_by_role("link", name="Continue to checkout").click()
    for label, value in {**WHO, **WHERE}.items():
        page.get_by_label(label, exact=False).first.fill(value)

    pay_with(page, "1234")
    expect(page.locator("#card-fault")).to_have_text("Your card number is invalid.")
    accessible(page)
    pay_with(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert").first).to_contain_text("Your payment did not go through")
    pay_with(page, "4242 4242 4242 4242")
    page.wait_for_url("**/status")

    assert 1 == orders(charged_by_stripe)
    assert any("paymentToken=pm_card_visa" in body for body in sent)
    assert not any("4242" in body or "4000" in body for body in sent)


def test_a_failed_renewal_is_paid_in_the_gateways_field(page: Page, charged_by_stripe: Clinic) -> None:
    """In the portal: a declined card, then a good one; beside it the saved card has a form of its own."""
    world = charged_by_stripe.world
    held, _, invoice = failed(world, "pm_card_chargeCustomerFail")
    debtor = Debtor(charged_by_stripe, account_of(world, held.patient).email, invoice)
    debtor.signs_in(page)
    accessible(page)

    for number in ("4000 0000 0000 9995", "4242 4242 4242 4242"):
        page.get_by_label("Card", exact=True).fill(number)
        page.get_by_role("button", name="Pay $199.00").first.click()
        if number.endswith("9995"):
            expect(page.get_by_role("alert").first).to_contain_text("The payment was declined.")

    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible()
    page.goto(f"{charged_by_stripe.address}/patient/cards")
    page.get_by_label("Card", exact=True).fill("5555 5555 5555 4444")
    page.get_by_role("button", name="Save this card").click()
    expect(page.get_by_text("Mastercard ending in 4444").first).to_be_visible()


def test_without_the_provider_it_is_said_and_nothing_is_sent(page: Page, charged_by_stripe: Clinic) -> None:
    """Stripe.js cannot be loaded: the page says so instead of failing silently."""
    page.route("**/v3/", lambda route: route.fulfill(status=404, body=""))
    page.goto(f"{charged_by_stripe.address}/buy/{charged_by_stripe.products[0].id}")
    page.get_by_role("link", name="Continue to checkout").click()

    expect(page.locator("#card-fault")).to_contain_text("cannot be reached")
    page.get_by_role("button", name="Pay").click()
    expect(page).to_have_url(page.url)
    assert 0 == orders(charged_by_stripe)
