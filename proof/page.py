"""docs/proof.md: written by the proof itself; the sentences come from the goals."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from inspect import getdoc
from pathlib import Path

from attrs import frozen

from proof.goals import Goal, Result

_HEAD = """# The proof

Written by `python -m proof`; nothing here is written by hand. Each goal says what holds; `count` says how much of it
was run, `of` how much the long tier is, `seeds` which seeds, and `result` is the number of failures. A smaller tier of
the same functions runs with the tests.
"""


@frozen(kw_only=True)
class Line:
    """A goal and what it came to."""

    goal: Goal
    result: Result
    seconds: float

    @property
    def name(self) -> str:
        """As it is shown, and as `--only` takes it."""
        return self.goal.__name__

    @property
    def said(self) -> tuple[str, str]:
        """The first sentence of the goal, and the rest."""
        text = getdoc(self.goal) or ""
        first, _, rest = text.partition("\n\n")
        return " ".join(first.split()), " ".join(rest.split())

    @property
    def cut(self) -> str:
        """Whether less was run than there is, and how long all of it would take; empty where all was run."""
        result = self.result
        if 0 <= result.of <= result.count:
            return ""
        if result.of < 0 or not result.count:
            return f"cut, {result.through}; how many there are is known only by running them"
        full = self.seconds * result.of / result.count
        return f"cut to {result.count:,} of {result.of:,}; all would take about {_span(full)} on this machine"


def page(lines: Sequence[Line], scale: float, seed: int) -> str:
    """The whole page."""
    return "\n".join((_HEAD, *_about(scale, seed), *_table(lines), *_cuts(lines), *_sections(lines))).rstrip() + "\n"


def table(lines: Sequence[Line]) -> str:
    """The table alone, for the terminal."""
    return "\n".join(_table(lines))


def _about(scale: float, seed: int) -> Iterator[str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield (
        f"Machine: {cores} cores ({_processor()}), {platform.system()}, Python {platform.python_version()}. "
        f"Commit {_git('rev-parse', '--short', 'HEAD')}{'+' if _git('status', '--porcelain', 'src') else ''}, "
        f"{datetime.now(UTC):%Y-%m-%d}. Scale {scale:g}, first seed {seed}."
    )
    yield ""


def _table(lines: Sequence[Line]) -> Iterator[str]:
    yield "| goal | count | of | seeds | seconds | result |"
    yield "| --- | ---: | ---: | --- | ---: | --- |"
    for line in lines:
        result = line.result
        of = "?" if result.of < 0 else f"{result.of:,}"
        ended = f"**{len(result.failures)} failed**" if result.failures else "0 failed"
        name = line.name.replace("_", " ")
        yield f"| {name} | {result.count:,} | {of} | {result.seeds} | {line.seconds:,.0f} | {ended} |"
    yield ""


def _cuts(lines: Sequence[Line]) -> Iterator[str]:
    cut = [line for line in lines if line.cut]
    if cut:
        yield "Cut for time:"
        yield ""
        yield from (f"- {line.name.replace('_', ' ')}: {line.cut}." for line in cut)
        yield ""


def _sections(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        first, rest = line.said
        yield f"## {line.name.replace('_', ' ').capitalize()}"
        yield ""
        yield first
        if rest:
            yield rest
        if line.result.through:
            yield ""
            yield f"Went through: {line.result.through}."
        for failure in line.result.failures[:20]:
            yield f"- {_cell(failure)}"
        yield ""
        if line.result.table:
            head, *rows = line.result.table
            yield "| " + " | ".join(head) + " |"
            yield "|" + " --- |" * len(head)
            yield from ("| " + " | ".join(map(_cell, row)) + " |" for row in rows)
            yield ""


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").replace("[", "(").replace("]", ")")


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    if found.exists():
        for line in found.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
