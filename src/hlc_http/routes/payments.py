"""Payments: attempts, refunds, rulings, saved methods, and the timeline of what gateways said. No instruments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen

from hlc_adapters.explain import Explanation, explain_attempt
from hlc_core.kernel.ids import AttemptId, MethodId, ObligationId, PatientId, RefundId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page
from hlc_core.payments.api import (
    AttemptsOfObligation,
    AttemptState,
    Card,
    DeclineClass,
    GetAttempt,
    GetRefund,
    ListMethods,
    ListProcessorEvents,
    ListQuarantined,
    MethodState,
    PaymentAttempt,
    ProcessorEvent,
    Purpose,
    Refund,
    RemoveMethod,
    RequestRefund,
    RuleAttempt,
    RuleRefund,
    SavedMethod,
    SaveMethod,
    allowed,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Limited, Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("payments", who=Who.STAFF)


@frozen(kw_only=True)
class AttemptsQuery:
    """Every try to collect one obligation, such as a cart's id, or a subscription's and a cycle's (`sub_…:3`)."""

    obligation: ObligationId


@frozen(kw_only=True)
class EventsQuery(Paged):
    """Of one subject (checkout, invoice, cart, patient), all at once and oldest first; or all, newest first."""

    subject: str | None = None


@frozen(kw_only=True)
class AttemptRuling:
    """What a person found out about an attempt in quarantine, and the evidence: a sentence for the books."""

    paid: bool
    evidence: str


@frozen(kw_only=True)
class RefundRuling:
    """What a person found out about a refund in quarantine, and the evidence: a sentence for the books."""

    refunded: bool
    evidence: str


@frozen(kw_only=True)
class RefundBody:
    """How much goes back (nothing said: all that is left), and why."""

    amount: Money | None = None
    reason: str = ""


@frozen(kw_only=True)
class MethodBody:
    """The one-time token of the gateway's card form."""

    token: str


@frozen(kw_only=True)
class AttemptAnswer:
    """One numbered try to move money. `actions` are the triggers that a person may pull now."""

    id: AttemptId
    state: AttemptState
    number: int
    obligation: ObligationId
    purpose: Purpose
    subject: str
    patient: PatientId
    amount: Money
    refunded: Money | None
    gateway: str
    method: MethodId | None
    object_id: str | None
    charge_id: str | None
    opened_at: datetime
    settled_at: datetime | None
    next_check_at: datetime | None
    decline: DeclineClass | None
    code: str
    text: str
    disputed: bool
    actions: tuple[str, ...]


@frozen(kw_only=True)
class MethodAnswer:
    """A saved card: what may be shown of it."""

    id: MethodId
    patient: PatientId
    gateway: str
    card: Card | None
    default: bool
    state: MethodState
    saved_at: datetime
    actions: tuple[str, ...]


@routes.get(
    "/api/v1/payments/attempts",
    "Attempts at one obligation",
    query=AttemptsQuery,
    answers=tuple[AttemptAnswer, ...],
    uses=AttemptsOfObligation,
)
def list_attempts(call: Call[Nothing, AttemptsQuery]) -> tuple[AttemptAnswer, ...]:
    """By number."""
    return tuple(attempt_shown(one, call) for one in call.ask(AttemptsOfObligation(obligation=call.query.obligation)))


@routes.get("/api/v1/payments/attempts/{attempt_id}", "Show an attempt", answers=AttemptAnswer, uses=GetAttempt)
def show_attempt(call: Call[Nothing, Nothing]) -> AttemptAnswer:
    return attempt_shown(call.ask(GetAttempt(attempt=_attempt(call))), call)


@routes.get(
    "/api/v1/payments/attempts/{attempt_id}/explain", "Why is it as it is?", answers=Explanation, uses=GetAttempt
)
def explain_one_attempt(call: Call[Nothing, Nothing]) -> Explanation:
    """Facts, what the gateway said, what comes next."""
    return explain_attempt(_attempt(call), call.services.application, call.unkeyed)


@routes.get(
    "/api/v1/payments/quarantine",
    "Attempts that wait for a person",
    query=Limited,
    answers=tuple[AttemptAnswer, ...],
    uses=ListQuarantined,
)
def list_quarantined(call: Call[Nothing, Limited]) -> tuple[AttemptAnswer, ...]:
    return tuple(attempt_shown(one, call) for one in call.ask(ListQuarantined(limit=call.query.limit)))


@routes.post(
    "/api/v1/payments/attempts/{attempt_id}/ruling",
    "Decide about an attempt in quarantine",
    body=AttemptRuling,
    answers=AttemptAnswer,
    uses=RuleAttempt,
    idempotent=True,
)
def rule_attempt(call: Call[AttemptRuling, Nothing]) -> AttemptAnswer:
    body = call.body
    ruled = call.execute(RuleAttempt(attempt=_attempt(call), paid=body.paid, evidence=body.evidence))
    return attempt_shown(ruled, call)


