"""The portal's pages: what they show, what they do, and that nobody sees what is somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyotp
import pytest
from attrs import frozen

from core.intake.forms import bought, claimed, clinician, fill, intake_of, licensed, publish, submit
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.access.api import Role
from hlc_core.catalog.api import Drug
from hlc_core.intake.api import Correction
from hlc_core.orders.api import GetOrder, MoveOrder, OrderState, OrderTrigger, SetTracking
from hlc_core.patients.api import Contact, GetPatient
from hlc_core.payments.api import ListMethods, RemoveMethod
from hlc_core.people.api import MakeSuperAdmin, User
from hlc_core.review.api import ApproveReview, AskForCorrections
from hlc_core.subscriptions.api import OpenDebt, State, Subscription
from hlc_http.app import ROUTES, make_app
from hlc_http.portal.words import STANDING, STEPS, device
from hlc_http.returning import HOME
from support.portal import Visitor, account_of
from support.service import serving
from support.signing import PASSWORD, Reception
from support.worlds import World

ALL = "/patient/subscriptions"
PILLS = (Drug(name="Pills", compound="pillin 5 mg"),)


@frozen
class Portal:
    """A served clinic, a patient with a subscription who is signed in, and another patient with one."""

    world: World
    visitor: Visitor
    held: Subscription
    ada: User
    other: Subscription

    @property
    def page(self) -> str:
        """Where the subscription is shown."""
        return f"{ALL}/{self.held.number}"

    def now(self) -> Subscription:
        """The subscription as it stands."""
        return self.world.subscription(self.held.id)


def _portal(world: World, visitor: Visitor, token: str = "tok_success", **offer: Any) -> Portal:
    plan = world.plan(name="Monthly plan", category="Care", drugs=PILLS, **offer)
    held = world.subscribe(plan, token=token)
    other = world.subscribe(plan)
    ada = account_of(world, held.patient)
    visitor.signs_in(ada.email)
    assert HOME == visitor.at
    return Portal(world, visitor, held, ada, other)


@pytest.fixture
def portal(memory_world: World) -> Iterator[Portal]:
    """In memory."""
    with serving(memory_world.services) as client:
        yield _portal(memory_world, Visitor(client))


@pytest.fixture
def any_portal(world: World) -> Iterator[Portal]:
    """On all backends."""
    with serving(world.services) as client:
        yield _portal(world, Visitor(client))


def said(page: str) -> str:
    """The text of a page, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("&#39;", "'")


# what pages show


def test_the_first_page_says_what_comes_next(any_portal: Portal) -> None:
    """And that nothing wants doing, where nothing does."""
    page = said(any_portal.visitor.get(HOME))

    assert "Everything is in order." in page
    assert "Monthly plan" in page
    assert "The next payment is $199.00 on February 15, 2026." in page


def test_a_failed_payment_leads_to_the_recovery_page(memory_world: World) -> None:
    """With the amount; the subscription's page says it, too, and cancelling says that it stays owed."""
    with serving(memory_world.services) as client:
        portal = _portal(memory_world, Visitor(client), token="tok_renewal_soft_2")
        _to_renewal(portal, State.PAST_DUE)
        portal.visitor.signs_in(portal.ada.email)
        page = portal.visitor.get(HOME)

        assert "$199.00 for Monthly plan could not be charged." in said(page)
        assert 'href="/patient/invoices?recovery=1"' in page
        assert "Everything is in order." not in page
        assert 'href="/patient/invoices?recovery=1"' in portal.visitor.get(portal.page)
        page = said(portal.visitor.get(f"{portal.page}/cancel"))
        assert "$199.00 is open. It stays to be paid, also after you have cancelled." in page
        portal.visitor.send(f"{portal.page}/cancel", reason="price")
        assert State.CANCELLED is portal.now().state
        assert OpenDebt.COLLECT is portal.now().open_debt
        assert "It costs too much." == portal.now().cancel_reason
        assert "could not be charged" in said(portal.visitor.get(HOME))


def _to_renewal(portal: Portal, state: State) -> None:
    portal.world.advance(days=31)
    portal.world.bill()
    portal.world.settle()
    assert state is portal.now().state


