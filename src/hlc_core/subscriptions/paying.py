"""The money of a confirmed switch or payoff: one debt, one invoice, one attempt at the patient's card.

A reaction of our own, in the transaction of the confirmation. The attempt is driven after it, by whoever confirmed
or by the resolver; the change is carried out when it is paid, and given up when it is dead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hlc_core.invoicing.api import Bill, Invoice, InvoiceLine, InvoiceState, open_invoices, void_invoices
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import local_date
from hlc_core.payments.api import (
    NoUsableMethod,
    Payment,
    PaymentClosed,
    Purpose,
    SavedMethod,
    by_patient,
    chargeable,
    open_payments,
)
from hlc_core.subscriptions.events import PayoffPaymentDue, SwitchPaymentDue
from hlc_core.subscriptions.model import ChangeKind, Quote, Subscription
from hlc_core.subscriptions.ports import PayingEnv
from hlc_core.subscriptions.quotes import obligation_of
from hlc_core.subscriptions.usecases.changing import change_declined

PURPOSES = {ChangeKind.SWITCH: Purpose.SWITCH, ChangeKind.PAYOFF: Purpose.PAYOFF}
"""What the payments of changes are for."""

GIVEN_UP = "The payment was not accepted."
"""Why the invoice of a change is void."""


def charge_changes(events: Sequence[SwitchPaymentDue | PayoffPaymentDue], env: PayingEnv) -> None:
    """Open the invoice and the payment of what was just confirmed. Refuses: NoUsableMethod."""
    held = {one.id: one for one in env.subscriptions.many(event.subscription for event in events)}
    waiting = [(held[event.subscription], quote) for event in events if (quote := held[event.subscription].change)]
    methods = _methods([one for one, _ in waiting], env)
    invoices = open_invoices([_bill(one, quote) for one, quote in waiting], env)
    pairs = zip(waiting, invoices, strict=True)
    open_payments([_payment(one, quote, methods[one.id], invoice) for (one, quote), invoice in pairs], env)


def changes_closed(events: Sequence[PaymentClosed], env: PayingEnv) -> None:
    """The payment of a switch or payoff is dead at the gateway: nothing changes, and its invoice is void.

    Not before: until the attempt is closed, a decline may turn out to have been paid.
    """
    dead = [event.obligation for event in events if event.purpose in PURPOSES.values()]
    if dead:
        change_declined(dead, env)
        owed = [i.id for i in env.invoices.for_obligations(dead) if i.state is InvoiceState.OPEN]
        void_invoices(owed, GIVEN_UP, env)


def _methods(held: Sequence[Subscription], env: PayingEnv) -> dict[SubscriptionId, SavedMethod]:
    saved = by_patient(env.methods.of_patients({one.patient for one in held}))
    gateway, today = env.organization.payments.active_gateway, local_date(env.clock.now(), env.organization.zone)
    found = {}
    for one in held:
        method = chargeable(saved.get(one.patient, ()), gateway, today, one.method)
        if method is None:
            raise NoUsableMethod("There is no saved card that can be charged for this; add one first.")
        found[one.id] = method
    return found


def _bill(held: Subscription, quote: Quote) -> Bill:
    return Bill(
        patient=held.patient,
        obligation=obligation_of(quote),
        lines=tuple(_lines(quote)),
        due_on=quote.on,
    )


def _lines(quote: Quote) -> Iterator[InvoiceLine]:
    what = "Switch to" if quote.kind is ChangeKind.SWITCH else "Remaining instalments of"
    terms = quote.terms
    yield InvoiceLine(
        name=f"{what} {terms.name}",
        amount=quote.change,
        quantity=terms.quantity,
        product=terms.product,
        plan=str(terms.cycle_interval),
    )
    if quote.credit_used.amount:
        yield InvoiceLine(name="Credit", amount=Money(-quote.credit_used.amount, quote.credit_used.currency))


def _payment(held: Subscription, quote: Quote, method: SavedMethod, invoice: Invoice) -> Payment:
    return Payment(
        obligation=invoice.obligation,
        purpose=PURPOSES[quote.kind],
        subject=invoice.id,
        patient=held.patient,
        amount=quote.charge,
        instrument=method.instrument,
        gateway=method.gateway,
        off_session=True,
        keep_method=False,
        method=method.id,
    )
