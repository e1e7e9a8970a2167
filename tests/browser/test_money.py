"""A failed renewal is paid with a new card in a real browser: mouse, keyboard, decline, double click, phone, dark."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from attrs import frozen
from playwright.sync_api import Browser, Page, expect

from browser.conftest import Clinic
from browser.test_shop import accessible, fits
from hlc_core.kernel.ids import InvoiceId
from payments_road.test_own_recovery import failed
from support.portal import account_of
from support.service import serving
from support.signing import PASSWORD
from support.worlds import SYSTEM, opened

PAY = "/patient/invoices?recovery=1"


@frozen
class Debtor:
    """A patient whose renewal failed, at a served clinic."""

    clinic: Clinic
    email: str
    invoice: InvoiceId

    def signs_in(self, page: Page, to: str = PAY) -> None:
        """By the sign-in page, which leads on to where they wanted to go."""
        page.goto(f"{self.clinic.address}{to}")
        page.get_by_label("Email").fill(self.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{to}")

    @property
    def captured(self) -> int:
        """How many charges there were."""
        assert 0 == self.clinic.world.double_charges()
        return len(self.clinic.world.captured())


@pytest.fixture
def debtor() -> Iterator[Debtor]:
    """In memory; one charge was made, the second failed."""
    with opened(settings={"plain_cookies": True}) as world, serving(world.services) as client:
        held, _, invoice = failed(world)
        yield Debtor(Clinic(world, client, []), account_of(world, held.patient).email, invoice)


def keep(page: Page, name: str) -> None:
    """A picture for people, where HLC_SHOTS names a folder; the tests need none."""
    folder = os.environ.get("HLC_SHOTS")
    if folder:
        wide, dark = page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
        look = "dark" if dark else ("phone" if wide < 500 else "light")
        page.screenshot(path=f"{folder}/{name}-{look}.png", full_page=True)


def choose(page: Page, card: str) -> None:
    """One of the simulator's cards."""
    page.locator(f"label.choice:has-text('{card}') input").first.check()


def test_a_renewal_is_paid_by_mouse_after_a_decline(page: Page, debtor: Debtor) -> None:
    """From the warning on; the decline is said, another card pays, the receipt can be kept."""
    debtor.signs_in(page, "/patient/invoices")
    page.get_by_role("link", name="Pay $199.00 now").click()
    choose(page, "Declined")
    page.get_by_role("button", name="Pay $199.00").first.click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    choose(page, "Succeeds")
    page.get_by_role("button", name="Pay $199.00").first.click()
    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible()
    page.get_by_role("link", name="See the invoice and the receipt").click()
    with page.expect_download() as kept:
        page.get_by_role("link", name="Receipt (PDF)").click()

    assert kept.value.suggested_filename.endswith("-receipt.pdf")
    assert 2 == debtor.captured


