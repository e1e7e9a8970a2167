"""The books against the tables: whether every stored state and every recorded move is one that its machine has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from hlc_adapters.storage.session import Backend, Session
from hlc_adapters.storage.shape import Shape, above, one_of
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_core.audit.model import Move
from hlc_core.kernel.ids import OrganizationId
from hlc_core.kernel.machine import AnyMachine

BATCH = 500


@frozen(kw_only=True)
class Broken:
    """One aggregate that is not as its table allows."""

    machine: str
    subject: str
    what: str


def broken(
    backend: Backend, organization: OrganizationId, progress: Callable[[int, int], None]
) -> tuple[int, tuple[Broken, ...]]:
    """How many lifecycles were looked at, and those that are wrong. Reads in batches; writes nothing."""
    session = backend.begin(write=False)
    try:
        shapes = [shape for shape in ALL if shape.machine is not None]
        planned = sum(session.count(shape, organization) for shape in shapes)
        found: list[Broken] = []
        done = 0
        for shape in shapes:
            for rows in _batches(session, shape, organization):
                found += _wrong(shape.machine, rows, _moves(session, organization, rows))
                done += len(rows)
                progress(done, planned)
        return done, tuple(found)
    finally:
        session.rollback()


def _batches(session: Session, shape: Shape[Any], organization: str) -> Iterator[Sequence[Any]]:
    last = ""
    while True:
        rows = session.select(shape, organization, (above("id", last),), limit=BATCH)
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        last = rows[-1].id


def _moves(session: Session, organization: str, rows: Sequence[Any]) -> dict[str, list[Move]]:
    by_subject: dict[str, list[Move]] = {row.id: [] for row in rows}
    for move in session.select(MOVES, organization, (one_of("subject", [*by_subject]),)):
        by_subject[move.subject].append(move)
    return by_subject


def _wrong(machine: AnyMachine | None, rows: Sequence[Any], moves: dict[str, list[Move]]) -> Iterator[Broken]:
    if machine is None:
        return
    edges = {(str(source), str(target)) for source, target in machine.edges()}
    for row in rows:
        for what in _faults(machine, edges, row, sorted(moves[row.id], key=lambda move: move.version)):
            yield Broken(machine=machine.name, subject=row.id, what=what)


def _faults(machine: AnyMachine, edges: set[tuple[str, str]], row: Any, moves: Sequence[Move]) -> Iterator[str]:
    if row.state not in machine.states:
        yield f"stands in {row.state}, which the table does not have"
    if not moves:
        yield "has no recorded move"
        return
    if moves[-1].target != row.state:
        yield f"stands in {row.state}, but its last move led to {moves[-1].target}"
    if moves[0].source is not None:
        yield "its first move is not its making"
    for before, move in pairwise(moves):
        if move.source != before.target:
            yield f"a move from {move.source} follows one to {before.target}"
        elif (move.source, move.target) not in edges:
            yield f"moved from {move.source} to {move.target}, which no edge allows"
