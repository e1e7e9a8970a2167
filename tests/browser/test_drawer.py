"""The cart drawer on a stranger's page, in a real browser, under a strict policy."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Clinic
from hlc_core.cart.api import CartState, GetCart
from hlc_core.kernel.ids import CartId

SCRIPT = Path(__file__).parents[2] / "src" / "hlc_http" / "static" / "embed" / "hlc-cart-drawer.js"


def badge(page: Page) -> str:
    """What the icon in the stranger's page says to somebody who does not see it."""
    return page.locator("hlc-cart-icon button").get_attribute("aria-label") or ""


def stored(page: Page) -> list[str]:
    """What the drawer keeps in the page's own storage."""
    kept: list[str] = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('hlc-cart:'))")
    return kept


def cart_id(page: Page) -> CartId:
    """The cart that the page holds."""
    return CartId(page.evaluate("JSON.parse(localStorage.getItem(Object.keys(localStorage)[0])).id"))


def test_the_file_is_small() -> None:
    """At most 10 kB on the wire."""
    assert len(gzip.compress(SCRIPT.read_bytes())) <= 10_000


def test_a_click_adds_the_product_and_opens_the_drawer(page: Page, clinic: Clinic) -> None:
    """Name, price, quantity and the way to the real cart page; the badge counts; a second click counts nothing up."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Add to cart").click()

    drawer = page.get_by_role("dialog", name="Your cart")
    expect(drawer).to_be_visible()
    expect(drawer.get_by_role("listitem")).to_have_count(1)
    expect(drawer).to_contain_text("Test strips")
    assert f"/cart/{cart_id(page)}" in (
        drawer.get_by_role("link", name="Continue to checkout").get_attribute("href") or ""
    )
    assert "Cart, 1 item" == badge(page)

    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Add to cart").click()
    expect(drawer).to_be_visible()
    assert "Cart, 1 item" == badge(page)


def test_a_quiet_button_raises_the_badge_and_leaves_the_drawer_shut(page: Page, clinic: Clinic) -> None:
    """`data-hlc-open-on-add="false"` goes before the page's own setting; the icon then opens the drawer."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Add quietly").click()

    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 1 item")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.locator("hlc-cart-icon button").click()
    expect(page.get_by_role("dialog")).to_contain_text("Vitamin D <b>forte</b>")


def test_one_cart_is_reused_by_every_button_and_by_the_scripts_interface(page: Page, clinic: Clinic) -> None:
    """Several products in one call, `open` and `add`: one cart with three lines; it survives a reload."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="HLCCartDrawer.add").click()
    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 1 item")
    first = cart_id(page)
    page.get_by_role("button", name="HLCCartDrawer.open").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Three at once").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(3)

    page.reload()

    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 3 items")
    assert first == cart_id(page)
    assert 3 == len(clinic.world.ask(GetCart(cart=first)).lines)


def test_quantities_change_and_the_last_removal_forgets_the_cart(page: Page, clinic: Clinic) -> None:
    """Plus, minus and remove write the real cart; with its last product nothing of it stays anywhere."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Add to cart").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("listitem")).to_have_count(1)
    cart = cart_id(page)
    drawer.get_by_role("button", name="One more of Test strips").click()
    drawer.get_by_role("button", name="One more of Test strips").click()
    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 3 items")
    drawer.get_by_role("button", name="One less of Test strips").click()
    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 2 items")
    assert 2 == clinic.world.ask(GetCart(cart=cart)).lines[0].quantity

    drawer.get_by_role("button", name="Remove Test strips").click()

    expect(drawer.get_by_text("Your cart is empty.")).to_be_visible()
    assert [] == stored(page)
    assert "Cart, 0 items" == badge(page)


def test_a_cart_that_was_paid_elsewhere_is_let_go(page: Page, clinic: Clinic) -> None:
    """After the purchase the badge is empty, and the next product begins a new cart."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    paid = cart_id(page)
    clinic.world.pay(clinic.world.ask(GetCart(cart=paid)))
    assert CartState.COMPLETED is clinic.world.ask(GetCart(cart=paid)).state

    page.reload()
    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 0 items")
    page.get_by_role("button", name="Add to cart").click()

    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
    assert paid != cart_id(page)


def test_words_and_colour_of_a_button_are_used(page: Page, clinic: Clinic) -> None:
    """Title, label and accent of the button; text on a light accent is dark, on a dark one light."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Own words and colour").click()
    drawer = page.get_by_role("dialog", name="Your treatment")

    link = drawer.get_by_role("link", name="Pay securely")
    expect(link).to_have_css("background-color", "rgb(124, 58, 237)")
    expect(link).to_have_css("color", "rgb(255, 255, 255)")


def test_it_is_used_by_keyboard_alone(page: Page, clinic: Clinic) -> None:
    """Enter opens, focus stays inside and on the button that was pressed, Escape closes and gives it back."""
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Add to cart").focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_be_visible()
    drawer.get_by_role("button", name="One more of Test strips").focus()
    page.keyboard.press("Enter")
    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 2 items")

    expect(drawer.get_by_role("button", name="One more of Test strips")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        outside = page.evaluate(
            "document.activeElement.tagName !== 'HLC-CART-DRAWER' && document.activeElement !== document.body"
        )
        assert not outside
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="Add to cart")).to_be_focused()


def test_quick_clicks_cannot_overtake_each_other(page: Page, clinic: Clinic) -> None:
    """Two buttons at once make one cart with both products."""
    page.goto(clinic.shop_window)
    page.evaluate(
        "Promise.all(new URLSearchParams(location.search).get('products').split(',')"
        ".map((id) => HLCCartDrawer.add({ productIds: [id], openOnAdd: false })))"
    )

    expect(page.locator("hlc-cart-icon button")).to_have_attribute("aria-label", "Cart, 3 items")
    assert 3 == len(clinic.world.ask(GetCart(cart=cart_id(page))).lines)


def test_what_is_refused_is_said_in_words(page: Page, clinic: Clinic) -> None:
    """A product that is not offered any more, and a shop that cannot be reached."""
    page.goto(clinic.shop_window)
    page.evaluate("HLCCartDrawer.add({ productIds: ['prod_none'], openOnAdd: false })")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("alert")).not_to_be_empty()
    page.keyboard.press("Escape")

    page.route("**/api/public/**", lambda route: route.abort("internetdisconnected"))
    page.evaluate("HLCCartDrawer.open({})")
    expect(drawer.get_by_text("Your cart is empty.")).to_be_visible()
    page.get_by_role("button", name="Close the cart").click()
    page.unroute("**/api/public/**")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_the_page_moves(page: Page, clinic: Clinic, width: int) -> None:
    """Neither the icon's arrival nor the drawer shifts the layout of the page; on a phone the drawer fits."""
    page.set_viewport_size({"width": width, "height": 740})
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {"
        "window.moved += entry.value; })).observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(clinic.shop_window)
    page.get_by_role("button", name="Three at once").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("listitem")).to_have_count(3)
    page.wait_for_timeout(300)

    box = drawer.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert 0 == page.evaluate("window.moved")