def test_a_missing_and_an_expired_card_are_spoken_of(portal: Portal) -> None:
    """Expired, within thirty days of it, or none at all. Source: seeds, Missing or expiring cards."""
    world, visitor = portal.world, portal.visitor
    method = world.ask(ListMethods(patient=portal.held.patient))[0]
    card = method.instrument.card
    assert card is not None
    page = {}
    for name, on in (("soon", date(card.expires_year, card.expires_month, 5)), ("over", None)):
        span = (on or date(card.expires_year + 1, 2, 1)) - world.today
        world.advance(days=span.days)
        visitor.signs_in(portal.ada.email)
        page[name] = said(visitor.get(HOME))
    world.execute(RemoveMethod(method=method.id))
    page["none"] = said(visitor.get(HOME))

    assert "expires soon" in page["soon"]
    assert "has expired" in page["over"]
    assert "No card is saved" in page["none"]


def test_an_order_tells_its_story_in_plain_words(memory_world: World) -> None:
    """From the purchase over questions and review to the parcel, with the link to follow it."""
    world = memory_world
    publish(world)
    order = bought(world)
    with serving(world.services) as client:
        visitor = Visitor(client)
        visitor.signs_in(account_of(world, order.patient).email)
        link = f"/consultation/start/{intake_of(world, order).session_key}"
        page = visitor.get(HOME)
        assert "Order " + order.number + " waits for your answers" in said(page)
        assert f'href="{link}"' in page
        assert "to be answered" in said(visitor.get("/patient/questions"))
        fill(world, order)
        submit(world, order)
        page = said(visitor.get(f"/patient/orders/{order.number}"))
        assert "You sent your answers." in page
        assert "A clinician is looking at your answers." in page
        assert "with a clinician" in said(visitor.get("/patient/questions"))
        licensed(world)
        review, fence = claimed(world, order)
        world.execute(ApproveReview(review=review, token=fence), clinician())
        for trigger in (OrderTrigger.PRESCRIBE, OrderTrigger.PACK):
            world.execute(MoveOrder(order=order.id, trigger=trigger))
        tracking = SetTracking(
            order=order.id, carrier="Swift", tracking_number="SW-1", tracking_url="https://swift.example/SW-1"
        )
        world.execute(tracking)
        world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.SHIP))
        page = visitor.get(f"/patient/orders/{order.id}")
        told = said(page)

    assert "Your parcel was handed to Swift." in told
    assert "Your order is on its way." in told
    assert 'href="https://swift.example/SW-1" rel="noreferrer"' in page
    assert told.index("Your parcel was handed") < told.index("Your order was placed.")


def test_every_move_and_status_has_words_for_patients() -> None:
    """And they tell no names of the machine."""
    assert set(OrderTrigger) == set(STEPS)
    assert set(OrderState) == set(STANDING)
    assert all(word == word.lower() for _, word in STANDING.values())


def test_older_orders_are_on_further_pages(portal: Portal) -> None:
    """Twenty on each."""
    world = portal.world
    one = world.product(name="Strips")
    contact = Contact(email=portal.ada.email, name="Ada")
    for _ in range(21):
        world.buy(one, contact=contact)
    mine = [row for row in world.rows(ORDERS) if row.patient == portal.held.patient]
    page = portal.visitor.get("/patient/orders")
    seen = set(re.findall(r"/patient/orders/([A-Z0-9-]+)", page))
    more = re.search(r'href="(/patient/orders\?cursor=[^"]+)"', page)

    assert min(20, len(mine)) == len(seen)
    assert (more is not None) == (len(mine) > 20)


# what pages do


def test_a_pause_at_once_and_back(any_portal: Portal) -> None:
    """The form, the flash, the state, the way back."""
    visitor = any_portal.visitor
    visitor.get(f"{any_portal.page}/pause")
    page = visitor.send(f"{any_portal.page}/pause", when="now")
    assert "Your subscription is paused." in page
    assert State.PAUSED is any_portal.now().state
    assert "/resume" in page
    assert "/pause" not in page
    visitor.get(f"{any_portal.page}/resume")
    page = visitor.send(f"{any_portal.page}/resume")
    assert "Your subscription goes on." in page
    assert State.ACTIVE is any_portal.now().state
    any_portal.world.sound()


