"""docs/proof.md: put together from what was kept of each goal; the sentences come from the goals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proof.goal import Awaited, Goal
from proof.kept import Kept

_HEAD = """# The proof

Written by `python -m proof`; nothing here is written by hand. `count` is how much was run, `of` how much the long tier
is, `with the tests` how much every test run does of it, `seeds` which seeds, and `result` is the number of failures.
How to run it, and how to add a goal: [guides/proof.md](guides/proof.md).
"""


def page(goals: Sequence[Goal], awaited: Sequence[Awaited], found: Mapping[str, Kept]) -> str:
    """The whole page."""
    lines = (
        _HEAD,
        *_machines(found),
        *_table(goals, found),
        *_cuts(goals, found),
        *_waiting(awaited),
        *_sections(goals, found),
    )
    return "\n".join(lines).rstrip() + "\n"


def table(goals: Sequence[Goal], found: Mapping[str, Kept]) -> str:
    """The table alone, for the terminal."""
    return "\n".join(_table(goals, found))


def _machines(found: Mapping[str, Kept]) -> Iterator[str]:
    ran = _distinct(one.machine for one in found.values())
    if ran:
        yield f"Machine: {'. Or: '.join(ran)}."
    crowded = max((one.load for one in found.values()), default=0.0)
    if crowded > max((one.jobs for one in found.values()), default=1) + 1:
        yield (
            f"Up to {crowded:.0f} processes wanted it at once, most of them other work that went before: alone these"
            " runs take a fraction of the seconds shown."
        )
    if found:
        yield ""


def _distinct(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _table(goals: Sequence[Goal], found: Mapping[str, Kept]) -> Iterator[str]:
    yield "| goal | count | of | with the tests | seeds | seconds | result | commit |"
    yield "| --- | ---: | ---: | ---: | --- | ---: | --- | --- |"
    for goal in goals:
        name, one = _title(goal.name), found.get(goal.name)
        if one is None:
            full = "?" if goal.full < 0 else f"{goal.full:,}"
            yield f"| {name} | - | {full} | {goal.commit} | - | - | not run yet | - |"
            continue
        of = "?" if one.of < 0 else f"{one.of:,}"
        ended = f"**{len(one.failures)} failed**" if one.failures else "0 failed"
        ran = f"{one.seeds} | {one.seconds:,.0f} | {ended} | {one.commit}, {one.on}"
        yield f"| {name} | {one.count:,} | {of} | {goal.commit} | {ran} |"
    yield ""


def _cuts(goals: Sequence[Goal], found: Mapping[str, Kept]) -> Iterator[str]:
    cut = [one for goal in goals if (one := found.get(goal.name)) is not None and one.cut]
    if cut:
        yield "Cut for time:"
        yield ""
        yield from (f"- {_title(one.goal)}: {_cut(one)}." for one in cut)
        yield ""


def _cut(one: Kept) -> str:
    if one.whole is None:
        return f"cut, {one.through}; how many there are is known only by running them"
    whole = _span(one.whole)
    return f"cut to {one.count:,} of {one.of:,}; all would take about {whole} on this machine"


def _waiting(awaited: Sequence[Awaited]) -> Iterator[str]:
    if awaited:
        yield "Not run, because what they are about does not exist yet:"
        yield ""
        yield from (f"- {one.name} ({one.holds[:-1]}): waits for {one.waits_for}." for one in awaited)
        yield ""


def _sections(goals: Sequence[Goal], found: Mapping[str, Kept]) -> Iterator[str]:
    for goal in goals:
        first, rest = goal.says
        yield f"## {_title(goal.name).capitalize()}"
        yield ""
        yield first
        if rest:
            yield rest
        yield ""
        yield f"With the tests: {goal.commit}, in `{goal.tests}`."
        one = found.get(goal.name)
        if one is not None and one.through:
            yield f"Went through: {one.through}."
        yield ""
        if one is None:
            continue
        if one.failures:
            yield from (f"- {_cell(failure)}" for failure in one.failures[:20])
            yield ""
        if one.table:
            head, *rows = one.table
            yield "| " + " | ".join(head) + " |"
            yield "|" + " --- |" * len(head)
            yield from ("| " + " | ".join(map(_cell, row)) + " |" for row in rows)
            yield ""


def _title(name: str) -> str:
    return name.replace("_", " ")


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").replace("[", "(").replace("]", ")")


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
