"""Why is it as it is? Payment attempts and invoices, told from their rows: facts, what was tried, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_core.access.api import AUDIT_IMPERSONATED
from hlc_core.application import Application
from hlc_core.audit.api import ListAllMoves, ListMoves
from hlc_core.invoicing.api import INVOICE, GetInvoice, InvoiceState
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId, InvoiceId
from hlc_core.orders.api import ExplainOrder
from hlc_core.orders.api import Explanation as OrderExplanation
from hlc_core.payments.api import (
    ATTEMPT,
    AttemptState,
    GetAttempt,
    ListProcessorEvents,
    PaymentAttempt,
    ProcessorEvent,
    allowed,
)
from hlc_core.prescriptions.api import ExplainFills
from hlc_core.review.api import ExplainCare


@frozen(kw_only=True)
class Explanation:
    """A subject's story. `next_event` comes next, from `waits_for`, by `by`; `tried` is the past, oldest first."""

    subject: str
    state: str
    because: str
    means: str
    next_event: str
    waits_for: str
    by: datetime | None
    tried: tuple[str, ...]
    actions: tuple[str, ...]


def explain_order(order: str, application: Application, envelope: Envelope) -> OrderExplanation:
    """Why an order is where it is, with the story of its answers, their review, its prescriptions and their fills.

    Refuses: Missing, Denied.
    """
    told = application.ask(ExplainOrder(order=order), envelope)
    care = application.ask(ExplainCare(order=told.order), envelope)
    fills = application.ask(ExplainFills(order=told.order), envelope)
    return evolve(told, tried=(*told.tried, *care, *fills))


def explain_attempt(attempt: AttemptId, application: Application, envelope: Envelope) -> Explanation:
    """Why a payment attempt stands where it does. Refuses: Missing, Denied."""
    held = application.ask(GetAttempt(attempt=attempt), envelope)
    note = ATTEMPT.notes.get(held.state)
    told = application.ask(ListProcessorEvents(subject=held.payment.subject), envelope).items
    return Explanation(
        subject=held.id,
        state=held.state,
        because=_because(held),
        means="" if note is None else note.staff,
        next_event=_NEXT.get(held.state, "Nothing more happens."),
        waits_for="nobody" if note is None else note.waits_for,
        by=held.next_check_at,
        tried=(*_moves(held.id, application, envelope), *_said([one for one in told if one.attempt == held.id])),
        actions=allowed(held),
    )


_NEXT = {
    AttemptState.OPEN: "The gateway is asked; until then no money can move.",
    AttemptState.SENT: "The gateway's answer is recorded, or asked for again.",
    AttemptState.ACTION: "The buyer confirms at the bank, or the day passes and it is withdrawn.",
    AttemptState.UNKNOWN: "The gateway is asked again until it gives a definite answer.",
    AttemptState.CLOSING: "The object at the gateway is cancelled, so that it can never be charged late.",
    AttemptState.QUARANTINE: "Somebody compares the gateway's books and rules: `hlc payments rule`.",
}


def _because(held: PaymentAttempt) -> str:
    payment = held.payment
    parts = [f"try {held.number} to collect {payment.amount} for {payment.obligation} ({payment.purpose})"]
    if held.code or held.text:
        parts.append(f"the gateway {payment.gateway} says: {' '.join(word for word in (held.code, held.text) if word)}")
    if held.decline is not None:
        parts.append(f"a {held.decline.value.replace('_', ' ')} decline")
    if held.refunded is not None and not held.refunded.is_zero:
        parts.append(f"{held.refunded} of it was given back or is on its way back")
    if held.disputed:
        parts.append("the payer disputes it")
    return "; ".join(parts)


def explain_invoice(invoice: InvoiceId, application: Application, envelope: Envelope) -> Explanation:
    """Why an invoice stands where it does. Refuses: Missing, Denied."""
    card = application.ask(GetInvoice(invoice=invoice), envelope)
    held, note = card.invoice, INVOICE.notes[card.invoice.state]
    money = [f"{entry.at:%Y-%m-%d %H:%M} {entry.kind} of {entry.amount} ({entry.reference})" for entry in held.entries]
    told = application.ask(ListProcessorEvents(subject=held.id), envelope).items
    what = f"cycle {held.cycle} of {held.subscription}" if held.subscription else held.obligation
    because = f"{card.number} over {held.total} for {what}, due {held.due_on}; {held.amount_paid} paid"
    if not held.refunded.is_zero:
        because += f", {held.refunded} given back"
    if held.reason:
        because += f"; {held.reason}"
    owed = held.state in (InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE)
    return Explanation(
        subject=held.id,
        state=held.state,
        because=because,
        means=note.staff,
        next_event=f"{card.balance} is paid, or it is withdrawn." if owed else "Nothing more happens.",
        waits_for=note.waits_for,
        by=None,
        tried=(*_moves(held.id, application, envelope), *_said(told), *money),
        actions=card.actions,
    )


def _moves(subject: str, application: Application, envelope: Envelope) -> list[str]:
    everything = envelope.actor.may(AUDIT_IMPERSONATED)
    query = ListAllMoves(subject=subject) if everything else ListMoves(subject=subject)
    return [
        f"{move.at:%Y-%m-%d %H:%M} {move.source or 'made'} to {move.target} by {move.actor} ({move.cause})"
        for move in application.ask(query, envelope)
    ]


def _said(events: Sequence[ProcessorEvent]) -> list[str]:
    return [
        f"{event.at:%Y-%m-%d %H:%M} "
        + " ".join(str(word) for word in (event.gateway, event.kind, event.amount, event.code, event.text) if word)
        for event in events
    ]
