"""What review does, in the same transaction, when intakes are submitted and orders move."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.intake.api import IntakeCompleted
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ReviewId
from hlc_core.orders.api import OrderRejected, OrderState, OrderStatusUpdated, OrderTrigger
from hlc_core.payments.api import AttemptState, RequestRefund, request_refund
from hlc_core.review.errors import DecideInReview
from hlc_core.review.machine import ReviewState, ReviewTrigger
from hlc_core.review.model import NO_CLAIM, Review
from hlc_core.review.ports import Env

_DECISIONS = (OrderTrigger.APPROVE, OrderTrigger.SEND_BACK, OrderTrigger.REJECT)
_UNDECIDED = (ReviewState.WAITING, ReviewState.CLAIMED)


def intakes_completed(events: Sequence[IntakeCompleted], env: Env) -> None:
    """Submitted answers wait for a clinician; answers that were asked for again go back into their review."""
    standing = {one.intake: one for one in env.reviews.of_intakes([event.intake for event in events])}
    for event in events:
        review = standing.get(event.intake)
        if review is None:
            env.reviews.add(_opened(event, env))
        else:
            back = ReviewTrigger.RETURN if review.state is ReviewState.WITH_PATIENT else ReviewTrigger.REOPEN
            env.reviews.save(evolve(review.move(back, event.at, NO_CLAIM), revision=event.revision))


def _opened(event: IntakeCompleted, env: Env) -> Review:
    return Review(
        id=ReviewId(env.ids.new("rev")),
        organization=env.organization.id,
        intake=event.intake,
        order=event.order,
        order_number=event.order_number,
        patient=event.patient,
        revision=event.revision,
        opened_at=event.at,
        entered_at=event.at,
        waiting_since=event.at,
    )


def orders_moved(events: Sequence[OrderStatusUpdated], env: Env) -> None:
    """Reviews follow their orders; an undecided one cannot be passed by. Refuses: DecideInReview."""
    wanted = {event.order: event for event in events if _concerns(event)}
    if not wanted:
        return
    for review in env.reviews.of_orders(wanted):
        event = wanted[review.order]
        if event.trigger in _DECISIONS and review.state in _UNDECIDED:
            raise DecideInReview(
                "This order waits for a clinician's decision on the answers.",
                Fault("trigger", f"decide in the review {review.id}"),
            )
        trigger = _followed(event, review)
        if trigger is not None:
            env.reviews.save(review.move(trigger, event.at, NO_CLAIM))


_FOLLOWED = (
    *_DECISIONS,
    OrderTrigger.ORDER_LABS,
    OrderTrigger.RECEIVE_RESULTS,
    OrderTrigger.REOPEN,
    OrderTrigger.CANCEL,
    OrderTrigger.REFUND,
)


def _concerns(event: OrderStatusUpdated) -> bool:
    return event.trigger in _FOLLOWED


def _followed(event: OrderStatusUpdated, review: Review) -> ReviewTrigger | None:
    """What an order's move means to its review; nothing, where the review itself caused it."""
    stands = review.state
    if event.trigger in (OrderTrigger.CANCEL, OrderTrigger.REFUND):
        return None if stands is ReviewState.CLOSED else ReviewTrigger.CLOSE
    if event.trigger is OrderTrigger.ORDER_LABS and stands in _UNDECIDED:
        return ReviewTrigger.HOLD
    if event.trigger is OrderTrigger.RECEIVE_RESULTS and stands is ReviewState.WITH_LAB:
        return ReviewTrigger.RESUME
    if event.trigger is OrderTrigger.SEND_BACK and stands is ReviewState.APPROVED:
        return ReviewTrigger.RECALL
    if event.trigger is OrderTrigger.REJECT and stands in (ReviewState.APPROVED, ReviewState.WITH_LAB):
        return ReviewTrigger.WITHDRAW
    reopened = event.trigger is OrderTrigger.REOPEN and event.state is OrderState.PROCESSING
    if reopened and stands in (ReviewState.REJECTED, ReviewState.CLOSED):
        return ReviewTrigger.REOPEN
    return None


def orders_rejected(events: Sequence[OrderRejected], env: Env) -> None:
    """What was paid goes back, where the organization wants it."""
    if not env.organization.orders.refund_on_rejection:
        return
    for order in env.orders.many([event.order for event in events]):
        invoice = None if order.invoice is None else env.invoices.find(order.invoice)
        if invoice is None:
            continue
        for attempt in env.attempts.of_obligations((invoice.obligation,)):
            left = attempt.refunded is None or attempt.refunded < attempt.payment.amount
            if attempt.state is AttemptState.PAID and left:
                request_refund(RequestRefund(attempt=attempt.id, reason="The order could not be approved."), env)
