"""Invoices and cards in the portal and over the API: what failed is paid at once; own, foreign, absent; wrong input."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import frozen

from hlc_core.invoicing.api import DraftInvoice, InvoiceLine
from hlc_core.kernel.ids import InvoiceId
from hlc_core.recovery.api import OwnCards
from hlc_core.subscriptions.api import State, Subscription
from payments_road.test_own_recovery import brand, failed, patient_of
from support.portal import Visitor, account_of
from support.printed import text_of
from support.service import Client, serving
from support.worlds import World, usd

SECRET = "patient-secret-of-24-chars"
PAY = "/patient/invoices?recovery=1"


@frozen
class Desk:
    """A served clinic; a patient whose renewal failed, signed in; and somebody else's subscription."""

    world: World
    client: Client
    visitor: Visitor
    held: Subscription
    invoice: InvoiceId
    other: Subscription

    @property
    def api(self) -> Client:
        """With the patient's key."""
        return self.client.as_(SECRET)

    @property
    def action(self) -> str:
        """Where the form goes that pays."""
        return f"/patient/invoices/{self.invoice}/pay"


@pytest.fixture
def desk(memory_world: World) -> Iterator[Desk]:
    """In memory."""
    yield from _desk(memory_world)


@pytest.fixture
def any_desk(world: World) -> Iterator[Desk]:
    """On all backends."""
    yield from _desk(world)


def _desk(world: World) -> Iterator[Desk]:
    other = world.subscribe()
    held, _, invoice = failed(world)
    account = account_of(world, held.patient)
    with serving(world.services, f"patient:clinic:{SECRET}:{held.patient}") as client:
        visitor = Visitor(client)
        visitor.signs_in(account.email)
        yield Desk(world, client, visitor, held, invoice, other)


def test_a_failed_renewal_is_paid_with_a_new_card(any_desk: Desk) -> None:
    """From the warning to the thanks and the receipt; then nothing is open any more."""
    desk, visitor = any_desk, any_desk.visitor
    warned = visitor.get("/patient/invoices")
    form = visitor.get(PAY)
    thanks = visitor.send(desk.action, paymentToken="tok_mastercard")
    after = visitor.get(PAY)
    receipt = visitor.client.get(f"/api/v1/invoices/{desk.invoice}/receipt/pdf", Authorization=f"Bearer {SECRET}")

    assert "A payment did not go through" in warned
    assert f"/patient/invoices?recovery=1&amp;invoice={desk.invoice}" in warned
    assert "Pay with a new card" in form
    assert "Paid. Thank you" in thanks
    assert State.ACTIVE is desk.world.subscription(desk.held.id).state
    assert "Nothing is open" in after
    assert "$199.00" in text_of(receipt.body)
    assert 0 == desk.world.double_charges()


def test_a_decline_is_said_and_another_card_pays(desk: Desk) -> None:
    """With the gateway's reason, on the page with the form."""
    visitor = desk.visitor
    visitor.get(PAY)
    declined = visitor.send(desk.action, paymentToken="tok_soft")
    thanks = visitor.send(desk.action, paymentToken="tok_success~new")

    assert "The payment was declined. You can try again with another card." in declined
    assert "insufficient_funds" in declined
    assert "Paid. Thank you" in thanks


def test_the_form_sent_twice_pays_once(desk: Desk) -> None:
    """The same form, and the form of another tab."""
    visitor = desk.visitor
    visitor.get(PAY)
    first = visitor.form(desk.action)
    visitor.get(PAY)
    other = visitor.form(desk.action)
    for form in (first, first, other):
        assert "Paid. Thank you" in visitor.post(desk.action, {**form.fields, "paymentToken": "tok_mastercard"}) or (
            visitor.at == f"/patient/invoices/{desk.invoice}/payment"
        )

    assert (4, 0) == (len(desk.world.captured()), desk.world.double_charges())


def test_no_card_is_said_at_the_field(desk: Desk) -> None:
    """Nothing is charged."""
    visitor = desk.visitor
    visitor.get(PAY)
    page = visitor.send(desk.action, paymentToken="")

    assert 422 == visitor.status
    assert "Choose or enter a card." in page
    assert 'id="paymentToken-fault"' in page
    assert 3 == len(desk.world.captured())


