"""Invoices of one's own: what is to be paid first; a renewal that failed is paid here with a new card, at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import frozen

from hlc_adapters.documents.printing import as_pdf
from hlc_adapters.documents.words import day, money
from hlc_core.access.api import OWN_MONEY
from hlc_core.invoicing.api import (
    GetInvoice,
    Invoice,
    InvoiceCard,
    InvoiceState,
    LayOutInvoice,
    LayOutReceipt,
    ListInvoices,
)
from hlc_core.kernel.documents import Document
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import InvoiceId, MethodId
from hlc_core.kernel.time import local_date
from hlc_core.payments.api import ListMethods, NoPaymentToken, NoUsableMethod
from hlc_core.recovery.api import (
    GetOwnRenewal,
    NothingToRetry,
    OwnCard,
    OwnCards,
    OwnRenewal,
    OwnRenewals,
    PayRenewal,
    RetryInFlight,
    Standing,
)
from hlc_core.subscriptions.api import GetSubscription
from hlc_http.call import Call
from hlc_http.cardforms import card_entry, with_card_policy
from hlc_http.pages import Link, StatusShown
from hlc_http.portal.shell import done, keyed, page, portal_routes
from hlc_http.portal.words import card_name
from hlc_http.returns import outside, payment_page
from hlc_http.table import Content, Face, Nothing, Page, Redirect, Reply, Takes

routes = portal_routes("invoices")

LIST = "/patient/invoices"
PAY = f"{LIST}?recovery=1"
"""Where a failed renewal is paid. Source: spec/billing, Recovery (recoveryUrl)."""
_AT = "invoices"
_WORDS = {
    InvoiceState.OPEN: ("bad", "To be paid"),
    InvoiceState.PAID: ("good", "Paid"),
    InvoiceState.VOID: ("", "Withdrawn"),
    InvoiceState.UNCOLLECTIBLE: ("bad", "Unpaid"),
}


@frozen(kw_only=True)
class Listed:
    """Which page; with `recovery`, paying what failed stands first: `invoice` says which of several."""

    recovery: str = ""
    invoice: InvoiceId | None = None
    cursor: str | None = None


@frozen(kw_only=True)
class Row:
    """One invoice in the list."""

    id: InvoiceId
    number: str
    date: str
    names: str
    total: str
    tone: str
    word: str
    receipt: bool


@frozen(kw_only=True)
class SavedCard:
    """A card that may be charged."""

    id: MethodId
    name: str
    expires: str


@frozen(kw_only=True)
class Owed:
    """A renewal that failed, in words."""

    invoice: InvoiceId
    number: str
    name: str
    amount: str
    due: str
    standing: Standing
    reason: str
    retry: str
    payable: bool


@routes.get(LIST, "One's invoices, those to be paid first", query=Listed, uses=OwnRenewals)
def portal_invoices(call: Call[Nothing, Listed]) -> Page:
    """With `recovery=1` the form that pays a failed renewal stands first."""
    return _list(call)


@routes.get(f"{LIST}/{{invoice}}", "One invoice", uses=LayOutInvoice)
def portal_invoice(call: Call[Nothing, Nothing]) -> Page:
    """Its lines, what was paid, and the documents to keep."""
    card = _card(call)
    document = call.ask_as_owner(LayOutInvoice(invoice=card.invoice.id))
    owed = [one for one in call.ask(OwnRenewals()) if one.invoice == card.invoice.id]
    return page(
        call,
        "invoice.html",
        at=_AT,
        invoice=_row(card, call),
        document=document,
        locale=document.locale,
        owed=_owed(owed[0], call) if owed else None,
        pay=f"{PAY}&invoice={card.invoice.id}",
    )


@routes.get(f"{LIST}/{{invoice}}/invoice.pdf", "One invoice as PDF", answers="application/pdf", uses=LayOutInvoice)
def portal_invoice_pdf(call: Call[Nothing, Nothing]) -> Content:
    """To keep."""
    card = _card(call)
    return _pdf(call.ask_as_owner(LayOutInvoice(invoice=card.invoice.id)), card.number)


@routes.get(f"{LIST}/{{invoice}}/receipt.pdf", "Its receipt as PDF", answers="application/pdf", uses=LayOutReceipt)
def portal_receipt_pdf(call: Call[Nothing, Nothing]) -> Content:
    """What was paid and what went back. Refuses: NotPaidYet."""
    card = _card(call)
    return _pdf(call.ask_as_owner(LayOutReceipt(invoice=card.invoice.id)), f"{card.number}-receipt")


@routes.post(f"{LIST}/{{invoice}}/pay", "Pay a failed renewal", takes=Takes.FORM, uses=PayRenewal, waits=True)
def portal_pay(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """With a new card or a saved one; then to the page that says how it went."""
    invoice, form = _id(call), call.body
    command = PayRenewal(
        invoice=invoice,
        token=form.get("paymentToken", "").strip()[:200],
        method=MethodId(form["method"]) if form.get("method") else None,
        return_url=outside(payment_page(invoice), call),
    )
    try:
        renewal = call.services.pay_renewal(command, keyed(call))
    except NothingToRetry:
        return Redirect(to=f"{LIST}/{invoice}")
    except NoPaymentToken:
        return _list(call, invoice, problem="Choose or enter a card.", status=422)
    except (NoUsableMethod, RetryInFlight) as refusal:
        return _list(call, invoice, failure=refusal.detail, status=409)
    if renewal.standing is Standing.DECLINED:
        return done(f"{PAY}&invoice={invoice}", "card_declined", call)
    return Redirect(to=payment_page(invoice))


@routes.get(f"{LIST}/{{invoice}}/payment", "How the payment went", uses=GetOwnRenewal, waits=True)
def portal_payment(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """Asks the gateway where it is in doubt; a decline leads back to the form."""
    renewal = call.services.resume_renewal(_id(call), call.unkeyed)
    if renewal.standing is Standing.DECLINED:
        return done(f"{PAY}&invoice={renewal.invoice}", "card_declined", call)
    if renewal.standing is Standing.OWED:
        return Redirect(to=f"{PAY}&invoice={renewal.invoice}")
    another = f"{payment_page(renewal.invoice)}/withdraw" if renewal.standing is Standing.CONFIRM else ""
    return page(call, "payment.html", at=_AT, shown=_told(renewal, call), another=another)


@routes.post(
    f"{LIST}/{{invoice}}/payment/withdraw", "Give up a payment that the bank asks about", takes=Takes.FORM,
    uses=GetOwnRenewal, permission=OWN_MONEY, waits=True,
)  # fmt: skip
def portal_withdraw(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """So that another card can be tried; where the bank had agreed meanwhile, it is paid."""
    renewal = call.services.withdraw_renewal(_id(call), call.unkeyed)
    return Redirect(to=f"{PAY}&invoice={renewal.invoice}" if renewal.payable else payment_page(renewal.invoice))


@routes.get(
    f"{LIST}/{{invoice}}/payment/state", "Where it stands, for a page that waits", answers=Standing, face=Face.API,
    uses=GetOwnRenewal,
)  # fmt: skip
def portal_payment_state(call: Call[Nothing, Nothing]) -> Reply:
    """One word."""
    return Reply(value={"state": call.ask(GetOwnRenewal(invoice=_id(call))).standing})


def _list(
    call: Call[Any, Any], chosen: InvoiceId | None = None, problem: str = "", failure: str = "", status: int = 200
) -> Page:
    asked = call.query if isinstance(call.query, Listed) else Listed(recovery="1", invoice=chosen)
    renewals = call.ask(OwnRenewals())
    first = next((one for one in renewals if one.invoice == asked.invoice), renewals[0] if renewals else None)
    paying = first is not None and bool(asked.recovery) and first.payable and call.may(PayRenewal)
    found = call.ask_as_owner(
        ListInvoices(patient=call.own_id, joined=call.actor.joined, cursor=asked.cursor, limit=50)
    )
    rows = [_row(card, call) for card in found.items if card.invoice.state is not InvoiceState.DRAFT]
    entry = card_entry(call, problem)
    made = page(
        call,
        "invoices.html",
        at=_AT,
        status=status,
        recovery=bool(asked.recovery),
        owed=None if first is None else _owed(first, call),
        others=tuple(_owed(one, call) for one in renewals if one is not first),
        paying=paying,
        cards=_chargeable(first, call) if paying and first is not None else (),
        entry=entry,
        failure=failure,
        due=tuple(row for row in rows if row.tone == "bad"),
        past=tuple(row for row in rows if row.tone != "bad"),
        older="" if found.next is None else f"{LIST}?cursor={found.next}",
    )
    return with_card_policy(made, entry.card_fields) if paying else made


def _chargeable(owed: OwnRenewal, call: Call[Any, Any]) -> tuple[SavedCard, ...]:
    """The saved cards that can be charged for it: those of the record whose debt it is."""
    held = call.ask_as_owner(GetSubscription(subscription=owed.subscription))
    known = {one.id for one in call.ask_as_owner(ListMethods(patient=held.patient))}
    return tuple(_saved(one) for one in call.ask(OwnCards()) if one.usable and one.id in known)


def _row(card: InvoiceCard, call: Call[Any, Any]) -> Row:
    invoice, locale = card.invoice, call.organization.locale
    tone, word = _WORDS[invoice.state]
    if invoice.fully_refunded:
        word = "Refunded"
    elif not invoice.refunded.is_zero:
        word = "Partly refunded"
    elif invoice.state is InvoiceState.OPEN and not invoice.amount_paid.is_zero:
        word = f"{money(card.balance, locale)} still due"
    return Row(
        id=invoice.id,
        number=card.number,
        date=f"Due {day(invoice.due_on, locale)}" if tone == "bad" else day(_issued(invoice, call), locale),
        names=", ".join(dict.fromkeys(line.name for line in invoice.lines)),
        total=money(invoice.total, locale),
        tone=tone,
        word=word,
        receipt=bool(invoice.entries),
    )


def _issued(invoice: Invoice, call: Call[Any, Any]) -> date:
    return local_date(invoice.issued_at or invoice.created_at, call.organization.zone)


def _owed(one: OwnRenewal, call: Call[Any, Any]) -> Owed:
    locale = call.organization.locale
    return Owed(
        invoice=one.invoice,
        number=one.number,
        name=one.name,
        amount=money(one.amount, locale),
        due=day(one.due_on, locale),
        standing=one.standing,
        reason=one.reason,
        retry="" if one.retry_on is None else day(one.retry_on, locale),
        payable=one.payable,
    )


def _saved(one: OwnCard) -> SavedCard:
    return SavedCard(id=one.id, name=card_name(one.card), expires=expiry(one))


def expiry(one: OwnCard) -> str:
    """`04/2028`."""
    return "" if one.card is None else f"{one.card.expires_month:02d}/{one.card.expires_year}"


def _told(renewal: OwnRenewal, call: Call[Any, Any]) -> StatusShown:
    amount = money(renewal.amount, call.organization.locale)
    watch = f"{payment_page(renewal.invoice)}/state"
    facts = (("Invoice", renewal.number), ("For", renewal.name), ("Amount", amount))
    match renewal.standing:
        case Standing.PAID:
            return StatusShown(
                state=renewal.standing,
                tone="good",
                title="Paid. Thank you",
                sentences=("We have your payment, and nothing is open for this invoice.",),
                link=Link(to=f"{LIST}/{renewal.invoice}", label="See the invoice and the receipt"),
                facts=facts,
            )
        case Standing.CONFIRM if renewal.action_url:
            return StatusShown(
                state=renewal.standing,
                tone="info",
                title="Your bank asks you to confirm",
                sentences=(f"Confirm the payment of {amount} with your bank.",),
                link=Link(to=renewal.action_url, label="Continue to your bank", outside=True),
                small="You come back here afterwards. You are charged once.",
                watch=watch,
            )
        case Standing.SETTLED:
            return StatusShown(
                state=renewal.standing,
                tone="good",
                title="Nothing is owed",
                sentences=("This invoice was settled in another way; there is nothing to pay.",),
                link=Link(to=LIST, label="Back to your invoices"),
            )
        case _:
            return StatusShown(
                state=renewal.standing,
                tone="wait",
                title="Your payment is being checked",
                sentences=(
                    "We have not heard from the bank yet. You need not do anything, and please do not pay again.",
                ),
                small="This page looks for news by itself. You can also close it and come back later.",
                facts=facts,
                watch=watch,
            )


def _card(call: Call[Any, Any]) -> InvoiceCard:
    try:
        card = call.ask_own(GetInvoice(invoice=_id(call)), lambda found: found.invoice.patient)
    except Missing:
        raise InvoiceAbsent("There is no such invoice.") from None
    if card.invoice.state is InvoiceState.DRAFT:
        raise InvoiceAbsent("There is no such invoice.")
    return card


class InvoiceAbsent(Missing):
    """No invoice of one's own has that name."""

    remedy = Fault("invoice", "one of your invoices")


def _pdf(document: Document, name: str) -> Content:
    said = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Content(body=as_pdf(document), content_type="application/pdf", headers=said)


def _id(call: Call[Any, Any]) -> InvoiceId:
    return InvoiceId(call.part("invoice"))
