"""Rules about charges: what was captured, what became of it, what went back. Source: design/charge-protocol."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hlc_core.cart.api import CartState
from hlc_core.checkout.api import CheckoutState
from hlc_core.invariants.model import Books, Finding, Payments, grouped, retell, wake
from hlc_core.invoicing.api import InvoiceState
from hlc_core.kernel.ids import CheckoutId
from hlc_core.kernel.text import counted
from hlc_core.payments.api import AttemptState, PaymentAttempt, Purpose, RefundState
from hlc_core.subscriptions.api import obligation_of

LONGEST = {
    AttemptState.OPEN: timedelta(hours=3),
    AttemptState.SENT: timedelta(days=8),
    AttemptState.ACTION: timedelta(days=3),
    AttemptState.UNKNOWN: timedelta(days=8),
    AttemptState.CLOSING: timedelta(days=8),
}
"""After this an attempt must have ended, had the resolver looked when it was due: its deadline and a margin."""


def one_paid_attempt_an_obligation(facts: Payments) -> Iterator[Finding]:
    """A debt is collected once."""
    for obligation, attempts in grouped(facts.attempts, lambda a: a.payment.obligation).items():
        paid = [attempt.id for attempt in attempts if attempt.state is AttemptState.PAID]
        if len(paid) > 1:
            yield Finding(
                invariant="one_paid_attempt_an_obligation",
                subjects=(obligation, *paid),
                means="The same debt was collected more than once.",
                remedy="Refund all but one of these attempts, and find out how the second could open.",
            )


def one_unclosed_attempt_an_obligation(facts: Payments) -> Iterator[Finding]:
    """While one attempt is not closed, no other may be."""
    for obligation, attempts in grouped(facts.attempts, lambda a: a.payment.obligation).items():
        unclosed = [attempt.id for attempt in attempts if attempt.state is not AttemptState.CLOSED]
        if len(unclosed) > 1:
            yield Finding(
                invariant="one_unclosed_attempt_an_obligation",
                subjects=(obligation, *unclosed),
                means="Two attempts at one debt could both be captured.",
                remedy="Cancel all but one at the gateway, and rule on them.",
            )


def attempts_are_numbered_without_gaps(facts: Payments) -> Iterator[Finding]:
    """Attempts at a debt are numbered 1, 2, 3 and so on: none is missing."""
    for obligation, attempts in grouped(facts.attempts, lambda a: a.payment.obligation).items():
        numbers = sorted(attempt.number for attempt in attempts)
        if numbers != list(range(1, len(numbers) + 1)):
            yield Finding(
                invariant="attempts_are_numbered_without_gaps",
                subjects=(obligation,),
                means=f"The attempts at this debt are numbered {numbers}: one is missing or doubled.",
                remedy="Look in the audit trail and the gateway's books for the missing attempt.",
            )


def no_attempt_outlives_its_deadline(facts: Payments) -> Iterator[Finding]:
    """A live attempt ends or goes to a person."""
    for attempt in facts.attempts:
        most = LONGEST.get(attempt.state)
        if most is not None and facts.now - (attempt.sent_at or attempt.opened_at) > most:
            yield Finding(
                invariant="no_attempt_outlives_its_deadline",
                subjects=(attempt.id,),
                means=f"It is {attempt.state} for longer than the protocol allows: the resolver does not run.",
                remedy="Start the resolver job, and look at its errors.",
                repair=wake(attempt.payment.obligation),
            )


def a_paid_checkout_has_its_order(facts: Payments) -> Iterator[Finding]:
    """Money for a cart means one order, a paid invoice and a completed cart."""
    checkouts = {one.id: one for one in facts.checkouts}
    carts = {one.id: one for one in facts.carts}
    invoices = {one.obligation: one for one in facts.invoices}
    orders = grouped(facts.orders, lambda order: order.invoice)
    for attempt in _paid(facts, Purpose.CHECKOUT):
        checkout = checkouts.get(CheckoutId(attempt.payment.subject))
        invoice = invoices.get(attempt.payment.obligation)
        placed = orders.get(invoice.id, []) if invoice is not None else []
        cart = carts.get(checkout.cart) if checkout is not None else None
        wrong = [
            word
            for word, holds in (
                ("the checkout has not succeeded", checkout is not None and checkout.state is CheckoutState.SUCCEEDED),
                ("the invoice is not paid", invoice is not None and invoice.state is InvoiceState.PAID),
                ("it has no order" if not placed else f"there are {counted(len(placed), 'order')}", len(placed) == 1),
                ("the order is another one", checkout is None or checkout.order in {one.id for one in placed}),
                ("the cart is not completed", cart is not None and cart.state is CartState.COMPLETED),
            )
            if not holds
        ]
        lost = checkout is not None and checkout.state is not CheckoutState.SUCCEEDED and not placed
        if wrong:
            yield Finding(
                invariant="a_paid_checkout_has_its_order",
                subjects=(attempt.id, attempt.payment.subject),
                means=f"A buyer has paid, and {', '.join(wrong)}.",
                remedy="Place the order by hand or refund the attempt; then find out what stopped the completion.",
                repair=retell(attempt.payment.obligation) if lost else None,
            )


def a_paid_debt_is_settled(facts: Payments) -> Iterator[Finding]:
    """Money for an invoice stands on that invoice, unless it was withdrawn meanwhile (then it is credit)."""
    invoices = {one.obligation: one for one in facts.invoices}
    for attempt in _paid(facts, Purpose.RENEWAL, Purpose.SWITCH, Purpose.PAYOFF):
        invoice = invoices.get(attempt.payment.obligation)
        if invoice is None or invoice.state in (InvoiceState.OPEN, InvoiceState.DRAFT, InvoiceState.UNCOLLECTIBLE):
            yield Finding(
                invariant="a_paid_debt_is_settled",
                subjects=(attempt.id, attempt.payment.obligation),
                means="Money came, and its invoice does not show it.",
                remedy="Record the payment on the invoice by hand, with the attempt's id as its reference.",
                repair=None if invoice is None else retell(attempt.payment.obligation),
            )


def a_paid_change_is_carried_out(facts: Payments) -> Iterator[Finding]:
    """A switch or payoff that is paid does not wait any more; one whose attempt is closed does not either."""
    waiting = {
        obligation_of(one.change): one.id for one in facts.subscriptions if one.change is not None and not one.ended
    }
    for attempt in facts.attempts:
        held = waiting.get(attempt.payment.obligation)
        if held is not None and attempt.state in (AttemptState.PAID, AttemptState.CLOSED):
            yield Finding(
                invariant="a_paid_change_is_carried_out",
                subjects=(attempt.id, held),
                means=f"The payment of a switch or payoff is {attempt.state}, and the subscription still waits for it.",
                remedy="Carry the change out, or give it up, by hand: nothing is billed while it waits.",
                repair=retell(attempt.payment.obligation),
            )


def refunds_never_exceed_the_capture(facts: Payments) -> Iterator[Finding]:
    """What went back, or may still, is at most what came in, and the attempt knows it."""
    refunds = grouped(facts.refunds, lambda refund: refund.attempt)
    for attempt in facts.attempts:
        given = sum(r.amount.amount for r in refunds.get(attempt.id, ()) if r.state is not RefundState.REFUSED)
        noted = 0 if attempt.refunded is None else attempt.refunded.amount
        captured = attempt.payment.amount.amount if attempt.state is AttemptState.PAID else 0
        if given > captured or given != noted:
            yield Finding(
                invariant="refunds_never_exceed_the_capture",
                subjects=(attempt.id, *(refund.id for refund in refunds.get(attempt.id, ()))),
                means=f"{given} of {captured} minor units were given back; the attempt notes {noted}.",
                remedy="Compare with the gateway's refunds, and rule on those that are open.",
            )


def what_is_paid_is_in_the_books(facts: Payments) -> Iterator[Finding]:
    """Every attempt that we call paid was captured, by the gateway's own books."""
    if facts.booked is None or facts.booked_since is None:
        return
    for attempt in facts.attempts:
        if attempt.state is not AttemptState.PAID or attempt.id in facts.ruled:
            continue
        recent = attempt.sent_at is not None and attempt.sent_at >= facts.booked_since
        rested = facts.settled is None or (attempt.settled_at is not None and attempt.settled_at <= facts.settled)
        if recent and rested and attempt.object_id not in facts.booked and attempt.id not in facts.booked:
            yield Finding(
                invariant="what_is_paid_is_in_the_books",
                subjects=(attempt.id, attempt.object_id or ""),
                means="We call it paid, and the gateway's books have no such charge.",
                remedy="Look the object up at the gateway; if nothing was captured, the order is not paid.",
            )


