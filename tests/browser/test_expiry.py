"""What ends in the middle: prices, carts and sign-ins. Nothing typed is lost, nothing is charged twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import define
from playwright.sync_api import Page, expect

from browser.conftest import Clinic
from browser.test_money import PAY, choose
from browser.test_shop import WHERE, WHO, fill, orders, to_checkout
from core.intake.forms import bought, intake_of, publish
from hlc_core.cart.api import AbandonCarts, CartState, GetCart
from hlc_core.catalog.api import ChangeProduct
from hlc_core.intake.api import IntakeState
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CartId
from hlc_core.orders.api import Order
from hlc_core.people.api import User
from payments_road.test_own_recovery import failed
from support.portal import account_of
from support.service import Client, serving
from support.signing import PASSWORD
from support.worlds import SYSTEM, World, opened, usd

TYPED = {**WHO, **WHERE}
"""All that a buyer types."""


@define
class Waiting:
    """A served clinic; Bea's order waits for answers, Ada's renewal failed."""

    world: World
    client: Client
    order: Order
    bea: User
    ada: User

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.client.port}"

    def signs_in(self, page: Page, who: User) -> None:
        """By the form that is before her."""
        page.get_by_label("Email").fill(who.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    """In memory."""
    with opened(settings={"plain_cookies": True}) as world, serving(world.services) as client:
        publish(world)
        held, _, _ = failed(world)
        order = bought(world)
        yield Waiting(world, client, order, account_of(world, order.patient), account_of(world, held.patient))


def test_a_day_passes_over_the_checkout_form(page: Page, clinic: Clinic) -> None:
    """The price's time is over and the cart was given up meanwhile: one press more, and all that was typed is there."""
    to_checkout(page, clinic)
    fill(page)
    cart = CartId(page.url.split("/")[-2])
    clinic.world.advance(days=3)
    clinic.world.execute(AbandonCarts())
    assert CartState.ABANDONED is clinic.world.ask(GetCart(cart=cart)).state
    page.get_by_role("button", name="Pay").click()
    if not page.url.endswith("/status"):
        for label, text in TYPED.items():
            assert text == page.get_by_label(label).first.input_value()
        page.get_by_role("button", name="Pay").click()

    page.wait_for_url("**/status")
    assert 1 == orders(clinic)
    assert 0 == clinic.world.double_charges()


def test_a_price_moves_over_the_checkout_form(page: Page, clinic: Clinic) -> None:
    """Nothing is charged; what changed is said, all that was typed is there, and the new price is paid."""
    to_checkout(page, clinic)
    fill(page)
    product = clinic.products[0]
    clinic.world.execute(ChangeProduct(product=product.id, offer=evolve(product.offer, price=usd(5900))))
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("status")).to_contain_text("Please look at the new total and pay again.")
    assert [] == clinic.world.captured()
    for label, text in TYPED.items():
        assert text == page.get_by_label(label).first.input_value()
    page.get_by_role("button", name="Pay $59.00").click()

    page.wait_for_url("**/status")
    assert [usd(5900)] == clinic.world.captured()


def test_the_sign_in_ends_over_the_questions(page: Page, waiting: Waiting) -> None:
    """The link of the questions needs none: the page is saved, the rest too; the portal asks to sign in again."""
    page.goto(f"{waiting.address}/patient/login")
    waiting.signs_in(page, waiting.bea)
    page.get_by_role("link", name="Answer the questions").click()
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("When were you born?").fill("1984-03-31")
    page.get_by_label("How tall are you?").fill("5'10")
    page.get_by_label("How much do you weigh?").fill("217")
    waiting.world.advance(days=91)
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_text("None of these").click()
    page.locator("label.choice:has-text('No')").last.click()
    page.get_by_text("I answered truthfully.").click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("217 pounds")).to_be_visible()
    page.get_by_role("button", name="Send my answers").click()
    page.get_by_role("link", name="See your orders").click()
    waiting.signs_in(page, waiting.bea)

    expect(page.get_by_text("A clinician is looking at your answers.")).to_be_visible()
    assert IntakeState.SUBMITTED is intake_of(waiting.world, waiting.order).state


def test_the_sign_in_ends_over_a_payment(page: Page, waiting: Waiting) -> None:
    """Nothing is charged without it; after signing in one is where one was, and pays once."""
    page.goto(f"{waiting.address}{PAY}")
    waiting.signs_in(page, waiting.ada)
    page.wait_for_url(f"**{PAY}")
    choose(page, "Succeeds")
    before = len(waiting.world.captured())
    waiting.world.advance(days=91)
    page.get_by_role("button", name="Pay $199.00").first.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert before == len(waiting.world.captured())
    waiting.signs_in(page, waiting.ada)
    page.wait_for_url(f"**{PAY}")
    page.get_by_role("button", name="Pay $199.00").first.click()
    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible()

    waiting.world.services.resolve_due(SYSTEM)
    assert before + 1 == len(waiting.world.captured())
    assert 0 == waiting.world.double_charges()
