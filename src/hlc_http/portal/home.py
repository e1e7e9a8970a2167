"""The first page: what wants doing, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hlc_adapters.documents.words import money
from hlc_core.identity.api import JoinOwn, OwnStrays
from hlc_core.intake.api import IntakeState, OwnIntake
from hlc_core.orders.api import ORDER, Order, OrderState
from hlc_http.call import Call
from hlc_http.pages import Link
from hlc_http.portal import reading
from hlc_http.portal.shell import page, portal_routes
from hlc_http.portal.words import Warned, order_shown, subscription_shown, warnings
from hlc_http.returning import HOME
from hlc_http.table import Nothing, Page, Redirect

routes = portal_routes("home")

RECENT = 20
_ENDED = ORDER.final | {OrderState.COMPLETED, OrderState.REJECTED}


@routes.get("/patient", "The portal")
def portal(call: Call[Nothing, Nothing]) -> Redirect:
    """Its first page."""
    return Redirect(to=HOME)


@routes.get(HOME, "What wants doing, and what comes next")
def portal_home(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """Warnings first, then orders on their way and the next payments.

    What was bought under the address since the sign-in joins first, and the page is asked for once more.
    """
    if call.ask(OwnStrays()):
        call.services.application.execute(JoinOwn(), call.unkeyed)
        return Redirect(to=HOME)
    clinic = call.organization
    held = reading.own_subscriptions(call)
    orders, _ = reading.own_orders(call, None, RECENT)
    methods = reading.own_methods(call)
    return page(
        call,
        "home.html",
        at="dashboard",
        name=reading.own_patient(call).contact.name,
        warnings=(
            *warnings(held, methods, reading.today(call), clinic),
            *_to_pay(orders, call),
            *_to_answer(reading.own_intakes(call)),
        ),
        orders=tuple(order_shown(one, clinic) for one in orders if one.state not in _ENDED),
        subscriptions=tuple(subscription_shown(one, clinic) for one in held if not one.ended),
        nothing=not orders and not held,
    )


def _to_pay(orders: tuple[Order, ...], call: Call[Any, Any]) -> Iterator[Warned]:
    for order in orders:
        if order.state is OrderState.AWAITING_PAYMENT and order.recovery is None:
            amount = money(order.amounts.total, call.organization.locale)
            yield Warned(
                tone="wait",
                title=f"Order {order.number} waits for your payment",
                text=f"{amount} is to be paid before we go on with it.",
                link=Link(to="/patient/invoices", label="See the invoice"),
            )


def _to_answer(intakes: tuple[OwnIntake, ...]) -> Iterator[Warned]:
    for one in intakes:
        if not one.path:
            continue
        if one.state is IntakeState.NEEDS_CORRECTION:
            some = "one of your answers" if one.asked == 1 else "some of your answers"
            yield Warned(
                tone="bad",
                title=f"A clinician asks about {some}",
                text=f"Please look at it again, so that we can go on with order {one.order_number}.",
                link=Link(to=one.path, label="Look at the answers"),
            )
        else:
            begun = one.state is IntakeState.IN_PROGRESS
            yield Warned(
                tone="wait",
                title="Your answers are needed",
                text=f"Order {one.order_number} waits for your answers to some questions about your health.",
                link=Link(to=one.path, label="Go on with the questions" if begun else "Answer the questions"),
            )
