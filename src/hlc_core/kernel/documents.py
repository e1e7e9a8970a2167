"""What is printed for people, as a value: who writes it, to whom, facts, lines with amounts, sums, remarks.

Contexts make a `Document` of their facts; this module writes it as text and as HTML, an adapter as PDF.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import escape

from attrs import field, frozen

from hlc_core.kernel.money import Money

_WIDTH = 64

Shown = str | date | Money
"""What may stand in a cell; days and amounts are written as the document's locale does, or plainly."""


@frozen(kw_only=True)
class Fact:
    """One thing that is said by name, such as the day on which something is due."""

    label: str
    shown: tuple[Shown, ...] = field(repr=False)


@frozen(kw_only=True)
class Line:
    """One line of the table, or of the sums below it; `detail` stands smaller beneath, `strong` is the outcome."""

    label: str = field(repr=False)
    amount: Money
    detail: tuple[Shown, ...] = field(default=(), repr=False)
    strong: bool = False


@frozen(kw_only=True)
class Document:
    """One document. `number` is printed large beside the title; `sender` and `to` begin with a name.

    The same document gives the same bytes: `made_on` is the only day that it knows.
    """

    title: str
    made_on: date
    locale: str
    sender: tuple[str, ...]
    country: str = "US"
    number: str = ""
    to: tuple[str, ...] = field(default=(), repr=False)
    stamp: str = ""
    facts: tuple[Fact, ...] = ()
    lines: tuple[Line, ...] = ()
    sums: tuple[Line, ...] = ()
    remarks: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Title and number."""
        return f"{self.title} {self.number}".strip()


def as_text(document: Document) -> str:
    """In a fixed-width face, one fact a line."""
    rule = ["-" * _WIDTH]
    rows = [text for line in document.lines for text in _spread(line)]
    sums = [text for line in document.sums for text in _spread(line)]
    parts = [
        *document.sender,
        "",
        *([document.name] if not document.stamp else [f"{document.name} ({document.stamp})"]),
        *(f"{fact.label}: {joined(fact.shown)}" for fact in document.facts),
        *(f"To: {part}" if first else part for first, part in _marked(document.to)),
        *([*rule, *rows] if rows else []),
        *([*rule, *sums] if sums else []),
        *([*rule, *document.remarks] if document.remarks else []),
    ]
    return "\n".join(parts) + "\n"


def as_html(document: Document) -> str:
    """As one HTML article without scripts or styles; every text is escaped."""
    sender = "".join(f"<p>{escape(part)}</p>" for part in document.sender)
    facts = "".join(f"<p>{escape(fact.label)}: {escape(joined(fact.shown))}</p>" for fact in document.facts)
    to = "".join(f"<p>{escape(part)}</p>" for part in document.to)
    stamp = f"<p>{escape(document.stamp)}</p>" if document.stamp else ""
    body, foot = _html_rows(document.lines), _html_rows(document.sums)
    table = f"<table><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>" if body or foot else ""
    remarks = "".join(f"<p>{escape(part)}</p>" for part in document.remarks)
    return (
        f'<article class="document"><header>{sender}<h1>{escape(document.name)}</h1>{stamp}{facts}{to}</header>'
        f"{table}{remarks}</article>"
    )


def plain(shown: Shown) -> str:
    """The same for everybody: `100.00 USD`, `2026-03-02`."""
    return shown.isoformat() if isinstance(shown, date) else str(shown)


def joined(detail: tuple[Shown, ...], write: Callable[[Shown], str] = plain) -> str:
    """The parts of a detail, one behind the other."""
    return " ".join(write(part) for part in detail)


def _marked(parts: tuple[str, ...]) -> list[tuple[bool, str]]:
    return [(place == 0, part) for place, part in enumerate(parts)]


def _spread(line: Line) -> list[str]:
    amount = plain(line.amount)
    room = _WIDTH - len(amount) - 1
    first = f"{line.label[:room]:<{room}} {amount}"
    return [first, f"  {joined(line.detail)}"] if line.detail else [first]


def _html_rows(lines: tuple[Line, ...]) -> str:
    return "".join(
        f"<tr><td>{escape(line.label)}{f' <small>{escape(joined(line.detail))}</small>' if line.detail else ''}</td>"
        f"<td>{escape(plain(line.amount))}</td></tr>"
        for line in lines
    )
