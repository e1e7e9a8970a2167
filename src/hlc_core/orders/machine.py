"""The sixteen statuses of an order and every way between them. Source: spec/commerce, Orders."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class OrderState(StrEnum):
    """Where an order is on its way."""

    INCOMPLETE = "INCOMPLETE"
    PENDING = "PENDING"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    AWAITING_REQUIREMENTS = "AWAITING_REQUIREMENTS"
    PROCESSING = "PROCESSING"
    AWAITING_REQUISITION = "AWAITING_REQUISITION"
    AWAITING_RESULTS = "AWAITING_RESULTS"
    AWAITING_SCRIPT = "AWAITING_SCRIPT"
    AWAITING_FULFILLMENT = "AWAITING_FULFILLMENT"
    AWAITING_SHIPMENT = "AWAITING_SHIPMENT"
    SHIPPED = "SHIPPED"
    COMPLETED = "COMPLETED"
    RETURNED = "RETURNED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"


class OrderTrigger(StrEnum):
    """What moves an order. ROUTE is HLC's own decision on a placed order; the others are what somebody did.

    PLACE is a buyer's or a renewal's, SUBMIT ends a draft of staff.
    """

    PLACE = "place"
    SUBMIT = "submit"
    ROUTE = "route"
    PAY = "pay"
    SUBMIT_INTAKE = "submit_intake"
    SEND_BACK = "send_back"
    ORDER_LABS = "order_labs"
    ISSUE_REQUISITION = "issue_requisition"
    RECEIVE_RESULTS = "receive_results"
    APPROVE = "approve"
    PRESCRIBE = "prescribe"
    RETURN_SCRIPT = "return_script"
    PACK = "pack"
    SHIP = "ship"
    SHIP_UNTRACKED = "ship_untracked"
    FINISH = "finish"
    DELIVER = "deliver"
    RETURN = "return"
    SHIP_AGAIN = "ship_again"
    REJECT = "reject"
    REOPEN = "reopen"
    CANCEL = "cancel"
    REFUND = "refund"


@frozen
class OrderFacts:
    """What the guards read; booleans only, so that the table can be enumerated."""

    paid: bool = False
    needs_questionnaire: bool = False
    intake_submitted: bool = False
    needs_review: bool = False
    needs_prescription: bool = False
    needs_labs: bool = False
    has_results: bool = False
    has_tracking: bool = False
    needs_shipment: bool = True
    fully_refunded: bool = False


def _intake_due(facts: OrderFacts) -> bool:
    return facts.needs_questionnaire and not facts.intake_submitted


def unpaid(facts: OrderFacts) -> bool:
    """Money is still owed."""
    return not facts.paid


def paid_and_intake_outstanding(facts: OrderFacts) -> bool:
    """Paid, and the patient has questions to answer."""
    return facts.paid and _intake_due(facts)


def paid_and_review_due(facts: OrderFacts) -> bool:
    """Paid, answered, and a clinician has to look at it."""
    return facts.paid and not _intake_due(facts) and facts.needs_review


def paid_and_script_due(facts: OrderFacts) -> bool:
    """Paid, nothing to review (a renewal under a standing approval), and a prescription is needed."""
    return facts.paid and not _intake_due(facts) and not facts.needs_review and facts.needs_prescription


def paid_and_ready_to_fulfil(facts: OrderFacts) -> bool:
    """Paid, and neither answers nor review nor prescription are needed."""
    return facts.paid and not _intake_due(facts) and not facts.needs_review and not facts.needs_prescription


def intake_complete(facts: OrderFacts) -> bool:
    """Every required questionnaire is answered."""
    return not _intake_due(facts)


def labs_outstanding(facts: OrderFacts) -> bool:
    """Laboratory results are needed and not there."""
    return facts.needs_labs and not facts.has_results


def approved_for_prescription(facts: OrderFacts) -> bool:
    """No results are outstanding, and something has to be prescribed."""
    return not labs_outstanding(facts) and facts.needs_prescription


def approved_without_prescription(facts: OrderFacts) -> bool:
    """No results are outstanding, and nothing has to be prescribed."""
    return not labs_outstanding(facts) and not facts.needs_prescription


def prescription_needed(facts: OrderFacts) -> bool:
    """Something has to be prescribed."""
    return facts.needs_prescription


def shipment_needed(facts: OrderFacts) -> bool:
    """Something has to be sent."""
    return facts.needs_shipment


def nothing_to_ship(facts: OrderFacts) -> bool:
    """A service: there is no parcel."""
    return not facts.needs_shipment


def tracked(facts: OrderFacts) -> bool:
    """Carrier and tracking number are known."""
    return facts.has_tracking


def money_all_back(facts: OrderFacts) -> bool:
    """What was paid went back in full."""
    return facts.fully_refunded


def money_is_here(facts: OrderFacts) -> bool:
    """It was paid, and not all of it went back."""
    return facts.paid and not facts.fully_refunded


_S, _T = OrderState, OrderTrigger
OrderRule = Rule[OrderState, OrderTrigger, OrderFacts]

SUBMIT = "orders.order.submit"
REVIEW = "orders.review.decide"
LABS = "orders.labs.handle"
PRESCRIBE = "orders.prescription.handle"
FULFIL = "orders.fulfillment.handle"
CANCEL = "orders.order.cancel"
CORRECT = "orders.order.correct"

PERMISSIONS = (SUBMIT, REVIEW, LABS, PRESCRIBE, FULFIL, CANCEL, CORRECT)
"""Every key that an edge may ask for."""

_MONEY_CAME = (_S.SHIPPED, _S.COMPLETED, _S.RETURNED, _S.REJECTED, _S.CANCELLED)
_IN_CARE = (
    _S.AWAITING_REQUIREMENTS,
    _S.PROCESSING,
    _S.AWAITING_REQUISITION,
    _S.AWAITING_RESULTS,
    _S.AWAITING_SCRIPT,
)
_AT_PHARMACY = (_S.AWAITING_FULFILLMENT, _S.AWAITING_SHIPMENT)
_UNPAID = (_S.INCOMPLETE, _S.PENDING, _S.AWAITING_PAYMENT)


def _by_facts(
    source: OrderState, trigger: OrderTrigger, permission: str | None = None, manual: bool = False
) -> tuple[OrderRule, ...]:
    leads: tuple[tuple[OrderState, Callable[[OrderFacts], bool], str], ...] = (
        (_S.AWAITING_REQUIREMENTS, paid_and_intake_outstanding, "the intake is asked for"),
        (_S.PROCESSING, paid_and_review_due, "a clinician is asked"),
        (_S.AWAITING_SCRIPT, paid_and_script_due, "a prescriber is asked"),
        (_S.AWAITING_FULFILLMENT, paid_and_ready_to_fulfil, "the pharmacy is asked"),
    )
    return tuple(
        Rule(source, trigger, target, guard, permission=permission, manual=manual, causes=causes)
        for target, guard, causes in leads
    )


ORDER = Machine[OrderState, OrderTrigger, OrderFacts](
    name="order",
    initial=_S.INCOMPLETE,
    final=frozenset({_S.REFUNDED}),
    rules=(
        Rule(_S.INCOMPLETE, _T.PLACE, _S.PENDING, causes="the order counts as placed"),
        Rule(_S.INCOMPLETE, _T.SUBMIT, _S.AWAITING_PAYMENT, unpaid, permission=SUBMIT, causes="an invoice"),
        *_by_facts(_S.INCOMPLETE, _T.SUBMIT, permission=SUBMIT),
        Rule(_S.PENDING, _T.ROUTE, _S.AWAITING_PAYMENT, unpaid, causes="the patient is asked to pay"),
        *_by_facts(_S.PENDING, _T.ROUTE),
        *_by_facts(_S.AWAITING_PAYMENT, _T.PAY),
        Rule(_S.AWAITING_REQUIREMENTS, _T.SUBMIT_INTAKE, _S.PROCESSING, intake_complete, causes="a clinician is asked"),
        Rule(_S.PROCESSING, _T.SEND_BACK, _S.AWAITING_REQUIREMENTS, permission=REVIEW, manual=True),
        Rule(_S.AWAITING_SCRIPT, _T.SEND_BACK, _S.AWAITING_REQUIREMENTS, permission=REVIEW, manual=True),
        Rule(_S.PROCESSING, _T.ORDER_LABS, _S.AWAITING_REQUISITION, permission=REVIEW, causes="results become needed"),
        Rule(_S.AWAITING_REQUISITION, _T.ISSUE_REQUISITION, _S.AWAITING_RESULTS, permission=LABS),
        Rule(_S.AWAITING_RESULTS, _T.RECEIVE_RESULTS, _S.PROCESSING, permission=LABS, causes="the review goes on"),
        Rule(_S.PROCESSING, _T.APPROVE, _S.AWAITING_SCRIPT, approved_for_prescription, permission=REVIEW),
        Rule(_S.PROCESSING, _T.APPROVE, _S.AWAITING_FULFILLMENT, approved_without_prescription, permission=REVIEW),
        Rule(_S.AWAITING_SCRIPT, _T.PRESCRIBE, _S.AWAITING_FULFILLMENT, permission=PRESCRIBE),
        Rule(
            _S.AWAITING_FULFILLMENT,
            _T.RETURN_SCRIPT,
            _S.AWAITING_SCRIPT,
            prescription_needed,
            permission=FULFIL,
            manual=True,
            causes="the prescriber is asked again",
        ),
        Rule(_S.AWAITING_FULFILLMENT, _T.PACK, _S.AWAITING_SHIPMENT, shipment_needed, permission=FULFIL),
        Rule(_S.AWAITING_FULFILLMENT, _T.FINISH, _S.COMPLETED, nothing_to_ship, permission=FULFIL),
        Rule(_S.AWAITING_SHIPMENT, _T.SHIP, _S.SHIPPED, tracked, permission=FULFIL, causes="shippedAt is set once"),
        Rule(_S.AWAITING_SHIPMENT, _T.SHIP_UNTRACKED, _S.SHIPPED, permission=FULFIL, manual=True),
        Rule(_S.SHIPPED, _T.DELIVER, _S.COMPLETED, permission=FULFIL),
        Rule(_S.SHIPPED, _T.RETURN, _S.RETURNED, permission=FULFIL),
        Rule(_S.COMPLETED, _T.RETURN, _S.RETURNED, shipment_needed, permission=FULFIL, manual=True),
        Rule(_S.RETURNED, _T.SHIP_AGAIN, _S.AWAITING_SHIPMENT, permission=FULFIL, manual=True),
        *(
            Rule(state, _T.REJECT, _S.REJECTED, permission=REVIEW, manual=True, causes="subscriptions end (a setting)")
            for state in (_S.PROCESSING, _S.AWAITING_REQUISITION, _S.AWAITING_RESULTS, _S.AWAITING_SCRIPT)
        ),
        Rule(_S.REJECTED, _T.REOPEN, _S.PROCESSING, money_is_here, permission=CORRECT, manual=True),
        *_by_facts(_S.CANCELLED, _T.REOPEN, permission=CORRECT, manual=True),
        *(
            Rule(state, _T.CANCEL, _S.CANCELLED, permission=CANCEL, manual=True)
            for state in (*_UNPAID, *_IN_CARE, *_AT_PHARMACY)
        ),
        *(Rule(state, _T.REFUND, _S.REFUNDED, money_all_back) for state in (*_IN_CARE, *_AT_PHARMACY, *_MONEY_CAME)),
    ),
    notes={
        _S.INCOMPLETE: Note("buyer", "Your order is being put together.", "A draft; placing it comes next.", 7),
        _S.PENDING: Note("system", "We have received your order.", "Placed; HLC decides what comes next.", 1),
        _S.AWAITING_PAYMENT: Note("patient", "Please pay for your order.", "A charge is due.", 7),
        _S.AWAITING_REQUIREMENTS: Note(
            "patient", "Please answer the questions for your order.", "Paid; intake outstanding or sent back.", 7
        ),
        _S.PROCESSING: Note("clinician", "A clinician is looking at your answers.", "Medical review due.", 2),
        _S.AWAITING_REQUISITION: Note(
            "clinic", "We are arranging a laboratory test for you.", "A lab requisition is to be issued.", 2
        ),
        _S.AWAITING_RESULTS: Note("lab", "We are waiting for your laboratory results.", "Requisition issued.", 14),
        _S.AWAITING_SCRIPT: Note(
            "provider",
            "Your order was approved; now the prescription is written.",
            "Approved; the prescription is due.",
            2,
        ),
        _S.AWAITING_FULFILLMENT: Note(
            "pharmacy", "The pharmacy is preparing your order.", "Prescription sent, or nothing to prescribe.", 3
        ),
        _S.AWAITING_SHIPMENT: Note("pharmacy", "Your order is packed.", "Packed; to be handed to the carrier.", 2),
        _S.SHIPPED: Note("carrier", "Your order is on its way.", "With the carrier.", 10),
        _S.COMPLETED: Note("nobody", "Your order was delivered.", "Delivered."),
        _S.RETURNED: Note("staff", "Your order came back to us.", "Came back: ship again or refund.", 3),
        _S.REJECTED: Note("staff", "We could not approve your order.", "Medically rejected; refund what is due.", 3),
        _S.CANCELLED: Note("nobody", "Your order was cancelled.", "Cancelled before shipment."),
        _S.REFUNDED: Note("nobody", "Your money was returned.", "Money returned in full."),
    },
    mends={
        tracked: "first say how the parcel can be followed: `hlc orders track`, or "
        "POST /api/v1/orders/{orderId}/tracking; or move it by ship_untracked, with a reason",
        shipment_needed: "nothing of it is sent: a service goes on by finish",
        nothing_to_ship: "something of it is sent: pack it, then ship it",
        approved_for_prescription: "wait for the results of the laboratory",
        prescription_needed: "nothing has to be prescribed: go on with what is possible now",
        money_is_here: "take a new order: this one was not paid, or the money went back",
    },
)