def test_a_pause_for_later_can_be_taken_back(portal: Portal) -> None:
    """With a day of return; a day before the pause is refused at its field."""
    visitor = portal.visitor
    visitor.get(f"{portal.page}/pause")
    page = visitor.send(f"{portal.page}/pause", resumeOn="2026-01-16")
    assert 422 == visitor.status
    assert 'id="resumeOn-fault"' in page
    page = visitor.send(f"{portal.page}/pause", resumeOn="someday")
    assert 422 == visitor.status
    assert "Write a day such as" in page
    page = visitor.send(f"{portal.page}/pause", resumeOn="2026-05-01")
    assert "It pauses on February 15, 2026." in page
    assert portal.now().pause_at_period_end
    page = visitor.send(f"{portal.page}/keep")
    assert "goes on as before" in page
    assert not portal.now().pause_at_period_end


def test_cancelling_says_what_happens_and_does_it(any_portal: Portal) -> None:
    """With the paid period, then taken back, then now."""
    visitor = any_portal.visitor
    page = said(visitor.get(f"{any_portal.page}/cancel"))
    assert "You have paid until February 15, 2026." in page
    page = visitor.send(f"{any_portal.page}/cancel")
    assert "It ends on February 15, 2026." in page
    assert any_portal.now().cancel_at_period_end
    visitor.send(f"{any_portal.page}/keep")
    assert not any_portal.now().cancel_at_period_end
    visitor.get(f"{any_portal.page}/cancel")
    page = visitor.send(f"{any_portal.page}/cancel", when="now", reason="enough")
    assert "Your subscription is cancelled." in page
    assert (State.CANCELLED, "I do not need it now.") == (any_portal.now().state, any_portal.now().cancel_reason)
    assert "/cancel" not in page
    visitor.get(f"{any_portal.page}/cancel")
    assert any_portal.page == visitor.at
    assert "That is not possible at the moment." in visitor.body
    any_portal.world.sound()


def test_a_commitment_says_how_many_payments_are_left(memory_world: World) -> None:
    """Cancelling it, and paying it off."""
    with serving(memory_world.services) as client:
        portal = _portal(memory_world, Visitor(client), cycles=6, payoff_rebate=1000)
        page = said(portal.visitor.get(f"{portal.page}/cancel"))
        assert "Of 6 agreed payments you have made 1. The other 5 are not charged any more." in page
        page = said(portal.visitor.get(f"{portal.page}/payoff"))
        assert "save $99.50" in page
        assert "$895.50" in page
        page = portal.visitor.send(f"{portal.page}/payoff")

        assert "Your plan is paid off." in page
        assert State.COMPLETED is portal.now().state
        portal.world.sound()


def test_another_plan_is_quoted_before_it_is_paid(any_portal: Portal) -> None:
    """Only plans of the same treatment; exactly the quoted sum is charged, once, also when pressed twice."""
    world, visitor = any_portal.world, any_portal.visitor
    big = world.plan(29900, name="Bigger plan", category="Care", drugs=PILLS)
    world.plan(name="Other medicine", category="Care", drugs=(Drug(name="Drops", compound="dropin"),))
    page = visitor.get(f"{any_portal.page}/switch")
    assert "Bigger plan" in page
    assert "Other medicine" not in page
    visitor.send(f"{any_portal.page}/switch/quote")
    assert (422, "Choose a plan.") == (visitor.status, re.findall(r"Choose a plan\.", visitor.body)[0])
    page = visitor.send(f"{any_portal.page}/switch/quote", product=big.id, when="now")
    assert "Pay $100.00 and change" in page
    assert "The next payment is $299.00 on February 15, 2026." in said(page)
    confirm = visitor.form(f"{any_portal.page}/switch")
    for _ in range(2):
        page = visitor.post(confirm.action, confirm.fields)
        assert 200 == visitor.status
    assert "Bigger plan" == any_portal.now().terms.name
    assert 1 == sum(charge.amount == 10000 for charge in world.captured())
    assert 0 == world.double_charges()
    world.sound()


