"""What other contexts do with invoices, in batches, inside their own transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from attrs import frozen

from hlc_core.invoicing import events
from hlc_core.invoicing.errors import NotABill
from hlc_core.invoicing.machine import InvoiceState, InvoiceTrigger
from hlc_core.invoicing.model import EntryKind, Invoice, InvoiceLine, Outside, Prescribing, ScriptOutcome
from hlc_core.invoicing.ports import Env
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import InvoiceId, ObligationId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money, total, zero

MOST_MONEY = 99_999_999_99
"""The largest amount of one invoice. Source: spec/platform, Further facts."""


@frozen(kw_only=True)
class Bill:
    """A debt to be invoiced. The invoice's total is the sum of its lines; `due_on` is a local date.

    `prescribes`: something of it has to be prescribed, so that it waits for a provider once it is paid.
    """

    patient: PatientId
    obligation: ObligationId
    lines: tuple[InvoiceLine, ...]
    due_on: date
    order: OrderId | None = None
    subscription: SubscriptionId | None = None
    cycle: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    prescribes: bool = False
    outside: Outside | None = None

    @property
    def total(self) -> Money:
        """What is owed. Refuses: MixedCurrencies."""
        return total((line.amount for line in self.lines), self.lines[0].amount.currency)


@frozen(kw_only=True)
class Paying:
    """Money that came for an invoice; `reference` (attempt id, receipt number) makes a repetition harmless."""

    invoice: InvoiceId
    amount: Money
    reference: str
    note: str = ""


@frozen(kw_only=True)
class Refunding:
    """Money that went back; `reference` (refund id, slip number) makes a repetition harmless."""

    invoice: InvoiceId
    amount: Money
    reference: str
    note: str = ""


def open_invoices(bills: Sequence[Bill], env: Env) -> tuple[Invoice, ...]:
    """An OPEN invoice for each bill, in their order; a debt that has one already gets that one, as it stands.

    A total of zero is PAID at once: there is nothing to collect. Refuses: NotABill.
    """
    for bill in bills:
        sound(bill, env)
    standing = {one.obligation: one for one in env.invoices.for_obligations([bill.obligation for bill in bills])}
    for bill in bills:
        if bill.obligation not in standing:
            standing[bill.obligation] = _open(bill, env)
    return tuple(standing[bill.obligation] for bill in bills)


def issue_invoices(bills: Sequence[Bill], env: Env) -> tuple[Invoice, ...]:
    """As `open_invoices`, where the caller knows that none of the debts has an invoice; nothing is read.

    Where the caller errs the database refuses the row. Refuses: NotABill.
    """
    for bill in bills:
        sound(bill, env)
    return tuple(_open(bill, env) for bill in bills)


def _open(bill: Bill, env: Env) -> Invoice:
    now = env.clock.now()
    invoice = issued(draft(bill, now, env), now)
    env.outbox.put(events.InvoiceOpened(**facts(invoice), due_on=invoice.due_on))
    if invoice.total.is_zero:
        invoice = invoice.pay(invoice.total, "nothing to pay", now)
        env.outbox.put(events.InvoicePaid(**facts(invoice), amount=invoice.total))
    env.invoices.add(invoice)
    return invoice


def sound(bill: Bill, env: Env) -> Bill:
    """The bill, if it can be billed. Refuses: NotABill with every field at fault."""
    faults = [*_faults(bill, env)]
    if faults:
        raise NotABill("This cannot be billed.", *faults)
    return bill


def draft(bill: Bill, now: datetime, env: Env) -> Invoice:
    """The bill as an invoice that nobody owes yet."""
    owed = bill.total
    nothing = zero(owed.currency)
    return Invoice(
        id=InvoiceId(env.ids.new("inv")),
        organization=env.organization.id,
        patient=bill.patient,
        obligation=bill.obligation,
        state=InvoiceState.DRAFT,
        lines=bill.lines,
        total=owed,
        amount_paid=nothing,
        refunded=nothing,
        due_on=bill.due_on,
        created_at=now,
        order=bill.order,
        subscription=bill.subscription,
        cycle=bill.cycle,
        period_start=bill.period_start,
        period_end=bill.period_end,
        prescribing=Prescribing(processed=False if bill.prescribes else None),
        outside=bill.outside,
    )


def issued(invoice: Invoice, now: datetime) -> Invoice:
    """The draft, owed from now on. Refuses: IllegalTransition."""
    return evolve(invoice.move(InvoiceTrigger.ISSUE), issued_at=now)


def pay_invoices(payments: Sequence[Paying], env: Env) -> tuple[Invoice, ...]:
    """The invoices with that money on them, in the order of the payments. A known reference changes nothing.

    Refuses: Missing, TooMuchPaid (names the balance), MixedCurrencies, IllegalTransition (DRAFT, VOID).
    """
    env.invoices.many([payment.invoice for payment in payments])
    return tuple(_pay(payment, env) for payment in payments)


def _pay(payment: Paying, env: Env) -> Invoice:
    invoice = env.invoices.get(payment.invoice)
    if invoice.knows(EntryKind.PAYMENT, payment.reference):
        return invoice
    paid = invoice.pay(payment.amount, payment.reference, env.clock.now(), payment.note)
    env.invoices.save(paid)
    if paid.state is InvoiceState.PAID:
        env.outbox.put(events.InvoicePaid(**facts(paid), amount=payment.amount))
    else:
        env.outbox.put(events.InvoicePartlyPaid(**facts(paid), amount=payment.amount, balance=paid.balance))
    return paid


def void_invoices(invoices: Sequence[InvoiceId], reason: str, env: Env) -> tuple[Invoice, ...]:
    """The invoices withdrawn, in order; one that is VOID already stays so.

    Refuses: Missing, GuardRefused (something was paid: refund it), IllegalTransition (PAID).
    """
    env.invoices.many(invoices)
    return tuple(_void(invoice, reason, env) for invoice in invoices)


def _void(id: InvoiceId, reason: str, env: Env) -> Invoice:
    invoice = env.invoices.get(id)
    if invoice.state is InvoiceState.VOID:
        return invoice
    voided = evolve(invoice.move(InvoiceTrigger.VOID), reason=reason)
    env.invoices.save(voided)
    env.outbox.put(events.InvoiceVoided(**facts(voided), reason=reason))
    return voided


def give_up_invoices(invoices: Sequence[InvoiceId], reason: str, env: Env) -> tuple[Invoice, ...]:
    """The invoices marked UNCOLLECTIBLE, in order; one that is so stays so. Refuses: Missing, IllegalTransition."""
    env.invoices.many(invoices)
    return tuple(_give_up(invoice, reason, env) for invoice in invoices)


def _give_up(id: InvoiceId, reason: str, env: Env) -> Invoice:
    invoice = env.invoices.get(id)
    if invoice.state is InvoiceState.UNCOLLECTIBLE:
        return invoice
    given_up = evolve(invoice.move(InvoiceTrigger.GIVE_UP), reason=reason)
    env.invoices.save(given_up)
    env.outbox.put(events.InvoiceGivenUp(**facts(given_up), reason=reason))
    return given_up


def refund_invoices(refunds: Sequence[Refunding], env: Env) -> tuple[Invoice, ...]:
    """The invoices with that money taken off again, in the order of the refunds. A known reference changes nothing.

    Refuses: Missing, RefundExceedsPayment (names what is left), MixedCurrencies.
    """
    env.invoices.many([refund.invoice for refund in refunds])
    return tuple(_refund(refund, env) for refund in refunds)


def _refund(refund: Refunding, env: Env) -> Invoice:
    invoice = env.invoices.get(refund.invoice)
    if invoice.knows(EntryKind.REFUND, refund.reference):
        return invoice
    lessened = invoice.give_back(refund.amount, refund.reference, env.clock.now(), refund.note)
    env.invoices.save(lessened)
    env.outbox.put(
        events.InvoiceRefunded(
            **facts(lessened), amount=refund.amount, refunded=lessened.refunded, fully=lessened.fully_refunded
        )
    )
    return lessened


@frozen(kw_only=True)
class Processing:
    """The prescription of an invoice was dealt with, so."""

    invoice: InvoiceId
    outcome: ScriptOutcome


def process_prescriptions(done: Sequence[Processing], env: Env) -> tuple[Invoice, ...]:
    """The invoices with who dealt with their prescription and when: what was dealt with before stays as it is.

    Refuses: Missing, NothingToPrescribe.
    """
    env.invoices.many([one.invoice for one in done])
    return tuple(_process(one, env) for one in done)


def _process(done: Processing, env: Env) -> Invoice:
    invoice = env.invoices.get(done.invoice)
    processed = invoice.process(done.outcome, env.clock.now(), env.actor.id)
    if processed is not invoice:
        env.invoices.save(processed)
        env.outbox.put(events.PrescriptionProcessed(**facts(processed), outcome=done.outcome))
    return processed


def facts(invoice: Invoice) -> events.Common:
    """What every event of an invoice says."""
    return {
        "invoice": invoice.id,
        "patient": invoice.patient,
        "obligation": invoice.obligation,
        "order": invoice.order,
        "subscription": invoice.subscription,
        "cycle": invoice.cycle,
        "total": invoice.total,
    }


def _faults(bill: Bill, env: Env) -> Iterator[Fault]:
    if not bill.lines:
        yield Fault("lines", "at least one line")
    currency = env.organization.currency
    for place, line in enumerate(bill.lines):
        if line.amount.currency != currency:
            yield Fault(f"lines[{place}].amount", f"in {currency}, the currency of the organization")
        if not 1 <= line.quantity <= 9999:
            yield Fault(f"lines[{place}].quantity", "between 1 and 9999")
        if not line.name.strip():
            yield Fault(f"lines[{place}].name", "what is it for?")
    if not 0 <= sum(line.amount.amount for line in bill.lines) <= MOST_MONEY:
        yield Fault("lines", f"together between {zero(currency)} and {Money(MOST_MONEY, currency)}")
    if (bill.subscription is None) != (bill.cycle is None):
        yield Fault("cycle", "given exactly with a subscription")
