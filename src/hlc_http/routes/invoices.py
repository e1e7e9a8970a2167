"""Invoices: what is owed and what was paid. A patient sees only their own."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from hlc_adapters.documents.printing import as_pdf
from hlc_adapters.explain import Explanation, explain_invoice
from hlc_core.invoicing.api import (
    DraftInvoice,
    Format,
    GetInvoice,
    InvoiceCard,
    InvoiceState,
    IssueInvoice,
    LayOutInvoice,
    LayOutReceipt,
    ListInvoices,
    MarkUncollectible,
    PrintInvoice,
    PrintReceipt,
    RecordPayment,
    RecordRefund,
    VoidInvoice,
)
from hlc_core.kernel.documents import Document
from hlc_core.kernel.ids import InvoiceId, PatientId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Content, Nothing, Routes, Who

routes = Routes("invoices", who=Who.STAFF)


@frozen(kw_only=True)
class InvoicesQuery(Paged):
    """Of one state, or of one patient (then of all states)."""

    state: InvoiceState | None = None
    patient: PatientId | None = None


@frozen(kw_only=True)
class DocumentQuery:
    """How the document is written."""

    format: Format = Format.TEXT


@frozen(kw_only=True)
class MovementBody:
    """Money that moved outside of HLC; the receipt's number makes a repetition harmless."""

    amount: Money
    reference: str
    note: str = ""


@frozen(kw_only=True)
class ReasonBody:
    """Why: a sentence for the books."""

    reason: str


@routes.get(
    "/api/v1/invoices",
    "List invoices",
    query=InvoicesQuery,
    answers=Page[InvoiceCard],
    uses=ListInvoices,
    who=Who.PATIENT,
)
def list_invoices(call: Call[Nothing, InvoicesQuery]) -> Page[InvoiceCard]:
    """Newest first. A patient gets their own, whatever is asked."""
    asked = call.query
    if call.by_patient:
        return call.ask_as_owner(
            ListInvoices(patient=call.own_id, joined=call.actor.joined, cursor=asked.cursor, limit=asked.limit)
        )
    return call.ask(ListInvoices(state=asked.state, patient=asked.patient, cursor=asked.cursor, limit=asked.limit))


@routes.post(
    "/api/v1/invoices",
    "Write an invoice that nobody owes yet",
    body=DraftInvoice,
    answers=InvoiceCard,
    status=201,
    uses=DraftInvoice,
    idempotent=True,
)
def draft_invoice(call: Call[DraftInvoice, Nothing]) -> InvoiceCard:
    return _card(call.execute(call.body).id, call)


@routes.get("/api/v1/invoices/{invoice_id}", "Show an invoice", answers=InvoiceCard, uses=GetInvoice, who=Who.PATIENT)
def show_invoice(call: Call[Nothing, Nothing]) -> InvoiceCard:
    return call.ask_own(GetInvoice(invoice=_id(call)), lambda card: card.invoice.patient)


@routes.get("/api/v1/invoices/{invoice_id}/explain", "Why is it as it is?", answers=Explanation, uses=GetInvoice)
def explain_one_invoice(call: Call[Nothing, Nothing]) -> Explanation:
    """Facts, what was tried, what comes next."""
    return explain_invoice(_id(call), call.services.application, call.unkeyed)


@routes.get(
    "/api/v1/invoices/{invoice_id}/document",
    "The invoice to print",
    query=DocumentQuery,
    answers="text/plain",
    uses=PrintInvoice,
    who=Who.PATIENT,
)
def print_invoice(call: Call[Nothing, DocumentQuery]) -> Content:
    _owned(call)
    asked = PrintInvoice(invoice=_id(call), format=call.query.format)
    return _document(call.ask_as_owner(asked) if call.by_patient else call.ask(asked), call.query.format)


@routes.get(
    "/api/v1/invoices/{invoice_id}/receipt",
    "The receipt to print",
    query=DocumentQuery,
    answers="text/plain",
    uses=PrintReceipt,
    who=Who.PATIENT,
)
def print_receipt(call: Call[Nothing, DocumentQuery]) -> Content:
    _owned(call)
    asked = PrintReceipt(invoice=_id(call), format=call.query.format)
    return _document(call.ask_as_owner(asked) if call.by_patient else call.ask(asked), call.query.format)


