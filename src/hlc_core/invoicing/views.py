"""Questions about invoices."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from attrs import frozen

from hlc_core.invoicing.errors import NotPaidYet
from hlc_core.invoicing.machine import INVOICE, InvoiceState, InvoiceTrigger
from hlc_core.invoicing.model import Invoice
from hlc_core.invoicing.ports import Env
from hlc_core.invoicing.receipts import invoice_document, receipt_document
from hlc_core.kernel.commands import Query
from hlc_core.kernel.documents import Document, as_html, as_text
from hlc_core.kernel.ids import InvoiceId, PatientId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.time import local_date
from hlc_core.payments.api import Card


@frozen(kw_only=True)
class InvoiceCard:
    """An invoice as lists and pages show it."""

    invoice: Invoice
    number: str
    balance: Money
    overdue_days: int
    meaning: str
    actions: tuple[InvoiceTrigger, ...]


def card(invoice: Invoice, env: Env) -> InvoiceCard:
    """The invoice with its balance, days overdue (0 unless OPEN), a sentence for staff and what can be done."""
    late = (local_date(env.clock.now(), env.organization.zone) - invoice.due_on).days
    return InvoiceCard(
        invoice=invoice,
        number=invoice.display_number,
        balance=invoice.balance,
        overdue_days=max(0, late) if invoice.state is InvoiceState.OPEN else 0,
        meaning=INVOICE.notes[invoice.state].staff,
        actions=INVOICE.offered(invoice.state, invoice.facts, env.actor.may),
    )


@frozen(kw_only=True)
class GetInvoice(Query[InvoiceCard]):
    """One invoice."""

    invoice: InvoiceId


def get_invoice(query: GetInvoice, env: Env) -> InvoiceCard:
    """Refuses: Missing."""
    return card(env.invoices.get(query.invoice), env)


@frozen(kw_only=True)
class ListInvoices(Query[Page[InvoiceCard]]):
    """Invoices, newest first; of one state, of one patient, or all. `cursor` is the last id of the page before."""

    state: InvoiceState | None = None
    patient: PatientId | None = None
    joined: tuple[PatientId, ...] = ()
    """Records of the same person that joined that one: theirs, too."""
    cursor: str | None = None
    limit: int = 50


def list_invoices(query: ListInvoices, env: Env) -> Page[InvoiceCard]:
    """A patient's list is not filtered by state. Refuses: Invalid (limit)."""
    after = None if query.cursor is None else InvoiceId(query.cursor)
    room = limited(query.limit) + 1
    if query.patient is not None:
        return _page(env.invoices.of_patients((query.patient, *query.joined), after, room), query.limit, env)
    return _page(env.invoices.page(query.state, after, room), query.limit, env)


@frozen(kw_only=True)
class InvoicesOfSubscription(Query[tuple[InvoiceCard, ...]]):
    """All invoices of a subscription, by cycle."""

    subscription: SubscriptionId


def invoices_of_subscription(query: InvoicesOfSubscription, env: Env) -> tuple[InvoiceCard, ...]:
    """An unknown subscription has none."""
    return tuple(card(invoice, env) for invoice in env.invoices.of_subscription(query.subscription))


class Format(StrEnum):
    """How a document is written."""

    TEXT = "text"
    HTML = "html"


@frozen(kw_only=True)
class PrintInvoice(Query[str]):
    """The invoice as a document."""

    invoice: InvoiceId
    format: Format = Format.TEXT


def print_invoice(query: PrintInvoice, env: Env) -> str:
    """Refuses: Missing."""
    return _written(lay_out_invoice(LayOutInvoice(invoice=query.invoice), env), query.format)


@frozen(kw_only=True)
class PrintReceipt(Query[str]):
    """The receipt for what was paid."""

    invoice: InvoiceId
    format: Format = Format.TEXT


def print_receipt(query: PrintReceipt, env: Env) -> str:
    """Refuses: Missing, NotPaidYet."""
    return _written(lay_out_receipt(LayOutReceipt(invoice=query.invoice), env), query.format)


@frozen(kw_only=True)
class LayOutInvoice(Query[Document]):
    """The invoice as a document that an adapter prints."""

    invoice: InvoiceId


def lay_out_invoice(query: LayOutInvoice, env: Env) -> Document:
    """Refuses: Missing."""
    invoice = env.invoices.get(query.invoice)
    return invoice_document(invoice, env.organization, env.patients.find(invoice.patient))


@frozen(kw_only=True)
class LayOutReceipt(Query[Document]):
    """The receipt as a document that an adapter prints."""

    invoice: InvoiceId


def lay_out_receipt(query: LayOutReceipt, env: Env) -> Document:
    """Refuses: Missing, NotPaidYet."""
    invoice = env.invoices.get(query.invoice)
    if not invoice.entries:
        raise NotPaidYet("Nothing was paid on this invoice yet.")
    cards: dict[str, Card] = {
        attempt.id: attempt.payment.instrument.card
        for attempt in env.attempts.of_obligations((invoice.obligation,))
        if attempt.payment.instrument.card is not None
    }
    return receipt_document(invoice, env.organization, env.patients.find(invoice.patient), cards)


def _written(document: Document, format: Format) -> str:
    return as_html(document) if format is Format.HTML else as_text(document)


def _page(found: Sequence[Invoice], limit: int, env: Env) -> Page[InvoiceCard]:
    shown = found[:limit]
    return Page(tuple(card(one, env) for one in shown), shown[-1].id if len(found) > limit else None)