def test_a_price_that_moved_is_shown_again(portal: Portal) -> None:
    """Nothing is charged; the new sum stands on the page."""
    world, visitor = portal.world, portal.visitor
    big = world.plan(29900, name="Bigger plan", category="Care", drugs=PILLS)
    visitor.get(f"{portal.page}/switch")
    visitor.send(f"{portal.page}/switch/quote", product=big.id, when="now")
    confirm = visitor.form(f"{portal.page}/switch")
    world.advance(days=10)
    visitor.signs_in(portal.ada.email)
    visitor.get(portal.page)
    fresh = {**confirm.fields, "csrfToken": visitor.form("/patient/logout").fields["csrfToken"]}
    page = visitor.post(confirm.action, fresh)

    assert 409 == visitor.status
    assert "This price is no longer valid" in page
    assert "Pay $100.00 and change" not in page
    assert "Monthly plan" == portal.now().terms.name


def test_a_declined_switch_changes_nothing(memory_world: World) -> None:
    """The gateway's reason is said."""
    with serving(memory_world.services) as client:
        portal = _portal(memory_world, Visitor(client), token="tok_renewal_soft_2")
        big = memory_world.plan(29900, name="Bigger plan", category="Care", drugs=PILLS)
        visitor = portal.visitor
        visitor.get(f"{portal.page}/switch")
        visitor.send(f"{portal.page}/switch/quote", product=big.id, when="now")
        page = visitor.send(f"{portal.page}/switch")

        assert "Nothing was changed." in page
        assert "Monthly plan" == portal.now().terms.name
        portal.world.sound()


def test_another_treatment_is_not_switched_to_by_hand(portal: Portal) -> None:
    """Neither quoted nor done, whatever the form says."""
    other = portal.world.plan(name="Other medicine", category="Care", drugs=(Drug(name="Drops", compound="dropin"),))
    visitor = portal.visitor
    portal.world.plan(name="Same", category="Care", drugs=PILLS)
    visitor.get(f"{portal.page}/switch")
    form = visitor.form(f"{portal.page}/switch/quote").fields
    page = visitor.post(f"{portal.page}/switch/quote", {**form, "product": other.id})

    assert 403 == visitor.status
    assert "a clinician looks at it" in page
    visitor.post(f"{portal.page}/switch", {**form, "product": other.id, "quoteHash": "x"})
    assert "Monthly plan" == portal.now().terms.name


def test_the_profile_is_changed(any_portal: Portal) -> None:
    """Wrong input is told at its field, and nothing of it is kept."""
    visitor, world = any_portal.visitor, any_portal.world
    visitor.get("/patient/profile")
    page = visitor.send("/patient/profile", name="", address1="", postalCode="", city="Albany")
    assert 422 == visitor.status
    assert all(f'id="{name}-fault"' in page for name in ("name", "address1", "postalCode"))
    assert 'value="Albany"' in page
    page = visitor.send(
        "/patient/profile", name="Ada B", phone="nonsense", address1="", city="", provinceCode="", postalCode=""
    )
    assert 422 == visitor.status
    assert 'id="phone-fault"' in page
    where = {
        "name": "Ada B",
        "phone": "(212) 555-0100",
        "address1": "1 Main St",
        "city": "Albany",
        "provinceCode": "NY",
        "postalCode": "12207",
    }
    page = visitor.post("/patient/profile", {**visitor.form("/patient/profile").fields, **where, "countryCode": "usa"})
    assert 'id="countryCode-fault"' in page
    page = visitor.send("/patient/profile", countryCode="us")
    assert "Your details are saved." in page
    patient = world.ask(GetPatient(patient=any_portal.held.patient))
    assert ("Ada B", "+12125550100") == (patient.contact.name, patient.contact.phone)
    assert patient.address is not None
    assert "Albany" == patient.address.city
    assert any_portal.ada.email == patient.contact.email


def test_the_password_is_changed_and_other_devices_are_signed_out(any_portal: Portal) -> None:
    """The wrong old one and a weak new one are told at their fields."""
    visitor = any_portal.visitor
    phone = Visitor(visitor.client)
    phone.signs_in(any_portal.ada.email)
    at, to = "/patient/profile/security", "/patient/profile/security/password"
    visitor.get(at)
    page = visitor.send(to, current="wrong", password="another long password")
    assert 422 == visitor.status
    assert 'id="current-fault"' in page
    page = visitor.send(to, current=PASSWORD, password="short")
    assert 'id="password-fault"' in page
    page = visitor.send(to, current=PASSWORD, password="another long password")
    assert "Your password is changed" in page
    phone.get(HOME)
    assert "/patient/login" == phone.at
    phone.signs_in(any_portal.ada.email, "another long password")
    page = visitor.get(at)
    assert 2 == page.count("Last used")
    page = visitor.send(f"{at}/devices")
    assert 1 == page.count("Last used")
    phone.get(HOME)
    assert "/patient/login" == phone.at
    visitor.get(HOME)
    assert HOME == visitor.at


