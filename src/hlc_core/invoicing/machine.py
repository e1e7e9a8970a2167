"""The lifecycle of an invoice. Source: spec/billing, Invoices."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class InvoiceState(StrEnum):
    """Where an invoice stands."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    PAID = "PAID"
    VOID = "VOID"
    UNCOLLECTIBLE = "UNCOLLECTIBLE"


class InvoiceTrigger(StrEnum):
    """What moves an invoice."""

    ISSUE = "issue"
    PAY = "pay"
    VOID = "void"
    GIVE_UP = "give_up"


@frozen
class InvoiceFacts:
    """What the guards read."""

    settled: bool = False
    """Nothing is left to pay."""
    untouched: bool = True
    """Nothing was paid yet."""


def settled(facts: InvoiceFacts) -> bool:
    """Nothing is left to pay."""
    return facts.settled


def not_settled(facts: InvoiceFacts) -> bool:
    """Something is left to pay."""
    return not facts.settled


def untouched(facts: InvoiceFacts) -> bool:
    """Nothing was paid: money that came in is refunded, not voided."""
    return facts.untouched


_S, _T = InvoiceState, InvoiceTrigger

INVOICE = Machine[InvoiceState, InvoiceTrigger, InvoiceFacts](
    name="invoice",
    initial=_S.DRAFT,
    final=frozenset({_S.PAID, _S.VOID}),
    rules=(
        Rule(_S.DRAFT, _T.ISSUE, _S.OPEN, permission="invoicing.invoice.issue", causes="the amount is owed"),
        Rule(_S.DRAFT, _T.VOID, _S.VOID, permission="invoicing.invoice.void"),
        Rule(_S.OPEN, _T.PAY, _S.PAID, settled, permission="invoicing.payment.record", causes="a receipt"),
        Rule(_S.OPEN, _T.PAY, _S.OPEN, not_settled, permission="invoicing.payment.record"),
        Rule(_S.OPEN, _T.VOID, _S.VOID, untouched, permission="invoicing.invoice.void", causes="nothing is owed"),
        Rule(_S.OPEN, _T.GIVE_UP, _S.UNCOLLECTIBLE, permission="invoicing.invoice.give_up"),
        Rule(_S.UNCOLLECTIBLE, _T.PAY, _S.PAID, settled, permission="invoicing.payment.record", causes="a receipt"),
        Rule(_S.UNCOLLECTIBLE, _T.PAY, _S.OPEN, not_settled, permission="invoicing.payment.record"),
        Rule(_S.UNCOLLECTIBLE, _T.VOID, _S.VOID, untouched, permission="invoicing.invoice.void"),
    ),
    notes={
        _S.DRAFT: Note("staff", "This invoice is being prepared.", "Not issued yet.", 7),
        _S.OPEN: Note("patient", "This invoice is to be paid.", "Issued; the balance is owed until its due date."),
        _S.PAID: Note("nobody", "This invoice is paid.", "Paid in full."),
        _S.VOID: Note("nobody", "This invoice was withdrawn; nothing is owed.", "Withdrawn before any payment."),
        _S.UNCOLLECTIBLE: Note("staff", "This invoice is still unpaid.", "Written off; a late payment is still taken."),
    },
    mends={untouched: "something was paid on it: give that back instead, by POST /api/v1/invoices/{invoiceId}/refunds"},
)
