"""Rows in memory: dictionaries, unique rules, sorted indexes, and an undo log for rolling back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import define, field
from sortedcontainers import SortedList

from hlc_adapters.storage.session import Session, Write
from hlc_adapters.storage.shape import Index, M, Op, Shape, Stored, Where
from hlc_core.kernel.errors import AlreadyExists, Stale

Take = Callable[[Any], Any]

_TESTS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: lambda a, b: bool(a == b),
    Op.NE: lambda a, b: bool(a != b),
    Op.LE: lambda a, b: bool(a <= b),
    Op.LT: lambda a, b: bool(a < b),
    Op.GE: lambda a, b: bool(a >= b),
    Op.GT: lambda a, b: bool(a > b),
    Op.IN: lambda a, b: a in b,
}


class _Least:
    """What stands for NULL behind the first column of an index: before every value."""

    def __lt__(self, other: object) -> bool:
        return other is not self

    def __gt__(self, other: object) -> bool:
        return False


_LEAST = _Least()


class _Table:
    """The rows of one shape, with what finds them."""

    def __init__(self, shape: Shape[Any]) -> None:
        self.shape = shape
        self.rows: dict[tuple[str, str], Any] = {}
        self.takes = {column.name: column.take for column in shape.columns}
        self.takes["id"] = lambda row: row.id
        self.takes["version"] = lambda row: row.version
        finders = [*shape.indexes, *(Index(u.columns) for u in shape.uniques if u.unless is None and u.columns[1:])]
        self.columns = [index.columns for index in finders]
        self.indexes = [(i.only, tuple(self.takes[c] for c in i.columns), SortedList()) for i in finders]
        self._unique_takes = [(rule, tuple(self.takes[c] for c in rule.columns)) for rule in shape.uniques]
        self._nothing = (None,) * len(shape.uniques)
        self.uniques: list[dict[tuple[Any, ...], str]] = [{} for _ in shape.uniques]

    def put(self, key: tuple[str, str], row: Any | None) -> Any | None:
        """Replace, add or remove (None) the row; answers what stood there. Refuses: AlreadyExists, untouched."""
        old = self.rows.get(key)
        had, wanted = self._unique_keys(old), self._unique_keys(row)
        for rule, taken, before, value in zip(self.shape.uniques, self.uniques, had, wanted, strict=True):
            if value is not None and value != before and value in taken:
                raise AlreadyExists(f"{self.shape.name}: {rule.name} is taken.")
        for taken, before, value in zip(self.uniques, had, wanted, strict=True):
            if before != value:
                if before is not None:
                    del taken[before]
                if value is not None:
                    taken[value] = key[1]
        for only, takes, index in self.indexes:
            before, value = self._entry(only, takes, old), self._entry(only, takes, row)
            if before != value:
                if before is not None:
                    index.remove(before)
                if value is not None:
                    index.add(value)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        return old

    def _unique_keys(self, row: Any | None) -> Sequence[tuple[Any, ...] | None]:
        if row is None:
            return self._nothing
        keys: list[tuple[Any, ...] | None] = []
        for rule, takes in self._unique_takes:
            if rule.unless is not None and self.takes[rule.unless[0]](row) == rule.unless[1]:
                keys.append(None)
            else:
                values = tuple([take(row) for take in takes])
                keys.append(None if None in values else (row.organization, *values))
        return keys

    def _entry(self, only: tuple[str, str] | None, takes: Sequence[Take], row: Any | None) -> tuple[Any, ...] | None:
        if row is None or (only is not None and self.takes[only[0]](row) != only[1]):
            return None
        values = [take(row) for take in takes]
        if values[0] is None:
            return None
        if None in values:
            values = [_LEAST if value is None else value for value in values]
        return (row.organization, *values, row.id)

    def candidates(self, organization: str | None, where: tuple[Where, ...]) -> Iterator[Any]:
        """Rows that may meet the conditions: by the index with the longest run of equalities, else all."""
        if any(w.value is None and w.op is not Op.IS_NULL for w in where):
            return
        if organization is not None:
            equal = {w.column: w.value for w in where if w.op is Op.EQ}
            listed = next((w for w in where if w.op is Op.IN), None)
            if listed is not None and not equal:
                yield from self._listed(organization, where, listed)
                return
            for rule, taken in zip(self.shape.uniques, self.uniques, strict=True):
                if rule.unless is None and all(name in equal for name in rule.columns):
                    id = taken.get((organization, *(equal[name] for name in rule.columns)))
                    yield from () if id is None else (self.rows[organization, id],)
                    return
            ranges = {w.column: w for w in where if w.op in (Op.LE, Op.LT)}
            best: tuple[int, Any, tuple[Any, ...], Where | None] | None = None
            for columns, (only, _, index) in zip(self.columns, self.indexes, strict=True):
                if only is not None and equal.get(only[0]) != only[1]:
                    continue
                fixed = 0
                while fixed < len(columns) and columns[fixed] in equal:
                    fixed += 1
                bound = ranges.get(columns[fixed]) if fixed < len(columns) else None
                score = 2 * fixed + (1 if bound else 0)
                if score and (best is None or score > best[0]):
                    best = (score, index, (organization, *(equal[c] for c in columns[:fixed])), bound)
            if best is not None:
                yield from self._along(*best[1:])
                return
        for key, row in list(self.rows.items()):
            if organization is None or key[0] == organization:
                yield row

    def _listed(self, organization: str, where: tuple[Where, ...], listed: Where) -> Iterator[Any]:
        others = tuple(w for w in where if w is not listed)
        known = listed.column == "id" or any(columns[0] == listed.column for columns in self.columns)
        known = known or any(rule.columns == (listed.column,) for rule in self.shape.uniques)
        if not known:
            yield from (row for key, row in list(self.rows.items()) if key[0] == organization)
            return
        for value in listed.value:
            yield from self.candidates(organization, (*others, Where(listed.column, Op.EQ, value)))

    def _along(self, index: Any, prefix: tuple[Any, ...], bound: Where | None) -> Iterator[Any]:
        for entry in list(self._entries(index, prefix, bound)):
            yield self.rows[entry[0], entry[-1]]

    def _entries(self, index: Any, prefix: tuple[Any, ...], bound: Where | None) -> Iterator[tuple[Any, ...]]:
        size = len(prefix)
        for entry in index.irange(minimum=prefix):
            if entry[:size] != prefix or (bound is not None and entry[size] > bound.value):
                return
            yield entry


@define
class MemoryBackend:
    """A whole database in memory; hand the same one to a second composition to 'restart' over it."""

    _tables: dict[str, _Table] = field(factory=dict, init=False)
    _numbers: dict[tuple[str, str], int] = field(factory=dict, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    def begin(self, write: bool) -> Session:
        """One transaction at a time, readers included."""
        self._lock.acquire()
        return MemorySession(self)

    def table(self, shape: Shape[Any]) -> _Table:
        """The rows of the shape, made at first use."""
        found = self._tables.get(shape.name)
        if found is None:
            found = self._tables[shape.name] = _Table(shape)
        return found


@define
class MemorySession:
    """One transaction over a `MemoryBackend`."""

    _backend: MemoryBackend
    _undo: list[Callable[[], object]] = field(factory=list, init=False)
    _open: bool = field(default=True, init=False)

    def fetch(self, shape: Shape[M], organization: str | None, ids: Sequence[str]) -> list[M]:
        """The rows with these ids."""
        rows = self._backend.table(shape).rows
        if organization is None:
            wanted = frozenset(ids)
            return [row for key, row in rows.items() if key[1] in wanted]
        return [row for id in ids if (row := rows.get((organization, id))) is not None]

    def select(
        self,
        shape: Shape[M],
        organization: str | None,
        where: tuple[Where, ...] = (),
        order: tuple[str, ...] = ("id",),
        limit: int | None = None,
        locked: bool = False,
    ) -> list[M]:
        """Rows that meet all conditions, ordered."""
        table = self._backend.table(shape)
        where = tuple(Where(w.column, w.op, frozenset(w.value)) if w.op is Op.IN else w for w in where)
        found = [row for row in table.candidates(organization, where) if _meets(row, where, table.takes)]
        for name in reversed(order):
            take = table.takes[name.lstrip("-")]
            found.sort(key=lambda row, take=take: _sortable(take(row)), reverse=name.startswith("-"))  # type: ignore[misc]  # bound per loop
        return found if limit is None else found[:limit]

    def count(self, shape: Shape[M], organization: str | None, where: tuple[Where, ...] = ()) -> int:
        """How many rows meet all conditions."""
        table = self._backend.table(shape)
        return sum(1 for row in table.candidates(organization, where) if _meets(row, where, table.takes))

    def write(self, writes: Sequence[Write]) -> None:
        """Everything of one flush."""
        for one in writes:
            self.update(one.shape, one.updates)
            self.insert(one.shape, one.inserts)

    def insert(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """New rows."""
        table = self._backend.table(shape)
        for row in rows:
            if (row.organization, row.id) in table.rows:
                raise AlreadyExists(f"{shape.name}: the id is taken.")
            self._put(table, row.organization, row.id, row)

    def update(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """Next versions of rows."""
        table = self._backend.table(shape)
        for row in rows:
            self._expect(table, row, row.version - 1)
            self._put(table, row.organization, row.id, row)

    def delete(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Rows, in the version given."""
        table = self._backend.table(shape)
        for row in rows:
            self._expect(table, row, row.version)
            self._put(table, row.organization, row.id, None)

    def _expect(self, table: _Table, row: Stored, version: int) -> None:
        stands = table.rows.get((row.organization, row.id))
        if stands is None or stands.version != version:
            raise Stale(f"{table.shape.name}: somebody else changed it first.")

    def _put(self, table: _Table, organization: str, id: str, row: Any | None) -> None:
        key = (organization, id)
        old = table.put(key, row)
        self._undo.append(lambda: table.put(key, old))

    def take_numbers(self, organization: str, kind: str, count: int) -> int:
        """The first of `count` consecutive numbers."""
        numbers, key = self._backend._numbers, (organization, kind)
        first = numbers.get(key, 1)
        numbers[key] = first + count
        self._undo.append(lambda: numbers.__setitem__(key, first))
        return first

    def commit(self) -> None:
        """Keep everything."""
        self._undo.clear()
        self._close()

    def rollback(self) -> None:
        """Undo everything, newest first."""
        while self._undo:
            self._undo.pop()()
        self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._backend._lock.release()


def _meets(row: Any, where: tuple[Where, ...], takes: dict[str, Take]) -> bool:
    for condition in where:
        value, op = takes[condition.column](row), condition.op
        if op is Op.EQ:
            if value is None or value != condition.value:
                return False
        elif op is Op.IS_NULL:
            if value is not None:
                return False
        elif value is None or not _TESTS[op](value, condition.value):
            return False
    return True


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, 0 if value is None else value)
