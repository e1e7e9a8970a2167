"""Rules about invoices, orders, subscriptions and recovery cases: what money has become."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hlc_core.invariants.model import (
    Agreements,
    Cases,
    Documents,
    Finding,
    Numbers,
    Placed,
    Repair,
    by_subscription,
    grouped,
    retell,
)
from hlc_core.invoicing.api import Invoice, InvoiceState
from hlc_core.kernel.text import counted
from hlc_core.orders.api import Order, SourceContext
from hlc_core.payments.api import AttemptState
from hlc_core.recovery.api import RecoveryState
from hlc_core.subscriptions.api import State, Subscription, quoted_in

_OWED = frozenset({InvoiceState.OPEN, InvoiceState.UNCOLLECTIBLE})


def invoice_numbers_have_no_gaps(facts: Numbers) -> Iterator[Finding]:
    """Each series is numbered without a gap. Source: spec/billing, Invoices."""
    before = facts.before
    for number in facts.numbers:
        if before is not None and number != before + 1:
            yield Finding(
                invariant="invoice_numbers_have_no_gaps",
                subjects=(facts.kind, str(before), str(number)),
                means=f"Between number {before} and number {number} of the series, documents are missing.",
                remedy="Look in the audit trail for a deleted document; a series with a gap must be explained.",
            )
        before = number


def a_paid_renewal_has_its_order(facts: Documents) -> Iterator[Finding]:
    """A paid cycle means one paid order, and a subscription that has advanced to it.

    Money for a cycle that was forgiven while its payment was under way is credit and makes no order.
    """
    orders = grouped(facts.orders, lambda order: order.invoice)
    held = {one.id: one for one in facts.subscriptions}
    for invoice in facts.invoices:
        if invoice.subscription is None or invoice.cycle is None or invoice.state is not InvoiceState.PAID:
            continue
        subscription, placed = held.get(invoice.subscription), orders.get(invoice.id, [])
        wrong = [
            word
            for word, holds in (
                ("it has no order" if not placed else f"there are {counted(len(placed), 'order')}", len(placed) == 1),
                ("the order is not paid", all(one.paid for one in placed)),
                ("the subscription is behind", subscription is not None and subscription.cycle >= invoice.cycle),
            )
            if not holds
        ]
        if wrong:
            yield Finding(
                invariant="a_paid_renewal_has_its_order",
                subjects=(invoice.id, invoice.subscription, *(one.id for one in placed)),
                means=f"Cycle {invoice.cycle} is paid, and {', '.join(wrong)}.",
                remedy="If the cycle was forgiven while its payment was under way, its money is credit; "
                "else place the order by hand.",
                repair=retell(invoice.obligation),
            )


def one_invoice_a_cycle(facts: Agreements) -> Iterator[Finding]:
    """A cycle is billed once."""
    for subscription, invoices in by_subscription(facts.invoices).items():
        for cycle, doubled in grouped(invoices, lambda one: one.cycle).items():
            if len(doubled) > 1:
                yield Finding(
                    invariant="one_invoice_a_cycle",
                    subjects=(subscription, *(one.id for one in doubled)),
                    means=f"Cycle {cycle} was billed {len(doubled)} times.",
                    remedy="Void or refund all but one of these invoices.",
                )


def periods_do_not_overlap(facts: Agreements) -> Iterator[Finding]:
    """Under one plan, no day is billed twice. A switch begins a new count of days, and credits the old ones.

    So does a pause after which a new period begins: the next bill uses the credit for the days that were paid before.
    """
    for subscription, invoices in by_subscription(facts.invoices).items():
        counted = [one for one in invoices if one.state is not InvoiceState.VOID]
        for earlier, later in pairwise(counted):
            ends, begins = earlier.period_end, later.period_start
            same = _plan(earlier) == _plan(later)
            if same and ends is not None and begins is not None and begins < ends and not _credited(later):
                yield Finding(
                    invariant="periods_do_not_overlap",
                    subjects=(subscription, earlier.id, later.id),
                    means=f"Cycle {later.cycle} begins on {begins}, before cycle {earlier.cycle} ends on {ends}.",
                    remedy="Refund the days that were billed twice.",
                )


def _credited(invoice: Invoice) -> bool:
    return any(line.amount.amount < 0 for line in invoice.lines)


def _plan(invoice: Invoice) -> tuple[str | None, str]:
    return invoice.lines[0].product, invoice.lines[0].plan


def cycles_follow_their_invoices(facts: Agreements) -> Iterator[Finding]:
    """The open bill is the one owed invoice, nothing is billed ahead of it, and what was paid last is paid."""
    invoices = by_subscription(facts.invoices)
    for held in facts.subscriptions:
        mine = invoices.get(held.id, [])
        for means in _unlike(held, mine):
            yield _disagreeing(held, mine, means, None)
        paid = [one for one in mine if one.state is InvoiceState.PAID]
        if paid and (paid[-1].cycle or 0) > held.cycle:
            means = f"Cycle {paid[-1].cycle} is paid, and the subscription stands at {held.cycle}."
            yield _disagreeing(held, mine, means, retell(paid[-1].obligation))


def _disagreeing(held: Subscription, invoices: list[Invoice], means: str, repair: Repair | None) -> Finding:
    return Finding(
        invariant="cycles_follow_their_invoices",
        subjects=(held.id, *(one.id for one in invoices)),
        means=means,
        remedy="Set the subscription aside, and make bill and invoice agree by hand.",
        repair=repair,
    )


def _unlike(held: Subscription, invoices: list[Invoice]) -> Iterator[str]:
    bill = held.bill
    owed = {one.cycle: one for one in invoices if one.state in _OWED}
    if bill is not None and bill.cycle not in owed:
        yield f"Cycle {bill.cycle} is billed, and there is no invoice that is owed for it."
    if bill is not None and bill.cycle in owed and owed[bill.cycle].total != bill.due:
        yield f"The invoice of cycle {bill.cycle} is over {owed[bill.cycle].total}, the bill over {bill.due}."
    stray = [cycle for cycle in owed if bill is None or cycle != bill.cycle]
    if stray:
        yield f"Invoices of cycles {stray} are owed, and the subscription does not know."
    if held.state is State.PAST_DUE and bill is None:
        yield "It is past due, and no bill is open."


def an_open_bill_is_collected(facts: Agreements) -> Iterator[Finding]:
    """A renewal that is owed is being charged, waits for a person, or has a recovery case."""
    cases = {case.invoice for case in facts.cases}
    attempts = grouped(facts.attempts, lambda attempt: attempt.payment.obligation)
    for subscription, invoices in by_subscription(facts.invoices).items():
        for invoice in invoices:
            tried = attempts.get(invoice.obligation, [])
            dead = all(attempt.state is AttemptState.CLOSED for attempt in tried)
            if invoice.state is InvoiceState.OPEN and dead and invoice.id not in cases:
                yield Finding(
                    invariant="an_open_bill_is_collected",
                    subjects=(invoice.id, subscription),
                    means=f"Cycle {invoice.cycle} is owed; nothing charges it, and no recovery case follows it up.",
                    remedy="Forgive the bill, or record its payment by hand; then find out what stopped the recovery.",
                    repair=retell(invoice.obligation) if tried else None,
                )


def money_is_conserved(facts: Agreements) -> Iterator[Finding]:
    """What a subscription counts as charged is what was paid for it; its credit is no more, and never below zero."""
    invoices = by_subscription(facts.invoices)
    orders = {order.id: order for order in facts.orders}
    collected = {a.payment.obligation for a in facts.attempts if a.state is AttemptState.PAID}
    changes = grouped(facts.changes, lambda attempt: quoted_in(attempt.payment.obligation)[0])
    for held in facts.subscriptions:
        if not 0 <= held.credit.amount <= held.charged.amount:
            yield _lost(held, f"The credit is {held.credit}, of {held.charged} charged.")
        first = orders.get(held.order)
        if first is None or first.source.context is not SourceContext.CHECKOUT:
            continue
        cycles = [
            one.total.amount
            for one in invoices.get(held.id, [])
            if one.state is InvoiceState.PAID or one.obligation in collected
        ]
        paid = [a.payment.amount.amount for a in changes.get(held.id, []) if a.state is AttemptState.PAID]
        came = _first(held, first) + sum(cycles) + sum(paid)
        if came != held.charged.amount:
            yield _lost(held, f"{came} minor units were paid for it; it counts {held.charged.amount} as charged.")


def _first(held: Subscription, order: Order) -> int:
    line = order.lines[held.line]
    return line.price.amount + (0 if line.tax is None else line.tax.amount)


def _lost(held: Subscription, means: str) -> Finding:
    return Finding(
        invariant="money_is_conserved",
        subjects=(held.id,),
        means=means,
        remedy="Set the subscription aside, and correct its credit after reading its invoices and payments.",
    )


def a_paid_order_has_a_paid_invoice(facts: Placed) -> Iterator[Finding]:
    """An order of the shop or of a renewal counts as paid only with an invoice that says so."""
    invoices = {invoice.id: invoice for invoice in facts.invoices}
    for order in facts.orders:
        if not order.paid or order.source.context not in (SourceContext.CHECKOUT, SourceContext.RENEWAL):
            continue
        invoice = invoices.get(order.invoice) if order.invoice is not None else None
        if invoice is None or invoice.state is not InvoiceState.PAID:
            yield Finding(
                invariant="a_paid_order_has_a_paid_invoice",
                subjects=(order.id, order.invoice or ""),
                means="The order counts as paid, and no invoice says so.",
                remedy="Find the payment; without one, stop the order before it is shipped.",
            )


def a_recovery_is_resolved_with_its_invoice(facts: Cases) -> Iterator[Finding]:
    """A case is resolved exactly when nothing is owed any more."""
    invoices = {invoice.id: invoice for invoice in facts.invoices}
    for case in facts.cases:
        invoice = invoices.get(case.invoice)
        owed = invoice is None or invoice.state is InvoiceState.OPEN
        resolved = case.state is RecoveryState.RESOLVED
        settled = invoice is not None and invoice.state in (InvoiceState.PAID, InvoiceState.VOID)
        if (resolved and owed) or (settled and not resolved):
            state = "missing" if invoice is None else str(invoice.state)
            yield Finding(
                invariant="a_recovery_is_resolved_with_its_invoice",
                subjects=(case.id, case.invoice),
                means=f"The case is {case.state}, and its invoice is {state}.",
                remedy="Settle the case, or look why the invoice changed without it.",
                repair=retell(invoice.obligation) if invoice is not None and settled and not resolved else None,
            )
