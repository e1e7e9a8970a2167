"""What invoices do when money moved, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.invoicing import events
from hlc_core.invoicing.bills import Paying, Refunding, facts, pay_invoices, refund_invoices
from hlc_core.invoicing.machine import INVOICE, InvoiceTrigger
from hlc_core.invoicing.model import EntryKind, Invoice
from hlc_core.invoicing.ports import Env
from hlc_core.kernel.ids import ObligationId
from hlc_core.kernel.money import Money
from hlc_core.payments.api import PaymentPaid, PaymentRefunded, Purpose


def on_payments_paid(paid: Sequence[PaymentPaid], env: Env) -> None:
    """Captured money is put on the invoice of its debt. A checkout's is left out: it writes and pays its own.

    Money that the invoice cannot take must not undo the record of the capture: it is told as PaymentUnapplied.
    """
    owed = [event for event in paid if event.purpose is not Purpose.CHECKOUT]
    invoices = _by_obligation([event.obligation for event in owed], env)
    for event in owed:
        invoice = invoices.get(event.obligation)
        if invoice is None or invoice.knows(EntryKind.PAYMENT, event.attempt):
            continue
        if _takes(invoice, event.amount):
            paying = Paying(invoice=invoice.id, amount=event.amount, reference=event.attempt)
            invoices[event.obligation] = pay_invoices((paying,), env)[0]
        else:
            env.outbox.put(events.PaymentUnapplied(**facts(invoice), attempt=event.attempt, amount=event.amount))


def on_payments_refunded(refunded: Sequence[PaymentRefunded], env: Env) -> None:
    """Money that went back is taken off the invoice that it had been put on; unapplied money never was."""
    invoices = _by_obligation([event.obligation for event in refunded], env)
    refunds = tuple(
        Refunding(invoice=invoice.id, amount=event.amount, reference=event.refund)
        for event in refunded
        if (invoice := invoices.get(event.obligation)) is not None and invoice.knows(EntryKind.PAYMENT, event.attempt)
    )
    refund_invoices(refunds, env)


def _by_obligation(obligations: Sequence[ObligationId], env: Env) -> dict[ObligationId, Invoice]:
    found = env.invoices.for_obligations(obligations) if obligations else ()
    return {invoice.obligation: invoice for invoice in found}


def _takes(invoice: Invoice, amount: Money) -> bool:
    open_to_pay = InvoiceTrigger.PAY in INVOICE.allowed(invoice.state, invoice.facts)
    return open_to_pay and amount.currency == invoice.total.currency and amount <= invoice.balance
