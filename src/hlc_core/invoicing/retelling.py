"""What is done again about an invoice when something that should have followed from it did not."""

from __future__ import annotations

from attrs import frozen

from hlc_core.invoicing import events
from hlc_core.invoicing.bills import facts
from hlc_core.invoicing.machine import InvoiceState
from hlc_core.invoicing.model import Invoice
from hlc_core.invoicing.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import ObligationId

AGAIN = "told again"
"""The reason that a withdrawn invoice gives when it is told of once more."""


@frozen(kw_only=True)
class RetellInvoice(Command[Invoice]):
    """Tell once more how the invoice of a debt ended. Whoever reacts knows a repetition."""

    obligation: ObligationId


def retell_invoice(command: RetellInvoice, env: Env) -> Invoice:
    """The invoice, as it stands. One that is owed tells nothing. Refuses: Missing (no invoice)."""
    found = env.invoices.for_obligations((command.obligation,))
    if not found:
        raise Missing("There is no invoice for that debt.", Fault("obligation", "as `hlc doctor` names it"))
    invoice = found[0]
    if invoice.state is InvoiceState.PAID:
        env.outbox.put(events.InvoicePaid(**facts(invoice), amount=invoice.total))
    elif invoice.state is InvoiceState.VOID:
        env.outbox.put(events.InvoiceVoided(**facts(invoice), reason=AGAIN))
    return invoice
