"""The one road of writes: an identity map, buffered writes, one flush, moves and audit rows derived from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from attrs import define, field

from hlc_adapters import wire
from hlc_adapters.storage.session import Session, Write
from hlc_adapters.storage.shape import M, Shape, Where, eq, one_of
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_core.audit.model import Move
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import PLATFORM
from hlc_core.kernel.time import Clock


class ReadOnly(RuntimeError):
    """A question tried to change something: a mistake in the code, not of the caller."""


@define
class _Entry:
    """What was read and what it has become; `stored` None is a row not yet written, `now` None a removed one.

    `born`: it was not there before this transaction.
    """

    stored: Any | None
    now: Any | None
    born: bool = False


@define
class UnitOfWork:
    """One transaction of one organization. Reads come from the identity map first; writes wait for `flush`.

    The `version` of an aggregate is set here, in place, when it is written: an answer that a use case gives
    carries the version that was stored. Source: docs/decisions/0004.
    """

    session: Session
    organization: str
    actor: Actor
    clock: Clock
    cause: str = ""
    repeated: bool = False
    written: list[tuple[str, Any]] = field(factory=list, init=False)
    """What was written so far, for the audit entry: the word for each aggregate, and how it stands."""
    changes: list[dict[str, Any]] = field(factory=list, init=False)
    _seen: dict[str, dict[str, _Entry]] = field(factory=dict, init=False)
    _shapes: dict[str, Shape[Any]] = field(factory=dict, init=False)
    _dirty: dict[str, dict[str, _Entry]] = field(factory=dict, init=False)
    _flushed: set[str] = field(factory=set, init=False)
    _moves: list[Move] = field(factory=list, init=False)

    def _map(self, shape: Shape[Any]) -> dict[str, _Entry]:
        known = self._seen.get(shape.name)
        if known is None:
            known = self._seen[shape.name] = {}
            self._shapes[shape.name] = shape
        return known

    def _scope(self, shape: Shape[Any]) -> str:
        return PLATFORM if shape.platform else self.organization

    def find(self, shape: Shape[M], id: str) -> M | None:
        """The row as this transaction sees it, or None."""
        known = self._map(shape)
        if id not in known:
            rows = self.session.fetch(shape, self._scope(shape), (id,))
            known[id] = _Entry(rows[0], rows[0]) if rows else _Entry(None, None)
        return known[id].now

    def get(self, shape: Shape[M], id: str) -> M:
        """The row. Refuses: Missing."""
        found = self.find(shape, id)
        if found is None:
            raise no_such(shape, id)
        return found

    def many(self, shape: Shape[M], ids: Iterable[str]) -> list[M]:
        """Those of the ids that exist; one statement for all that were not read yet."""
        known, wanted = self._map(shape), tuple(dict.fromkeys(ids))
        missing = tuple(id for id in wanted if id not in known)
        if missing:
            for row in self.session.fetch(shape, self._scope(shape), missing):
                known[row.id] = _Entry(row, row)
            for id in missing:
                if id not in known:
                    known[id] = _Entry(None, None)
        return [now for id in wanted if (now := known[id].now) is not None]

    def select(
        self,
        shape: Shape[M],
        *where: Where,
        order: tuple[str, ...] = ("id",),
        limit: int | None = None,
        locked: bool = False,
    ) -> list[M]:
        """Rows that meet the conditions; what this transaction wrote to the table counts."""
        if self._dirty.get(shape.name):
            self.flush()
        known = self._map(shape)
        rows = self.session.select(shape, self._scope(shape), where, order, limit, locked)
        return [now for row in rows if (now := self._known(known, row)) is not None]

    @staticmethod
    def _known(known: dict[str, _Entry], row: M) -> M | None:
        """The row as this transaction sees it: what it changed or removed counts."""
        entry = known.get(row.id)
        if entry is None or (entry.stored is None and entry.now is None):
            entry = known[row.id] = _Entry(row, row)
        seen: M | None = entry.now
        return seen

    def chunks(self, shape: Shape[M], column: str, values: Iterable[str], of: Iterable[Shape[Any]] = ()) -> list[M]:
        """Rows whose column is one of the values, some hundred values a statement.

        `of` are the shapes whose ids the values are. One of a row that was born in this transaction is known to nobody
        else yet, so the rows that name it are all here, and nothing is asked.
        """
        wanted = dict.fromkeys(values)
        born = [id for id in wanted if any(self._is_born(parent, id) for parent in of)]
        found: list[M] = []
        if born:
            found += self._naming(shape, column, frozenset(born))
            for id in born:
                del wanted[id]
        if len(wanted) == 1:
            return found + self.select(shape, eq(column, *wanted))
        asked = tuple(wanted)
        for start in range(0, len(asked), 500):
            found += self.select(shape, one_of(column, asked[start : start + 500]))
        return found

    def _is_born(self, shape: Shape[Any], id: str) -> bool:
        entry = self._seen.get(shape.name, {}).get(id)
        return entry is not None and entry.born

    def _naming(self, shape: Shape[M], column: str, values: frozenset[str]) -> list[M]:
        take = shape.column(column).take
        rows = (entry.now for entry in self._map(shape).values() if entry.now is not None)
        return sorted((row for row in rows if take(row) in values), key=attrgetter("id"))

    def count(self, shape: Shape[M], *where: Where) -> int:
        """How many rows meet the conditions."""
        if self._dirty.get(shape.name):
            self.flush()
        return self.session.count(shape, self._scope(shape), where)

    def add(self, shape: Shape[M], row: M) -> None:
        """A new row; written at the flush."""
        known = self._map(shape)
        gone = known.get(row.id)
        stored = gone.stored if gone is not None and gone.now is None else None
        entry = known[row.id] = _Entry(stored, row, born=stored is None)
        self._dirty.setdefault(shape.name, {})[row.id] = entry

    def save(self, shape: Shape[M], row: M) -> None:
        """The next value of a row that was read or added here; an unchanged value is not written."""
        entry = self._map(shape).get(row.id)
        if entry is None or entry.now is None:
            raise Missing(f"{shape.name}: only what was read in this transaction can be saved.")
        if entry.now is row or _same(entry.now, row):
            return
        dirty = self._dirty.setdefault(shape.name, {})
        if row.id in dirty and entry.stored is not None and entry.stored == row:
            entry.now = entry.stored
            del dirty[row.id]
            return
        entry.now = row
        dirty[row.id] = entry

    def remove(self, shape: Shape[M], row: M) -> None:
        """Take the row away at the flush. Refuses: ValueError (one with a lifecycle, whose moves are kept)."""
        if shape.machine is not None:
            raise ValueError(f"{shape.name}: the moves of a lifecycle are kept, and so are its rows.")
        entry = self._map(shape)[row.id]
        entry.now = None
        self._dirty.setdefault(shape.name, {})[row.id] = entry

    def assume(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Take the caller's word for what stands: nothing is read, the version check of the flush finds out.

        In a run that is repeated because that check failed it does nothing.
        """
        if not self.repeated:
            known = self._map(shape)
            for row in rows:
                known.setdefault(row.id, _Entry(row, row))

    def changed(self, shape: Shape[Any]) -> bool:
        """Whether this transaction has written, or will write, rows of that shape."""
        return bool(self._dirty.get(shape.name)) or shape.name in self._flushed

    def flush(self, closing: Callable[[], Iterable[Write]] = tuple, last: bool = False) -> None:
        """Write everything in bulk. Numbers are taken when all else is ready, so that their counter is locked shortest.

        `closing` is asked for more rows once versions and numbers are set; `last`: see `Session.write`.
        Refuses: ReadOnly, what `write` refuses.
        """
        if not self.session.writes:
            raise ReadOnly("A question changes nothing.")
        now = self.clock.now()
        dirty, self._dirty = self._dirty, {}
        self._flushed.update(dirty)
        writes = [
            one for name, entries in dirty.items() for one in self._changes(self._shapes[name], entries.values(), now)
        ]
        if self._moves:
            moves, self._moves = self._moves, []
            writes.append(Write(MOVES, (), moves))
        numbered = [one for one in writes if one.shape.numbered is not None and one.inserts]

        def later() -> Sequence[Write]:
            for one in numbered:
                self._number(one.shape, one.inserts)
            return [*numbered, *closing()]

        self.session.write([one for one in writes if not any(one is each for each in numbered)], last, later)

    def _changes(self, shape: Shape[M], entries: Iterable[_Entry], now: Any) -> tuple[Write, ...]:
        """What is written of the shape, in this order: what gives up a unique value goes before what takes it."""
        inserts, updates, deletes = [], [], []
        before = {}
        for entry in entries:
            if entry.now is None:
                if entry.stored is not None:
                    deletes.append(entry.stored)
            elif entry.stored is None:
                _set(entry.now, "version", 1)
                inserts.append(entry.now)
                self._note(shape, None, entry.now, now)
            else:
                _set(entry.now, "version", entry.stored.version + 1)
                updates.append(entry.now)
                before[entry.now.id] = entry.stored
                self._note(shape, entry.stored, entry.now, now)
            entry.stored = entry.now
        if deletes:
            self.session.delete(shape, deletes)
        freed = _freed(shape, updates, before) if shape.uniques and len(updates) > 1 else []
        if not freed:
            return (Write(shape, updates, inserts),)
        rest = [row for row in updates if not any(row is one for one in freed)]
        return (Write(shape, freed, ()), Write(shape, rest, inserts))

    def _number(self, shape: Shape[M], rows: Sequence[M]) -> None:
        waiting: dict[str, list[M]] = {}
        for row in rows:
            kind = shape.numbered(row) if shape.numbered is not None else None
            if kind is not None:
                waiting.setdefault(kind, []).append(row)
        for kind, documents in sorted(waiting.items()):
            first = self.session.take_numbers(self.organization, kind, len(documents))
            for place, document in enumerate(documents):
                _set(document, "number", first + place)

    def _note(self, shape: Shape[Any], before: Any | None, after: Any, now: Any) -> None:
        if shape.kind:
            self.written.append((shape.kind, after))
            if shape.tracked and before is not None:
                self.changes += wire.differences(f"{shape.kind} {after.id}", before, after, shape.hidden)
        if shape.machine is None or (before is not None and before.state == after.state):
            return
        self._moves.append(
            Move(
                id=f"{after.id}:{after.version}",
                organization=self.organization,  # type: ignore[arg-type]  # stored ids are plain text
                machine=shape.machine.name,
                subject=after.id,
                version=after.version,
                source=None if before is None else before.state,
                target=after.state,
                at=now,
                actor=self.actor.id,
                cause=self.cause,
                on_behalf_of=self.actor.on_behalf_of,
            )
        )


