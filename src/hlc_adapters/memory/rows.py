"""Rows in memory: dictionaries, unique rules, sorted indexes, and an undo log for rolling back."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, takewhile
from operator import attrgetter
from typing import Any, TypeVar

from attrs import define, field
from sortedcontainers import SortedList

from hlc_adapters.storage.session import Body, Later, Session, Write, require_shared
from hlc_adapters.storage.shape import Index, M, Op, Shape, Stored, Type, Where
from hlc_core.kernel.errors import AlreadyExists, Stale

R = TypeVar("R")

Take = Callable[[Any], Any]
Holds = Callable[[Any], bool]

_TESTS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: lambda a, b: bool(a == b),
    Op.NE: lambda a, b: bool(a != b),
    Op.LE: lambda a, b: bool(a <= b),
    Op.LT: lambda a, b: bool(a < b),
    Op.GE: lambda a, b: bool(a >= b),
    Op.GT: lambda a, b: bool(a > b),
    Op.IN: lambda a, b: a in b,
    Op.CONTAINS: lambda a, b: b in a,
}

_MANY = 2000
"""From so many entries on, a plain sorted list is exchanged for one that is quick to change in its middle."""

_FEW = 32
"""Up to so many new ids are put in their places one by one; more are sorted in."""


class _Exact:
    """An index that is asked for equal values of its columns only: ids by those values."""

    __slots__ = ("_buckets", "columns", "key", "only")

    def __init__(self, columns: tuple[str, ...], key: Take, only: tuple[str, str] | None) -> None:
        self.columns = columns
        self.key = key
        self.only = only
        self._buckets: dict[Any, dict[str, None]] = {}

    def add(self, key: Any, id: str) -> None:
        """A row stands there."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._buckets[key] = {id: None}
        else:
            bucket[id] = None

    def remove(self, key: Any, id: str) -> None:
        """No row of that id stands there any more."""
        bucket = self._buckets[key]
        del bucket[id]
        if not bucket:
            del self._buckets[key]

    def score(self, equal: dict[str, Any], _bounds: dict[str, Where]) -> int:
        """How much of the conditions it answers: 0 none; more is better."""
        if self.only is not None and equal.get(self.only[0]) != self.only[1]:
            return 0
        for name in self.columns:
            if name not in equal:
                return 0
        return 2 * len(self.columns)

    def found(self, equal: dict[str, Any], _bounds: dict[str, Where]) -> Iterable[str]:
        """The ids of the rows that meet the conditions on its columns."""
        columns = self.columns
        key = equal[columns[0]] if len(columns) == 1 else tuple([equal[name] for name in columns])
        return self._buckets.get(key, ())


