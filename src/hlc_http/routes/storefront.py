"""The storefront's pages: buy link, cart, checkout, and how a payment went."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from hlc_adapters.documents.words import money
from hlc_adapters.wire.edge import camel
from hlc_core.cart.api import (
    ApplyCoupon,
    Cart,
    CartIsCompleted,
    CartNotFound,
    CartState,
    ChangeQuantity,
    CreateCart,
    GetCart,
    ProductNotOffered,
    Quote,
    QuoteCart,
    RemoveCoupon,
    RemoveItem,
)
from hlc_core.catalog.api import AskedField, GetPageDesign, ListProducts, PageDesign, Product, ProductsByIds
from hlc_core.checkout.api import ASK_AGAIN, CheckoutState, CheckoutView, LastCheckout, StaleQuote, SubmitCheckout
from hlc_core.kernel.commands import Command, Query, system
from hlc_core.kernel.errors import Fault, HlcError, Invalid, Missing
from hlc_core.kernel.ids import CartId, ProductId, TemplateId
from hlc_core.patients.api import Address, Contact
from hlc_core.subscriptions.api import Subscription, SubscriptionsOfPatient
from hlc_http.buylinks import Promise, read, signed
from hlc_http.call import Call
from hlc_http.cardforms import card_fields, with_card_policy
from hlc_http.media import picture
from hlc_http.pages import CartShown, FormShown, Message, brand_of
from hlc_http.routes.cart import consultation_page
from hlc_http.shown import cart_shown, image_of, status_shown, test_cards
from hlc_http.table import Content, Face, Nothing, Page, Redirect, Reply, Routes, Takes, Who

routes = Routes("storefront", who=Who.ANYONE, face=Face.PAGE)

_CART_COOKIE = "hlc_cart"
_TERMS = "I agree to the terms of the clinic."


@frozen(kw_only=True)
class LinkOptions:
    """What a buy link may say beside its products."""

    temp: str | None = None
    coupon: str | None = None
    source_path: str | None = None
    source_domain: str | None = None


@frozen(kw_only=True)
class State:
    """Where a payment stands, for the page that waits for it."""

    state: str


@routes.get("/", "What is sold, with the links to buy it")
def start(call: Call[Nothing, Nothing]) -> Page:
    """The clinic's products in groups."""
    products = [p for p in call.ask(ListProducts(limit=200)).items if p.active]
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for product in products:
        groups.setdefault(product.offer.category or "More", []).append(_offer(product, call.organization.locale))
    return _page(call, "start.html", {"groups": sorted(groups.items())})


@routes.get("/buy/{products}", "A buy link: leads to a cart with these products", query=LinkOptions)
def buy(call: Call[Nothing, LinkOptions]) -> Redirect:
    """Nothing is written: the cart's id is signed and says what is in it. Refuses: ProductNotOffered."""
    wanted = tuple(ProductId(id) for id in dict.fromkeys(call.part("products").split(",")) if id)
    found = {p.id for p in call.ask(ProductsByIds(products=wanted[:50])) if p.active}
    if not wanted or len(wanted) > 50 or any(id not in found for id in wanted):
        raise ProductNotOffered(
            "What this link leads to is not offered any more.", Fault("products", "see what the clinic offers now")
        )
    kept = _visitors(call)
    if kept is not None and all(kept.has(product) for product in wanted):
        return Redirect(to=f"/cart/{kept.id}")
    options = call.query
    promise = Promise(
        cart=CartId(call.services.ids.new("cart")),
        products=wanted,
        template=None if options.temp is None else TemplateId(options.temp),
        coupon=options.coupon or "",
        source_path=options.source_path or "",
        source_domain=options.source_domain or "",
    )
    return Redirect(to=f"/cart/{signed(promise, call.organization.id, _key(call))}")


def _visitors(call: Call[Any, Any]) -> Cart | None:
    known = call.incoming.cookies.get(_CART_COOKIE)
    try:
        cart = None if known is None else call.ask(GetCart(cart=CartId(known)))
    except Missing:
        return None
    return cart if cart is not None and cart.lines and cart.state is not CartState.COMPLETED else None