def test_the_bank_is_asked_and_leads_back(desk: Desk) -> None:
    """3-D Secure: the page leads to the bank; when the bank agreed, it says so; the page that waits can ask."""
    visitor = desk.visitor
    visitor.get(PAY)
    asked = visitor.send(desk.action, paymentToken="tok_action")
    state = visitor.client.get(f"{visitor.at}/state", Cookie=_cookies(visitor)).json
    overview = visitor.get("/patient/invoices")
    desk.world.bank.act(str(desk.world.attempts()[-1].object_id), True)
    back = visitor.get(f"/patient/invoices/{desk.invoice}/payment?redirect_status=succeeded&payment_intent=pi_1")

    assert "Continue to your bank" in asked
    assert {"state": "confirm"} == state
    assert "Your bank asks you to confirm a payment" in overview
    assert "Paid. Thank you" in back


def test_a_confirmation_is_given_up_for_another_card(desk: Desk) -> None:
    """One press leads back to the form; over the API the same."""
    visitor = desk.visitor
    away = f"/patient/invoices/{desk.invoice}/payment/withdraw"
    visitor.get(PAY)
    visitor.send(desk.action, paymentToken="tok_action")
    form = visitor.send(away)
    asked = desk.api.post(f"/api/v1/own/renewals/{desk.invoice}/pay", {"token": "tok_action~two"}).json
    free = desk.api.post(f"/api/v1/own/renewals/{desk.invoice}/withdraw").json
    visitor.get(PAY)
    thanks = visitor.send(desk.action, paymentToken="tok_mastercard")

    assert "Pay with a new card" in form
    assert (["withdraw"], ["pay"]) == (asked["actions"], free["actions"])
    assert "Paid. Thank you" in thanks
    assert (4, 0) == (len(desk.world.captured()), desk.world.double_charges())


