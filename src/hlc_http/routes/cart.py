"""The public cart API: filling a cart, pricing it, paying it. Source: spec/commerce, Public cart API and Checkout."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from hlc_adapters.wire.edge import NotReadable
from hlc_core.cart.api import (
    AddItems,
    ApplyCoupon,
    Cart,
    CartState,
    ChangeQuantity,
    CreateCart,
    GetCart,
    QuoteCart,
    QuotedLine,
    RemoveCoupon,
    RemoveItem,
)
from hlc_core.checkout.api import (
    CHECKOUT,
    CheckoutState,
    CheckoutView,
    GetCheckout,
    LastCheckout,
    SubmitCheckout,
)
from hlc_core.intake.api import LinkOfOrder
from hlc_core.kernel.errors import Fault, Missing, StillRunning
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CartId, CheckoutId, MethodId, OrderId, ProductId, SubscriptionId, TemplateId
from hlc_core.kernel.money import Money, zero
from hlc_core.organizations.api import Organization
from hlc_core.patients.api import Address, Contact
from hlc_http.call import Call
from hlc_http.refusals import PROBLEM, TITLES
from hlc_http.table import Face, Nothing, Reply, Routes, Who

routes = Routes("public cart", who=Who.ANYONE, face=Face.PUBLIC_API)

MOST_IDS = 200
PAYABLE = frozenset({CartState.OPEN, CartState.FAILED, CartState.ABANDONED})
OTHER_CARD = "pay with another card, or try this one again: nothing was charged"
LOOK_AGAIN = 2
"""Seconds after which a caller may ask again how a payment went."""


def _ids(given: object) -> tuple[str, ...]:
    """An array of ids, or a text of ids with commas, as a tuple."""
    listed = [part.strip() for part in given.split(",")] if isinstance(given, str) else given
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise NotReadable("Those are no products.", Fault("productIds", "a list of ids, or a text with commas"))
    wanted = tuple(one for one in listed if one)
    if len(wanted) > MOST_IDS:
        raise NotReadable("Those are too many products.", Fault("productIds", f"at most {MOST_IDS}"))
    return wanted


_IDS = {
    "schema": {
        "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}],
        "description": "Product ids: an array, or a text with commas.",
    }
}


@frozen(kw_only=True)
class CreateBody:
    """Products to begin a cart with; `temp` is short for `checkoutTemplateId`, `cartId` a cart to merge into."""

    product_ids: Any = field(converter=_ids, metadata=_IDS)
    checkout_template_id: str | None = None
    temp: str | None = None
    source_path: str = ""
    source_domain: str = ""
    cart_id: str | None = None


@frozen(kw_only=True)
class ItemsBody:
    """Products to put into the cart; one that is there already keeps its quantity."""

    product_ids: Any = field(converter=_ids, metadata=_IDS)


@frozen(kw_only=True)
class QuantityBody:
    """How many of the product, 1 to 99."""

    quantity: int


@frozen(kw_only=True)
class CouponBody:
    """The code as the buyer typed it."""

    code: str


@frozen(kw_only=True)
class PatientBody:
    """Who buys. A name may come in one or in two parts. A password is taken when accounts have them; now none has."""

    email: str
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    password: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class CheckoutBody:
    """What is paid (`quoteHash`), by whom, with a one-time token of the gateway or a saved method. No card data.

    `address` is needed when the cart says `needsAddress`; who is signed in and gives none, has it sent to their own.
    """

    quote_hash: str
    patient: PatientBody
    address: Address | None = None
    payment_token: str | None = field(default=None, repr=False)
    payment_method_id: str | None = None


@frozen(kw_only=True)
class Item:
    """One line. `price` is of one piece; the rest is of the whole line. `terms` says what recurs."""

    product_id: ProductId
    name: str
    image: str
    quantity: int
    price: Money
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    terms: str
    ships: bool


@frozen(kw_only=True)
class CartAnswer:
    """A cart with its price. With `needsAddress` it cannot be paid without one: something is shipped.

    `state` is DELETED when its last item was taken out: forget its id then.
    """

    cart_id: CartId
    state: str
    checkout_url: str
    payment_gateway: str
    items: tuple[Item, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    coupon: str
    quote_hash: str
    quote_expires_at: datetime | None
    checkout_template_id: TemplateId | None
    checkout_id: CheckoutId | None
    needs_address: bool
    actions: tuple[str, ...]


@frozen(kw_only=True)
class CheckoutAnswer:
    """One try to pay. `message` is the sentence for the buyer; `actionUrl` is where the bank asks, `consultationUrl`
    where the patient's questions are, once they are paid for."""

    checkout_id: CheckoutId
    cart_id: CartId
    number: int
    state: CheckoutState
    message: str
    total: Money
    payment_gateway: str
    action_url: str | None
    order_id: OrderId | None
    order_number: str
    subscription_ids: tuple[SubscriptionId, ...]
    code: str
    checkout_url: str
    consultation_url: str | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class AtFault:
    """A field of the request, and how to mend it."""

    field: str
    message: str


