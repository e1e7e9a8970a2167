"""What the portal says of orders, subscriptions, cards and devices, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from attrs import frozen
from babel.dates import format_date, format_time

from hlc_adapters.documents.words import day, money
from hlc_core.kernel.time import zone
from hlc_core.orders.api import ORDER, Order, OrderState, OrderTrigger, Step
from hlc_core.organizations.api import Organization
from hlc_core.payments.api import Card, MethodState, SavedMethod
from hlc_core.subscriptions.api import State, Subscription
from hlc_http.pages import Link

RECOVERY_PAGE = "/patient/invoices?recovery=1"
CARDS_PAGE = "/patient/cards"
SOON = timedelta(days=30)
"""A card that ends within these days is spoken of. Source: seeds, Missing or expiring cards."""

STEPS: dict[OrderTrigger, str] = {
    OrderTrigger.PLACE: "Your order was placed.",
    OrderTrigger.SUBMIT: "The clinic placed the order for you.",
    OrderTrigger.ROUTE: "",
    OrderTrigger.PAY: "Your payment came in.",
    OrderTrigger.SUBMIT_INTAKE: "You sent your answers.",
    OrderTrigger.SEND_BACK: "A clinician asked you to look at some answers again.",
    OrderTrigger.ORDER_LABS: "A clinician asked for a laboratory test.",
    OrderTrigger.ISSUE_REQUISITION: "The laboratory test was ordered.",
    OrderTrigger.RECEIVE_RESULTS: "Your laboratory results came in.",
    OrderTrigger.APPROVE: "A clinician approved your order.",
    OrderTrigger.PRESCRIBE: "Your prescription went to the pharmacy.",
    OrderTrigger.RETURN_SCRIPT: "The pharmacy asked about the prescription.",
    OrderTrigger.PACK: "The pharmacy packed your order.",
    OrderTrigger.SHIP: "Your parcel was handed to the carrier.",
    OrderTrigger.SHIP_UNTRACKED: "Your parcel was sent.",
    OrderTrigger.FINISH: "Your order was completed.",
    OrderTrigger.DELIVER: "Your parcel was delivered.",
    OrderTrigger.RETURN: "Your parcel came back to us.",
    OrderTrigger.SHIP_AGAIN: "Your parcel was sent once more.",
    OrderTrigger.REJECT: "We could not approve your order.",
    OrderTrigger.REOPEN: "Your order was taken up again.",
    OrderTrigger.CANCEL: "Your order was cancelled.",
    OrderTrigger.REFUND: "Your money was returned.",
}
"""What each move of an order was, for its patient; what HLC decided by itself is nothing that happened to them."""

STANDING: dict[OrderState, tuple[str, str]] = {
    OrderState.INCOMPLETE: ("wait", "being put together"),
    OrderState.PENDING: ("wait", "received"),
    OrderState.AWAITING_PAYMENT: ("bad", "to be paid"),
    OrderState.AWAITING_REQUIREMENTS: ("wait", "waits for you"),
    OrderState.PROCESSING: ("info", "being reviewed"),
    OrderState.AWAITING_REQUISITION: ("info", "test being arranged"),
    OrderState.AWAITING_RESULTS: ("info", "waits for results"),
    OrderState.AWAITING_SCRIPT: ("info", "approved"),
    OrderState.AWAITING_FULFILLMENT: ("info", "at the pharmacy"),
    OrderState.AWAITING_SHIPMENT: ("info", "packed"),
    OrderState.SHIPPED: ("info", "on its way"),
    OrderState.COMPLETED: ("good", "delivered"),
    OrderState.RETURNED: ("wait", "came back"),
    OrderState.REJECTED: ("bad", "not approved"),
    OrderState.CANCELLED: ("plain", "cancelled"),
    OrderState.REFUNDED: ("plain", "refunded"),
}
"""Tone and words of each status."""

RUNNING: dict[State, tuple[str, str]] = {
    State.TRIALING: ("info", "free trial"),
    State.ACTIVE: ("good", "active"),
    State.PAST_DUE: ("bad", "payment failed"),
    State.PAUSED: ("wait", "paused"),
    State.CANCELLED: ("plain", "cancelled"),
    State.COMPLETED: ("plain", "complete"),
}
"""Tone and words of each state of a subscription."""


@frozen(kw_only=True)
class Warned:
    """A warning of the first page."""

    tone: str
    title: str
    text: str
    link: Link


@frozen(kw_only=True)
class Moment:
    """One line of a timeline."""

    when: str
    text: str


@frozen(kw_only=True)
class OrderShown:
    """An order in lists. `names` are what was bought."""

    number: str
    to: str
    placed: str
    total: str
    tone: str
    standing: str
    names: tuple[str, ...]
    next: str


@frozen(kw_only=True)
class SubscriptionShown:
    """A subscription in lists and on its page. `facts` are name and value."""

    number: str
    to: str
    name: str
    tone: str
    standing: str
    price: str
    next: str
    planned: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def moment(at: datetime, clinic: Organization) -> str:
    """`Mar 31, 2026, 2:05 PM` on the clocks of the clinic."""
    local = at.astimezone(zone(clinic.zone))
    return f"{format_date(local.date(), 'medium', clinic.locale)}, {format_time(local, 'short', locale=clinic.locale)}"


def on_the_day(at: datetime, clinic: Organization) -> str:
    """The clinic's local day of the instant, in words."""
    return day(at.astimezone(zone(clinic.zone)).date(), clinic.locale)