def _cookies(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def test_a_doubt_is_being_checked(desk: Desk) -> None:
    """No form is offered meanwhile, and nobody is invited to pay again."""
    visitor = desk.visitor
    visitor.get(PAY)
    checking = visitor.send(desk.action, paymentToken="tok_pending_600")
    overview = visitor.get(PAY)

    assert "Your payment is being checked" in checking
    assert "A payment is being checked" in overview
    assert "Pay with a new card" not in overview


def test_a_saved_card_pays_too(desk: Desk) -> None:
    """Each has a form of its own; the receipt says which it was."""
    visitor = desk.visitor
    visitor.get(PAY)
    saved = [form for form in visitor.forms() if form.action == desk.action and "method" in form.fields]
    thanks = visitor.post(desk.action, saved[0].fields)
    receipt = desk.client.get(f"/api/v1/invoices/{desk.invoice}/receipt/pdf", Authorization=f"Bearer {SECRET}")

    assert 1 == len(saved)
    assert "Paid. Thank you" in thanks
    assert "by Visa ending in " in " ".join(text_of(receipt.body).split())


def test_an_invoice_shows_its_lines_and_its_documents(desk: Desk) -> None:
    """PDFs come as files to keep; no receipt before there is money; a draft is no invoice yet."""
    visitor, world = desk.visitor, desk.world
    visitor.get("/patient/invoices")
    page = visitor.get(f"/patient/invoices/{desk.invoice}")
    pdf = visitor.client.get(f"/patient/invoices/{desk.invoice}/invoice.pdf", Cookie=_cookies(visitor))
    none = visitor.client.get(f"/patient/invoices/{desk.invoice}/receipt.pdf", Cookie=_cookies(visitor))
    line = InvoiceLine(name="Visit", amount=usd(1000))
    draft = world.execute(DraftInvoice(patient=desk.held.patient, lines=(line,), due_on=world.today))
    visitor.get(f"/patient/invoices/{draft.id}")

    assert "Monthly plan" in page
    assert "Invoice (PDF)" in page
    assert "Receipt (PDF)" not in page
    assert "Pay $199.00 now" in page
    assert pdf.headers["content-disposition"].startswith("attachment;")
    assert "Monthly plan" in text_of(pdf.body)
    assert 409 == none.status
    assert 404 == visitor.status


def test_cards_are_added_chosen_and_removed(any_desk: Desk) -> None:
    """An added card pays what is open at once; the last one that is needed stays."""
    desk, visitor = any_desk, any_desk.visitor
    page = visitor.get("/patient/cards")
    assert "A payment is still open." in page
    page = visitor.send("/patient/cards", paymentToken="tok_mastercard")
    assert "the open payment was made with it" in page
    assert "Mastercard ending in 4444" in page

    first = next(form.action for form in visitor.forms() if form.action.endswith("/charge"))
    page = visitor.send(first)
    assert "This card is charged from now on." in page
    assert "Charged for Monthly plan" in page
    removable = [form.action for form in visitor.forms() if form.action.endswith("/remove")]
    page = visitor.send(removable[1])
    assert "The card is removed." in page
    assert "To remove it, add another card first." in page
    again = visitor.post(removable[0], visitor.form("/patient/cards").fields)
    assert (409, True) == (visitor.status, "will be charged to this card" in again)
    assert 1 == len(desk.world.ask(OwnCards(), patient_of(desk.held)))


@pytest.mark.parametrize(("token", "says"), [("", "Choose or enter a card."), ("tok_hard", "The card was not saved:")])
def test_a_card_that_cannot_be_saved_is_said_at_the_field(desk: Desk, token: str, says: str) -> None:
    """None chosen, or refused by the gateway."""
    visitor = desk.visitor
    visitor.get("/patient/cards")
    page = visitor.send("/patient/cards", paymentToken=token)

    assert 422 == visitor.status
    assert says in page
    assert 'id="paymentToken-fault"' in page


def test_a_bank_may_ask_about_a_card(desk: Desk) -> None:
    """The token waits in a cookie; back from the bank one press saves the card, and nothing is left behind."""
    visitor = desk.visitor
    visitor.get("/patient/cards")
    asked = visitor.send("/patient/cards", paymentToken="tok_action")
    desk.world.bank.act(asked.split("/actions/")[1].split('"')[0], True)
    visitor.get("/patient/cards/confirmed?setup_intent=seti_1&redirect_status=succeeded")
    saved = visitor.send("/patient/cards/confirmed")
    empty = visitor.get("/patient/cards/confirmed")

    assert "Your bank asks you to confirm the card" in asked
    assert "Your card is saved" in saved
    assert "There is no card waiting" in empty


@pytest.mark.parametrize("wrong", ["csrfToken", "origin"])
def test_forms_of_other_sites_are_refused(desk: Desk, wrong: str) -> None:
    """Without the page's own token, or from another origin, nothing is paid and no card is kept or removed."""
    visitor = desk.visitor
    visitor.get("/patient/cards")
    keys = visitor.form("/patient/cards").fields
    card = desk.world.ask(OwnCards(), patient_of(desk.held))[0].id
    sent = {**keys, "paymentToken": "tok_mastercard"} | ({"csrfToken": "x"} if wrong == "csrfToken" else {})
    origin = "https://evil.example" if wrong == "origin" else visitor.origin
    for to in (desk.action, "/patient/cards", f"/patient/cards/{card}/remove", "/patient/cards/confirmed"):
        visitor.post(to, sent, Origin=origin)
        assert 403 == visitor.status, to

    assert 3 == len(desk.world.captured())
    assert [card] == [one.id for one in desk.world.ask(OwnCards(), patient_of(desk.held))]


def test_what_is_somebody_elses_is_absent(desk: Desk) -> None:
    """On pages and over the API: the same answer as for what is not there."""
    visitor, other = desk.visitor, patient_of(desk.other)
    foreign = desk.client.as_("staff-key-staff-key-staff-key").get(f"/api/v1/invoices?patient={desk.other.patient}")
    theirs = foreign.json["items"][0]["invoice"]["id"]
    card = desk.world.ask(OwnCards(), other)[0].id
    visitor.get("/patient/cards")
    keys = visitor.form("/patient/cards").fields
    for id in (theirs, "inv_nope"):
        for path in ("", "/invoice.pdf", "/receipt.pdf", "/payment", "/payment/state"):
            visitor.get(f"/patient/invoices/{id}{path}")
            assert 404 == visitor.status, path
        visitor.post(f"/patient/invoices/{id}/pay", {**keys, "paymentToken": "tok_mastercard"})
        assert 404 == visitor.status
        assert 404 == desk.api.get(f"/api/v1/own/renewals/{id}").status
        assert 404 == desk.api.post(f"/api/v1/own/renewals/{id}/pay", {"token": "tok_mastercard"}).status
    for id in (card, "pm_nope"):
        for step in ("charge", "remove"):
            visitor.post(f"/patient/cards/{id}/{step}", keys)
            assert 404 == visitor.status
        assert 404 == desk.api.post(f"/api/v1/own/cards/{id}/charge").status
        assert 404 == desk.api.ask("DELETE", f"/api/v1/own/cards/{id}").status


def test_visitors_and_staff_have_nothing_of_their_own_here(desk: Desk) -> None:
    """Pages lead to the sign-in; the API refuses."""
    stranger = Visitor(desk.client)
    for path in ("/patient/invoices", "/patient/cards", f"/patient/invoices/{desk.invoice}"):
        stranger.get(path)
        assert "/patient/login" in stranger.at
    staff = desk.client.as_("staff-key-staff-key-staff-key")
    assert 401 == desk.client.get("/api/v1/own/cards").status
    for method, path in (
        ("GET", "/api/v1/own/cards"),
        ("GET", "/api/v1/own/renewals"),
        ("POST", f"/api/v1/own/renewals/{desk.invoice}/pay"),
        ("POST", "/api/v1/own/cards"),
    ):
        assert 403 == staff.ask(method, path, {"token": "tok_success"} if method == "POST" else None).status


def test_the_api_does_the_same(desk: Desk) -> None:
    """Listed with what can be done; declined, then paid; the key makes a repetition harmless."""
    owed = desk.api.get("/api/v1/own/renewals").json[0]
    path = f"/api/v1/own/renewals/{desk.invoice}/pay"
    declined = desk.api.post(path, {"token": "tok_hard"}).json
    paid = [desk.api.post(path, {"token": "tok_mastercard"}, Idempotency_Key="k-1") for _ in range(2)]
    cards = desk.api.get("/api/v1/own/cards").json
    chosen = desk.api.post(f"/api/v1/own/cards/{cards[1]['id']}/charge").json
    gone = desk.api.ask("DELETE", f"/api/v1/own/cards/{chosen[1]['id']}").json

    assert (["pay"], "declined", 19900) == (owed["actions"], owed["standing"], owed["amount"]["amount"])
    assert "declined" == declined["standing"]
    assert ["paid", "paid"] == [one.json["standing"] for one in paid]
    assert [] == desk.api.get("/api/v1/own/renewals").json
    assert ["mastercard", "visa"] == [one["card"]["brand"] for one in cards]
    assert [["remove"], ["charge", "remove"]] == [one["actions"] for one in cards]
    assert [["Monthly plan"], []] == [one["chargedFor"] for one in cards]
    assert cards[1]["id"] == chosen[0]["id"]
    assert [["Monthly plan"]] == [one["neededBy"] for one in gone]
    assert 201 == desk.api.post("/api/v1/own/cards", {"token": "tok_success~again"}).status
    assert "token" not in str(cards)


def test_a_card_that_was_added_is_charged_for_the_next_renewal(memory_world: World) -> None:
    """Although the subscription was bought with another one."""
    world = memory_world
    held = world.subscribe()
    with serving(world.services, f"patient:clinic:{SECRET}:{held.patient}") as client:
        added = client.as_(SECRET).post("/api/v1/own/cards", {"token": "tok_mastercard"})
    world.advance(days=31)
    world.bill()

    assert ["mastercard", "visa"] == [one["card"]["brand"] for one in added.json]
    assert "mastercard" == brand(world)
