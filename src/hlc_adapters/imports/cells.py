"""Reading the cells of one row and keeping all of its faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from attrs import define, field

from hlc_core.kernel.errors import Fault, HlcError

T = TypeVar("T")


@define
class Reader:
    """The cells of a row. `one` answers None beside a new fault; `columns` says what should stand in each."""

    cells: Mapping[str, str]
    columns: Mapping[str, str]
    faults: list[Fault] = field(factory=list, init=False)

    def text(self, column: str) -> str:
        """The trimmed cell; one that is not there is empty."""
        return self.cells.get(column, "").strip()

    def one(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The parsed cell."""
        text = self.text(column)
        try:
            return parse(text)
        except HlcError as refusal:
            inner = refusal.faults[0].message if refusal.faults else refusal.detail
            self.faults.append(Fault(column, inner))
        except ValueError:
            shown = f"{text[:40]!r} is not" if text else "empty, but it must be"
            self.faults.append(Fault(column, f"{shown}: {self.columns[column]}"))
        return None


def needed(text: str) -> str:
    """The text, which must not be empty."""
    if not text:
        raise ValueError(text)
    return text


def day(text: str) -> date:
    """A local day, `YYYY-MM-DD`, of our times."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError(text)
    found = date.fromisoformat(text)
    if not 1990 <= found.year <= 2200:
        raise ValueError(text)
    return found


def day_or_none(text: str) -> date | None:
    """A local day, or nothing."""
    return day(text) if text else None


def whole(text: str) -> int:
    """A whole number, not negative."""
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise ValueError(text)
    return int(text)