def timeline(order: Order, clinic: Organization) -> tuple[Moment, ...]:
    """What happened to the order, newest first."""
    lines = [Moment(when=moment(step.at, clinic), text=text) for step in order.history if (text := _told(step, order))]
    return tuple(reversed(lines))


def _told(step: Step, order: Order) -> str:
    carrier = order.tracking.carrier if order.tracking is not None else ""
    if step.trigger is OrderTrigger.SHIP and carrier:
        return f"Your parcel was handed to {carrier}."
    return STEPS[step.trigger]


def order_shown(order: Order, clinic: Organization) -> OrderShown:
    """The order in a list."""
    tone, standing = STANDING[order.state]
    return OrderShown(
        number=order.number,
        to=f"/patient/orders/{order.number}",
        placed=on_the_day(order.placed_at, clinic),
        total=money(order.amounts.total, clinic.locale),
        tone=tone,
        standing=standing,
        names=tuple(line.name if line.quantity == 1 else f"{line.quantity} × {line.name}" for line in order.lines),
        next=ORDER.notes[order.state].patient,
    )


def subscription_shown(held: Subscription, clinic: Organization, card: str = "") -> SubscriptionShown:
    """The subscription, what comes next, and what was agreed."""
    tone, standing = RUNNING[held.state]
    price = f"{money(held.terms.price_of_cycle(held.paid + 1), clinic.locale)} {held.terms.cycle_interval}"
    return SubscriptionShown(
        number=held.number,
        to=f"/patient/subscriptions/{held.number}",
        name=held.terms.name if held.terms.quantity == 1 else f"{held.terms.quantity} × {held.terms.name}",
        tone=tone,
        standing=standing,
        price=price,
        next=comes_next(held, clinic),
        planned=planned(held, clinic),
        facts=tuple(_facts(held, clinic, price, card)),
    )


def comes_next(held: Subscription, clinic: Organization) -> str:
    """The next thing that happens, in a sentence."""
    amount = "" if held.bill is None else money(held.bill.due, clinic.locale)
    if held.bill is not None and held.state in (State.TRIALING, State.ACTIVE):
        return f"The payment of {amount} is on its way."
    if held.bill is not None and not held.ended:
        return f"{amount} could not be charged and is still open."
    if held.change is not None:
        return "Your change is carried out as soon as its payment is through."
    if held.ended:
        return f"{amount} is still open." if amount else "Nothing more is charged."
    if held.state is State.PAUSED:
        if held.resume_on is None:
            return "Nothing is charged until you resume."
        return f"It goes on by itself on {day(held.resume_on, clinic.locale)}."
    if held.cancel_at_period_end or held.pause_at_period_end or held.next_due is None or held.all_paid:
        return "Nothing more is charged."
    price = money(held.terms.price_of_cycle(held.paid + 1), clinic.locale)
    if held.next_terms is not None:
        price = money(held.next_terms.price_of_cycle(1), clinic.locale)
    return f"The next payment is {price} on {day(held.next_due, clinic.locale)}."


