"""The patient's orders: where each stands, how it came there, what comes next; and the questions that they ask."""

from __future__ import annotations

from attrs import frozen

from hlc_adapters.documents.words import money
from hlc_core.intake.api import IntakeState, OwnIntakes
from hlc_core.orders.api import ORDER, GetOrder, ListOrders, OrderState
from hlc_http.call import Call
from hlc_http.portal import reading
from hlc_http.portal.shell import page, portal_routes
from hlc_http.portal.words import on_the_day, order_shown, timeline
from hlc_http.table import Nothing, Page

routes = portal_routes("orders")

A_PAGE = 20

INTAKES: dict[IntakeState, tuple[str, str]] = {
    IntakeState.NOT_STARTED: ("wait", "to be answered"),
    IntakeState.IN_PROGRESS: ("wait", "begun"),
    IntakeState.SUBMITTED: ("info", "with a clinician"),
    IntakeState.NEEDS_CORRECTION: ("bad", "to be looked at again"),
    IntakeState.APPROVED: ("good", "approved"),
    IntakeState.REJECTED: ("plain", "not approved"),
}
"""Tone and words of each state of an intake."""


@frozen(kw_only=True)
class From:
    """Where the page begins."""

    cursor: str | None = None


@routes.get("/patient/orders", "One's orders", query=From, uses=ListOrders)
def portal_orders(call: Call[Nothing, From]) -> Page:
    """Newest first."""
    orders, more = reading.own_orders(call, call.query.cursor, A_PAGE)
    shown = tuple(order_shown(one, call.organization) for one in orders)
    return page(call, "orders.html", at="orders", orders=shown, more=more, questions=bool(reading.own_intakes(call)))


@routes.get("/patient/orders/{order}", "One of one's orders", uses=GetOrder)
def portal_order(call: Call[Nothing, Nothing]) -> Page:
    """Its timeline in plain words, how to follow the parcel, and what happens next."""
    order, clinic = reading.own_order(call), call.organization
    intake = reading.open_intake(order, call)
    waits = ORDER.notes[order.state].waits_for
    lines = tuple((line.name, line.quantity, money(line.price, clinic.locale), line.drug_name) for line in order.lines)
    url = order.tracking.url if order.tracking is not None else ""
    return page(
        call,
        "order.html",
        at="orders",
        order=order_shown(order, clinic),
        timeline=timeline(order, clinic),
        lines=lines,
        answers=intake,
        pays=order.state is OrderState.AWAITING_PAYMENT,
        by=on_the_day(order.deadline, clinic) if order.deadline and waits not in ("patient", "buyer") else "",
        tracking=order.tracking,
        follow=url if url.startswith(("https://", "http://")) else "",
        address=order.shipping_address,
        discount="" if order.amounts.discount.is_zero else money(order.amounts.discount, clinic.locale),
    )


@routes.get("/patient/questions", "One's questionnaires", uses=OwnIntakes)
def portal_questions(call: Call[Nothing, Nothing]) -> Page:
    """Which are open, with a clinician, or to be looked at again."""
    clinic = call.organization
    shown = tuple((one, *INTAKES[one.state], on_the_day(one.since, clinic)) for one in reading.own_intakes(call))
    return page(call, "questions.html", at="orders", intakes=shown)
