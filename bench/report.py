"""Figures, and how they are shown: a plain table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import asdict, frozen


@frozen(kw_only=True)
class Figure:
    """One measured number. `floor` is what a bare driver reached that wrote the same rows in the same run."""

    group: str
    place: str
    name: str
    value: float
    unit: str
    floor: float | None = None
    aim: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Our share of the floor."""
        return None if not self.floor else self.value / self.floor


COLUMNS = ("where", "what", "reached", "unit", "floor", "of floor", "aim", "note")
_RIGHT = frozenset({"reached", "floor", "of floor"})


def shown(number: float | None) -> str:
    """A number as people read it: no more digits than it deserves."""
    if number is None:
        return ""
    if number == int(number) and abs(number) < 1000:
        return str(int(number))
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) < 10 else f"{number:.1f}"


def cells(figure: Figure) -> tuple[str, ...]:
    """The figure's line of a table."""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.0%}"
    numbers = (shown(figure.value), figure.unit, shown(figure.floor), ratio)
    return (figure.place, figure.name, *numbers, figure.aim, figure.note)


def grouped(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """Figures by group, in the order in which the groups came."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.group, []).append(figure)
    return groups


def table(rows: Sequence[tuple[str, ...]], columns: Sequence[str] = COLUMNS) -> str:
    """Aligned text; a column in which nothing stands is left out."""
    kept = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    lines = [[columns[place] for place in kept], *([row[place] for place in kept] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(kept))]
    right = [columns[place] in _RIGHT for place in kept]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if rights else cell.ljust(width)
            for cell, width, rights in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def markdown(rows: Sequence[tuple[str, ...]], columns: Sequence[str] = COLUMNS) -> str:
    """The same as a table of Markdown."""
    kept = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    lines = [
        "| " + " | ".join(columns[place] for place in kept) + " |",
        "| " + " | ".join("---:" if columns[place] in _RIGHT else "---" for place in kept) + " |",
    ]
    lines += ["| " + " | ".join(row[place] for place in kept) + " |" for row in rows]
    return "\n".join(lines)


def as_json(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """For programs; the ratio is written out."""
    return [{**asdict(figure), "ratio": figure.ratio} for figure in figures]


def from_json(lines: Iterable[dict[str, Any]]) -> list[Figure]:
    """Figures of an earlier run."""
    return [Figure(**{name: value for name, value in line.items() if name != "ratio"}) for line in lines]


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share of the (sorted) values lies."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
