"""What orders do when their invoices move, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_core.invoicing.api import InvoiceEvent, InvoicePaid, InvoiceRefunded
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import InvoiceId
from hlc_core.orders.machine import OrderState, OrderTrigger
from hlc_core.orders.model import Order, PaymentRecovery
from hlc_core.orders.moving import moved
from hlc_core.orders.ports import Env


def on_invoices_paid(paid: Sequence[InvoicePaid], env: Env) -> None:
    """Orders that awaited this money go on. One that was cancelled meanwhile keeps its state, with the money seen."""
    for order in _orders_of(paid, env):
        if order.state is OrderState.AWAITING_PAYMENT:
            moved(evolve(order, recovery=_resolved(order)), OrderTrigger.PAY, env)
        elif not order.paid:
            env.orders.save(evolve(order, paid=True))


def on_invoices_refunded(refunded: Sequence[InvoiceRefunded], env: Env) -> None:
    """An order whose money all went back is REFUNDED, wherever it stands; a part of it changes nothing here."""
    for order in _orders_of([event for event in refunded if event.fully], env):
        known = evolve(order, fully_refunded=True)
        if any(rule.trigger is OrderTrigger.REFUND for rule in known.allowed()):
            moved(known, OrderTrigger.REFUND, env)
        elif known != order:
            env.orders.save(known)


@frozen(kw_only=True)
class RecoveryNote:
    """What recovery says about the invoice of an order."""

    invoice: InvoiceId
    recovery: PaymentRecovery


def note_recovery(notes: Sequence[RecoveryNote], env: Env) -> tuple[Order, ...]:
    """The orders of these invoices with the recovery's fields on them; invoices without an order are passed over."""
    by_invoice = {note.invoice: note.recovery for note in notes}
    noted = []
    for order in env.orders.for_invoices(by_invoice):
        if order.invoice is not None:
            seen = evolve(order, recovery=by_invoice[order.invoice])
            env.orders.save(seen)
            noted.append(seen)
    return tuple(noted)


def _resolved(order: Order) -> PaymentRecovery | None:
    """Recovery says itself how it ended; until then the order at least plans no further retry."""
    return None if order.recovery is None else evolve(order.recovery, next_retry_at=None)


def _orders_of(events: Sequence[InvoiceEvent], env: Env) -> list[Order]:
    named = [event.order for event in events if event.order is not None]
    unnamed = [event.invoice for event in events if event.order is None]
    found = {order.id: order for order in env.orders.many(named)} if named else {}
    if unnamed:
        found.update((order.id, order) for order in env.orders.for_invoices(unnamed))
    return list(found.values())