def _freed(shape: Shape[M], updates: Sequence[M], before: Mapping[str, M]) -> list[M]:
    """Those that give up a unique value which another one of them takes."""
    changes = [(row, shape.claims(before[row.id]), shape.claims(row)) for row in updates]
    taken = {
        (place, new) for _, old, new_ in changes for place, new in enumerate(new_) if new not in (None, old[place])
    }
    if not taken:
        return []
    return [row for row, old, _ in changes if any((place, one) in taken for place, one in enumerate(old))]


def _same(before: Any, after: Any) -> bool:
    """Whether nothing changed. Values with a dictionary compare by it: their own comparison copies all fields first."""
    if hasattr(before, "__dict__") and type(before) is type(after):
        return bool(before.__dict__ == after.__dict__)
    return bool(before == after)


def _set(row: Any, name: str, value: Any) -> None:
    object.__setattr__(row, name, value)  # the row is ours until it is written; see the class docstring


def no_such(shape: Shape[Any], id: str | None = None) -> Missing:
    """The refusal of an id that names nothing here, with where to find those that do."""
    word = shape.kind or shape.name
    where = "look at what the same request names; it may have been taken away"
    if shape.listed:
        group, _, path = shape.listed.partition(" at ")
        where = f"one of `hlc {group} list`, or of GET /api/v1{path}"
    return Missing(f"There is no such {word}.", Fault(word.rpartition(" ")[2], where, sent=id))