def test_a_renewal_is_paid_by_keyboard_alone(page: Page, debtor: Debtor) -> None:
    """Tab, Space and Enter; each stop can be seen."""
    debtor.signs_in(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(() => { const e = document.activeElement; const look = getComputedStyle(e);"
            "return { text: e.textContent.trim(), type: e.type || '', tag: e.tagName,"
            "seen: look.outlineStyle !== 'none' || e.type === 'radio' }; })()"
        )
        assert here["seen"], here
        if here["type"] == "radio":
            page.keyboard.press("Space")
        elif here["tag"] == "BUTTON" and here["text"].startswith("Pay $199.00"):
            page.keyboard.press("Enter")
            break

    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible()
    assert 2 == debtor.captured


def test_pressing_twice_pays_once(page: Page, debtor: Debtor) -> None:
    """A double click, and the form of a second tab."""
    debtor.signs_in(page)
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Pay $199.00").first.dblclick()
    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible()
    other.get_by_role("button", name="Pay $199.00").first.click()
    expect(other.get_by_role("heading", name="Paid. Thank you")).to_be_visible()

    assert 2 == debtor.captured


def test_the_back_button_does_not_offer_to_pay_again(page: Page, debtor: Debtor) -> None:
    """The page behind says that nothing is open."""
    debtor.signs_in(page)
    page.get_by_role("button", name="Pay $199.00").first.click()
    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible()
    page.go_back()

    expect(page.get_by_text("Nothing is open")).to_be_visible()
    assert 2 == debtor.captured


def test_the_page_that_waits_finds_the_news_by_itself(page: Page, debtor: Debtor) -> None:
    """3-D Secure: while the patient confirms elsewhere, the page notices."""
    debtor.signs_in(page)
    choose(page, "Asks for confirmation")
    page.get_by_role("button", name="Pay $199.00").first.click()
    expect(page.get_by_role("link", name="Continue to your bank")).to_be_visible()
    world = debtor.clinic.world
    world.bank.act(str(world.attempts()[-1].object_id), True)
    world.services.resolve(world.attempts()[-1:], SYSTEM)

    expect(page.get_by_role("heading", name="Paid. Thank you")).to_be_visible(timeout=15_000)


def test_cards_are_added_and_removed(page: Page, debtor: Debtor) -> None:
    """Adding one pays what is open; the last one stays."""
    debtor.signs_in(page, "/patient/cards")
    choose(page, "Succeeds")
    page.get_by_role("button", name="Save this card").click()
    expect(page.get_by_role("status").first).to_contain_text("the open payment was made with it")
    page.get_by_role("button", name="Remove").last.click()
    expect(page.get_by_role("status").first).to_contain_text("The card is removed.")

    expect(page.get_by_text("To remove it, add another card first.")).to_be_visible()
    assert 2 == debtor.captured


def test_it_works_without_scripts(browser: Browser, debtor: Debtor) -> None:
    """Forms and links do everything."""
    context = browser.new_context(java_script_enabled=False)
    try:
        plain = context.new_page()
        debtor.signs_in(plain)
        choose(plain, "Succeeds")
        plain.get_by_role("button", name="Pay $199.00").first.click()
        expect(plain.get_by_role("heading", name="Paid. Thank you")).to_be_visible()

        assert 2 == debtor.captured
    finally:
        context.close()


def test_every_page_is_accessible_and_fits(window: Page, debtor: Debtor) -> None:
    """Lists, the form, its faults, a decline, the thanks, one invoice, cards: axe finds nothing, nothing sticks out."""
    looked = []

    def look(name: str) -> None:
        accessible(window)
        fits(window)
        looked.append(name)
        keep(window, name)

    debtor.signs_in(window, "/patient/invoices")
    look("invoices")
    window.goto(f"{debtor.clinic.address}/patient/invoices/{debtor.invoice}")
    look("invoice-open")
    window.goto(f"{debtor.clinic.address}/patient/cards")
    look("cards")
    window.goto(f"{debtor.clinic.address}{PAY}")
    look("recovery")
    choose(window, "Declined")
    window.get_by_role("button", name="Pay $199.00").first.click()
    expect(window.get_by_role("alert")).to_be_visible()
    look("declined")
    choose(window, "Asks for confirmation")
    window.get_by_role("button", name="Pay $199.00").first.click()
    expect(window.get_by_role("link", name="Continue to your bank")).to_be_visible()
    look("confirm")
    window.get_by_role("button", name="Use another card instead").click()
    expect(window.get_by_role("heading", name="A payment did not go through")).to_be_visible()
    choose(window, "Asks for confirmation")
    window.get_by_role("button", name="Pay $199.00").first.click()
    expect(window.get_by_role("link", name="Continue to your bank")).to_be_visible()
    world = debtor.clinic.world
    world.bank.act(str(world.attempts()[-1].object_id), True)
    window.goto(f"{debtor.clinic.address}/patient/invoices/{debtor.invoice}/payment")
    look("paid")
    window.goto(f"{debtor.clinic.address}/patient/invoices/{debtor.invoice}")
    look("invoice-paid")
    window.goto(f"{debtor.clinic.address}/patient/cards")
    window.get_by_role("button", name="Save this card").click()
    look("card-added")

    assert 9 == len(looked)
