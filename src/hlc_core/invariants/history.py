"""Rules about lifecycles: every recorded step is an edge of its machine, and leads to where the row stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hlc_core.invariants.model import Finding, History, grouped
from hlc_core.kernel.machine import AnyMachine


def moves_follow_their_machine(facts: History, machines: Mapping[str, AnyMachine]) -> Iterator[Finding]:
    """The steps of a row form a path in the machine's table, without a gap, up to the state it is in."""
    for subject, moves in grouped(facts.moves, lambda move: move.subject).items():
        machine = machines.get(moves[0].machine)
        if machine is None:
            continue
        edges = {(str(source), str(target)) for source, target in machine.edges()}
        here: str | None = None
        for move in moves:
            born = here is None and move.source is None
            if not born and (move.source != here or not _path(str(move.source), move.target, edges)):
                yield _broken(subject, f"It went from {here} by a step from {move.source} to {move.target}.")
            here = move.target
        stands = facts.states.get(subject)
        if stands is not None and stands != here:
            yield _broken(subject, f"Its last recorded step led to {here}, and it is {stands}.")


def _path(source: str, target: str, edges: set[tuple[str, str]]) -> bool:
    """Whether the edges lead from one to the other: one transaction may take several steps and record the last."""
    seen, todo = {source}, [source]
    while todo:
        here = todo.pop()
        for start, end in edges:
            if start == here and end not in seen:
                seen.add(end)
                todo.append(end)
    return target in seen


def _broken(subject: str, means: str) -> Finding:
    return Finding(
        invariant="moves_follow_their_machine",
        subjects=(subject,),
        means=means,
        remedy="Look in the audit trail for what wrote the row; something went past the table.",
    )
