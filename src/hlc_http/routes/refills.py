"""Refills: the further fills of prescriptions and plans. A patient sees only their own."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from hlc_core.kernel.ids import PatientId, RefillId
from hlc_core.kernel.paging import Page
from hlc_core.refills.api import (
    ApproveRefill,
    CancelRefill,
    CompleteRefill,
    DeclineRefill,
    GetRefill,
    ListRefills,
    RefillCard,
    RefillState,
    SendRefill,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("refills", who=Who.STAFF)


@frozen(kw_only=True)
class RefillsQuery(Paged):
    """Of one state, or all of a patient."""

    state: RefillState | None = None
    patient: PatientId | None = None


@frozen(kw_only=True)
class WhyBody:
    """Why."""

    reason: str = ""


@frozen(kw_only=True)
class SendBody:
    """To which pharmacy; empty: the organization's."""

    pharmacy: str = ""


@routes.get(
    "/api/v1/refills",
    "List refills",
    query=RefillsQuery,
    answers=Page[RefillCard],
    uses=ListRefills,
    who=Who.PATIENT,
)
def list_refills(call: Call[Nothing, RefillsQuery]) -> Page[RefillCard]:
    """Newest first. A patient gets their own, whatever is asked."""
    asked = call.query
    after = None if asked.cursor is None else RefillId(asked.cursor)
    if call.by_patient:
        return call.ask_as_owner(ListRefills(patient=call.own_id, after=after, limit=asked.limit))
    states = () if asked.state is None else (asked.state,)
    return call.ask(ListRefills(states=states, patient=asked.patient, after=after, limit=asked.limit))


@routes.get("/api/v1/refills/{refill_id}", "Show a refill", answers=RefillCard, uses=GetRefill, who=Who.PATIENT)
def show_refill(call: Call[Nothing, Nothing]) -> RefillCard:
    """What it waits for, and both of its gates."""
    return call.ask_own(GetRefill(refill=_id(call)), lambda card: card.refill.patient)


@routes.post(
    "/api/v1/refills/{refill_id}/approve",
    "A provider approves it",
    answers=RefillCard,
    uses=ApproveRefill,
    idempotent=True,
)
def approve_refill(call: Call[Nothing, Nothing]) -> RefillCard:
    """Its prescription has to allow it."""
    return _card(call.execute(ApproveRefill(refill=_id(call))).id, call)


@routes.post(
    "/api/v1/refills/{refill_id}/send",
    "Send an approved refill",
    body=SendBody,
    answers=RefillCard,
    status=202,
    uses=SendRefill,
    idempotent=True,
)
def send_refill(call: Call[SendBody, Nothing]) -> RefillCard:
    """It is completed when the pharmacy has it."""
    return _card(call.execute(SendRefill(refill=_id(call), pharmacy=call.body.pharmacy)).id, call)


@routes.post(
    "/api/v1/refills/{refill_id}/complete",
    "It was given by another way",
    body=WhyBody,
    answers=RefillCard,
    uses=CompleteRefill,
    idempotent=True,
)
def complete_refill(call: Call[WhyBody, Nothing]) -> RefillCard:
    return _card(call.execute(CompleteRefill(refill=_id(call), reason=call.body.reason)).id, call)


@routes.post(
    "/api/v1/refills/{refill_id}/decline",
    "A provider says no",
    body=WhyBody,
    answers=RefillCard,
    uses=DeclineRefill,
    idempotent=True,
)
def decline_refill(call: Call[WhyBody, Nothing]) -> RefillCard:
    return _card(call.execute(DeclineRefill(refill=_id(call), reason=call.body.reason)).id, call)


@routes.post(
    "/api/v1/refills/{refill_id}/cancel",
    "It will not come",
    body=WhyBody,
    answers=RefillCard,
    uses=CancelRefill,
    idempotent=True,
)
def cancel_refill(call: Call[WhyBody, Nothing]) -> RefillCard:
    return _card(call.execute(CancelRefill(refill=_id(call), reason=call.body.reason)).id, call)


def _id(call: Call[Any, Any]) -> RefillId:
    return RefillId(call.part("refill_id"))


def _card(id: RefillId, call: Call[Any, Any]) -> RefillCard:
    return call.ask(GetRefill(refill=id))
