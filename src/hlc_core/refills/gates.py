"""The two gates of a refill, read at the last moment: is its money here, and does a prescription allow it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from hlc_core.invoicing.api import Invoice, InvoiceState
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import InvoiceId, OrderId, PrescriptionId, SubscriptionId
from hlc_core.orders.api import Order
from hlc_core.prescriptions.api import Prescription, PrescriptionState
from hlc_core.refills.model import Gate, Hold, Refill
from hlc_core.refills.ports import Env
from hlc_core.subscriptions.api import State, Subscription


@frozen(kw_only=True)
class Seen:
    """What a batch of refills depends on, each kind read in one statement."""

    prescriptions: Mapping[PrescriptionId, Prescription]
    subscriptions: Mapping[SubscriptionId, Subscription]
    invoices: Mapping[InvoiceId, Invoice]
    orders: Mapping[OrderId, Order]


def see(refills: Sequence[Refill], env: Env) -> Seen:
    """Everything that the gates of these refills read."""
    prescriptions = [one.prescription for one in refills if one.prescription is not None]
    subscriptions = [one.subscription for one in refills if one.subscription is not None]
    invoices = [one.invoice for one in refills if one.invoice is not None]
    orders = [one.order for one in refills if one.order is not None]
    return Seen(
        prescriptions={p.id: p for p in env.prescriptions.many(prescriptions)} if prescriptions else {},
        subscriptions={s.id: s for s in env.subscriptions.many(subscriptions)} if subscriptions else {},
        invoices={i.id: i for i in env.invoices.many(invoices)} if invoices else {},
        orders={o.id: o for o in env.orders.many(orders)} if orders else {},
    )


def judged(one: Refill, seen: Seen, today: date, *, automatic: bool) -> Refill:
    """The refill with both gates as they are now. `automatic`: nobody looks at it, so a controlled drug is refused."""
    payment, note, hold = _payment(one, seen)
    clinical, reason = _clinical(one, seen, today, automatic)
    return evolve(one, payment=payment, payment_note=note, clinical=clinical, clinical_note=reason, held=hold)


def _payment(one: Refill, seen: Seen) -> tuple[Gate, str, Hold | None]:
    order = seen.orders.get(one.order) if one.order is not None else None
    if order is not None:
        paid = order.paid and not order.fully_refunded
        return (Gate.OPEN, "Its order is paid.", None) if paid else (Gate.CLOSED, "Its order is not paid.", Hold.UNPAID)
    held = seen.subscriptions.get(one.subscription) if one.subscription is not None else None
    if held is not None and held.state is State.PAUSED:
        return Gate.CLOSED, "The subscription is paused.", Hold.PAUSED
    if held is not None and held.state is State.PAST_DUE:
        return Gate.CLOSED, "The last renewal is not paid.", Hold.PAST_DUE
    invoice = seen.invoices.get(one.invoice) if one.invoice is not None else None
    if invoice is not None and invoice.state is not InvoiceState.PAID:
        return Gate.CLOSED, f"Its invoice is {invoice.state}.", Hold.UNPAID
    if invoice is not None:
        return Gate.OPEN, "Its invoice is paid.", None
    if held is not None:
        return Gate.OPEN, "The plan is paid.", None
    closed = one.payment is Gate.CLOSED
    return (Gate.CLOSED, one.payment_note, Hold.UNPAID) if closed else (Gate.OPEN, "Nothing is owed for it.", None)


def _clinical(one: Refill, seen: Seen, today: date, automatic: bool) -> tuple[Gate, str]:
    """The prescription's expiry always wins. Source: spec/care, Refills."""
    prescription = seen.prescriptions.get(one.prescription) if one.prescription is not None else None
    if prescription is None:
        return Gate.CLOSED, "It has no prescription here."
    if today > prescription.expires_on:
        return Gate.CLOSED, f"The prescription ended on {prescription.expires_on}."
    if prescription.state is PrescriptionState.DEPLETED or prescription.next_fill is None:
        return Gate.CLOSED, "The prescription has no refills left."
    if prescription.state is not PrescriptionState.ACTIVE:
        return Gate.CLOSED, f"The prescription is {prescription.state}."
    if prescription.blocked:
        return Gate.CLOSED, "Something has to be settled with the prescription first."
    if automatic and prescription.medicine.schedule.controlled:
        return Gate.CLOSED, "A controlled drug is never refilled without a provider."
    return Gate.OPEN, "The prescription allows it."
