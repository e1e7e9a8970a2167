"""What billing does, in the same transaction, when a renewal is paid, fails, or is forgiven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hlc_core.billing.ports import Env
from hlc_core.billing.renewing import await_payment, settle_cycles
from hlc_core.invoicing.api import Invoice, InvoiceState, cycle_obligation, void_invoices
from hlc_core.kernel.ids import InvoiceId, SubscriptionId
from hlc_core.orders.api import OrderState, OrderTrigger, move_orders
from hlc_core.payments.api import PaymentPaid, Purpose
from hlc_core.recovery.api import Ending, RenewalPaymentFailed, note_cases, settle
from hlc_core.subscriptions.api import BillForgiven, ChangeMethod, change_method

FORGIVEN = "The cycle was forgiven."


def renewals_paid(events: Sequence[PaymentPaid], env: Env) -> None:
    """Money for cycles came: the orders are placed and the subscriptions advance.

    Invoicing puts the money on the invoices, and recovery resolves its cases, in reactions of their own. Money for
    a cycle that was forgiven meanwhile makes no order: subscriptions keep it as credit.
    """
    mine = [event for event in events if event.purpose is Purpose.RENEWAL]
    if mine:
        invoices = env.invoices.many([InvoiceId(event.owner) for event in mine])
        settle_cycles(invoices, env)
        _keep_what_paid({InvoiceId(event.owner): event for event in mine}, invoices, env)


def _keep_what_paid(events: Mapping[InvoiceId, PaymentPaid], invoices: Sequence[Invoice], env: Env) -> None:
    """A subscription that another method rescued is charged to that one from now on."""
    held = {one.id: one for one in env.subscriptions.many([i.subscription for i in invoices if i.subscription])}
    for invoice in invoices:
        method, one = events[invoice.id].method, held.get(invoice.subscription or SubscriptionId(""))
        if method is not None and one is not None and one.method != method and not one.ended:
            change_method(ChangeMethod(subscription=one.id, method=method, gateway=events[invoice.id].gateway), env)


def renewals_failed(events: Sequence[RenewalPaymentFailed], env: Env) -> None:
    """A renewal could not be charged: its order waits for the money, with what recovery says on it."""
    await_payment(env.invoices.many([event.invoice for event in events]), env)
    note_cases([event.recovery for event in events], env)


def bills_forgiven(events: Sequence[BillForgiven], env: Env) -> None:
    """A billed cycle is not collected any more: its invoice is void, and its retries stop.

    Where money came meanwhile the invoice stays: subscriptions keep that money as credit.
    """
    debts = [cycle_obligation(event.subscription, event.forgiven_cycle) for event in events]
    unpaid = [
        invoice.id
        for invoice in env.invoices.for_obligations(debts)
        if invoice.state in (InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE) and invoice.amount_paid.is_zero
    ]
    if unpaid:
        settle(unpaid, Ending.FORGIVEN, env)
        void_invoices(unpaid, FORGIVEN, env)
        waiting = [o.id for o in env.orders.for_invoices(unpaid) if o.state is OrderState.AWAITING_PAYMENT]
        move_orders(waiting, OrderTrigger.CANCEL, env, FORGIVEN)