@routes.post(
    "/api/v1/payments/attempts/{attempt_id}/refunds",
    "Give money back",
    body=RefundBody,
    answers=Refund,
    status=201,
    uses=RequestRefund,
    idempotent=True,
    waits=True,
)
def request_refund(call: Call[RefundBody, Nothing]) -> Refund:
    """Send an Idempotency-Key: without one, asking twice for a part gives it twice. The state says whether it went."""
    body = call.body
    asked = call.execute(RequestRefund(attempt=_attempt(call), amount=body.amount, reason=body.reason))
    call.services.give_back((asked,), call.ours)
    return call.ask(GetRefund(refund=asked.id))


@routes.get("/api/v1/payments/refunds/{refund_id}", "Show a refund", answers=Refund, uses=GetRefund)
def show_refund(call: Call[Nothing, Nothing]) -> Refund:
    return call.ask(GetRefund(refund=_refund(call)))


@routes.post(
    "/api/v1/payments/refunds/{refund_id}/ruling",
    "Decide about a refund in quarantine",
    body=RefundRuling,
    answers=Refund,
    uses=RuleRefund,
    idempotent=True,
)
def rule_refund(call: Call[RefundRuling, Nothing]) -> Refund:
    body = call.body
    return call.execute(RuleRefund(refund=_refund(call), refunded=body.refunded, evidence=body.evidence))


@routes.get(
    "/api/v1/payments/events",
    "The timeline of processor events",
    query=EventsQuery,
    answers=Page[ProcessorEvent],
    uses=ListProcessorEvents,
)
def list_processor_events(call: Call[Nothing, EventsQuery]) -> Page[ProcessorEvent]:
    asked = call.query
    return call.ask(ListProcessorEvents(subject=asked.subject, cursor=asked.cursor, limit=asked.limit))


@routes.get(
    "/api/v1/patients/{patient_id}/payment-methods",
    "A patient's saved methods",
    answers=tuple[MethodAnswer, ...],
    uses=ListMethods,
)
def list_methods(call: Call[Nothing, Nothing]) -> tuple[MethodAnswer, ...]:
    """The default first; removed ones say so."""
    return tuple(_method(one, call) for one in call.ask(ListMethods(patient=_patient(call))))


@routes.post(
    "/api/v1/patients/{patient_id}/payment-methods",
    "Keep a card without a charge",
    body=MethodBody,
    answers=MethodAnswer,
    status=201,
    uses=SaveMethod,
    waits=True,
)
def add_method(call: Call[MethodBody, Nothing]) -> MethodAnswer:
    """It becomes the default. Sending the same token again answers the method that stands."""
    return _method(call.services.add_method(_patient(call), call.body.token, call.unkeyed), call)


@routes.delete(
    "/api/v1/payment-methods/{method_id}",
    "Never charge it again",
    answers=MethodAnswer,
    uses=RemoveMethod,
    idempotent=True,
)
def remove_method(call: Call[Nothing, Nothing]) -> MethodAnswer:
    return _method(call.execute(RemoveMethod(method=MethodId(call.part("method_id")))), call)


def attempt_shown(attempt: PaymentAttempt, call: Call[Any, Any]) -> AttemptAnswer:
    """The attempt without its instrument."""
    payment = attempt.payment
    return AttemptAnswer(
        id=attempt.id,
        state=attempt.state,
        number=attempt.number,
        obligation=payment.obligation,
        purpose=payment.purpose,
        subject=payment.subject,
        patient=payment.patient,
        amount=payment.amount,
        refunded=attempt.refunded,
        gateway=payment.gateway,
        method=payment.method,
        object_id=attempt.object_id,
        charge_id=attempt.charge_id,
        opened_at=attempt.opened_at,
        settled_at=attempt.settled_at,
        next_check_at=attempt.next_check_at,
        decline=attempt.decline,
        code=attempt.code,
        text=attempt.text,
        disputed=attempt.disputed,
        actions=call.offered((trigger, RuleAttempt) for trigger in allowed(attempt)),
    )


def _method(method: SavedMethod, call: Call[Any, Any]) -> MethodAnswer:
    return MethodAnswer(
        id=method.id,
        patient=method.patient,
        gateway=method.gateway,
        card=method.instrument.card,
        default=method.default,
        state=method.state,
        saved_at=method.saved_at,
        actions=call.offered(() if method.state is MethodState.REMOVED else (("remove", RemoveMethod),)),
    )


def _attempt(call: Call[Any, Any]) -> AttemptId:
    return AttemptId(call.part("attempt_id"))


def _refund(call: Call[Any, Any]) -> RefundId:
    return RefundId(call.part("refund_id"))


def _patient(call: Call[Any, Any]) -> PatientId:
    return PatientId(call.part("patient_id"))
