"""What subscriptions do, in the same transaction, when invoices, payments and orders tell something."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.invoicing.api import InvoicePaid, InvoiceVoided
from hlc_core.orders.api import OrderRejected
from hlc_core.payments.api import PaymentPaid
from hlc_core.subscriptions.model import OpenDebt
from hlc_core.subscriptions.paying import PURPOSES
from hlc_core.subscriptions.ports import Env
from hlc_core.subscriptions.usecases.changing import PaidChange, change_paid
from hlc_core.subscriptions.usecases.ending import cancel_all
from hlc_core.subscriptions.usecases.renewing import PaidCycle, forgive_bills, renewed

REJECTED = "The order was rejected at medical review."
"""The reason of those that end with their order. Source: spec/billing, Subscriptions."""


def invoices_paid(events: Sequence[InvoicePaid], env: Env) -> None:
    """The invoice of a cycle is paid, however: the subscription advances. Those paid at checkout have advanced."""
    paid = [
        PaidCycle(subscription=event.subscription, cycle=event.cycle, amount=event.total)
        for event in events
        if event.subscription is not None and event.cycle is not None
    ]
    if paid:
        renewed(paid, env)


def invoices_voided(events: Sequence[InvoiceVoided], env: Env) -> None:
    """The invoice of the open bill is void: the cycle is forgiven."""
    void = {(event.subscription, event.cycle): event.reason for event in events}
    ids = {event.subscription for event in events if event.subscription is not None}
    for held in env.subscriptions.many(ids) if ids else ():
        if held.bill is not None and (held.id, held.bill.cycle) in void:
            forgive_bills([held.id], void[held.id, held.bill.cycle] or "The invoice is void.", env)


def changes_paid(events: Sequence[PaymentPaid], env: Env) -> None:
    """The money for a switch or payoff is there: it is carried out."""
    paid = [
        PaidChange(obligation=event.obligation, amount=event.amount, again=event.again)
        for event in events
        if event.purpose in PURPOSES.values()
    ]
    if paid:
        change_paid(paid, env)


def orders_rejected(events: Sequence[OrderRejected], env: Env) -> None:
    """Subscriptions linked to a rejected order end, where the organization wants it."""
    linked = [id for event in events if event.ends_subscriptions for id in event.subscriptions]
    if linked:
        cancel_all(dict.fromkeys(linked), REJECTED, OpenDebt.FORGIVE, env)
