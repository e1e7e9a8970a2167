"""Documents as PDF: one writer for invoices, receipts and prescriptions. The same document gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import HRFlowable, Paragraph, SimpleDocTemplate, Spacer, Table

from hlc_adapters.documents.letters import BOLD, PLAIN, markup, ready
from hlc_adapters.documents.words import written
from hlc_core.kernel.documents import Document, Line, joined

_MARGIN = 20 * mm
_PADDING = 6
"""What the writer leaves free inside of its frame."""
_LETTER_PAPER = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "VE"})
_INK, _SOFT, _RULE = HexColor(0x1F2933), HexColor(0x52606D), HexColor(0xCBD2D9)


def as_pdf(document: Document) -> bytes:
    """As many pages as it takes, on the paper of the document's country."""
    ready()
    file = io.BytesIO()
    template = SimpleDocTemplate(
        file,
        pagesize=letter if document.country in _LETTER_PAPER else A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=document.name,
        author=document.sender[0],
        lang=document.locale.replace("_", "-"),
        invariant=1,
    )
    foot = partial(_foot, document=document)
    template.build(list(_parts(document, template.width - 2 * _PADDING)), onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _parts(document: Document, width: float) -> Iterator[Any]:
    write = partial(written, locale=document.locale)
    yield _beside(
        [_text(document.sender[0], 13, bold=True), *(_text(part, 9, soft=True) for part in document.sender[1:])],
        [_text(document.title, 13, right=True, bold=True), *_number(document), *_stamp(document)],
        width,
    )
    yield Spacer(1, 10 * mm)
    facts = [[_text(fact.label, 9.5, soft=True), _text(joined(fact.shown, write), 9.5)] for fact in document.facts]
    if document.to:
        to = [_text("To", 9, soft=True), *(_text(part, 10.5) for part in document.to)]
        yield _beside(to, [_pairs(facts, width * 0.46, 24 * mm)], width)
    elif facts:
        yield _pairs(facts, width, 45 * mm)
    if document.lines or document.sums:
        yield Spacer(1, 8 * mm)
        yield _amounts(document, width)
    if document.remarks:
        yield Spacer(1, 8 * mm)
        yield HRFlowable(width="100%", thickness=0.5, color=_RULE, spaceAfter=2 * mm)
        for remark in document.remarks:
            yield _text(remark, 9, soft=True)


def _number(document: Document) -> list[Any]:
    return [_text(document.number, 11, right=True)] if document.number else []


def _stamp(document: Document) -> list[Any]:
    return [_text(document.stamp.upper(), 9, right=True, bold=True, soft=True)] if document.stamp else []


def _amounts(document: Document, width: float) -> Any:
    write = partial(written, locale=document.locale)
    rows = [[_label(line, write), _amount(line, write)] for line in (*document.lines, *document.sums)]
    below = len(document.lines)
    rules: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2 * mm),
    ]
    if below:
        rules += [("LINEABOVE", (0, 0), (-1, 0), 0.8, _INK), ("LINEBELOW", (0, 0), (-1, below - 1), 0.4, _RULE)]
        rules += [("LINEBELOW", (0, below - 1), (-1, below - 1), 0.8, _INK)]
    return Table(rows, colWidths=[width - 42 * mm, 42 * mm], style=rules)


def _label(line: Line, write: Any) -> list[Any]:
    label = [_text(line.label, 10.5, bold=line.strong)]
    return [*label, _text(joined(line.detail, write), 8.5, soft=True)] if line.detail else label


def _amount(line: Line, write: Any) -> Any:
    return _text(write(line.amount), 10.5, bold=line.strong, right=True)


def _beside(left: list[Any], right: list[Any], width: float) -> Any:
    rules = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    rules += [("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0)]
    return Table([[left, right]], colWidths=[width * 0.54, width * 0.46], style=rules)


def _pairs(rows: list[list[Any]], width: float, first: float) -> Any:
    rules = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]
    rules += [("TOPPADDING", (0, 0), (-1, -1), 1 * mm), ("BOTTOMPADDING", (0, 0), (-1, -1), 1 * mm)]
    return Table(rows, colWidths=[first, width - first], style=rules, hAlign="LEFT")


def _text(text: str, size: float, *, bold: bool = False, soft: bool = False, right: bool = False) -> Any:
    font = BOLD if bold else PLAIN
    style = ParagraphStyle(
        "text",
        fontName=font,
        fontSize=size,
        leading=size * 1.4,
        textColor=_SOFT if soft else _INK,
        alignment=TA_RIGHT if right else 0,
        splitLongWords=1,
    )
    return Paragraph(markup(text, font), style)


def _foot(canvas: Canvas, template: Any, *, document: Document) -> None:
    if template.page == 1:
        canvas.setDateFormatter(partial(_dated, document.made_on))
    style = ParagraphStyle("foot", fontName=PLAIN, fontSize=8, textColor=_SOFT)
    line = Paragraph(markup(f"{document.name} · {document.sender[0]} · page {template.page}"), style)
    line.wrap(template.width, 10 * mm)
    line.drawOn(canvas, _MARGIN + _PADDING, 10 * mm)


def _dated(made_on: date, *_: object) -> str:
    return f"D:{made_on:%Y%m%d}000000Z"
