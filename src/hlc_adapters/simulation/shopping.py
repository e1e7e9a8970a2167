"""How people buy: a cart, the payment page, a bank that asks back, another card, and giving up."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from hlc_adapters.simulation.agenda import Agenda
from hlc_adapters.simulation.clinic import BUYER, RUNNER, Clinic
from hlc_adapters.simulation.journal import Count, Journal, Life
from hlc_adapters.simulation.people import Person
from hlc_core.cart.api import Cart, CreateCart, QuoteCart
from hlc_core.checkout.api import CheckoutState, CheckoutView, SubmitCheckout
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.ids import CheckoutId
from hlc_core.patients.api import Address, Contact

_PATIENCE = 12
"""How often a buyer looks at a payment that is being checked."""
_MOST_CARDS = 4
_HOME = Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY")


@define
class Purchase:
    """One person's way from the shelf to a subscription. Every step can be taken again after a crash."""

    person: Person
    clinic: Clinic
    agenda: Agenda
    journal: Journal
    started: Callable[[Life, Person], None]
    _cart: Cart | None = field(default=None, init=False)
    _token: str = field(default="", init=False)
    _looks: int = field(default=0, init=False)

    def press(self) -> None:
        """Press the button on the payment page."""
        clinic, person = self.clinic, self.person
        execute = clinic.services.application.execute
        try:
            if self._cart is None:
                self._cart = execute(CreateCart(products=(clinic.product_of(person.plan),)), BUYER)
                self.journal.add(Count.CARTS)
            elif self._cart.quote is None or self._cart.quote.expired(clinic.clock.now()):
                self._cart = execute(QuoteCart(cart=self._cart.id), BUYER)
            self._token = self._token or person.token(clinic.today, first=True)
            view = clinic.services.submit_checkout(
                SubmitCheckout(
                    cart=self._cart.id,
                    quote_hash="" if self._cart.quote is None else self._cart.quote.hash,
                    contact=Contact(email=person.email, name="A buyer"),
                    address=_HOME,
                    token=self._token,
                ),
                BUYER,
            )
        except HlcError as refusal:
            self.journal.refused[refusal.code] += 1
            self._again(12, "the last payment is still being closed")
        else:
            self._follow(view)

    def _follow(self, view: CheckoutView) -> None:
        match view.checkout.state:
            case CheckoutState.SUCCEEDED:
                self._succeed(view)
            case CheckoutState.DECLINED:
                self._token = ""
                if self.person.cards < _MOST_CARDS and self.person.chance(0.85):
                    self._again(0.1, "another card")
                else:
                    self.journal.add(Count.GIVEN_UP)
            case CheckoutState.ACTION if view.action_url and self.person.chance(0.9):
                url = view.action_url
                self.agenda.put(self.clinic.later(minutes=2), lambda: self._act(url, view.checkout.id))
            case _:
                self._look_later(view.checkout.id)

    def _again(self, hours: float, _why: str) -> None:
        self._looks += 1
        if self._looks > _PATIENCE:
            self.journal.add(Count.GIVEN_UP)
        else:
            self.agenda.put(self.clinic.later(hours=hours), self.press)

    def _act(self, url: str, checkout: CheckoutId) -> None:
        self.clinic.bank.act(url.rpartition("/")[2], agreed=self.person.chance(0.95))
        self._look(checkout)

    def _look_later(self, checkout: CheckoutId) -> None:
        self._looks += 1
        hours = 0.2 if self._looks < 3 else 24.0
        self.agenda.put(self.clinic.later(hours=hours), lambda: self._look(checkout))

    def _look(self, checkout: CheckoutId) -> None:
        if self._looks > _PATIENCE:
            self.journal.add(Count.GIVEN_UP)
            return
        self._follow(self.clinic.services.resume_checkout(checkout, BUYER))

    def _succeed(self, view: CheckoutView) -> None:
        if view.card_action_url and self.person.chance(0.8):
            self.clinic.bank.act(view.card_action_url.rpartition("/")[2], agreed=True)
            try:
                self.clinic.services.add_method(view.checkout.patient, self._token, RUNNER)
            except HlcError as refusal:
                self.journal.refused[refusal.code] += 1
        for id in view.checkout.subscriptions:
            if id not in self.journal.lives:
                life = Life(id=id, patient=view.checkout.patient, plan=self.person.plan)
                self.journal.lives[id] = life
                self.started(life, self.person)
