"""What commands print: tables and facts for people, camelCase JSON for machines. The only place that knows rich."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from attrs import define
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from hlc_adapters.wire import edge
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page
from hlc_core.kernel.time import Interval, Period, zone

T = TypeVar("T")
Fact = tuple[str, object]
Tell = Callable[[int, int], None]

NARROWEST = 200
"""The least width of tables that go to a file or a pipe."""
SHORT = 22
"""Columns up to this width are not broken: numbers, states, dates."""


@define
class Output:
    """Prints to standard output; sentences about the work go to standard error. `zone` is the clinic's."""

    json: bool
    console: Console
    beside: Console
    zone: str = "UTC"

    def page(
        self, page: Page[T], headings: Sequence[str], row: Callable[[T], Sequence[object]], empty: str = "Nothing here."
    ) -> None:
        """One page of a list, and how to get the next one."""
        if self.json:
            self.data(page)
            return
        self._table(headings, map(row, page.items), empty)
        if page.next is not None:
            self.note(f"More: --cursor {page.next}")

    def items(
        self,
        items: Sequence[T],
        headings: Sequence[str],
        row: Callable[[T], Sequence[object]],
        empty: str = "Nothing here.",
    ) -> None:
        """A whole list."""
        if self.json:
            self.data({"items": list(items)})
        else:
            self._table(headings, map(row, items), empty)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table for people, whatever the mode."""
        self._table(headings, rows, "")

    def record(self, value: object, facts: Iterable[Fact], sentence: str = "") -> None:
        """One thing: its facts for people, all of it for machines. Facts without a value are left out."""
        if self.json:
            self.data(value)
            return
        if sentence:
            self.say(sentence)
        shown = Table.grid(padding=(0, 2))
        for name, fact in facts:
            if fact not in (None, "", ()):
                shown.add_row(Text(name, "dim"), self.cell(fact))
        if shown.row_count:
            self.console.print(shown)

    def say(self, sentence: str) -> None:
        """A sentence for people; machines do not get it."""
        if not self.json:
            self.console.print(sentence, soft_wrap=True, highlight=False, markup=False)

    def note(self, sentence: str) -> None:
        """A sentence beside the output, on standard error."""
        if not self.json:
            self.beside.print(sentence, style="dim", soft_wrap=True, highlight=False, markup=False)

    def data(self, value: object) -> None:
        """The value as JSON."""
        sys.stdout.write(edge.write(value).decode() + "\n")

    def plain(self, text: str) -> None:
        """Text as it is: documents, diagrams."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    @contextmanager
    def progress(self, what: str) -> Iterator[Tell]:
        """A bar on standard error, told of (done, planned); silent for machines and where nobody looks."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.beside,
            transient=True,
            disable=self.json or not self.beside.is_terminal,
        )
        with bar:
            task = bar.add_task(what, total=None)
            yield lambda done, planned: bar.update(task, completed=done, total=planned)

    def cell(self, value: object) -> Text:
        """A value as one cell; instants are shown on the clocks of the clinic."""
        return Text(self._words(value))

    def _words(self, value: object) -> str:
        match value:
            case None:
                return ""
            case bool():
                return "yes" if value else "no"
            case datetime():
                return f"{value.astimezone(zone(self.zone)):%Y-%m-%d %H:%M}"
            case Period():
                return f"{value.start} to {value.end}"
            case StrEnum():
                return value.value
            case Money() | date() | Interval() | str() | int():
                return str(value)
            case tuple() | list() | frozenset():
                return ", ".join(map(self._words, value))
            case _:
                return str(value)

    def _table(self, headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
        table = Table(box=SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)
        lines = [[self.cell(value) for value in row] for row in rows]
        for place, heading in enumerate(headings):
            right = heading.startswith(">")
            short = max((len(line[place]) for line in lines), default=0) <= SHORT
            table.add_column(heading.lstrip(">"), justify="right" if right else "left", overflow="fold", no_wrap=short)
        for line in lines:
            table.add_row(*line)
        if table.row_count:
            self.console.print(table)
        elif empty:
            self.say(empty)


def make_output(json: bool, color: bool) -> Output:
    """Output to where the process writes now."""
    return Output(json=json, console=_console(sys.stdout, color), beside=_console(sys.stderr, color))


def _console(stream: Any, color: bool) -> Console:
    console = Console(file=stream, no_color=not color, highlight=False)
    if not console.is_terminal:
        console.width = max(NARROWEST, console.width)
    return console
