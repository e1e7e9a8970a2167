"""Invoices and receipts as plain text and as HTML; every sending renders afresh. Source: spec/billing, Invoices."""

from __future__ import annotations

from html import escape

from hlc_core.invoicing.model import EntryKind, Invoice
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import local_date
from hlc_core.organizations.api import Organization

_WIDTH = 64


def as_text(title: str, invoice: Invoice, organization: Organization) -> str:
    """The document in a fixed-width face, one fact a line."""
    rows = [_spread(name, amount) for name, amount in _lines(invoice)]
    sums = [_spread(name, amount) for name, amount in _sums(invoice)]
    parts = [organization.name, *_head(title, invoice, organization), "-" * _WIDTH, *rows, "-" * _WIDTH, *sums]
    return "\n".join(parts) + "\n"


def as_html(title: str, invoice: Invoice, organization: Organization) -> str:
    """The document as one HTML article without scripts or styles; every text is escaped."""
    head = "".join(f"<p>{escape(text)}</p>" for text in _head(title, invoice, organization)[1:])
    body = "".join(_row(name, amount) for name, amount in _lines(invoice))
    foot = "".join(_row(name, amount) for name, amount in _sums(invoice))
    return (
        f'<article class="document"><header><p>{escape(organization.name)}</p><h1>{escape(title)} '
        f"{escape(invoice.display_number)}</h1>{head}</header>"
        f"<table><tbody>{body}</tbody><tfoot>{foot}</tfoot></table></article>"
    )


def _head(title: str, invoice: Invoice, organization: Organization) -> list[str]:
    since = invoice.issued_at or invoice.created_at
    lines = [f"{title} {invoice.display_number}".strip(), f"Date: {local_date(since, organization.zone)}"]
    if invoice.period_start is not None and invoice.period_end is not None:
        lines.append(f"Period: {invoice.period_start} to {invoice.period_end}")
    if invoice.paid_at is not None:
        lines.append(f"Paid: {local_date(invoice.paid_at, organization.zone)}")
    else:
        lines.append(f"Due: {invoice.due_on}")
    return lines


def _lines(invoice: Invoice) -> list[tuple[str, Money]]:
    return [
        (f"{line.quantity} x {line.name}" if line.quantity > 1 else line.name, line.amount) for line in invoice.lines
    ]


def _sums(invoice: Invoice) -> list[tuple[str, Money]]:
    sums = [("Total", invoice.total)]
    for entry in invoice.entries:
        sums.append(("Received" if entry.kind is EntryKind.PAYMENT else "Refunded", entry.amount))
    return [*sums, ("Balance", invoice.balance)]


def _spread(name: str, amount: Money) -> str:
    room = _WIDTH - len(str(amount)) - 1
    return f"{name[:room]:<{room}} {amount}"


def _row(name: str, amount: Money) -> str:
    return f"<tr><td>{escape(name)}</td><td>{escape(str(amount))}</td></tr>"
