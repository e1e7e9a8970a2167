"""What staff do with invoices by hand."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from hlc_core.invoicing import events
from hlc_core.invoicing.bills import (
    Bill,
    Paying,
    Refunding,
    draft,
    facts,
    give_up_invoices,
    issued,
    pay_invoices,
    refund_invoices,
    sound,
    void_invoices,
)
from hlc_core.invoicing.errors import PaymentUnderWay
from hlc_core.invoicing.machine import InvoiceState
from hlc_core.invoicing.model import Invoice, InvoiceLine
from hlc_core.invoicing.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.ids import InvoiceId, ObligationId, PatientId
from hlc_core.kernel.money import Money
from hlc_core.kernel.text import line
from hlc_core.payments.api import AttemptState


@frozen(kw_only=True)
class DraftInvoice(Command[Invoice]):
    """Write an invoice that nobody owes yet."""

    patient: PatientId
    lines: tuple[InvoiceLine, ...]
    due_on: date


def draft_invoice(command: DraftInvoice, env: Env) -> Invoice:
    """Refuses: NotABill."""
    obligation = ObligationId(f"invoice:{env.ids.new('inv')}")
    bill = Bill(patient=command.patient, obligation=obligation, lines=command.lines, due_on=command.due_on)
    invoice = draft(sound(bill, env), env.clock.now(), env)
    env.invoices.add(invoice)
    return invoice


@frozen(kw_only=True)
class IssueInvoice(Command[Invoice]):
    """From now on it is owed."""

    invoice: InvoiceId


def issue_invoice(command: IssueInvoice, env: Env) -> Invoice:
    """Issuing twice is issuing once. Refuses: Missing, IllegalTransition."""
    invoice = env.invoices.get(command.invoice)
    if invoice.state is InvoiceState.OPEN:
        return invoice
    opened = issued(invoice, env.clock.now())
    env.invoices.save(opened)
    env.outbox.put(events.InvoiceOpened(**facts(opened), due_on=opened.due_on))
    return opened


@frozen(kw_only=True)
class RecordPayment(Command[Invoice]):
    """Money that came outside of HLC: at the clinic, by bank. `reference` is the receipt's number."""

    invoice: InvoiceId
    amount: Money
    reference: str
    note: str = ""


def record_payment(command: RecordPayment, env: Env) -> Invoice:
    """Refuses: Missing, Invalid (reference), PaymentUnderWay, TooMuchPaid, MixedCurrencies, IllegalTransition."""
    reference = line(command.reference, "reference", 80, 1)
    note = line(command.note, "note", 200)
    _no_charge_under_way(env.invoices.get(command.invoice), env)
    paying = Paying(invoice=command.invoice, amount=command.amount, reference=reference, note=note)
    return pay_invoices((paying,), env)[0]


@frozen(kw_only=True)
class RecordRefund(Command[Invoice]):
    """Money that went back outside of HLC. Refunds of card charges go through payments."""

    invoice: InvoiceId
    amount: Money
    reference: str
    note: str = ""


def record_refund(command: RecordRefund, env: Env) -> Invoice:
    """Refuses: Missing, Invalid (reference), RefundExceedsPayment, MixedCurrencies."""
    reference = line(command.reference, "reference", 80, 1)
    note = line(command.note, "note", 200)
    refunding = Refunding(invoice=command.invoice, amount=command.amount, reference=reference, note=note)
    return refund_invoices((refunding,), env)[0]


@frozen(kw_only=True)
class VoidInvoice(Command[Invoice]):
    """Withdraw it: nothing is owed."""

    invoice: InvoiceId
    reason: str


def void_invoice(command: VoidInvoice, env: Env) -> Invoice:
    """Refuses: Missing, Invalid (reason), PaymentUnderWay, GuardRefused (something was paid), IllegalTransition."""
    reason = line(command.reason, "reason", 200, 3)
    _no_charge_under_way(env.invoices.get(command.invoice), env)
    return void_invoices((command.invoice,), reason, env)[0]


@frozen(kw_only=True)
class MarkUncollectible(Command[Invoice]):
    """It is not expected to be paid; a late payment is still taken."""

    invoice: InvoiceId
    reason: str


def mark_uncollectible(command: MarkUncollectible, env: Env) -> Invoice:
    """Refuses: Missing, Invalid (reason), PaymentUnderWay, IllegalTransition."""
    reason = line(command.reason, "reason", 200, 3)
    _no_charge_under_way(env.invoices.get(command.invoice), env)
    return give_up_invoices((command.invoice,), reason, env)[0]


def _no_charge_under_way(invoice: Invoice, env: Env) -> None:
    attempts = env.attempts.of_obligations((invoice.obligation,))
    if any(attempt.live or attempt.state is AttemptState.QUARANTINE for attempt in attempts):
        raise PaymentUnderWay("A card payment for this invoice is under way or being checked; wait for its outcome.")