@routes.get(
    "/api/v1/invoices/{invoice_id}/pdf",
    "The invoice as PDF",
    answers="application/pdf",
    uses=LayOutInvoice,
    who=Who.PATIENT,
)
def invoice_pdf(call: Call[Nothing, Nothing]) -> Content:
    """With the clinic's letterhead; amounts and days as its locale writes them."""
    card = _owned(call)
    return _pdf(_laid_out(LayOutInvoice(invoice=_id(call)), call), card.number or "draft")


@routes.get(
    "/api/v1/invoices/{invoice_id}/receipt/pdf",
    "The receipt as PDF",
    answers="application/pdf",
    uses=LayOutReceipt,
    who=Who.PATIENT,
)
def receipt_pdf(call: Call[Nothing, Nothing]) -> Content:
    """What was paid and what went back. Refuses: NotPaidYet."""
    card = _owned(call)
    return _pdf(_laid_out(LayOutReceipt(invoice=_id(call)), call), f"{card.number}-receipt")


@routes.post(
    "/api/v1/invoices/{invoice_id}/issue",
    "From now on it is owed",
    answers=InvoiceCard,
    uses=IssueInvoice,
    idempotent=True,
)
def issue_invoice(call: Call[Nothing, Nothing]) -> InvoiceCard:
    return _card(call.execute(IssueInvoice(invoice=_id(call))).id, call)


@routes.post(
    "/api/v1/invoices/{invoice_id}/payments",
    "Money came outside of HLC",
    body=MovementBody,
    answers=InvoiceCard,
    uses=RecordPayment,
    idempotent=True,
)
def record_payment(call: Call[MovementBody, Nothing]) -> InvoiceCard:
    body = call.body
    command = RecordPayment(invoice=_id(call), amount=body.amount, reference=body.reference, note=body.note)
    return _card(call.execute(command).id, call)


@routes.post(
    "/api/v1/invoices/{invoice_id}/refunds",
    "Money went back outside of HLC",
    body=MovementBody,
    answers=InvoiceCard,
    uses=RecordRefund,
    idempotent=True,
)
def record_refund(call: Call[MovementBody, Nothing]) -> InvoiceCard:
    """Refunds of card charges go through payments."""
    body = call.body
    command = RecordRefund(invoice=_id(call), amount=body.amount, reference=body.reference, note=body.note)
    return _card(call.execute(command).id, call)


@routes.post(
    "/api/v1/invoices/{invoice_id}/void",
    "Withdraw it",
    body=ReasonBody,
    answers=InvoiceCard,
    uses=VoidInvoice,
    idempotent=True,
)
def void_invoice(call: Call[ReasonBody, Nothing]) -> InvoiceCard:
    return _card(call.execute(VoidInvoice(invoice=_id(call), reason=call.body.reason)).id, call)


@routes.post(
    "/api/v1/invoices/{invoice_id}/uncollectible",
    "Expect it to be paid no more",
    body=ReasonBody,
    answers=InvoiceCard,
    uses=MarkUncollectible,
    idempotent=True,
)
def mark_uncollectible(call: Call[ReasonBody, Nothing]) -> InvoiceCard:
    """A late payment is still taken."""
    return _card(call.execute(MarkUncollectible(invoice=_id(call), reason=call.body.reason)).id, call)


def _document(text: str, format: Format) -> Content:
    kind = "text/html" if format is Format.HTML else "text/plain"
    return Content(body=text.encode(), content_type=f"{kind}; charset=utf-8")


def _laid_out(wanted: LayOutInvoice | LayOutReceipt, call: Call[Any, Any]) -> Document:
    return call.ask_as_owner(wanted) if call.by_patient else call.ask(wanted)


def _pdf(document: Document, name: str) -> Content:
    said = {"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Content(body=as_pdf(document), content_type="application/pdf", headers=said)


def _owned(call: Call[Any, Any]) -> InvoiceCard:
    return call.ask_own(GetInvoice(invoice=_id(call)), lambda card: card.invoice.patient)


def _id(call: Call[Any, Any]) -> InvoiceId:
    return InvoiceId(call.part("invoice_id"))


def _card(invoice: InvoiceId, call: Call[Any, Any]) -> InvoiceCard:
    return call.ask(GetInvoice(invoice=invoice))
