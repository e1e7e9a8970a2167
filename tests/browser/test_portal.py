"""The patient portal as people use it: signing in, an expired session, cancelling, a correction; on any screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import define
from playwright.sync_api import Browser, Page, Response, expect

from browser.test_shop import accessible, fits
from core.intake.forms import bought, claimed, clinician, fill, intake_of, licensed, publish, submit
from hlc_core.access.api import Role
from hlc_core.catalog.api import Drug
from hlc_core.intake.api import Correction, IntakeState
from hlc_core.kernel.evolve import evolve
from hlc_core.orders.api import Order
from hlc_core.people.api import User
from hlc_core.review.api import AskForCorrections
from hlc_core.subscriptions.api import State, Subscription
from support.portal import account_of
from support.service import Client, serving
from support.signing import PASSWORD, Reception
from support.worlds import World, opened

PENS = (Drug(name="Pens", compound="penin 1 mg"),)


@define
class Portal:
    """A served clinic; Ada has a subscription, Bea an order whose answers a clinician asks about."""

    world: World
    client: Client
    held: Subscription
    ada: User
    order: Order
    bea: User

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.client.port}"

    @property
    def subscription(self) -> str:
        """Ada's, as a path."""
        return f"/patient/subscriptions/{self.held.number}"

    def signs_in(self, page: Page, who: User) -> None:
        """By the form, in a browser that nobody is signed in with."""
        page.context.clear_cookies()
        page.goto(f"{self.address}/patient/login")
        page.get_by_label("Email").fill(who.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def portal() -> Iterator[Portal]:
    """In memory, with cookies that plain http carries."""
    with opened() as world:
        publish(world)
        held = world.subscribe(world.plan(name="Monthly plan", category="Care", drugs=PENS))
        world.plan(29900, name="Bigger plan", category="Care", drugs=PENS)
        order = bought(world)
        fill(world, order)
        submit(world, order)
        licensed(world)
        review, token = claimed(world, order)
        asked = (Correction(key="intake", item="weight", reason="Please weigh yourself again."),)
        world.execute(AskForCorrections(review=review, token=token, corrections=asked), clinician())
        settings = evolve(world.services.settings, plain_cookies=True)
        with serving(evolve(world.services, settings=settings)) as client:
            yield Portal(world, client, held, account_of(world, held.patient), order, account_of(world, order.patient))


def test_two_steps_lead_in(page: Page, portal: Portal) -> None:
    """Password, then the code of the mail; a wrong one is told at its field."""
    security = evolve(portal.world.services.directory.all()[0].security, email_two_factor=True)
    portal.world.change(security=security)
    portal.signs_in(page, portal.ada)
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    accessible(page)
    code = Reception(portal.world).code()
    page.get_by_label("Code").fill("000000" if code != "000000" else "111111")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Tries left: 4.")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()

    page.wait_for_url("**/patient/dashboard")
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()


def test_an_expired_session_leads_back_to_the_page(page: Page, portal: Portal) -> None:
    """Ten minutes are bridged without a word; after the longest age one signs in again and is where one was."""
    portal.signs_in(page, portal.ada)
    page.wait_for_url("**/patient/dashboard")
    portal.world.advance(minutes=11)
    page.get_by_role("link", name="Subscriptions", exact=True).click()
    page.wait_for_url("**/patient/subscriptions")
    portal.world.advance(days=91)
    page.goto(portal.address + portal.subscription)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill(portal.ada.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url(f"**{portal.subscription}")


def test_a_link_from_another_site_keeps_the_sign_in(browser: Browser, portal: Portal) -> None:
    """The refresh cookie does not come along; our own page fetches it, and nobody has to sign in again."""
    context = browser.new_context()
    page = context.new_page()
    portal.signs_in(page, portal.ada)
    page.wait_for_url("**/patient/dashboard")
    portal.world.advance(minutes=11)
    page.goto(f"http://localhost:{portal.client.port}/patient/login")
    page.evaluate(f"location.href = '{portal.address}/patient/subscriptions'")

    page.wait_for_url("**127.0.0.1*/patient/subscriptions")
    expect(page.get_by_role("heading", name="Your subscriptions")).to_be_visible()
    context.close()


def test_a_subscription_is_cancelled_by_mouse(page: Page, portal: Portal) -> None:
    """From the first page to the sentence that says it; what happens is read before."""
    portal.signs_in(page, portal.ada)
    page.get_by_role("link", name="Subscriptions", exact=True).click()
    page.get_by_role("link", name="Monthly plan").click()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("You have paid until February 15, 2026.")).to_be_visible()
    page.get_by_text("This cannot be taken back.").click()
    page.get_by_text("It costs too much.").click()
    page.get_by_role("button", name="Cancel the subscription").dblclick()

    expect(page.get_by_role("status")).to_contain_text("Your subscription is cancelled.")
    assert State.CANCELLED is portal.world.subscription(portal.held.id).state


def test_a_subscription_is_cancelled_by_keyboard(page: Page, portal: Portal) -> None:
    """Tab, letters, arrows, Space and Enter; each stop can be seen. Then it is kept after all."""
    page.goto(f"{portal.address}/patient/login")
    for words in ("Email", "Password", "Sign in"):
        _tab_to(page, words)
        if words == "Sign in":
            page.keyboard.press("Enter")
        else:
            page.keyboard.type(portal.ada.email if words == "Email" else PASSWORD)
    page.wait_for_url("**/patient/dashboard")
    for words, there in (
        ("Subscriptions", "/patient/subscriptions"),
        ("Monthly plan", portal.subscription),
        ("Cancel", f"{portal.subscription}/cancel"),
    ):
        _tab_to(page, words)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{there}")
    _tab_to(page, "When the paid time is over")
    page.keyboard.press("Space")
    _tab_to(page, "Cancel the subscription")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{portal.subscription}")
    expect(page.get_by_text("It ends on February 15, 2026.")).to_be_visible()
    assert portal.world.subscription(portal.held.id).cancel_at_period_end
    _tab_to(page, "Keep it as it is")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("goes on as before")
    assert not portal.world.subscription(portal.held.id).cancel_at_period_end


def _tab_to(page: Page, words: str) -> None:
    """Press Tab until what is focused says the words; every stop on the way can be seen."""
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(() => { const e = document.activeElement; const look = getComputedStyle(e);"
            "return { says: (e.labels?.[0]?.textContent || e.textContent || '').trim(),"
            "seen: look.outlineStyle !== 'none' || e.type === 'radio' || e === document.body }; })()"
        )
        assert here["seen"], here
        if here["says"].startswith(words):
            return
    raise AssertionError(f"Tab does not come to {words!r}")


def test_a_correction_is_mended_and_sent(page: Page, portal: Portal) -> None:
    """The first page asks for it, the question says why, the answer goes back to the clinician."""
    portal.signs_in(page, portal.bea)
    page.get_by_role("link", name="Look at the answers").click()
    expect(page.get_by_text("Please weigh yourself again.")).to_be_visible()
    page.get_by_role("link", name="Go to the answer").click()
    page.get_by_label("How much do you weigh?").fill("97")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/check")
    accessible(page)
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.get_by_role("link", name="See your orders").click()

    page.wait_for_url("**/patient/dashboard")
    expect(page.get_by_text("A clinician is looking at your answers.")).to_be_visible()
    assert IntakeState.SUBMITTED is intake_of(portal.world, portal.order).state


def test_a_plan_is_changed_with_its_price_in_sight(page: Page, portal: Portal) -> None:
    """Chosen, quoted, paid; a double click pays once."""
    portal.signs_in(page, portal.ada)
    page.goto(f"{portal.address}{portal.subscription}/switch")
    page.get_by_text("Bigger plan").click()
    page.locator("label.choice:has-text('Now')").click()
    page.get_by_role("button", name="Show me what it costs").click()
    page.get_by_role("button", name="Pay $100.00 and change").dblclick()

    expect(page.get_by_role("status")).to_contain_text("Your plan is changed.")
    assert "Bigger plan" == portal.world.subscription(portal.held.id).terms.name
    assert 0 == portal.world.double_charges()


def test_it_works_without_scripts(browser: Browser, portal: Portal) -> None:
    """Signing in, pausing, resuming, signing out."""
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        portal.signs_in(page, portal.ada)
        page.goto(f"{portal.address}{portal.subscription}/pause")
        page.locator("label.choice:has-text('Now')").click()
        page.get_by_role("button", name="Pause the subscription").click()
        expect(page.get_by_text("Your subscription is paused.")).to_be_visible()
        page.get_by_role("link", name="Resume").click()
        page.get_by_role("button", name="Resume the subscription").click()
        expect(page.get_by_text("Your subscription goes on.")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
    finally:
        context.close()


def test_a_first_visit_is_light_and_asks_nobody_else(browser: Browser, portal: Portal) -> None:
    """Each page, for somebody whose browser has kept nothing of it: under 60 kB on the wire, all from the clinic."""
    context = browser.new_context()
    page = context.new_page()
    portal.signs_in(page, portal.ada)
    page.wait_for_url("**/patient/dashboard")
    signed_in = {one["name"]: one["value"] for one in context.cookies()}
    context.close()
    weights = {}
    for path in ("login", "dashboard", "orders", "questions", "subscriptions", "invoices", "cards", "profile/security"):
        context = browser.new_context()
        if path != "login":
            for name, value in signed_in.items():
                context.add_cookies([{"name": name, "value": value, "url": portal.address}])
        weights[path] = _weighed(context.new_page(), portal.address, path)
        context.close()

    assert all(0 < size < 60_000 for size in weights.values()), weights


def _weighed(page: Page, address: str, path: str) -> int:
    """Bytes on the wire of all that the page asks for."""
    seen: list[tuple[str, int]] = []
    page.on("response", lambda told: seen.append((told.url, _size(told))))
    page.goto(f"{address}/patient/{path}")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith(address) for url, _ in seen), seen
    assert page.url.endswith(path), page.url
    return sum(size for _, size in seen)


def _size(told: Response) -> int:
    return int(told.all_headers().get("content-length") or 0)


@pytest.mark.parametrize("screen", ["desktop", "phone", "dark"])
def test_every_page_is_accessible_and_fits(screen: str, browser: Browser, portal: Portal) -> None:
    """Axe finds nothing, nothing sticks out, and the content policy has nothing to report; with faults shown, too."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740} if screen == "phone" else {"width": 1280, "height": 800},
        color_scheme="dark" if screen == "dark" else "light",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    for path in ("/patient/login", "/patient/forgot", "/patient/forgot/sent", "/reset-password?token=x"):
        page.goto(portal.address + path)
        _look(page)
    page.goto(f"{portal.address}/patient/login")
    page.get_by_role("button", name="Sign in").click()
    _look(page)
    portal.signs_in(page, portal.bea)
    for path in ("dashboard", "orders", f"orders/{portal.order.number}", "questions"):
        page.goto(f"{portal.address}/patient/{path}")
        _look(page)
    portal.signs_in(page, portal.ada)
    for path in ("", "/pause", "/cancel", "/switch"):
        page.goto(portal.address + portal.subscription + path)
        _look(page)
    page.get_by_role("button", name="Show me what it costs").click()
    _look(page)
    page.get_by_text("Bigger plan").click()
    page.get_by_role("button", name="Show me what it costs").click()
    _look(page)
    for path in ("subscriptions", "profile", "profile/security"):
        page.goto(f"{portal.address}/patient/{path}")
        _look(page)
    page.get_by_role("button", name="Set it up").click()
    _look(page)
    page.goto(f"{portal.address}/patient/orders/absent")
    _look(page)
    portal.signs_in(page, Reception(portal.world).person("staff@example.com", Role.ORG_ADMIN))
    for path in ("admin", "crm", "emr"):
        page.goto(f"{portal.address}/{path}/dashboard")
        _look(page)
    context.close()

    assert [] == complaints


def _look(page: Page) -> None:
    accessible(page)
    fits(page)
