"""From a buy link to a paid order, as people do it: mouse, keyboard, phone, two tabs, without scripts."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from browser.conftest import Clinic

AXE = Axe()
WHO = {"First name": "Bea", "Last name": "Buyer", "Email": "bea@example.com", "Phone": "+1 212 555 0100"}
WHERE = {
    "Street and number": "1 Main St",
    "City": "New York",
    "State or province": "NY",
    "Postal code": "10001",
    "Country": "US",
}


def accessible(page: Page) -> None:
    """No violation of what axe knows of WCAG 2.2 A and AA."""
    found = AXE.run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert 0 == found.violations_count, found.generate_report()


BROKEN = """() => {
  const broken = [], walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) for (const word of walk.currentNode.data.matchAll(/[a-z]{2,15}/gi)) {
    const range = document.createRange()
    range.setStart(walk.currentNode, word.index)
    range.setEnd(walk.currentNode, word.index + word[0].length)
    if (new Set([...range.getClientRects()].map((rect) => rect.top)).size > 1) broken.push(word[0])
  }
  return broken
}"""
"""The words that go on in another line."""


def fits(page: Page) -> None:
    """Nothing sticks out to the side, and no word is broken in two."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert [] == page.evaluate(BROKEN)


def to_checkout(page: Page, clinic: Clinic, product: int = 0) -> None:
    """Follow a buy link, and go on to the form."""
    page.goto(f"{clinic.address}/buy/{clinic.products[product].id}")
    page.get_by_role("link", name="Continue to checkout").click()


def fill(page: Page, card: str = "Succeeds") -> None:
    """Everything that the form asks."""
    for label, value in {**WHO, **WHERE}.items():
        page.get_by_label(label, exact=False).first.fill(value)
    page.locator(f"label.choice:has-text('{card}') input").first.check()
    page.get_by_role("checkbox").check()


def orders(clinic: Clinic) -> int:
    """How many orders the clinic has."""
    told = clinic.client.as_("staff-key-staff-key-staff-key").get("/api/v1/orders").json
    return len(told["items"])


def test_every_page_of_a_purchase_is_accessible_and_fits(window: Page, clinic: Clinic) -> None:
    """Start, cart, form, form with faults, decline, thank you: axe finds nothing, nothing is wider than the window."""
    pages = []

    def look() -> None:
        accessible(window)
        fits(window)
        pages.append(urlparse(window.url).path)

    window.goto(clinic.address)
    look()
    window.goto(f"{clinic.address}/buy/{clinic.products[0].id}")
    look()
    window.get_by_role("link", name="Continue to checkout").click()
    look()
    window.get_by_role("button", name="Pay").click()
    expect(window.get_by_role("alert")).to_contain_text("Please check these fields")
    look()
    fill(window, "Declined")
    window.get_by_role("button", name="Pay").click()
    expect(window.get_by_role("alert")).to_contain_text("Your payment did not go through")
    look()
    fill(window)
    window.get_by_role("button", name="Pay").click()
    window.wait_for_url("**/status")
    look()

    assert 6 == len(pages)
    assert 1 == orders(clinic)


def test_long_names_of_medicines_stay_whole_on_a_phone(window: Page, clinic: Clinic) -> None:
    """In the cart and on the form, beside a price of three digits."""
    medicine = clinic.world.product(129_900, name="Semaglutide, monthly, methylcobalamin")
    window.goto(f"{clinic.address}/buy/{medicine.id}")
    fits(window)
    window.get_by_role("link", name="Continue to checkout").click()
    fits(window)


def test_axe_can_complain(page: Page, clinic: Clinic) -> None:
    """A field that lost its label is found: the check above can fail."""
    to_checkout(page, clinic)
    page.evaluate("document.querySelector('label[for=email]').remove()")

    with pytest.raises(AssertionError, match="label"):
        accessible(page)


