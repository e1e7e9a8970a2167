"""One person's whole way through a clinic: buying, answering, mending, a failed renewal, a new card, cancelling.

Once with the mouse, once with the keyboard alone, and once on a dark phone of 360 pixels. `HLC_SHOTS` names a folder
for a picture of every step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, frozen
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.hands import Hands, Keys, Mouse
from browser.test_shop import accessible, fits
from core.intake.forms import order_of, publish
from hlc_adapters.storage.shapes.subscriptions import SUBSCRIPTIONS
from hlc_core.kernel.ids import ActorId
from hlc_core.orders.api import OrderState
from hlc_core.subscriptions.api import State
from support.service import STAFF, Client, serving
from support.signing import Reception
from support.worlds import World, opened, prepare, usd

EMAIL = "bea@example.com"
PASSWORD = "seven green kettles sing"
FORM = {
    "First name": "Bea",
    "Last name": "Buyer",
    "Email": EMAIL,
    "Phone": "+1 212 555 0100",
    "Street and number": "1 Main St",
    "City": "Albany",
    "State or province": "NY",
    "Postal code": "12207",
}
"""Everything that the checkout asks; the country stands there."""


@frozen
class Look:
    """How a journey is made, and in what kind of window."""

    name: str
    hands: Hands
    context: dict[str, Any]


_DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
_PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
LOOKS = (Look("mouse", Mouse(), _DESK), Look("keys", Keys(), _DESK), Look("dark-phone", Mouse(), _PHONE))


@define
class Journey:
    """Bea at a served clinic, and what its staff does meanwhile, over the API."""

    world: World
    client: Client
    browser: Browser
    look: Look
    product: str
    complaints: list[str]
    steps: int = 0

    @property
    def address(self) -> str:
        """Where the clinic is served."""
        return f"http://127.0.0.1:{self.client.port}"

    @property
    def hands(self) -> Hands:
        """How Bea uses pages."""
        return self.look.hands

    def window(self) -> Page:
        """A browser that knows nothing of her yet."""
        context: BrowserContext = self.browser.new_context(locale="en-US", **self.look.context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "warning" else None)
        page.on("console", lambda said: self.complaints.append(said.text) if "Content Sec" in said.text else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sees(self, page: Page, words: str) -> None:
        """The page says the words, is accessible, and nothing sticks out of it."""
        expect(page.locator("main")).to_contain_text(words)
        accessible(page)
        fits(page)
        self.steps += 1
        if folder := os.environ.get("HLC_SHOTS"):
            page.screenshot(path=Path(folder, f"{self.look.name}-{self.steps:02}.png"), full_page=True)

    def mail(self, words: str) -> str:
        """The path of the link in the newest mail with that subject."""
        text = Reception(self.world).last(words).text
        return "/" + text.split("http", 1)[1].split("/", 3)[3].split()[0].rstrip(".")

    def staff(self, path: str, body: object = None) -> Any:
        """What a member of staff sends."""
        told = self.client.as_(STAFF).post(f"/api/v1/{path}", {} if body is None else body)
        assert told.status in (200, 201), told
        return told.json

    def review(self, order: str) -> tuple[str, int]:
        """A clinician claims the review of the order: its path, and the token that each step shows."""
        view = self.staff(f"reviews/{order}/claim")
        return f"reviews/{view['card']['review']['id']}", int(view["card"]["review"]["claim"]["token"])

    # what she does

    def buys(self, page: Page) -> str:
        """From the buy link to the thanks, over a card that is declined; answers the number of the order."""
        hands = self.hands
        page.goto(f"{self.address}/buy/{self.product}")
        self.sees(page, "Weight program")
        hands.press(page, "Continue to checkout")
        self.sees(page, "Shipping address")
        for label, text in FORM.items():
            hands.write(page, label, text)
        hands.choose(page, "Declined")
        hands.tick(page, "I agree")
        hands.press(page, "Pay $199.00")
        self.sees(page, "You can retry from this same cart link.")
        for label, text in FORM.items():
            assert text == page.get_by_label(label).first.input_value()
        hands.choose(page, "Renewals fail twice")
        hands.tick(page, "I agree")
        hands.press(page, "Pay $199.00")
        page.wait_for_url("**/status")
        self.sees(page, "Thank you")
        return page.locator("dt:has-text('Order') + dd").inner_text()

    def begins_to_answer(self, page: Page) -> None:
        """The first page of questions; then the window is closed."""
        hands = self.hands
        hands.press(page, "Answer the questions")
        self.sees(page, "Before we prescribe")
        hands.press(page, "Begin")
        self.sees(page, "When were you born?")
        hands.press(page, "Save and go on")
        self.sees(page, "Please check these answers")
        hands.write(page, "When were you born?", "1984-03-31")
        hands.write(page, "How tall are you?", "5'10")
        hands.write(page, "How much do you weigh?", "217")
        hands.press(page, "Save and go on")
        self.sees(page, "A GLP-1 in the last 30 days?")
        page.context.close()

    def goes_on_answering(self, page: Page) -> None:
        """On another device, by the link of the mail, to the end."""
        hands = self.hands
        page.goto(self.address + self.mail("some questions"))
        self.sees(page, "Welcome back.")
        hands.press(page, "Go on")
        hands.tick(page, "None of these")
        hands.choose(page, "Yes")
        hands.tick(page, "I answered truthfully.")
        hands.press(page, "Save and go on")
        self.sees(page, "Your answer brings up another question.")
        hands.write(page, "Which one?", "Semaglutide")
        hands.press(page, "Save and go on")
        page.wait_for_url("**/check")
        self.sees(page, "Check your answers")
        hands.press(page, "Send my answers")
        self.sees(page, "Thank you")

    def mends(self, page: Page) -> None:
        """What a clinician asks about, by the link of the mail."""
        hands = self.hands
        page.goto(self.address + self.mail("please look again"))
        self.sees(page, "Please weigh yourself again, without shoes.")
        hands.press(page, "Go to the answer")
        self.sees(page, "Please weigh yourself again, without shoes.")
        hands.write(page, "How much do you weigh?", "221")
        hands.press(page, "Save and go on")
        page.wait_for_url("**/check")
        self.sees(page, "221 pounds")
        hands.press(page, "Send my answers")
        self.sees(page, "Thank you")

    def opens_the_portal(self, page: Page) -> None:
        """A password by the link of the welcome mail, the sign-in, the first page, the order."""
        hands = self.hands
        page.goto(self.address + self.mail("Welcome"))
        self.sees(page, "password")
        hands.write(page, "New password", PASSWORD)
        hands.press(page, "Save the password")
        self.sees(page, "Your password is set.")
        self.signs_in(page)
        page.wait_for_url("**/patient/dashboard")
        self.sees(page, "Orders on their way")
        hands.press(page, "Weight program")
        self.sees(page, "What has happened")
        hands.press(page, "Sign out")
        self.sees(page, "You are signed out.")

    def signs_in(self, page: Page) -> None:
        """Address and password."""
        self.hands.write(page, "Email", EMAIL)
        self.hands.write(page, "Password", PASSWORD)
        self.hands.press(page, "Sign in")

    def pays_the_renewal(self, page: Page) -> None:
        """By the link of the mail: first a card that is declined, then one that pays at once."""
        hands = self.hands
        page.goto(self.address + self.mail("could not collect"))
        self.sees(page, "Sign in")
        self.signs_in(page)
        page.wait_for_url("**/patient/invoices?recovery=1")
        self.sees(page, "A payment did not go through")
        hands.choose(page, "Declined")
        hands.press(page, "Pay $199.00")
        self.sees(page, "declined")
        hands.press(page, "Home")
        self.sees(page, "Hello, Bea Buyer")
        hands.press(page, "Pay it now")
        hands.choose(page, "Succeeds")
        hands.press(page, "Pay $199.00")
        self.sees(page, "Paid. Thank you")
        hands.press(page, "See the invoice and the receipt")
        self.sees(page, "Receipt (PDF)")
        hands.press(page, "Cards")
        self.sees(page, "4242")

    def cancels(self, page: Page) -> None:
        """From the first page on; what happens is said before."""
        hands = self.hands
        hands.press(page, "Home")
        self.sees(page, "Everything is in order.")
        hands.press(page, "Subscriptions")
        self.sees(page, "Your subscriptions")
        hands.press(page, "Weight program")
        self.sees(page, "Weight program")
        hands.press(page, "Cancel")
        self.sees(page, "What happens then")
        hands.choose(page, "This cannot be taken back.")
        hands.choose(page, "It costs too much.")
        hands.press(page, "Cancel the subscription")
        self.sees(page, "Your subscription is cancelled.")
        hands.press(page, "Sign out")


@pytest.fixture(params=LOOKS, ids=lambda look: look.name)
def journey(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Journey]:
    """A clinic over an SQLite file, with one plan that asks questions and needs a prescription."""
    url = f"sqlite:///{tmp_path / 'clinic.sqlite'}"
    prepare(url)
    with opened(url, settings={"plain_cookies": True}) as world, serving(world.services) as client:
        publish(world)
        plan = world.plan(name="Weight program", questionnaires=("intake",), needs_prescription=True)
        complaints: list[str] = []
        yield Journey(world, client, browser, request.param, plan.id, complaints)
    assert [] == complaints


def test_one_person_comes_all_the_way(journey: Journey) -> None:
    """Buys, answers, mends, is approved, pays a failed renewal with a new card, and cancels."""
    world, first = journey.world, journey.window()
    number = journey.buys(first)
    journey.begins_to_answer(first)
    other = journey.window()
    journey.goes_on_answering(other)

    licence = {"clinician": ActorId("alice"), "number": "NY-1", "state": "NY", "expiresOn": "2028-01-01"}
    journey.staff(f"licences/{journey.staff('licences', licence)['id']}/verify")
    review, token = journey.review(number)
    asked = {"key": "intake", "item": "weight", "reason": "Please weigh yourself again, without shoes."}
    journey.staff(f"{review}/corrections", {"token": token, "corrections": [asked]})
    journey.mends(other)
    review, token = journey.review(number)
    journey.staff(f"{review}/approve", {"token": token, "note": "Weighed again."})
    other.reload()
    journey.sees(other, "Your answers were approved")
    journey.opens_the_portal(other)

    for days in (31, 1):  # the renewal, and the first retry, after which the mail goes out
        world.advance(days=days)
        journey.staff("billing/runs")
    journey.pays_the_renewal(other)
    journey.cancels(other)

    assert [usd(199_00)] * 2 == world.captured()
    assert 0 == world.double_charges()
    assert [State.CANCELLED] == [one.state for one in world.rows(SUBSCRIPTIONS)]
    assert OrderState.AWAITING_SCRIPT is order_of(world, number).state
    world.sound()
