"""What a guest bought under an address is in the portal of whoever proves that the address is theirs; never before."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from attrs import frozen

from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_core.access.api import Role
from hlc_core.checkout.api import CheckoutView
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.patients.api import ChangePatient, Contact, GetPatient, Standing
from hlc_core.people.api import MakeSuperAdmin
from hlc_core.subscriptions.api import State
from support.portal import Visitor, account_of
from support.service import serving
from support.signing import PASSWORD, Reception
from support.worlds import World

ADA = Contact(email="ada@example.com", name="Ada Byron")
PAY = "/patient/invoices?recovery=1"


@frozen
class Guest:
    """A served clinic; somebody bought twice under one address, as a guest; nobody has signed in."""

    world: World
    visitor: Visitor
    first: CheckoutView
    second: CheckoutView

    def buys(self, contact: Contact = ADA, token: str = "tok_success") -> CheckoutView:
        """Once more, as a guest."""
        return self.world.buy(self.world.plan(name="Third plan"), contact=contact, token=token)

    def standing(self, view: CheckoutView) -> Standing:
        """Of the record that was made for the purchase."""
        return self.world.ask(GetPatient(patient=view.checkout.patient)).standing

    def number(self, view: CheckoutView) -> str:
        """Of the order."""
        return view.checkout.order_number


@pytest.fixture
def guest(world: World) -> Iterator[Guest]:
    """On all backends."""
    first = world.buy(world.plan(name="First plan"), contact=ADA)
    second = world.buy(world.plan(name="Second plan"), contact=ADA, token="tok_renewal_dead")
    settings = evolve(world.services.settings, plain_cookies=True)
    with serving(evolve(world.services, settings=settings)) as client:
        yield Guest(world, Visitor(client), first, second)


def test_a_link_to_the_address_and_a_sign_in_are_the_proof(guest: Guest) -> None:
    """Not the purchase, not the link alone, not a wrong password: the sign-in."""
    visitor = guest.visitor
    token = Reception(guest.world).token("reset-password")
    visitor.get(f"/reset-password?token={token}")
    visitor.send("/reset-password", password=PASSWORD)
    visitor.signs_in(ADA.email, "not the password")
    assert Standing.PROVISIONAL is guest.standing(guest.second)
    home = visitor.signs_in(ADA.email)

    assert Standing.MERGED is guest.standing(guest.second)
    assert ["First plan", "Second plan"] == sorted(set(re.findall(r"(?:First|Second) plan", home)))


def test_all_that_hangs_on_the_order_is_there(guest: Guest) -> None:
    """Order, invoice, receipt, card, subscription with what can be done to it."""
    visitor, view = guest.visitor, guest.second
    account_of(guest.world, guest.first.checkout.patient)
    visitor.signs_in(ADA.email)
    orders = visitor.get("/patient/orders")
    assert orders.index(guest.number(view)) < orders.index(guest.number(guest.first))
    assert "Second plan" in visitor.get(f"/patient/orders/{guest.number(view)}")
    invoice = re.findall(r'/patient/invoices/(inv_\w+)"', visitor.get("/patient/invoices"))[0]
    assert "Second plan" in visitor.get(f"/patient/invoices/{invoice}")
    assert 2 == visitor.get("/patient/cards").count("Charged for")
    held = guest.world.subscription(view.checkout.subscriptions[0])
    visitor.get(f"/patient/subscriptions/{held.number}/cancel")
    visitor.send(f"/patient/subscriptions/{held.number}/cancel", when="now")

    assert State.CANCELLED is guest.world.subscription(held.id).state


def test_its_failed_renewal_is_paid_with_a_new_card(guest: Guest) -> None:
    """The record's own debt, with a card that is saved for it; cards of another record are not offered for it."""
    world, visitor = guest.world, guest.visitor
    account_of(world, guest.first.checkout.patient)
    world.advance(days=31)
    world.bill()
    visitor.signs_in(ADA.email)
    body = visitor.get(PAY)
    assert "Second plan" in body
    assert 1 == body.count('name="method"')
    action = next(form.action for form in visitor.forms() if form.action.endswith("/pay"))
    visitor.send(action, paymentToken="tok_mastercard")

    assert "Paid. Thank you" in visitor.body
    assert State.ACTIVE is world.subscription(guest.second.checkout.subscriptions[0]).state
    assert 0 == world.double_charges()
    world.bill()


def test_what_is_bought_while_signed_in_is_there_at_once(guest: Guest) -> None:
    """The storefront knows nobody; the first page takes it in."""
    account_of(guest.world, guest.first.checkout.patient)
    guest.visitor.signs_in(ADA.email)
    third = guest.buys(evolve(ADA, email=" ADA@example.com "))
    assert "Third plan" in guest.visitor.get("/patient/dashboard")
    assert Standing.MERGED is guest.standing(third)


def test_programs_take_it_in_too(guest: Guest) -> None:
    """Once; then there is nothing more."""
    account_of(guest.world, guest.first.checkout.patient)
    bearer = guest.visitor.client.as_(Reception(guest.world).signed_in(ADA.email).access)
    guest.buys()

    assert [1, 0] == [bearer.post("/api/v1/own/purchases/join").json["joined"] for _ in range(2)]
    assert 3 == len(bearer.get("/api/v1/orders").json["items"])
    assert 3 == len(bearer.get("/api/v1/subscriptions").json["items"])


def test_another_address_proves_nothing(guest: Guest) -> None:
    """Where the account's address was changed since, what was bought under the old one waits."""
    account = account_of(guest.world, guest.first.checkout.patient)
    eve = guest.buys(Contact(email="eve@example.com", name="Eve"))
    guest.world.execute(ChangePatient(patient=guest.second.checkout.patient, email="old@example.com"))
    guest.visitor.signs_in(account.email)

    assert [Standing.PROVISIONAL, Standing.ACCOUNT] == [guest.standing(one) for one in (guest.second, eve)]
    assert guest.number(guest.second) not in guest.visitor.get("/patient/orders")


def test_somebody_who_acts_for_the_patient_proves_nothing(guest: Guest) -> None:
    """Support looks at the pages; the purchase goes on waiting."""
    world, visitor = guest.world, guest.visitor
    account = account_of(world, guest.first.checkout.patient)
    reception = Reception(world)
    boss = reception.person("boss@example.com", Role.ORG_ADMIN)
    world.execute(MakeSuperAdmin(user=boss.id))
    bearer = visitor.client.as_(reception.signed_in("boss@example.com").access)
    made = bearer.post("/api/v1/auth/impersonation", {"userId": account.id, "reason": "asked by phone"})
    visitor.cookies["hlc_access"] = made.json["accessToken"]
    home = visitor.get("/patient/dashboard")

    assert "You act for" in home
    assert Standing.PROVISIONAL is guest.standing(guest.second)


def test_joining_makes_nothing_new(guest: Guest) -> None:
    """No second account, and the books are sound."""
    account_of(guest.world, guest.first.checkout.patient)
    guest.visitor.signs_in(ADA.email)
    owners: list[PatientId | None] = [one.claims for one in guest.world.rows(PATIENTS)]

    assert sorted([None, guest.first.checkout.patient], key=str) == sorted(owners, key=str)
    guest.world.sound()
