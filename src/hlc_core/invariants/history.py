"""Rules about lifecycles: every recorded step is an edge of its machine, and leads to where the row stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hlc_core.invariants.model import Finding, History, grouped
from hlc_core.kernel.machine import AnyMachine


def moves_follow_their_machine(facts: History, machines: Mapping[str, AnyMachine]) -> Iterator[Finding]:
    """The steps of a row form a path in the machine's table, without a gap, up to the state it is in.

    Each step is kept by the clinic in which it was taken. Of a row that belongs to no clinic (a sign-in, say) they
    stand in several books, and are read together.
    """
    paths: dict[str, frozenset[tuple[str, str]]] = {}
    for subject, moves in grouped(facts.moves, lambda move: move.subject).items():
        name = moves[0].machine
        if name not in machines:
            continue
        if name not in paths:
            paths[name] = _paths(machines[name])
        here: str | None = None
        for move in moves:
            born = here is None and move.source is None
            if not born and (move.source != here or (str(move.source), move.target) not in paths[name]):
                yield _broken(subject, f"It went from {here} by a step from {move.source} to {move.target}.")
            here = move.target
        stands = facts.states.get(subject)
        if stands is not None and stands != here:
            yield _broken(subject, f"Its last recorded step led to {here}, and it is {stands}.")


def _paths(machine: AnyMachine) -> frozenset[tuple[str, str]]:
    """Whence edges lead whither: one transaction may take several steps and record the last."""
    edges = [(str(source), str(target)) for source, target in machine.edges()]
    return frozenset((source, target) for source in map(str, machine.states) for target in _led(source, edges))


def _led(source: str, edges: Sequence[tuple[str, str]]) -> set[str]:
    seen, todo = {source}, [source]
    while todo:
        here = todo.pop()
        for start, end in edges:
            if start == here and end not in seen:
                seen.add(end)
                todo.append(end)
    return seen


def _broken(subject: str, means: str) -> Finding:
    return Finding(
        invariant="moves_follow_their_machine",
        subjects=(subject,),
        means=means,
        remedy="Look in the audit trail for what wrote the row; something went past the table.",
    )
