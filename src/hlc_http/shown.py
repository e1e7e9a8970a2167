"""From the core's answers to what the storefront's pages show."""

from __future__ import annotations

from collections.abc import Mapping

from hlc_adapters.documents.words import day, money
from hlc_adapters.gateways.simulator import TEST_CARDS
from hlc_core.cart.api import Cart, Quote, QuotedLine
from hlc_core.catalog.api import PageDesign, Product
from hlc_core.checkout.api import CheckoutState, CheckoutView
from hlc_core.kernel.ids import ProductId
from hlc_core.subscriptions.api import Subscription
from hlc_http.consultations import link_to
from hlc_http.pages import CartShown, LineShown, Link, Message, StatusShown, TestCard, safe_image
from hlc_http.returning import HOME

OFFERED_CARDS = (
    ("tok_success", "Succeeds", "The payment is made at once."),
    ("tok_soft", "Declined", "Not enough money; you can try again with another card."),
    ("tok_hard", "Refused", "The bank refuses this card for good."),
    ("tok_action", "Asks for confirmation", "Your bank wants you to confirm first (3-D Secure)."),
    ("tok_lost_answer", "Answer gets lost", "The payment is made, but nobody tells us: it is being checked."),
    ("tok_renewal_soft_2", "Renewals fail twice", "Works today; later the first two renewals are declined."),
)
"""The simulator's cards that the demo's form offers, and what each does."""


def test_cards() -> tuple[TestCard, ...]:
    """The choices of the simulator's card form."""
    numbers = {card.token: card.number for card in TEST_CARDS}
    return tuple(
        TestCard(token=token, number=_spaced(numbers.get(token, "")), title=title, meaning=meaning)
        for token, title, meaning in OFFERED_CARDS
    )


def _spaced(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def image_of(url: str) -> str:
    """The address of a product's picture, or nothing where it may not be shown."""
    if url and ":" not in url and not url.startswith(("/", "\\")):
        return f"/{url}"
    return url if safe_image(url) else ""


def cart_shown(
    cart: Cart,
    products: Mapping[ProductId, Product],
    locale: str,
    *,
    message: Message | None = None,
    coupon_fault: str = "",
    coupon_entered: str = "",
) -> CartShown:
    """The cart page, or the summary beside the checkout form."""
    quote = cart.quote
    lines = () if quote is None or not cart.lines else tuple(_lines(quote, products, locale))
    free = cart.paying is None
    return CartShown(
        path=f"/cart/{cart.id}",
        title="Your cart",
        lines=lines,
        subtotal="" if quote is None else money(quote.subtotal, locale),
        discount="" if quote is None or quote.discount.is_zero else money(quote.discount, locale),
        tax="" if quote is None or quote.tax.is_zero else money(quote.tax, locale),
        total="" if quote is None else money(quote.total, locale),
        recurring=()
        if quote is None
        else tuple(f"{line.name}: {_terms(line, locale)}" for line in quote.lines if line.terms),
        coupon=cart.coupon.upper(),
        coupon_fault=coupon_fault,
        coupon_entered=coupon_entered,
        editable=free,
        payable=free and bool(lines),
        message=message,
    )


def _lines(quote: Quote, products: Mapping[ProductId, Product], locale: str) -> list[LineShown]:
    shown = []
    for line in quote.lines:
        product = products.get(line.product)
        shown.append(
            LineShown(
                product=line.product,
                name=line.name,
                image=image_of(line.image),
                price=money(line.subtotal - line.discount, locale),
                quantity=line.quantity,
                was="" if line.discount.is_zero else money(line.subtotal, locale),
                terms=_terms(line, locale),
                needs_prescription=product is not None and product.offer.needs_prescription,
            )
        )
    return shown


def _terms(line: QuotedLine, locale: str) -> str:
    """What recurs, with its amount as everywhere on the page."""
    return line.terms.replace(str(line.price), money(line.price, locale))


def status_shown(
    view: CheckoutView,
    subscriptions: tuple[Subscription, ...],
    design: PageDesign,
    locale: str,
    questions: str | None = None,
) -> StatusShown:
    """The big state of a checkout: paid (with the link to its questions), being checked, or waiting for the bank."""
    checkout = view.checkout
    if checkout.state is CheckoutState.SUCCEEDED:
        return _thanks(view, subscriptions, design, locale, questions)
    watch = f"/cart/{checkout.cart}/state"
    if checkout.state is CheckoutState.ACTION and view.action_url:
        return StatusShown(
            state=checkout.state,
            tone="info",
            title="Your bank asks you to confirm",
            sentences=(f"Confirm the payment of {money(checkout.quote.total, locale)} with your bank.",),
            link=Link(to=view.action_url, label="Continue to your bank", outside=True),
            small="You come back here afterwards. You are charged once.",
            watch=watch,
        )
    return StatusShown(
        state=checkout.state,
        tone="wait",
        title="Your payment is being checked",
        sentences=("We have not heard from the bank yet. You need not do anything, and please do not pay again.",),
        small="This page looks for news by itself. You can also close it: we send you a mail when it is done.",
        watch=watch,
    )


def _thanks(
    view: CheckoutView,
    subscriptions: tuple[Subscription, ...],
    design: PageDesign,
    locale: str,
    questions: str | None,
) -> StatusShown:
    checkout = view.checkout
    facts = [("Order", checkout.order_number), ("Paid today", money(checkout.quote.total, locale))]
    for held in subscriptions:
        if held.next_due is not None:
            price = money(held.terms.price_of_cycle(held.paid + 1), locale)
            facts.append((f"Next payment, {held.terms.name}", f"{price} on {day(held.next_due, locale)}"))
    steps = ["Your order was placed, and the receipt is on its way to you by mail."]
    if questions is not None:
        steps.append("Next we need your answers to some questions about your health; you can also do it later.")
    elif any(product.offer.questionnaires for product in checkout.products):
        steps.append("We have your answers to the questions about your health.")
    if any(product.offer.needs_prescription for product in checkout.products):
        steps.append("A clinician reviews them before anything is prescribed.")
    return StatusShown(
        state=checkout.state,
        tone="good",
        title="Thank you",
        sentences=(design.thank_you, *steps) if design.thank_you else tuple(steps),
        link=link_to(questions) or Link(to=HOME, label="See your order"),
        facts=tuple(facts),
    )