def test_an_authenticator_app_is_set_up_used_and_taken_off(portal: Portal) -> None:
    """The picture is inline and carries no style; the recovery codes are shown once."""
    visitor, world = portal.visitor, portal.world
    at = "/patient/profile/security"
    visitor.get(at)
    page = visitor.send(f"{at}/app")
    assert f"{at}/app" == visitor.at
    assert "<svg" in page
    assert "style=" not in page
    letters = re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].replace(" ", "")
    page = visitor.send(f"{at}/app/confirm", code="000000")
    assert 422 == visitor.status
    assert letters == re.findall(r"<code>([A-Z2-7 ]+)</code>", page)[0].replace(" ", "")
    app = pyotp.TOTP(letters)
    page = visitor.send(f"{at}/app/confirm", code=app.at(world.clock.now()))
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", page)
    assert 10 == len(codes)
    assert codes[0] not in visitor.get(at)
    visitor.send("/patient/logout")

    page = visitor.send("/patient/login", email=portal.ada.email, password=PASSWORD)
    assert "Code of your app" in page
    world.advance(minutes=1)
    visitor.send("/patient/login/code", code=app.at(world.clock.now()))
    assert HOME == visitor.at
    visitor.get(at)
    page = visitor.send(f"{at}/app/off", code="123")
    assert 422 == visitor.status
    page = visitor.send(f"{at}/app/off", code=codes[0])
    assert "is not asked for any more" in page


def test_a_correction_is_asked_for_mended_and_sent(memory_world: World) -> None:
    """From the warning on the first page to the clinician's list."""
    world = memory_world
    publish(world)
    order = bought(world)
    fill(world, order)
    submit(world, order)
    licensed(world)
    review, token = claimed(world, order)
    asked = (Correction(key="intake", item="weight", reason="Please weigh yourself again."),)
    world.execute(AskForCorrections(review=review, token=token, corrections=asked), clinician())
    with serving(world.services) as client:
        visitor = Visitor(client)
        visitor.signs_in(account_of(world, order.patient).email)
        page = visitor.get(HOME)
        assert "A clinician asks about one of your answers" in said(page)
        link = re.findall(r'href="(/consultation/start/[^"]+)"', page)[0]
        assert link in visitor.get("/patient/questions")
        page = visitor.get(link)
        assert "Please weigh yourself again." in page
        visitor.get(f"{link}/steps/1")
        page = visitor.send(f"{link}/steps/1", a__weight="97", a__weight__unit="kg")
        assert "Please weigh yourself again." in page
        page = visitor.send(f"{link}/submit")
        assert "Thank you" in page
        assert 'href="/patient/dashboard"' in page
        page = visitor.get(HOME)

    assert "A clinician asks" not in page
    assert 2 == intake_of(world, order).revision


# what is somebody else's


def test_what_is_somebody_elses_looks_absent(any_portal: Portal) -> None:
    """Each page and form of a foreign subscription or order answers 404, as one that is not there; nothing changes."""
    visitor, other = any_portal.visitor, any_portal.other
    order = any_portal.world.ask(GetOrder(order=other.order)).order
    visitor.get(any_portal.page)
    good = {**visitor.form("/patient/logout").fields, "submission": "abc", "when": "now"}
    names = [other.id, other.number, "sub_absent", "S-404"]
    for name in names:
        for page in ("", "/pause", "/resume", "/cancel", "/switch", "/payoff"):
            visitor.get(f"{ALL}/{name}{page}", follow=False)
            assert (404, name) == (visitor.status, name)
            assert "Buyer" not in visitor.body
        for form in ("pause", "resume", "cancel", "keep", "switch", "switch/quote", "payoff"):
            visitor.post(f"{ALL}/{name}/{form}", {**good, "product": "prod_x"}, follow=False)
            assert (404, name, form) == (visitor.status, name, form)
    for name in (order.id, order.number, "ord_absent", "O-404"):
        visitor.get(f"/patient/orders/{name}")
        assert 404 == visitor.status
    assert other == any_portal.world.subscription(other.id)