class _Ordered:
    """An index whose last column may be bound instead: (last value, id) in order, by the values before it.

    Apart from them (`blanks`) stand the rows whose last value is NULL, where values before it can find them.
    """

    __slots__ = ("_blanks", "_buckets", "_single", "columns", "key", "only")

    def __init__(self, columns: tuple[str, ...], key: Take, only: tuple[str, str] | None) -> None:
        self.columns = columns
        self.key = key
        self.only = only
        self._single = len(columns) == 1
        self._buckets: dict[tuple[Any, ...], Any] = {}
        self._blanks: dict[tuple[Any, ...], dict[str, None]] = {}

    def add(self, key: Any, id: str) -> None:
        """A row stands there."""
        first, last = ((), key) if self._single else (key[:-1], key[-1])
        if last is None:
            self._blanks.setdefault(first, {})[id] = None
            return
        bucket, item = self._buckets.get(first), (last, id)
        if bucket is None:
            self._buckets[first] = [item]
        elif type(bucket) is not list:
            bucket.add(item)
        elif len(bucket) < _MANY:
            insort(bucket, item)
        else:
            self._buckets[first] = SortedList([*bucket, item])

    def remove(self, key: Any, id: str) -> None:
        """No row of that id stands there any more."""
        first, last = ((), key) if self._single else (key[:-1], key[-1])
        if last is None:
            del self._blanks[first][id]
            return
        bucket = self._buckets[first]
        if type(bucket) is list:
            del bucket[bisect_left(bucket, (last, id))]
        else:
            bucket.remove((last, id))
        if not bucket:
            del self._buckets[first]

    def score(self, equal: dict[str, Any], bounds: dict[str, Where]) -> int:
        """How much of the conditions it answers: 0 none; more is better."""
        columns = self.columns
        if self.only is not None and equal.get(self.only[0]) != self.only[1]:
            return 0
        for name in columns[:-1]:
            if name not in equal:
                return 0
        last = columns[-1]
        return 2 * len(columns) if last in equal else 2 * len(columns) - 2 + (last in bounds)

    def found(self, equal: dict[str, Any], bounds: dict[str, Where]) -> Iterable[str]:
        """The ids of the rows that meet the conditions on its columns."""
        first, bucket = self._bucket(equal)
        last = self.columns[-1]
        if last in equal:
            value = equal[last]
            items = islice(bucket, _place(bucket, value), None)
            return [item[1] for item in takewhile(lambda item: bool(item[0] == value), items)]
        bound = bounds.get(last)
        if bound is None:
            return [*self._blanks.get(first, ()), *[item[1] for item in bucket]]
        most, within = bound.value, _TESTS[bound.op]
        return [item[1] for item in takewhile(lambda item: within(item[0], most), bucket)]

    def orders(self, name: str, equal: dict[str, Any]) -> bool:
        """Whether `walk` gives all rows in the order of that column: none is left out, no value before it is open."""
        columns = self.columns
        return columns[-1] == name and self.only is None and all(name in equal for name in columns[:-1])

    def walk(self, equal: dict[str, Any], above: Any, below: Any) -> Iterator[str]:
        """The ids in the order of the last column, between these values."""
        _, bucket = self._bucket(equal)
        items = islice(bucket, 0 if above is None else _place(bucket, above), None)
        return (item[1] for item in (items if below is None else takewhile(lambda item: bool(item[0] <= below), items)))

    def _bucket(self, equal: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        first = tuple([equal[name] for name in self.columns[:-1]])
        return first, self._buckets.get(first, ())


_Finder = _Exact | _Ordered


def _answers(finder: _Finder, one: Where, equal: dict[str, Any], bounds: dict[str, Where]) -> bool:
    """Whether what the finder finds meets the condition, so that no row need be looked at for it."""
    if one.op is Op.EQ:
        return one.column in finder.columns and equal[one.column] is one.value
    return one.column == finder.columns[-1] and one.column not in equal and bounds.get(one.column) is one


def _place(bucket: Any, value: Any) -> int:
    """Where the entries of that value, or above it, begin."""
    item = (value, "")
    return bucket.bisect_left(item) if isinstance(bucket, SortedList) else bisect_left(bucket, item)


@define
class _Rule:
    """A unique rule: what a row claims (None: nothing), and who has claimed what."""

    name: str
    columns: tuple[str, ...]
    in_each: bool
    """Whether it names one row of each organization."""
    key: Take
    taken: dict[Any, str]

    def claimed(self, equal: dict[str, Any]) -> str | None:
        """Who has claimed these values of its columns."""
        columns = self.columns
        return self.taken.get(equal[columns[0]] if len(columns) == 1 else tuple([equal[name] for name in columns]))


class _Table:
    """The rows of one shape, apart for each organization."""

    def __init__(self, shape: Shape[Any]) -> None:
        self.shape = shape
        self.takes: dict[str, Take] = {column.name: column.take for column in shape.columns}
        self.takes["id"] = attrgetter("id")
        self.takes["version"] = attrgetter("version")
        self.parts: dict[str, _Part] = {}
        self._texts = {column.name for column in shape.columns if column.type is Type.TEXT}
        self._everywhere: dict[str, dict[Any, str]] = {rule.name: {} for rule in shape.uniques if rule.everywhere}

    def part(self, organization: str) -> _Part:
        """The rows of the organization, made at the first one."""
        found = self.parts.get(organization)
        if found is None:
            found = self.parts[organization] = _Part(self.shape, self.takes, self._finders(), self._rules())
        return found

    def asked(self, organization: str | None) -> Iterable[_Part]:
        """Where rows can be: in one organization, or (None) in all of them. Refuses: NotShared."""
        if organization is None:
            require_shared(self.shape)
            return tuple(self.parts.values())
        found = self.parts.get(organization)
        return () if found is None else (found,)

    def _finders(self) -> tuple[_Finder, ...]:
        wanted = [*self.shape.indexes]
        wanted += [Index(one.columns) for one in self.shape.uniques if one.unless is None and one.columns[1:]]
        return tuple(self._finder(index) for index in wanted)

    def _finder(self, index: Index) -> _Finder:
        exact = index.columns[-1] in self._texts
        key = _key(self.takes, index.columns, only=index.only, open_end=not exact)
        return (_Exact if exact else _Ordered)(index.columns, key, index.only)

    def _rules(self) -> tuple[_Rule, ...]:
        return tuple(
            _Rule(
                one.name,
                one.columns,
                one.unless is None and not one.everywhere,
                _key(self.takes, one.columns, unless=one.unless),
                self._everywhere[one.name] if one.everywhere else {},
            )
            for one in self.shape.uniques
        )


class _Part:
    """The rows of one shape and one organization, with what finds them."""

    __slots__ = ("_finders", "_fresh", "_ids", "_rules", "_shape", "_takes", "_used", "rows")

    def __init__(
        self, shape: Shape[Any], takes: dict[str, Take], finders: tuple[_Finder, ...], rules: tuple[_Rule, ...]
    ) -> None:
        self.rows: dict[str, Any] = {}
        self._shape = shape
        self._takes = takes
        self._finders = finders
        self._used: tuple[_Finder, ...] = ()
        self._rules = rules
        self._ids: list[str] | None = None
        self._fresh: list[str] = []

    # changing

    def put(self, id: str, row: Any | None) -> Any | None:
        """Replace, add or remove (None) the row; answers what stood there. Refuses: AlreadyExists, untouched."""
        old = self.rows.get(id)
        if self._rules:
            self._claim(id, old, row)
        for finder in self._used:
            before = None if old is None else finder.key(old)
            after = None if row is None else finder.key(row)
            if before != after:
                if before is not None:
                    finder.remove(before, id)
                if after is not None:
                    finder.add(after, id)
        if row is not None:
            self.rows[id] = row
            if old is None and self._ids is not None:
                self._fresh.append(id)
        elif old is not None:
            del self.rows[id]
            if self._ids is not None:
                ids = self._sorted()
                del ids[bisect_left(ids, id)]
        return old

    def _claim(self, id: str, old: Any | None, row: Any | None) -> None:
        changes = []
        for rule in self._rules:
            before = None if old is None else rule.key(old)
            after = None if row is None else rule.key(row)
            if before != after:
                taken = rule.taken
                if after is not None and after in taken:
                    raise AlreadyExists(f"{self._shape.name}: {rule.name} is taken.")
                changes.append((taken, before, after))
        for taken, before, after in changes:
            if before is not None:
                del taken[before]
            if after is not None:
                taken[after] = id

    def _use(self, finder: _Finder) -> _Finder:
        """The finder, filled when it is first asked: many never are, and those cost nothing."""
        if finder not in self._used:
            for id, row in self.rows.items():
                key = finder.key(row)
                if key is not None:
                    finder.add(key, id)
            self._used = (*self._used, finder)
        return finder

    # finding

    def found(self, where: tuple[Where, ...]) -> Iterable[Any]:
        """The rows that meet the conditions: by a unique rule or the index that answers most of them, else all."""
        for one in where:
            if one.value is None and one.op is not Op.IS_NULL:
                return ()
        equal = {one.column: one.value for one in where if one.op is Op.EQ}
        listed = next((one for one in where if one.op is Op.IN), None)
        if listed is not None:
            known = self._listed(where, equal, listed)
            if known is not None:
                return known
        one_row = self._one_row(equal)
        if one_row is not None:
            return self._meeting(one_row, where)
        bounds = {one.column: one for one in where if one.op in (Op.LE, Op.LT)}
        best = self._best(equal, bounds)
        if best is None:
            return self._meeting(list(self.rows.values()), where)
        behind = next((one.value for one in where if one.column == "id" and one.op is Op.GT), "")
        rows, ids = self.rows, best.found(equal, bounds)
        found = [rows[id] for id in ids if id > behind] if behind else [rows[id] for id in ids]
        return self._meeting(found, [one for one in where if not _answers(best, one, equal, bounds)])

    def walk(self, where: tuple[Where, ...], order: tuple[str, ...]) -> Iterator[Any] | None:
        """Rows that meet the conditions in that order, without collecting and sorting them; None if it cannot."""
        name, backwards = order[0].lstrip("-"), order[0].startswith("-")
        if order[1:] not in ((), ("id",)):
            return None
        equal = {one.column: one.value for one in where if one.op is Op.EQ}
        if any(one.op is Op.IN for one in where) or self._one_row(equal) is not None:
            return None
        rows = self.rows
        if name == "id":
            if self._best(equal, {one.column: one for one in where if one.op in (Op.LE, Op.LT)}) is not None:
                return None
            ids = self._by_id([one for one in where if one.column == "id"], backwards)
            return iter(self._meeting((rows[id] for id in ids), [one for one in where if one.column != "id"]))
        if backwards:
            return None
        above = next((one.value for one in where if one.column == name and one.op in (Op.GT, Op.GE)), None)
        below = next((one.value for one in where if one.column == name and one.op in (Op.LT, Op.LE)), None)
        for finder in self._finders:
            if isinstance(finder, _Ordered) and finder.orders(name, equal):
                self._use(finder)
                found = finder.walk(equal, above, below)
                return iter(self._meeting((rows[id] for id in found), where))
        return None

    def _meeting(self, rows: Iterable[R], where: Sequence[Where]) -> Iterable[R]:
        """Those of the rows that meet the conditions."""
        for one in where:
            rows = filter(_test(self._takes[one.column], one.op, one.value), rows)
        return rows

    def _listed(self, where: tuple[Where, ...], equal: dict[str, Any], listed: Where) -> Iterable[Any] | None:
        """The rows of each listed value, where one look-up finds them; None where it does not."""
        column, rows = listed.column, self.rows
        others = [one for one in where if one is not listed]
        if column == "id":
            return self._meeting([row for id in listed.value if (row := rows.get(id)) is not None], others)
        asked = {**equal, column: None}
        for rule in self._rules:
            if rule.in_each and column in rule.columns and asked.keys() >= set(rule.columns):
                claimed = [rule.claimed(asked) for asked[column] in listed.value]
                return self._meeting([rows[id] for id in claimed if id is not None], others)
        for finder in self._finders:
            if column in finder.columns and finder.score(asked, {}):
                self._use(finder)
                found = [rows[id] for asked[column] in listed.value for id in finder.found(asked, {})]
                return self._meeting(found, others)
        return None

    def _one_row(self, equal: dict[str, Any]) -> Sequence[Any] | None:
        """The one row, if any, that these values name; None where they name none in particular."""
        if not equal:
            return None
        id = equal.get("id")
        if id is None:
            for rule in self._rules:
                if rule.in_each and equal.keys() >= set(rule.columns):
                    id = rule.claimed(equal)
                    break
            else:
                return None
        row = None if id is None else self.rows.get(id)
        return () if row is None else (row,)

    def _by_id(self, where: Sequence[Where], backwards: bool) -> Iterable[str]:
        """The ids that meet the conditions, which are on them alone."""
        ids = self._sorted()
        first, last = 0, len(ids)
        tests: list[Holds] = []
        for one in where:
            if one.op in (Op.GT, Op.GE):
                first = max(first, (bisect_right if one.op is Op.GT else bisect_left)(ids, one.value))
            elif one.op in (Op.LT, Op.LE):
                last = min(last, (bisect_left if one.op is Op.LT else bisect_right)(ids, one.value))
            else:
                tests.append(_test(str, one.op, one.value))
        found: Iterable[str] = map(ids.__getitem__, range(last - 1, first - 1, -1) if backwards else range(first, last))
        for test in tests:
            found = filter(test, found)
        return found

    def _sorted(self) -> list[str]:
        """All ids in order; those that came since the last call are put in their places, most of them at the end."""
        ids, fresh = self._ids, self._fresh
        if ids is None:
            ids = self._ids = sorted(self.rows)
            fresh.clear()
        elif len(fresh) > _FEW:
            ids += fresh
            ids.sort()
            fresh.clear()
        else:
            for id in fresh:
                insort(ids, id)
            fresh.clear()
        return ids

    def _best(self, equal: dict[str, Any], bounds: dict[str, Where]) -> _Finder | None:
        best, score = None, 0
        if equal or bounds:
            for finder in self._finders:
                answers = finder.score(equal, bounds)
                if answers > score:
                    best, score = finder, answers
        return None if best is None else self._use(best)


def _key(
    takes: dict[str, Take],
    columns: tuple[str, ...],
    *,
    only: tuple[str, str] | None = None,
    unless: tuple[str, str] | None = None,
    open_end: bool = False,
) -> Take:
    """What a row is found by: the value of its one column, the values of several; None: it stands nowhere.

    A row with a NULL among them stands nowhere, save for one in the last column of several (`open_end`).
    """
    if len(columns) == 1:
        key = takes[columns[0]]
    else:
        several, last = _several(takes, columns), -1 if open_end else len(columns)

        def key(row: Any) -> Any:
            values = several(row)
            return None if None in values and None in values[:last] else values

    if only is None and unless is None:
        return key
    column, value = only or unless or ("", "")
    told, wanted = takes[column], only is not None
    return lambda row: key(row) if (told(row) == value) is wanted else None


def _several(takes: dict[str, Take], columns: tuple[str, ...]) -> Take:
    """The values of several columns as a tuple: plain fields in one step."""
    found = [takes[name] for name in columns]
    if all(isinstance(take, attrgetter) for take in found):
        return attrgetter(*[take.__reduce__()[1][0] for take in found])
    return lambda row: tuple([take(row) for take in found])


def _test(take: Take, op: Op, value: Any) -> Holds:
    """Whether a row meets a condition; NULL meets none but its own."""
    if op is Op.EQ:
        return lambda row: (held := take(row)) is not None and bool(held == value)
    if op is Op.IS_NULL:
        return lambda row: take(row) is None
    test = _TESTS[op]
    return lambda row: (held := take(row)) is not None and test(held, value)


@define
class MemoryBackend:
    """A whole database in memory; hand the same one to a second composition to 'restart' over it."""

    _tables: dict[str, _Table] = field(factory=dict, init=False)
    _numbers: dict[tuple[str, str], int] = field(factory=dict, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    def begin(self, write: bool) -> Session:
        """One transaction at a time, readers included."""
        self._lock.acquire()
        return MemorySession(self, write)

    def clear(self) -> None:
        """Forget all rows and numbers."""
        with self._lock:
            self._tables.clear()
            self._numbers.clear()

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
    writes: bool
    keys: dict[str, Any] = field(factory=dict, init=False, repr=False)
    _undo: list[tuple[Callable[[Any, Any], object], Any, Any]] = field(factory=list, init=False)
    _open: bool = field(default=True, init=False)

    def fetch(self, shape: Shape[M], organization: str | None, ids: Sequence[str]) -> list[M]:
        """The rows with these ids."""
        found: list[M] = []
        for part in self._backend.table(shape).asked(organization):
            rows = part.rows
            found += [row for id in ids if (row := rows.get(id)) is not None]
        return found

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
        parts = table.asked(organization)
        where = tuple([Where(w.column, w.op, frozenset(w.value)) if w.op is Op.IN else w for w in where])
        if organization is not None and limit is not None:
            for part in parts:
                walk = part.walk(where, order)
                if walk is not None:
                    return list(islice(walk, limit))
        found = [row for part in parts for row in part.found(where)]
        if len(found) > 1:
            _sort(found, order, table.takes)
        return found if limit is None else found[:limit]

    def count(self, shape: Shape[M], organization: str | None, where: tuple[Where, ...] = ()) -> int:
        """How many rows meet all conditions."""
        parts = self._backend.table(shape).asked(organization)
        return sum(1 for part in parts for _ in part.found(where))

    def write(self, writes: Sequence[Write], last: bool = False, later: Later = tuple) -> None:
        """Everything of one flush."""
        for one in (*writes, *later()):
            if one.updates:
                self.update(one.shape, one.updates)
            if one.inserts:
                self.insert(one.shape, one.inserts)

    def insert(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """New rows."""
        table, undo = self._backend.table(shape), self._undo
        for row in rows:
            part, id = table.part(row.organization), row.id
            if id in part.rows:
                raise AlreadyExists(f"{shape.name}: the id is taken.")
            undo.append((part.put, id, part.put(id, row)))

    def update(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """Next versions of rows."""
        table, undo = self._backend.table(shape), self._undo
        for row in rows:
            part = self._expect(table, row, row.version - 1)
            undo.append((part.put, row.id, part.put(row.id, row)))

    def delete(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Rows, in the version given."""
        table = self._backend.table(shape)
        for row in rows:
            part = self._expect(table, row, row.version)
            self._undo.append((part.put, row.id, part.put(row.id, None)))

    def _expect(self, table: _Table, row: Stored, version: int) -> _Part:
        part = table.part(row.organization)
        stands = part.rows.get(row.id)
        if stands is None or stands.version != version:
            raise Stale(f"{table.shape.name}: somebody else changed it first.")
        return part

    def take_numbers(self, organization: str, kind: str, count: int) -> int:
        """The first of `count` consecutive numbers."""
        numbers, key = self._backend._numbers, (organization, kind)
        first = numbers.get(key, 1)
        numbers[key] = first + count
        self._undo.append((numbers.__setitem__, key, first))
        return first

    def bodies(
        self, shape: Shape[Any], organization: str, limit: int, besides: str = "", after: str = ""
    ) -> list[Body]:
        """Nothing is sealed in memory."""
        return []

    def put_bodies(self, shape: Shape[Any], organization: str, rows: Sequence[Body]) -> int:
        """Nothing is sealed in memory."""
        return 0

    def heads(self, shape: Shape[Any], organization: str, letters: int) -> list[tuple[str, int]]:
        """Nothing is sealed in memory."""
        return []

    def frequencies(self, shape: Shape[Any], organization: str, column: str) -> tuple[int, int, int]:
        """Rows, values, and the most frequent one."""
        table = self._backend.table(shape)
        take = table.takes[column]
        part = table.parts.get(organization)
        values = [] if part is None else [take(row) for row in part.rows.values()]
        times = Counter(value for value in values if value is not None)
        return times.total(), len(times), max(times.values(), default=0)

    def commit(self) -> None:
        """Keep everything."""
        self._undo.clear()
        self._close()

    def rollback(self) -> None:
        """Undo everything, newest first."""
        while self._undo:
            undo, key, value = self._undo.pop()
            undo(key, value)
        self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._backend._lock.release()


def _sort(found: list[Any], order: tuple[str, ...], takes: dict[str, Take]) -> None:
    """In place; rows without a value first. An id is never missing."""
    for name in reversed(order):
        take, backwards = takes[name.lstrip("-")], name.startswith("-")
        if name.lstrip("-") == "id":
            found.sort(key=take, reverse=backwards)
        else:
            found.sort(key=lambda row, take=take: _sortable(take(row)), reverse=backwards)  # type: ignore[misc]  # bound per loop


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, 0 if value is None else value)