@routes.get("/cart/{cart}", "The cart")
def cart(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """The first visit by a browser writes the cart that a buy link promised; looking ahead does not."""
    promise = read(call.part("cart"), call.organization.id, _key(call))
    if promise is None:
        return _cart_page(call, _cart(call))
    if call.incoming.method == "HEAD" or "prefetch" in call.incoming.headers.get("sec-purpose", ""):
        return _page(call, "refusal.html", {"title": "Your cart", "detail": "Open the link to see it.", "faults": ()})
    _claim(call, promise)
    return Redirect(to=f"/cart/{promise.cart}", cookies={_CART_COOKIE: promise.cart})


def _claim(call: Call[Any, Any], promise: Promise) -> None:
    try:
        call.ask(GetCart(cart=promise.cart))
    except CartNotFound:
        _plain(
            call,
            CreateCart(
                products=promise.products,
                claimed=promise.cart,
                template=promise.template,
                source_path=promise.source_path,
                source_domain=promise.source_domain,
            ),
        )
        if promise.coupon:
            try:
                _plain(call, ApplyCoupon(cart=promise.cart, code=promise.coupon))
            except HlcError:
                return  # a coupon that ended must not keep anybody from the cart


@routes.post("/cart/{cart}/items/{product}", "Change a quantity", takes=Takes.FORM)
def change(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the cart."""
    text = call.body.get("quantity", "")
    quantity = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    wish = ChangeQuantity(cart=_id(call), product=ProductId(call.part("product")), quantity=quantity)
    return _changed(call, wish)


@routes.post("/cart/{cart}/items/{product}/remove", "Remove a product", takes=Takes.FORM)
def remove(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the cart, which is gone with its last product."""
    _plain(call, RemoveItem(cart=_id(call), product=ProductId(call.part("product"))))
    return Redirect(to=f"/cart/{_id(call)}")


@routes.post("/cart/{cart}/coupon", "Use a coupon", takes=Takes.FORM)
def coupon(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the cart; a coupon that cannot be used is explained there."""
    code = call.body.get("code", "")[:60]
    try:
        _plain(call, ApplyCoupon(cart=_id(call), code=code))
    except (CartNotFound, CartIsCompleted):
        raise
    except HlcError as refusal:
        return _cart_page(call, _cart(call), coupon_fault=refusal.detail, coupon_entered=code, status=422)
    return Redirect(to=f"/cart/{_id(call)}")


@routes.post("/cart/{cart}/coupon/remove", "Use no coupon", takes=Takes.FORM)
def coupon_off(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the cart."""
    return _changed(call, RemoveCoupon(cart=_id(call)))


def _changed(call: Call[Any, Any], wish: Command[Any]) -> Page | Redirect:
    _plain(call, wish)
    return Redirect(to=f"/cart/{_id(call)}")


@routes.get("/cart/{cart}/checkout", "The checkout form")
def checkout(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """The form with today's quote; a cart that is being paid or was paid leads to its status.

    To look is never a conflict: where somebody else writes the cart at the same moment, what they left is shown.
    """
    found = _cart(call)
    quoted = found if call.incoming.method == "HEAD" or _elsewhere(found) else _plain_quote(call, found)
    last = call.ask(LastCheckout(cart=quoted.id))
    if quoted.state is CartState.COMPLETED or (quoted.paying is not None and last is not None):
        return Redirect(to=f"/cart/{quoted.id}/status")
    if not quoted.lines:
        return Redirect(to=f"/cart/{quoted.id}")
    failure = last.checkout.text if last is not None and last.checkout.state is CheckoutState.DECLINED else ""
    return _form(call, quoted, {}, failure=failure)


@routes.post("/cart/{cart}/checkout", "Pay", takes=Takes.FORM, uses=SubmitCheckout, waits=True, idempotent=True)
def pay(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """The status of the payment; a decline comes back to the form with everything but the card kept."""
    form, found = call.body, _cart(call)
    faults = _missing(form, found.quote)
    if faults:
        return _form(call, found, form, faults=faults, status=422)
    submission = form.get("submission", "")[:64]
    envelope = evolve(call.envelope, idempotency_key=submission or None)
    try:
        view = call.services.submit_checkout(_submission(call, form), envelope)
    except StaleQuote as stale:
        fresh = _plain_quote(call, found)
        changes = "; ".join(fault.message for fault in stale.faults if fault != ASK_AGAIN)
        notice = f"{stale.detail} {changes}. Please look at the new total and pay again.".replace("..", ".")
        return _form(call, fresh, form, notice=notice.replace(" . ", " "), status=409)
    except Invalid as refusal:
        at = {_field(fault): fault.message for fault in refusal.faults} or {"form": refusal.detail}
        return _form(call, found, form, faults=at, status=422)
    if view.checkout.state is CheckoutState.DECLINED:
        return _form(call, _plain_quote(call, found), form, failure=view.checkout.text, status=402)
    return Redirect(to=f"/cart/{found.id}/status")


def _submission(call: Call[Any, Any], form: Mapping[str, str]) -> SubmitCheckout:
    name = f"{form.get('firstName', '')} {form.get('lastName', '')}".strip()
    address = None
    if form.get("address1"):
        address = Address(
            address1=form["address1"].strip(),
            address2=form.get("address2", "").strip(),
            city=form.get("city", "").strip(),
            province_code=form.get("provinceCode", "").strip(),
            postal_code=form.get("postalCode", "").strip(),
            country_code=form.get("countryCode", "US").strip().upper() or "US",
        )
    token = form.get("paymentToken", "")
    if token in {card.token for card in test_cards()}:
        token = f"{token}~{form.get('submission', '')[:16]}"
    return SubmitCheckout(
        cart=_id(call),
        quote_hash=form.get("quoteHash", ""),
        contact=Contact(email=form.get("email", ""), name=name, phone=form.get("phone", "")),
        address=address,
        token=token or None,
        return_url=f"{call.services.settings.base_url}/cart/{_id(call)}/status",
    )


def _missing(form: Mapping[str, str], quote: Quote | None) -> dict[str, str]:
    asked = {
        "firstName": "Please tell us your first name.",
        "lastName": "Please tell us your last name.",
        "email": "Please tell us your email address.",
        "paymentToken": "Choose how to pay.",
        "terms": "Please agree to the terms.",
    }
    if form.get("address1") or (quote is not None and quote.needs_address):
        asked |= {
            "address1": "Where shall we send it?",
            "city": "Which city?",
            "postalCode": "Please tell us the postal code.",
        }
        if form.get("countryCode", "US").strip().upper() in ("", "US", "CA"):
            asked["provinceCode"] = "Which state or province?"
    return {name: sentence for name, sentence in asked.items() if not form.get(name, "").strip()}


def _field(fault: Fault) -> str:
    name = camel(fault.field.removeprefix("address."))
    return {"name": "firstName", "token": "paymentToken", "address": "address1"}.get(name, name)


@routes.get("/cart/{cart}/status", "How the payment went")
def status(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """Asks the gateway where a payment is in doubt; a decline leads back to the form.

    What a gateway adds to the address when it sends the buyer back is passed over.
    """
    last = call.ask(LastCheckout(cart=_id(call)))
    if last is None:
        return Redirect(to=f"/cart/{_id(call)}")
    if not last.checkout.ended:
        last = call.services.resume_checkout(last.checkout.id, _system(call))
    if last.checkout.state is CheckoutState.DECLINED:
        return Redirect(to=f"/cart/{_id(call)}/checkout")
    design = _design(call, _cart(call))
    order = last.checkout.order
    questions = None if order is None else consultation_page(order, call)
    shown = status_shown(last, _subscriptions(call, last), design, call.organization.locale, questions)
    return _page(call, "status.html", {"status": shown}, design)


@routes.get("/cart/{cart}/state", "Where the payment stands, for a page that waits", face=Face.API, answers=State)
def state(call: Call[Nothing, Nothing]) -> Reply:
    """Refuses: CartNotFound (nothing was tried)."""
    last = call.ask(LastCheckout(cart=_id(call)))
    if last is None:
        raise CartNotFound("Nothing was paid for this cart.")
    return Reply(value=State(state=last.checkout.state))


@routes.get("/images/{file}", "A picture of the sample catalog", answers="image/svg+xml", face=Face.MACHINE)
def media(call: Call[Nothing, Nothing]) -> Content:
    """Refuses: RouteUnknown."""
    return Content(
        body=picture(call.part("file")),
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=86400"},
    )


def _id(call: Call[Any, Any]) -> CartId:
    return CartId(call.part("cart"))


def _key(call: Call[Any, Any]) -> str:
    return call.services.settings.link_key or _PROCESS_KEY


_PROCESS_KEY = secrets.token_hex(24)
"""Signs buy links where no key is set; such links end with the process. Set HLC_LINK_KEY to keep them."""


def _cart(call: Call[Any, Any]) -> Cart:
    return call.ask(GetCart(cart=_id(call)))


def _system(call: Call[Any, Any]) -> Any:
    return evolve(system(call.organization.id, "storefront"), correlation=call.incoming.correlation)


def _plain(call: Call[Any, Any], wish: Command[Any]) -> Any:
    return call.services.application.execute(wish, evolve(call.envelope, idempotency_key=None))


def _elsewhere(found: Cart) -> bool:
    """Whether there is nothing to pay here now."""
    return found.state is CartState.COMPLETED or found.paying is not None or not found.lines


def _plain_quote(call: Call[Any, Any], found: Cart) -> Cart:
    try:
        again: Cart = _plain(call, QuoteCart(cart=found.id))
    except HlcError:  # a declined attempt is still being closed, or others write at this moment: what stands is shown
        return _cart(call)
    return again


def _ask(call: Call[Any, Any], query: Query[Any]) -> Any:
    return call.services.application.ask(query, _system(call))


def _subscriptions(call: Call[Any, Any], view: CheckoutView) -> tuple[Subscription, ...]:
    if not view.checkout.subscriptions:
        return ()
    held = _ask(call, SubscriptionsOfPatient(patient=view.checkout.patient))
    return tuple(one for one in held if one.id in view.checkout.subscriptions)


def _design(call: Call[Any, Any], found: Cart) -> PageDesign:
    try:
        design: PageDesign = call.ask(GetPageDesign(template=found.template))
    except Missing:
        return PageDesign()
    return design


def _cart_page(
    call: Call[Any, Any], found: Cart, *, coupon_fault: str = "", coupon_entered: str = "", status: int = 200
) -> Page | Redirect:
    if found.state is CartState.COMPLETED:
        return Redirect(to=f"/cart/{found.id}/status")
    message = None
    if found.paying is not None:
        message = Message(tone="wait", text="A payment for this cart is under way, so it cannot be changed now.")
    elif found.state is CartState.FAILED:
        message = Message(tone="bad", text="Your last payment was declined. You can try again from here.")
    shown = _shown(call, found, message=message, coupon_fault=coupon_fault, coupon_entered=coupon_entered)
    return _page(call, "cart.html", {"cart": shown}, _design(call, found), status=status)


def _shown(call: Call[Any, Any], found: Cart, **more: Any) -> CartShown:
    products = {p.id: p for p in call.ask(ProductsByIds(products=tuple(line.product for line in found.lines)))}
    return cart_shown(found, products, call.organization.locale, **more)


def _form(
    call: Call[Any, Any],
    found: Cart,
    values: Mapping[str, str],
    *,
    faults: Mapping[str, str] | None = None,
    failure: str = "",
    notice: str = "",
    status: int = 200,
) -> Page:
    design = _design(call, found)
    needs_address = found.quote is not None and found.quote.needs_address
    kept = {name: text for name, text in values.items() if name not in {"paymentToken", "submission", "quoteHash"}}
    form = FormShown(
        title="Checkout",
        submission=secrets.token_hex(16),
        quote_hash="" if found.quote is None else found.quote.hash,
        terms=design.terms or _TERMS,
        cards=test_cards(),
        simulated=call.organization.payments.active_gateway == "simulator",
        card_fields=card_fields(call),
        asks_address=needs_address or AskedField.SHIPPING_ADDRESS in design.fields,
        needs_address=needs_address,
        values={"countryCode": "US", **kept},
        faults=faults or {},
        failure=failure,
        notice=notice,
    )
    shown = {"cart": _shown(call, found), "form": form}
    return with_card_policy(_page(call, "checkout.html", shown, design, status=status), form.card_fields)


def _offer(product: Product, locale: str) -> Mapping[str, Any]:
    offer = product.offer
    return {
        "name": product.name,
        "description": offer.description,
        "image": image_of(offer.image),
        "price": money(offer.price, locale),
        "interval": "" if offer.interval is None else str(offer.interval),
        "prescription": offer.needs_prescription,
        "trial": offer.trial_days,
        "link": f"/buy/{product.id}",
    }


def _page(
    call: Call[Any, Any], template: str, shows: Mapping[str, Any], design: PageDesign | None = None, status: int = 200
) -> Page:
    look = design or PageDesign()
    brand = brand_of(call.organization, look.title, look.logo_url, look.accent)
    return Page(template=template, shows={"brand": brand, **shows}, status=status)
