"""Invoices and receipts as documents; every sending makes them afresh. Source: spec/billing, Invoices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hlc_core.invoicing.machine import InvoiceState
from hlc_core.invoicing.model import Entry, EntryKind, Invoice, InvoiceLine
from hlc_core.kernel.documents import Document, Fact, Line, Shown
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.time import local_date
from hlc_core.organizations.api import Organization
from hlc_core.patients.api import Address, Patient
from hlc_core.payments.api import Card

_STAMPS = {
    InvoiceState.DRAFT: "Draft",
    InvoiceState.PAID: "Paid",
    InvoiceState.VOID: "Withdrawn",
}
_NOTHING_OWED = frozenset({InvoiceState.DRAFT, InvoiceState.VOID})


def invoice_document(invoice: Invoice, organization: Organization, patient: Patient | None) -> Document:
    """What is owed, line by line, and what came of it. One that was withdrawn says so, and that nothing is owed."""
    return Document(
        title="Invoice",
        number=invoice.display_number,
        made_on=local_date(invoice.issued_at or invoice.created_at, organization.zone),
        locale=organization.locale,
        country=organization.country,
        sender=sender(organization),
        to=_to(patient),
        stamp=_stamp(invoice),
        facts=tuple(_facts(invoice, organization)),
        lines=tuple(_line(line) for line in invoice.lines),
        sums=(
            Line(label="Total", amount=invoice.total, detail=_taxes(invoice), strong=True),
            *(_movement(entry, organization) for entry in invoice.entries),
            Line(label="Amount due", amount=_due(invoice), strong=True),
        ),
        remarks=_remarks(invoice, organization),
    )


def receipt_document(
    invoice: Invoice, organization: Organization, patient: Patient | None, cards: Mapping[str, Card]
) -> Document:
    """What was paid and what went back, each on its day; what remains with the clinic, and what is still due.

    `cards` are those that are known, by the reference of the movement.
    """
    movements = [_movement(entry, organization, cards.get(entry.reference)) for entry in invoice.entries]
    label = "Paid" if invoice.refunded.is_zero else "Paid, less refunds"
    still = () if _due(invoice).is_zero else (Line(label="Still due", amount=_due(invoice)),)
    last = invoice.entries[-1].at if invoice.entries else invoice.created_at
    return Document(
        title="Receipt for invoice",
        number=invoice.display_number,
        made_on=local_date(last, organization.zone),
        locale=organization.locale,
        country=organization.country,
        sender=sender(organization),
        to=_to(patient),
        stamp=_stamp(invoice),
        facts=tuple(_facts(invoice, organization, "Invoice date")),
        lines=tuple(movements),
        sums=(
            Line(label=label, amount=invoice.kept, strong=True),
            Line(label="Invoice total", amount=invoice.total, detail=_taxes(invoice)),
            *still,
        ),
        remarks=(f"For: {', '.join(_named(line) for line in invoice.lines)}", *_remarks(invoice, organization)),
    )


def sender(organization: Organization) -> tuple[str, ...]:
    """The head of a letter: name, address, how to reach the clinic, its tax number."""
    head = organization.letterhead
    reach = " · ".join(part for part in (head.phone, head.email) if part)
    tax = f"Tax number {head.tax_number}" if head.tax_number else ""
    return tuple(part for part in (head.name or organization.name, *head.address, reach, tax) if part)


def _stamp(invoice: Invoice) -> str:
    if invoice.fully_refunded:
        return "Refunded"
    if not invoice.refunded.is_zero:
        return "Partly refunded"
    return _STAMPS.get(invoice.state, "" if invoice.amount_paid.is_zero else "Partly paid")


def _facts(invoice: Invoice, organization: Organization, dated: str = "Date") -> Iterator[Fact]:
    yield Fact(label=dated, shown=(local_date(invoice.issued_at or invoice.created_at, organization.zone),))
    if invoice.period_start is not None and invoice.period_end is not None:
        yield Fact(label="Period", shown=(invoice.period_start, "to", invoice.period_end))
    if invoice.paid_at is not None:
        yield Fact(label="Paid", shown=(local_date(invoice.paid_at, organization.zone),))
    elif invoice.state not in _NOTHING_OWED:
        yield Fact(label="Due", shown=(invoice.due_on,))


def _line(line: InvoiceLine) -> Line:
    detail: tuple[Shown, ...] = ()
    if line.discount is not None and not line.discount.is_zero:
        detail += ("after a discount of", line.discount)
    if line.tax is not None and not line.tax.is_zero:
        detail += ("with tax of" if not detail else "and with tax of", line.tax)
    return Line(label=_named(line), amount=line.amount, detail=detail)


def _named(line: InvoiceLine) -> str:
    return f"{line.quantity} x {line.name}" if line.quantity > 1 else line.name


def _taxes(invoice: Invoice) -> tuple[Shown, ...]:
    taxes = sum((line.tax for line in invoice.lines if line.tax is not None), zero(invoice.total.currency))
    return () if taxes.is_zero else ("with tax of", taxes)


def _movement(entry: Entry, organization: Organization, card: Card | None = None) -> Line:
    on = local_date(entry.at, organization.zone)
    if entry.kind is EntryKind.PAYMENT:
        by = () if card is None else (f"by {card.brand.replace('_', ' ').title()} ending in {card.last_four}",)
        return Line(label="Received", amount=entry.amount, detail=("on", on, *by))
    return Line(label="Refunded", amount=-entry.amount, detail=("on", on))


def _due(invoice: Invoice) -> Money:
    return zero(invoice.total.currency) if invoice.state in _NOTHING_OWED else invoice.balance


def _to(patient: Patient | None) -> tuple[str, ...]:
    if patient is None:
        return ()
    return tuple(part for part in (patient.contact.name or patient.contact.email, *_lived_at(patient.address)) if part)


def _lived_at(address: Address | None) -> Sequence[str]:
    if address is None:
        return ()
    place = " ".join(part for part in (address.city, address.province_code, address.postal_code) if part)
    return (address.address1, address.address2, place, address.country_code)


def _remarks(invoice: Invoice, organization: Organization) -> tuple[str, ...]:
    said = {
        InvoiceState.DRAFT: "This is a draft: nothing is owed yet.",
        InvoiceState.VOID: "This invoice was withdrawn: nothing is owed.",
    }.get(invoice.state, "")
    return tuple(part for part in (said, organization.letterhead.remark) if part)