def test_a_declined_card_can_be_replaced_on_the_same_cart(page: Page, clinic: Clinic) -> None:
    """The gateway's reason is said, what was typed is kept, another card pays."""
    to_checkout(page, clinic)
    fill(page, "Declined")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_contain_text("You can retry from this same cart link.")
    assert "Bea" == page.get_by_label("First name").input_value()

    page.locator("label.choice:has-text('Succeeds') input").first.check()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Pay").click()

    page.wait_for_url("**/status")
    assert 1 == orders(clinic)
    assert 0 == clinic.world.double_charges()


def test_pressing_twice_pays_once(page: Page, clinic: Clinic) -> None:
    """A double click on Pay."""
    to_checkout(page, clinic)
    fill(page)
    page.get_by_role("button", name="Pay").dblclick()

    page.wait_for_url("**/status")
    assert 1 == orders(clinic)
    assert 0 == clinic.world.double_charges()


def test_a_second_tab_cannot_pay_again(page: Page, clinic: Clinic) -> None:
    """Both have the form open; the second to press is shown what the first has bought."""
    to_checkout(page, clinic)
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        fill(tab)
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/status")
    other.get_by_role("button", name="Pay").click()
    other.wait_for_url("**/status")

    assert page.locator("h1").inner_text() == other.locator("h1").inner_text()
    assert 1 == orders(clinic)
    assert 0 == clinic.world.double_charges()


def test_the_back_button_leads_to_the_order_not_to_a_second_payment(page: Page, clinic: Clinic) -> None:
    """After paying, the form behind is not shown again as if nothing had happened."""
    to_checkout(page, clinic)
    fill(page)
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/status")
    page.go_back()

    page.wait_for_url("**/status")
    assert 1 == orders(clinic)


def test_it_is_bought_by_keyboard_alone(page: Page, clinic: Clinic) -> None:
    """Tab, letters, arrows, Space and Enter from the cart to the thanks; each stop can be seen."""
    page.goto(f"{clinic.address}/buy/{clinic.products[0].id}")
    typed = {**WHO, **WHERE}

    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.includes('Continue to checkout')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout")
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(() => { const e = document.activeElement; const look = getComputedStyle(e);"
            "return { label: e.labels?.[0]?.textContent.trim() || '', type: e.type || '', tag: e.tagName,"
            "seen: look.outlineStyle !== 'none' || e.type === 'radio' }; })()"
        )
        assert here["seen"], here
        if here["type"] in ("text", "email", "tel"):
            page.keyboard.press("Control+A")
            page.keyboard.type(next((value for label, value in typed.items() if here["label"].startswith(label)), ""))
        elif here["type"] in ("radio", "checkbox"):
            page.keyboard.press("Space")
        elif here["tag"] == "BUTTON":
            page.keyboard.press("Enter")
            break

    page.wait_for_url("**/status")
    assert 1 == orders(clinic)


def test_it_is_bought_without_scripts(browser: Browser, clinic: Clinic) -> None:
    """Forms and links do everything."""
    context = browser.new_context(java_script_enabled=False)
    try:
        plain = context.new_page()
        plain.goto(f"{clinic.address}/buy/{clinic.products[1].id}")
        plain.get_by_label("Quantity of").select_option("2")
        plain.get_by_role("button", name="Update").click()
        plain.get_by_role("link", name="Continue to checkout").click()
        fill(plain)
        plain.get_by_role("button", name="Pay").click()
        plain.wait_for_url("**/status")

        assert 1 == orders(clinic)
    finally:
        context.close()


def test_a_first_visit_is_light_and_asks_nobody_else(page: Page, clinic: Clinic) -> None:
    """Under 60 kB on the wire without pictures, every request to the clinic itself."""
    seen: list[tuple[str, int]] = []
    page.on("response", lambda answer: seen.append((answer.url, int(answer.all_headers().get("content-length") or 0))))
    page.goto(f"{clinic.address}/buy/{clinic.products[0].id}")
    page.wait_for_load_state("networkidle")

    assert {urlparse(clinic.address).netloc} == {urlparse(url).netloc for url, _ in seen}
    assert 0 < sum(size for _, size in seen) < 60_000