def planned(held: Subscription, clinic: Organization) -> str:
    """What is planned for the period's end, if anything."""
    if held.ended:
        return ""
    end = day(held.bill.period.end if held.bill is not None else held.period.end, clinic.locale)
    if held.cancel_at_period_end:
        return f"It ends on {end}."
    if held.pause_at_period_end:
        return f"It pauses on {end}."
    if held.next_terms is not None:
        return f"It becomes {held.next_terms.name} on {end}."
    return ""


def _facts(held: Subscription, clinic: Organization, price: str, card: str) -> Iterator[tuple[str, str]]:
    yield "Price", price
    if held.ended and held.ended_at is not None:
        yield "Ended", on_the_day(held.ended_at, clinic)
    elif held.ever_paid:
        yield "Paid until", day(held.period.end, clinic.locale)
    elif held.trial_end is not None:
        yield "Free until", day(held.trial_end, clinic.locale)
    if held.terms.cycles is not None:
        yield "Payments agreed", f"{held.paid} of {held.terms.cycles} made"
    if not held.credit.is_zero:
        yield "Credit", money(held.credit, clinic.locale)
    if card and not held.ended:
        yield "Card", card
    yield "Number", held.number


def card_words(method: SavedMethod) -> str:
    """`Visa ending in 4242`."""
    return card_name(method.instrument.card)


def card_name(card: Card | None) -> str:
    """The same, of what may be shown of it."""
    return "Saved card" if card is None else f"{card.brand.replace('_', ' ').title()} ending in {card.last_four}"


def card_state(method: SavedMethod, today: date) -> str:
    """`expired`, `expiring` (within 30 days), or nothing to say."""
    card = method.instrument.card
    if card is None:
        return ""
    if card.expired(today):
        return "expired"
    return "expiring" if card.expired(today + SOON) else ""


def warnings(
    held: tuple[Subscription, ...], methods: tuple[SavedMethod, ...], today: date, clinic: Organization
) -> Iterator[Warned]:
    """Payments that failed, and cards that are missing or at their end. Source: seeds, Missing or expiring cards."""
    for one in held:
        if one.bill is not None and one.state in (State.PAST_DUE, State.PAUSED, State.CANCELLED):
            amount = money(one.bill.due, clinic.locale)
            yield Warned(
                tone="bad",
                title="A payment failed",
                text=f"{amount} for {one.terms.name} could not be charged. Pay it with another card, or try again.",
                link=Link(to=RECOVERY_PAGE, label="Pay it now"),
            )
    usable = [one for one in methods if one.state is MethodState.ACTIVE]
    running = [one for one in held if one.state in (State.TRIALING, State.ACTIVE, State.PAST_DUE)]
    if running and not usable:
        yield Warned(
            tone="wait",
            title="No card is saved",
            text="Without a card your next payment cannot be made.",
            link=Link(to=CARDS_PAGE, label="Add a card"),
        )
    for method in usable:
        state = card_state(method, today)
        if state:
            says = "has expired" if state == "expired" else "expires soon"
            yield Warned(
                tone="bad" if state == "expired" else "wait",
                title=f"{card_words(method)} {says}",
                text="Add the new one, so that your next payment goes through.",
                link=Link(to=CARDS_PAGE, label="See your cards"),
            )


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """`Firefox on Linux`, from what the browser calls itself."""
    browser = next((word for mark, word in _BROWSERS if mark in agent), "")
    system = next((word for mark, word in _SYSTEMS if mark in agent), "")
    return " on ".join(word for word in (browser or "A program" if agent else "A browser", system) if word)
