"""The debt behind a case, read from its invoice."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from hlc_core.invoicing.api import Invoice, Invoices, InvoiceState
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.recovery.ladder import Ending

_ENDINGS = {
    InvoiceState.PAID: Ending.PAID,
    InvoiceState.VOID: Ending.VOID,
    InvoiceState.UNCOLLECTIBLE: Ending.FORGIVEN,
}


@frozen(kw_only=True)
class Debt:
    """What one subscription owes for one cycle; `ended` says why nothing is owed any more."""

    invoice: InvoiceId
    subscription: SubscriptionId
    cycle: int
    patient: PatientId
    order: OrderId | None
    amount: Money
    ended: Ending | None


def debt(invoice: Invoice) -> Debt | None:
    """The debt of a cycle; None where the invoice is for something else."""
    if invoice.subscription is None or invoice.cycle is None:
        return None
    return Debt(
        invoice=invoice.id,
        subscription=invoice.subscription,
        cycle=invoice.cycle,
        patient=invoice.patient,
        order=invoice.order,
        amount=invoice.balance if invoice.state is not InvoiceState.PAID else invoice.total,
        ended=_ENDINGS.get(invoice.state),
    )


def debts(ids: Iterable[InvoiceId], invoices: Invoices) -> dict[InvoiceId, Debt]:
    """The debts of those invoices that are for cycles, in one statement."""
    found = (debt(invoice) for invoice in invoices.many(ids))
    return {one.invoice: one for one in found if one is not None}
