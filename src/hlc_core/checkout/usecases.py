"""Submitting a checkout: one live attempt for a cart, whoever presses how often."""

from __future__ import annotations

from attrs import frozen

from hlc_core.cart.api import Cart, CartIsCompleted, CartIsEmpty, CartNotFound, CartState, make_quote, offered
from hlc_core.catalog.api import hold_coupon, usable_coupon
from hlc_core.checkout.completion import complete
from hlc_core.checkout.delivery import destination
from hlc_core.checkout.errors import PaymentStillClosing
from hlc_core.checkout.machine import CheckoutState
from hlc_core.checkout.model import Checkout, obligation_of
from hlc_core.checkout.ports import Env
from hlc_core.checkout.staleness import refuse_if_stale
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CartId, CheckoutId, MethodId, PatientId
from hlc_core.patients.api import Address, Contact, Patient, buyer, buyer_again, uses_address
from hlc_core.payments.api import (
    AttemptState,
    Instrument,
    MethodState,
    NoPaymentToken,
    NoUsableMethod,
    Payment,
    Purpose,
    open_first_payments,
    open_payments,
)


@frozen(kw_only=True)
class SubmitCheckout(Command[Checkout]):
    """Pay the cart's quote. `token` is the gateway's one-time token, `method` a saved one of the signed-in patient.

    `address` must be there when anything in the cart is shipped. `patient` is set only for somebody who proved to be
    that patient; a guest gives the contact. `return_url` is where the buyer comes back to after the bank's own step.
    """

    cart: CartId
    quote_hash: str
    contact: Contact
    address: Address | None = None
    token: str | None = None
    method: MethodId | None = None
    patient: PatientId | None = None
    return_url: str = ""


def submit_checkout(command: SubmitCheckout, env: Env) -> Checkout:
    """The checkout attempt: a new one, or the one that stands (double click, second tab, paid already).

    Refuses: CartNotFound, CartIsEmpty, CartIsCompleted (by nobody's checkout), StaleQuote, AddressNeeded, Invalid
    (contact, address), NoPaymentToken, NoUsableMethod, PaymentStillClosing, what the coupon refuses, ProductNotOffered.
    """
    cart = env.carts.find(command.cart)
    if cart is None:
        raise CartNotFound("There is no such cart.", Fault("cartId", "open a new cart"))
    standing = _standing(cart, env)
    if standing is not None:
        return standing
    if not cart.lines:
        raise CartIsEmpty("There is nothing in this cart.", Fault("cart", "add a product"))
    products = offered(cart.lines, env)
    sold = tuple(products[line.product] for line in cart.lines)
    known = None if command.patient is None else env.patients.get(command.patient)
    address = destination(command.address, sold, known)
    coupon = usable_coupon(cart.coupon, None, env) if cart.coupon else None
    fresh = make_quote(cart.lines, products, coupon, env)
    quote = refuse_if_stale(cart, command.quote_hash, fresh, env.clock.now())
    patient = _buyer(command.contact, address, cart, env) if known is None else known
    checkout = Checkout(
        id=CheckoutId(env.ids.new("chk")),
        organization=env.organization.id,
        cart=cart.id,
        number=cart.checkouts + 1,
        state=CheckoutState.PAYING,
        quote=quote,
        products=sold,
        patient=patient.id,
        contact=command.contact,
        address=address,
        obligation=obligation_of(cart.id),
        opened_at=env.clock.now(),
        gateway=env.organization.payments.active_gateway,
        method=command.method,
        coupon=None if coupon is None else coupon.id,
        reduction=None if coupon is None else coupon.reduction,
        source_path=cart.source_path,
        source_domain=cart.source_domain,
    )
    if coupon is not None:
        hold_coupon(coupon.code, checkout.id, patient.id, env)
    started = evolve(cart.edited(env.clock.now()), checkouts=checkout.number, quote=quote, paying=checkout.id)
    env.carts.save(started)
    if quote.total.is_zero:
        if command.method is not None:
            _instrument(command, patient, checkout.gateway, env)
        env.checkouts.add(checkout)
        return complete([checkout], {}, env)[0]
    paying = _with_payment(checkout, command, patient, env)
    env.checkouts.add(paying)
    return paying


def _standing(cart: Cart, env: Env) -> Checkout | None:
    if cart.state is not CartState.COMPLETED and cart.paying is None:
        return None
    if cart.paying is not None:
        live = env.checkouts.get(cart.paying)
        if live.state is CheckoutState.DECLINED:
            raise PaymentStillClosing("Your last payment is still being closed. Try again shortly.", retry_after=5)
        return live
    done = [c for c in env.checkouts.of_cart(cart.id) if c.state is CheckoutState.SUCCEEDED]
    if not done:
        raise CartIsCompleted("This cart was paid; open a new one.")
    return done[0]


def _buyer(contact: Contact, address: Address | None, cart: Cart, env: Env) -> Patient:
    before = _tried_before(contact, cart, env)
    return buyer(contact, address, env) if before is None else buyer_again(before, contact, address, env)


def _tried_before(contact: Contact, cart: Cart, env: Env) -> Patient | None:
    """Whom a declined try at this very cart made, under the same address, and who has bought nothing since.

    Without it whoever takes a second card would be taken for a stranger who uses the address of the first try.
    """
    if cart.checkouts == 0:
        return None
    for tried in reversed(env.checkouts.of_cart(cart.id)):
        found = env.patients.get(tried.patient)
        if uses_address(found, contact.email) and not env.orders.of_patients((found.id,), None, 1):
            return found
    return None


def _with_payment(checkout: Checkout, command: SubmitCheckout, patient: Patient, env: Env) -> Checkout:
    instrument = _instrument(command, patient, checkout.gateway, env)
    payment = Payment(
        obligation=checkout.obligation,
        purpose=Purpose.CHECKOUT,
        subject=checkout.id,
        patient=patient.id,
        amount=checkout.quote.total,
        instrument=instrument,
        gateway=checkout.gateway,
        off_session=False,
        keep_method=True,
        method=command.method,
        return_url=command.return_url,
    )
    opens = open_first_payments if checkout.number == 1 else open_payments
    attempt = opens([payment], env)[0]
    if attempt.payment.subject != checkout.id or attempt.state is not AttemptState.OPEN:
        raise PaymentStillClosing("Your last payment is still being closed. Try again shortly.", retry_after=5)
    return evolve(checkout, attempt=attempt.id)


def _instrument(command: SubmitCheckout, patient: Patient, gateway: str, env: Env) -> Instrument:
    if command.method is not None:
        for method in env.methods.of_patients((patient.id,)):
            if method.id == command.method and method.gateway == gateway and method.state is MethodState.ACTIVE:
                return method.instrument
        raise NoUsableMethod("That saved method cannot be charged.", Fault("method", "choose another, or send a token"))
    if not command.token:
        raise NoPaymentToken("A payment token is needed.", Fault("token", "the one-time token of the card form"))
    return Instrument(token=command.token)
