"""`hlc invoices`: what is owed and what was paid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hlc_adapters.documents.printing import as_pdf
from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.invoicing.api import (
    Format,
    GetInvoice,
    InvoiceState,
    LayOutInvoice,
    LayOutReceipt,
    ListInvoices,
    PrintInvoice,
    PrintReceipt,
)
from hlc_core.kernel.ids import InvoiceId, PatientId

app = group("Invoices: what is owed and what was paid.")

Word = Annotated[str, typer.Argument(metavar="INVOICE", help="Its id.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[InvoiceState | None, typer.Option(help="Only these.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id); all states.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Invoices, newest first."""
    desk = desk_of(context)
    who = None if patient is None else PatientId(patient)
    page = desk.ask(ListInvoices(state=state, patient=who, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("number", "state", ">total", ">balance", "due", ">days overdue", "id"),
        lambda card: (
            card.number,
            card.invoice.state,
            card.invoice.total,
            card.balance,
            card.invoice.due_on,
            card.overdue_days or "",
            card.invoice.id,
        ),
    )


@app.command()
def show(context: typer.Context, invoice: Word) -> None:
    """One invoice, its lines and the money on it."""
    desk = desk_of(context)
    card = desk.ask(GetInvoice(invoice=InvoiceId(invoice)))
    one = card.invoice
    desk.out.record(
        card,
        (
            ("invoice", card.number),
            ("id", one.id),
            ("state", one.state),
            ("meaning", card.meaning),
            ("lines", tuple(f"{line.name}: {line.amount}" for line in one.lines)),
            ("total", one.total),
            ("balance", card.balance),
            ("due", one.due_on),
            ("days overdue", card.overdue_days or None),
            ("paid", one.paid_at),
            ("money", tuple(f"{entry.kind} {entry.amount} ({entry.reference})" for entry in one.entries)),
            ("patient", one.patient),
            ("order", one.order),
            ("subscription", one.subscription),
            ("cycle", one.cycle),
            ("reason", one.reason),
            ("can be", card.actions),
        ),
    )


@app.command("print")
def print_(
    context: typer.Context,
    invoice: Word,
    receipt: Annotated[bool, typer.Option("--receipt", help="The receipt instead.")] = False,
    format: Annotated[Format, typer.Option(help="How it is written.")] = Format.TEXT,
) -> None:
    """The invoice or its receipt as a document."""
    desk = desk_of(context)
    wanted = PrintReceipt if receipt else PrintInvoice
    document = desk.ask(wanted(invoice=InvoiceId(invoice), format=format))
    if desk.out.json:
        desk.out.data({"document": document})
    else:
        desk.out.plain(document)


@app.command()
def pdf(
    context: typer.Context,
    invoice: Word,
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="Where it goes.")],
    receipt: Annotated[bool, typer.Option("--receipt", help="The receipt instead.")] = False,
) -> None:
    """The invoice or its receipt as a PDF with the clinic's letterhead. The file is personal."""
    desk = desk_of(context)
    wanted = LayOutReceipt if receipt else LayOutInvoice
    content = as_pdf(desk.ask(wanted(invoice=InvoiceId(invoice))))
    file.touch(mode=0o600)
    file.write_bytes(content)
    desk.out.record({"file": str(file), "bytes": len(content)}, (("file", str(file)), ("bytes", len(content))))