def every_charge_has_its_attempt(facts: Books) -> Iterator[Finding]:
    """Every captured charge is a paid attempt of the same amount; one in quarantine waits for a person already.

    A person may rule that another amount counts; one who rules that nothing was paid has to give the money back.
    """
    attempts: dict[str, PaymentAttempt] = {attempt.id: attempt for attempt in facts.attempts}
    for charge in facts.charges:
        attempt = attempts.get(charge.reference or "")
        if attempt is not None and (attempt.live or attempt.state is AttemptState.QUARANTINE):
            continue
        returned = charge.refunded == charge.amount
        if attempt is not None and attempt.id in facts.ruled and (attempt.state is AttemptState.PAID or returned):
            continue
        if attempt is None or attempt.state is not AttemptState.PAID or attempt.payment.amount != charge.amount:
            ours = "no attempt" if attempt is None else f"{attempt.payment.amount}, {attempt.state}"
            yield Finding(
                invariant="every_charge_has_its_attempt",
                subjects=(charge.object_id, charge.reference or ""),
                means=f"{facts.gateway} captured {charge.amount}; our books have {ours}.",
                remedy="Find out what it was for; refund it at the gateway if nothing was sold.",
            )


def one_charge_a_reference(facts: Books) -> Iterator[Finding]:
    """A gateway captured each attempt once."""
    for reference, charges in grouped(facts.charges, lambda charge: charge.reference).items():
        if reference and len(charges) > 1:
            yield Finding(
                invariant="one_charge_a_reference",
                subjects=(reference, *(charge.object_id for charge in charges)),
                means="One attempt was captured more than once.",
                remedy="Refund all but one of these charges at the gateway.",
            )


def _paid(facts: Payments, *purposes: Purpose) -> list[PaymentAttempt]:
    return [a for a in facts.attempts if a.state is AttemptState.PAID and a.payment.purpose in purposes]
