"""Opening cycles: the bill on the subscription, ONE invoice for (subscription, cycle), and its payment attempt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from attrs import frozen

from hlc_core.billing.ports import Env
from hlc_core.invoicing.api import Bill as InvoiceBill
from hlc_core.invoicing.api import Invoice, InvoiceLine, InvoiceState, cycle_obligation, open_invoices
from hlc_core.kernel.ids import OrderId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.payments.api import Payment, PaymentAttempt, Purpose, SavedMethod, by_patient, chargeable, open_payments
from hlc_core.recovery.api import open_without_method
from hlc_core.subscriptions.api import Bill, Subscription


@frozen(kw_only=True)
class Opened:
    """A cycle that was opened: its invoice, and the attempt at it (None: nothing to pay, or nothing to pay with)."""

    bill: Bill
    invoice: Invoice
    attempt: PaymentAttempt | None

    @property
    def settled(self) -> bool:
        """Whether nothing had to be paid."""
        return self.invoice.state is InvoiceState.PAID


def open_cycles(held: Sequence[Subscription], bills: Sequence[Bill], as_of: date, env: Env) -> Sequence[Opened]:
    """Invoices and attempts of bills that were just opened on these subscriptions, in their order.

    The invoice names the order that will be placed when the cycle is paid, or when it fails. Where nothing can
    be charged, recovery asks the patient for a method.
    """
    asked = [_invoice(one, bill, OrderId(env.ids.new("ord"))) for one, bill in zip(held, bills, strict=True)]
    invoices = open_invoices(asked, env)
    chosen = _methods(held, as_of, env)
    payable = [
        (one, invoice, chosen[one.id])
        for one, invoice in zip(held, invoices, strict=True)
        if invoice.state is InvoiceState.OPEN and one.id in chosen
    ]
    attempts = open_payments([_payment(invoice, method) for _, invoice, method in payable], env) if payable else ()
    by_invoice = {invoice.id: attempt for (_, invoice, _), attempt in zip(payable, attempts, strict=True)}
    stuck = [i.id for i in invoices if i.state is InvoiceState.OPEN and i.id not in by_invoice]
    if stuck:
        open_without_method(stuck, env)
    return [
        Opened(bill=bill, invoice=invoice, attempt=by_invoice.get(invoice.id))
        for bill, invoice in zip(bills, invoices, strict=True)
    ]


def _methods(held: Sequence[Subscription], as_of: date, env: Env) -> dict[SubscriptionId, SavedMethod]:
    methods = by_patient(env.methods.of_patients({one.patient for one in held}))
    gateway, found = env.organization.payments.active_gateway, {}
    for one in held:
        method = chargeable(methods.get(one.patient, ()), gateway, as_of, one.method)
        if method is not None:
            found[one.id] = method
    return found


def _invoice(held: Subscription, bill: Bill, order: OrderId) -> InvoiceBill:
    return InvoiceBill(
        patient=held.patient,
        obligation=cycle_obligation(bill.subscription, bill.cycle),
        lines=tuple(_lines(bill)),
        due_on=bill.period.start,
        order=order,
        subscription=bill.subscription,
        cycle=bill.cycle,
        period_start=bill.period.start,
        period_end=bill.period.end,
    )


def _lines(bill: Bill) -> Iterator[InvoiceLine]:
    terms = bill.terms
    plan = str(terms.cycle_interval)
    yield InvoiceLine(name=terms.name, amount=bill.value, quantity=terms.quantity, product=terms.product, plan=plan)
    if bill.credit.amount:
        yield InvoiceLine(name="Credit", amount=Money(-bill.credit.amount, bill.credit.currency))


def _payment(invoice: Invoice, method: SavedMethod) -> Payment:
    return Payment(
        obligation=invoice.obligation,
        purpose=Purpose.RENEWAL,
        subject=invoice.id,
        patient=invoice.patient,
        amount=invoice.total,
        instrument=method.instrument,
        gateway=method.gateway,
        off_session=True,
        keep_method=False,
        method=method.id,
    )