def test_lists_show_only_what_is_ones_own(portal: Portal) -> None:
    """Orders, subscriptions, first page."""
    for path in (HOME, "/patient/orders", ALL, "/patient/questions", "/patient/profile"):
        page = portal.visitor.get(path)
        assert portal.other.number not in page
        assert "buyer2" not in page


def test_every_form_of_the_portal_asks_for_its_token(portal: Portal) -> None:
    """Without it, with a wrong one, or from another site: refused, and nothing is done."""
    visitor = portal.visitor
    paths = [
        re.sub(r"\{\w+\}", portal.held.number, route.path)
        for route in make_app(portal.world.services)[ROUTES]
        if route.method == "POST" and route.sign_in
    ]
    assert len(paths) >= 15
    token = visitor.form("/patient/logout").fields["csrfToken"]
    for path in paths:
        for fields, headers in (
            ({}, {}),
            ({"csrfToken": "wrong"}, {}),
            ({"csrfToken": token}, {"Origin": "https://evil.example"}),
        ):
            visitor.post(path, {"when": "now", **fields}, follow=False, **headers)
            assert (403, path) == (visitor.status, path)
    assert portal.held == portal.now()
    visitor.get(HOME)
    assert HOME == visitor.at


def test_every_page_sends_strangers_to_the_sign_in(portal: Portal) -> None:
    """And shows them nothing."""
    for route in make_app(portal.world.services)[ROUTES]:
        if route.sign_in:
            stranger = Visitor(portal.visitor.client)
            path = re.sub(r"\{\w+\}", portal.held.number, route.path)
            if route.method == "GET":
                stranger.get(path, follow=False)
            else:
                stranger.post(path, {}, follow=False)
            assert (303, True) == (stranger.status, stranger.location.startswith("/patient/login")), path


def test_no_address_holds_health_data(memory_world: World) -> None:
    """Of every link and form of every page: no product's name, no answer, no reason, no personal data."""
    world = memory_world
    publish(world)
    order = bought(world, name="Canarymab pen")
    fill(world, order)
    with serving(world.services) as client:
        visitor = Visitor(client)
        ada = account_of(world, order.patient)
        visitor.signs_in(ada.email)
        found: set[str] = set()
        for path in (HOME, "/patient/orders", f"/patient/orders/{order.number}", "/patient/questions", ALL):
            page = visitor.get(path)
            found |= set(re.findall(r'(?:href|action|src)="([^"]*)"', page))
    drawn = r"/consultation/start/\w+|/orders/[A-Z0-9-]+|\?v=\w+|/theme/\w+"
    text = re.sub(drawn, "", " ".join(sorted(found))).lower()

    assert len(found) > 10
    assert not re.search(r"canary|pen|98|none|gallstone|buyer|albany", text)


def test_devices_are_named_as_people_know_them() -> None:
    """From what browsers call themselves."""
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36"
    )
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"

    assert "Chrome on Windows" == device(chrome)
    assert "Safari on iPhone" == device(phone)
    assert "A program" == device("curl/8.5")
    assert "A browser" == device("")


def test_acting_for_a_patient_is_shown_and_keeps_off_their_sign_in(portal: Portal) -> None:
    """A super admin sees the patient's pages with a banner, and none of how they sign in."""
    reception = Reception(portal.world)
    root = reception.person("root@example.com", Role.ORG_ADMIN)
    portal.world.execute(MakeSuperAdmin(user=root.id))
    tickets = reception.signed_in("root@example.com")
    bearer = portal.visitor.client.as_(tickets.access)
    made = bearer.post("/api/v1/auth/impersonation", {"userId": portal.ada.id, "reason": "asked by phone"})
    assert 200 == made.status, made
    visitor = Visitor(portal.visitor.client)
    visitor.cookies["__Host-hlc_access"] = made.json["accessToken"]
    page = visitor.get(HOME)

    assert "You act for" in page
    assert "Monthly plan" in page
    visitor.get("/patient/profile/security")
    assert 403 == visitor.status