@frozen(kw_only=True)
class Declined:
    """A payment that was declined, as problem+json: the same cart can be paid with another card."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    fields: tuple[AtFault, ...]
    checkout: CheckoutAnswer


@routes.post("/api/public/cart/create", "Open a cart", body=CreateBody, answers=CartAnswer, status=201, uses=CreateCart)
def create_cart(call: Call[CreateBody, Nothing]) -> CartAnswer:
    """Or put the products into the cart named by `cartId`. An unknown product refuses all; nothing is created then."""
    body = call.body
    template = body.checkout_template_id or body.temp
    command = CreateCart(
        products=tuple(ProductId(one) for one in body.product_ids),
        into=None if body.cart_id is None else CartId(body.cart_id),
        template=None if template is None else TemplateId(template),
        source_path=body.source_path,
        source_domain=body.source_domain,
    )
    return answer(call.execute(command), call)


@routes.get("/api/public/cart/{cart_id}", "A cart as it was last priced", answers=CartAnswer, uses=GetCart)
def show_cart(call: Call[Nothing, Nothing]) -> CartAnswer:
    """Reading counts for nothing: it neither prices the cart anew nor keeps it from being abandoned."""
    return answer(call.ask(GetCart(cart=_cart(call))), call)


@routes.post("/api/public/cart/{cart_id}/items", "Add products", body=ItemsBody, answers=CartAnswer, uses=AddItems)
def add_items(call: Call[ItemsBody, Nothing]) -> CartAnswer:
    products = tuple(ProductId(one) for one in call.body.product_ids)
    return answer(call.execute(AddItems(cart=_cart(call), products=products)), call)


@routes.patch(
    "/api/public/cart/{cart_id}/items/{product_id}",
    "Change a quantity",
    body=QuantityBody,
    answers=CartAnswer,
    uses=ChangeQuantity,
)
def change_quantity(call: Call[QuantityBody, Nothing]) -> CartAnswer:
    command = ChangeQuantity(cart=_cart(call), product=_product(call), quantity=call.body.quantity)
    return answer(call.execute(command), call)


@routes.delete(
    "/api/public/cart/{cart_id}/items/{product_id}", "Take a product out", answers=CartAnswer, uses=RemoveItem
)
def remove_item(call: Call[Nothing, Nothing]) -> CartAnswer:
    """With the last product the cart is gone: the answer has the state DELETED and no items."""
    left = call.execute(RemoveItem(cart=_cart(call), product=_product(call)))
    return _gone(_cart(call), call) if left is None else answer(left, call)


@routes.post("/api/public/cart/{cart_id}/coupon", "Use a coupon", body=CouponBody, answers=CartAnswer, uses=ApplyCoupon)
def apply_coupon(call: Call[CouponBody, Nothing]) -> CartAnswer:
    return answer(call.execute(ApplyCoupon(cart=_cart(call), code=call.body.code)), call)


@routes.delete("/api/public/cart/{cart_id}/coupon", "Use no coupon", answers=CartAnswer, uses=RemoveCoupon)
def remove_coupon(call: Call[Nothing, Nothing]) -> CartAnswer:
    return answer(call.execute(RemoveCoupon(cart=_cart(call))), call)


@routes.post("/api/public/cart/{cart_id}/quote", "Price the cart as of now", answers=CartAnswer, uses=QuoteCart)
def quote_cart(call: Call[Nothing, Nothing]) -> CartAnswer:
    """What the checkout page shows and pays. Products withdrawn meanwhile leave the cart; so does an ended coupon."""
    return answer(call.execute(QuoteCart(cart=_cart(call))), call)


@routes.post(
    "/api/public/cart/{cart_id}/checkout",
    "Pay the cart",
    body=CheckoutBody,
    answers=CheckoutAnswer,
    uses=SubmitCheckout,
    idempotent=True,
    waits=True,
    names={"token": "paymentToken", "method": "paymentMethodId", "code": "cartId"},
)
def submit_checkout(call: Call[CheckoutBody, Nothing]) -> Reply:
    """200: paid. 202: in doubt, or the bank asks; look again. 402: declined, with the gateway's reason.

    Pressing twice pays once, with or without an Idempotency-Key. The key counts for this cart only.
    """
    body, buyer, cart = call.body, call.body.patient, _cart(call)
    command = SubmitCheckout(
        cart=cart,
        quote_hash=body.quote_hash,
        contact=Contact(
            email=buyer.email,
            name=buyer.name or f"{buyer.first_name} {buyer.last_name}".strip(),
            phone=buyer.phone,
        ),
        address=body.address,
        token=body.payment_token,
        method=None if body.payment_method_id is None else MethodId(body.payment_method_id),
        patient=call.own_id if call.by_patient else None,
    )
    key = None if call.key is None else f"{cart}|{call.key}"
    view = call.services.submit_checkout(command, evolve(call.envelope, idempotency_key=key))
    if key is not None and view.checkout.state is CheckoutState.PAYING:
        raise StillRunning("The first request with this key is still being worked on.", retry_after=LOOK_AGAIN)
    return checkout_reply(view, call)


@routes.get(
    "/api/public/cart/{cart_id}/checkout", "How the last try to pay went", answers=CheckoutAnswer, uses=LastCheckout
)
def show_last_checkout(call: Call[Nothing, Nothing]) -> CheckoutAnswer:
    view = call.ask(LastCheckout(cart=_cart(call)))
    if view is None:
        raise Missing("Nobody has tried to pay this cart yet.", Fault("cart_id", "pay it first"))
    return checkout_answer(view, call)


@routes.get(
    "/api/public/cart/{cart_id}/checkout/{checkout_id}",
    "How a try to pay went",
    answers=CheckoutAnswer,
    uses=GetCheckout,
    waits=True,
)
def show_checkout(call: Call[Nothing, Nothing]) -> CheckoutAnswer:
    """While its outcome is not known, the gateway is asked again, at most as often as this is called."""
    checkout = CheckoutId(call.part("checkout_id"))
    view = call.ask(GetCheckout(checkout=checkout))
    if view.checkout.cart != _cart(call):
        raise Missing("There is no such checkout.", Fault("checkout_id", "the one that paying this cart answered"))
    if not view.checkout.ended:
        view = call.services.resume_checkout(checkout, call.unkeyed)
    return checkout_answer(view, call)


def checkout_reply(view: CheckoutView, call: Call[Any, Any]) -> Reply:
    """The answer to a submission, with the status that its state asks for."""
    told = checkout_answer(view, call)
    if told.state is CheckoutState.SUCCEEDED:
        return Reply(value=told)
    if told.state is CheckoutState.DECLINED:
        declined = Declined(
            type="about:blank",
            title=TITLES[402],
            status=402,
            code="payment_declined",
            detail=told.message,
            fields=(AtFault(field="paymentToken", message=OTHER_CARD),),
            checkout=told,
        )
        return Reply(value=declined, status=402, content_type=PROBLEM)
    return Reply(value=told, status=202, headers={"Retry-After": str(LOOK_AGAIN)})


def checkout_answer(view: CheckoutView, call: Call[Any, Any]) -> CheckoutAnswer:
    """A checkout attempt as the buyer may see it: nothing of the patient, nothing of the instrument."""
    held, attempt = view.checkout, view.attempt
    note = CHECKOUT.notes[held.state].patient
    return CheckoutAnswer(
        checkout_id=held.id,
        cart_id=held.cart,
        number=held.number,
        state=held.state,
        message=" ".join(word for word in (held.text or note, view.notice) if word),
        total=held.quote.total,
        payment_gateway=held.gateway,
        action_url=view.action_url,
        order_id=held.order,
        order_number=held.order_number,
        subscription_ids=held.subscriptions,
        code="" if attempt is None else attempt.code,
        checkout_url=page_url(call.organization, held.cart, call.settings.base_url),
        consultation_url=consultation_url(held.order, call) if held.order is not None and _asks(view) else None,
        actions=_ACTIONS.get(held.state, ()),
    )


def consultation_url(order: OrderId, call: Call[Any, Any]) -> str | None:
    """Where the order's questions are: at the organization's consultation domain, else here; None where none wait."""
    page = consultation_page(order, call)
    return f"{call.settings.base_url}{page}" if page is not None and page.startswith("/") else page


def _asks(view: CheckoutView) -> bool:
    return any(product.offer.questionnaires for product in view.checkout.products)


def consultation_page(order: OrderId, call: Call[Any, Any]) -> str | None:
    """The same for a page of our own: a path, where the consultation has no domain."""
    path = call.services.application.ask(LinkOfOrder(order=order), call.ours)
    domain = call.organization.domains.consultation
    return f"https://{domain}{path}" if path is not None and domain else path


_ACTIONS = {
    CheckoutState.PAYING: ("look_again",),
    CheckoutState.ACTION: ("confirm_at_bank", "look_again"),
    CheckoutState.CHECKING: ("look_again",),
    CheckoutState.DECLINED: ("checkout",),
}


def answer(cart: Cart, call: Call[Any, Any]) -> CartAnswer:
    """The cart as the public API shows it."""
    quote, none = cart.quote, zero(call.organization.currency)
    return CartAnswer(
        cart_id=cart.id,
        state=cart.state,
        checkout_url=page_url(call.organization, cart.id, call.settings.base_url),
        payment_gateway=call.organization.payments.active_gateway,
        items=() if quote is None else tuple(map(_item, quote.lines)),
        subtotal=none if quote is None else quote.subtotal,
        discount=none if quote is None else quote.discount,
        tax=none if quote is None else quote.tax,
        total=none if quote is None else quote.total,
        coupon=cart.coupon if quote is None else quote.coupon,
        quote_hash="" if quote is None else quote.hash,
        quote_expires_at=None if quote is None else quote.expires_at,
        checkout_template_id=cart.template,
        checkout_id=cart.paying,
        needs_address=quote is not None and quote.needs_address,
        actions=_cart_actions(cart),
    )


def page_url(organization: Organization, cart: CartId, base_url: str) -> str:
    """Where the cart's page is: at the organization's checkout domain, else here."""
    domain = organization.domains.checkout
    return f"{f'https://{domain}' if domain else base_url}/cart/{cart}"


def _cart_actions(cart: Cart) -> tuple[str, ...]:
    if cart.paying is not None:
        return ("look_again",)
    if cart.state not in PAYABLE or not cart.lines:
        return ()
    coupon = ("remove_coupon",) if cart.coupon else ()
    return ("add_items", "change_quantity", "remove_item", "apply_coupon", *coupon, "quote", "checkout")


def _item(line: QuotedLine) -> Item:
    return Item(
        product_id=line.product,
        name=line.name,
        image=line.image,
        quantity=line.quantity,
        price=line.price,
        subtotal=line.subtotal,
        discount=line.discount,
        tax=line.tax,
        total=line.total,
        terms=line.terms,
        ships=line.ships,
    )


def _gone(cart: CartId, call: Call[Any, Any]) -> CartAnswer:
    none = zero(call.organization.currency)
    return CartAnswer(
        cart_id=cart,
        state="DELETED",
        checkout_url=page_url(call.organization, cart, call.settings.base_url),
        payment_gateway=call.organization.payments.active_gateway,
        items=(),
        subtotal=none,
        discount=none,
        tax=none,
        total=none,
        coupon="",
        quote_hash="",
        quote_expires_at=None,
        checkout_template_id=None,
        checkout_id=None,
        needs_address=False,
        actions=(),
    )


def _cart(call: Call[Any, Any]) -> CartId:
    return CartId(call.part("cart_id"))


def _product(call: Call[Any, Any]) -> ProductId:
    return ProductId(call.part("product_id"))
