"""Orders: reading, explaining and moving them. A patient sees only their own."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from hlc_adapters.explain import explain_order as explain
from hlc_core.kernel.ids import OrderId, PatientId
from hlc_core.kernel.paging import Page
from hlc_core.orders.api import (
    CreateStaffOrder,
    ExplainOrder,
    Explanation,
    GetOrder,
    LateOrders,
    ListOrders,
    MoveOrder,
    OrderCard,
    OrderState,
    OrderTrigger,
    SetTracking,
    SubmitStaffOrder,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("orders", who=Who.STAFF)


@frozen(kw_only=True)
class OrdersQuery(Paged):
    """Of one state, of one patient (then of all states), or only late ones, oldest first."""

    state: OrderState | None = None
    patient: PatientId | None = None
    late: bool = False


@frozen(kw_only=True)
class MoveBody:
    """What happened. `expected` refuses the move when the order stands elsewhere by now."""

    trigger: OrderTrigger
    reason: str = ""
    expected: OrderState | None = None


@frozen(kw_only=True)
class TrackingBody:
    """How the parcel can be followed."""

    carrier: str
    tracking_number: str
    tracking_url: str = ""


@routes.get(
    "/api/v1/orders", "List orders", query=OrdersQuery, answers=Page[OrderCard], uses=ListOrders, who=Who.PATIENT
)
def list_orders(call: Call[Nothing, OrdersQuery]) -> Page[OrderCard]:
    """Newest first. A patient gets their own, whatever is asked."""
    asked = call.query
    if call.by_patient:
        return call.ask_as_owner(
            ListOrders(patient=call.own_id, joined=call.actor.joined, cursor=asked.cursor, limit=asked.limit)
        )
    if asked.late:
        return call.ask(LateOrders(cursor=asked.cursor, limit=asked.limit))
    return call.ask(ListOrders(state=asked.state, patient=asked.patient, cursor=asked.cursor, limit=asked.limit))


@routes.post(
    "/api/v1/orders",
    "Write a draft for a patient",
    body=CreateStaffOrder,
    answers=OrderCard,
    status=201,
    uses=CreateStaffOrder,
    idempotent=True,
    names={"code": "coupon"},
)
def create_order(call: Call[CreateStaffOrder, Nothing]) -> OrderCard:
    return _card(call.execute(call.body).id, call)


@routes.get("/api/v1/orders/{order_id}", "Show an order", answers=OrderCard, uses=GetOrder, who=Who.PATIENT)
def show_order(call: Call[Nothing, Nothing]) -> OrderCard:
    """By its id or its number."""
    return _own(call)


@routes.get(
    "/api/v1/orders/{order_id}/explain",
    "Why is this order here?",
    answers=Explanation,
    uses=ExplainOrder,
    who=Who.PATIENT,
)
def explain_order(call: Call[Nothing, Nothing]) -> Explanation:
    """What comes next, from whom, by when, and what was tried."""
    order = _own(call).order.id
    if call.by_patient:
        return call.ask_as_owner(ExplainOrder(order=order))
    return explain(order, call.services.application, call.unkeyed)


@routes.post(
    "/api/v1/orders/{order_id}/submit", "Place a draft", answers=OrderCard, uses=SubmitStaffOrder, idempotent=True
)
def submit_order(call: Call[Nothing, Nothing]) -> OrderCard:
    """An invoice is written, and the patient is asked to pay."""
    return _card(call.execute(SubmitStaffOrder(order=_id(call))).id, call)


@routes.post(
    "/api/v1/orders/{order_id}/move",
    "Move an order along a declared edge",
    body=MoveBody,
    answers=OrderCard,
    uses=MoveOrder,
    idempotent=True,
)
def move_order(call: Call[MoveBody, Nothing]) -> OrderCard:
    """`actions` of the order names the triggers that are possible now; exceptional ones ask for a reason."""
    body = call.body
    moved = call.execute(MoveOrder(order=_id(call), trigger=body.trigger, reason=body.reason, expected=body.expected))
    return _card(moved.id, call)


@routes.post(
    "/api/v1/orders/{order_id}/tracking",
    "Say how the parcel can be followed",
    body=TrackingBody,
    answers=OrderCard,
    uses=SetTracking,
    idempotent=True,
)
def set_tracking(call: Call[TrackingBody, Nothing]) -> OrderCard:
    """The status stays."""
    body = call.body
    command = SetTracking(
        order=_id(call),
        carrier=body.carrier,
        tracking_number=body.tracking_number,
        tracking_url=body.tracking_url,
    )
    return _card(call.execute(command).id, call)


def _own(call: Call[Any, Any]) -> OrderCard:
    return call.ask_own(GetOrder(order=call.part("order_id")), lambda card: card.order.patient)


def _id(call: Call[Any, Any]) -> OrderId:
    """The order's id; a number is looked up."""
    word = call.part("order_id")
    return OrderId(word) if word.startswith("ord_") else call.ask(GetOrder(order=word)).order.id


def _card(order: OrderId, call: Call[Any, Any]) -> OrderCard:
    return call.ask(GetOrder(order=order))
