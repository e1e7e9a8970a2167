"""Rows in memory: dictionaries, unique rules, sorted indexes, and an undo log for rolling back."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, takewhile
from operator import attrgetter
from typing import Any

from attrs import define, field
from sortedcontainers import SortedList

from hlc_adapters.storage.session import Body, Later, Session, Write, require_shared
from hlc_adapters.storage.shape import Index, M, Op, Shape, Stored, Type, Unique, Where
from hlc_core.kernel.errors import AlreadyExists, Stale

Take = Callable[[Any], Any]
_Rule = tuple[int, tuple[int, ...], tuple[int, Any] | None, dict[tuple[Any, ...], str]]
"""A unique rule: its columns as bits and as places, the place and value that exempt, and what is taken."""

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


_EVERYTHING = -1
"""All places of a projection, as bits."""

_MANY = 2000
"""From so many entries on, a plain sorted list is exchanged for one that is quick to change in its middle."""


class _Finder:
    """One index: rows by equal values of its columns, the last of which may be a bound instead.

    `places` are the columns' places in the projection of a row. An index that ends in a text is only asked for equal
    values, so it is a plain dictionary; any other keeps (last value, id) in order, by the values before it, and apart
    from them (`blanks`) the rows whose last value is NULL.
    """

    __slots__ = ("blanks", "buckets", "columns", "exact", "mask", "only", "places")

    def __init__(self, index: Index, exact: bool, place_of: dict[str, int]) -> None:
        self.columns = index.columns
        self.exact = exact
        self.only = None if index.only is None else (place_of[index.only[0]], *index.only)
        self.places = tuple(place_of[name] for name in index.columns)
        self.mask = _mask(place_of, (*index.columns, *(index.only or ())[:1]))
        self.buckets: dict[tuple[Any, ...], Any] = {}
        self.blanks: dict[tuple[Any, ...], dict[str, None]] = {}

    def entry(self, organization: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
        """Where a row with these values stands: its bucket's key, and (unless `exact`) its last value."""
        only = self.only
        if only is not None and values[only[0]] != only[2]:
            return None
        if len(self.places) == 1:
            value = values[self.places[0]]
            return None if value is None else (organization, value)
        found = (organization, *[values[place] for place in self.places])
        return None if None in (found if self.exact else found[:-1]) else found

    def add(self, entry: tuple[Any, ...], id: str) -> None:
        """A row stands there."""
        if self.exact:
            self.buckets.setdefault(entry, {})[id] = None
            return
        key, item = entry[:-1], (entry[-1], id)
        if entry[-1] is None:
            self.blanks.setdefault(key, {})[id] = None
            return
        bucket = self.buckets.get(key)
        if bucket is None:
            self.buckets[key] = [item]
        elif type(bucket) is not list:
            bucket.add(item)
        elif len(bucket) < _MANY:
            insort(bucket, item)
        else:
            self.buckets[key] = SortedList([*bucket, item])

    def remove(self, entry: tuple[Any, ...], id: str) -> None:
        """No row of that id stands there any more."""
        key = entry if self.exact else entry[:-1]
        if not self.exact and entry[-1] is None:
            del self.blanks[key][id]
            return
        bucket = self.buckets[key]
        if self.exact:
            del bucket[id]
        elif type(bucket) is list:
            del bucket[bisect_left(bucket, (entry[-1], id))]
        else:
            bucket.remove((entry[-1], id))
        if not bucket:
            del self.buckets[key]

    def score(self, equal: dict[str, Any], ranges: dict[str, Where]) -> int:
        """How much of the conditions it answers: 0 none; more is better."""
        if self.only is not None and equal.get(self.only[1]) != self.only[2]:
            return 0
        fixed = sum(1 for name in self.columns if name in equal)
        if fixed == len(self.columns):
            return 2 * fixed
        if self.exact or fixed < len(self.columns) - 1 or self.columns[-1] in equal:
            return 0
        return 2 * fixed + (self.columns[-1] in ranges)

    def ids(self, organization: str, equal: dict[str, Any], ranges: dict[str, Where]) -> list[str]:
        """The ids of the rows that meet the conditions on its columns."""
        if self.exact:
            return list(self.buckets.get((organization, *[equal[name] for name in self.columns]), ()))
        key = (organization, *[equal[name] for name in self.columns[:-1]])
        bucket = self.buckets.get(key, [])
        last = self.columns[-1]
        if last in equal:
            value = equal[last]
            start = bisect_left(bucket, (value, "")) if type(bucket) is list else bucket.bisect_left((value, ""))
            found = takewhile(lambda item: bool(item[0] == value), islice(bucket, start, None))
            return [item[1] for item in found]
        bound = ranges.get(last)
        if bound is None:
            return [*self.blanks.get(key, ()), *[item[1] for item in bucket]]
        return [item[1] for item in takewhile(lambda item: bool(item[0] <= bound.value), bucket)]

    def walk(self, organization: str, equal: dict[str, Any], above: Any, below: Any) -> Iterator[str] | None:
        """The ids in the order of the last column, between these values; None if it does not keep that order."""
        if self.exact or self.only is not None or not all(name in equal for name in self.columns[:-1]):
            return None
        bucket = self.buckets.get((organization, *[equal[name] for name in self.columns[:-1]]), [])
        start = 0
        if above is not None:
            start = bisect_left(bucket, (above, "")) if type(bucket) is list else bucket.bisect_left((above, ""))
        items = islice(bucket, start, None)
        return (item[1] for item in (items if below is None else takewhile(lambda item: bool(item[0] <= below), items)))


class _Table:
    """The rows of one shape, with what finds them."""

    def __init__(self, shape: Shape[Any]) -> None:
        self.shape = shape
        self.rows: dict[tuple[str, str], Any] = {}
        self.organizations: dict[str, None] = {}
        self._order: dict[str, list[str]] = {}
        self.takes = {column.name: column.take for column in shape.columns}
        self.takes["id"] = attrgetter("id")
        self.takes["version"] = attrgetter("version")
        wanted = [*shape.indexes, *(Index(u.columns) for u in shape.uniques if u.unless is None and u.columns[1:])]
        named = [name for index in wanted for name in (*index.columns, *(index.only or ())[:1])]
        named += [name for rule in shape.uniques for name in (*rule.columns, *(rule.unless or ())[:1])]
        place_of, self._project = _projection({name: self.takes[name] for name in dict.fromkeys(named)})
        texts = {column.name for column in shape.columns if column.type is Type.TEXT}
        self.finders = [_Finder(index, index.columns[-1] in texts, place_of) for index in wanted]
        self._rules: list[_Rule] = [
            (
                _mask(place_of, (*rule.columns, *(rule.unless or ())[:1])),
                tuple(place_of[name] for name in rule.columns),
                None if rule.unless is None else (place_of[rule.unless[0]], rule.unless[1]),
                {},
            )
            for rule in shape.uniques
        ]
        self.uniques: list[dict[tuple[Any, ...], str]] = [taken for *_, taken in self._rules]
        self._plain = not named

    def put(self, key: tuple[str, str], row: Any | None) -> Any | None:
        """Replace, add or remove (None) the row; answers what stood there. Refuses: AlreadyExists, untouched."""
        old = self.rows.get(key)
        if old is None:
            self.organizations[key[0]] = None
        if self._order and (old is None or row is None):
            self._order.clear()
        if not self._plain:
            self._find_again(key, old, row)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        return old

    def _find_again(self, key: tuple[str, str], old: Any | None, row: Any | None) -> None:
        had = None if old is None else self._project(old)
        has = None if row is None else self._project(row)
        changed = _EVERYTHING if had is None or has is None else _difference(had, has)
        if not changed:
            return
        organization, id = key
        self._take(organization, id, had, has, changed)
        for finder in self.finders:
            if finder.mask & changed:
                before = None if had is None else finder.entry(organization, had)
                value = None if has is None else finder.entry(organization, has)
                if before != value:
                    if before is not None:
                        finder.remove(before, id)
                    if value is not None:
                        finder.add(value, id)

    def _take(
        self, organization: str, id: str, had: Sequence[Any] | None, has: Sequence[Any] | None, changed: int
    ) -> None:
        changes = []
        for place, (mask, places, unless, taken) in enumerate(self._rules):
            if mask & changed:
                scope = "" if self.shape.uniques[place].everywhere else organization
                before = _unique_key(scope, had, places, unless)
                value = _unique_key(scope, has, places, unless)
                if before != value:
                    if value is not None and value in taken:
                        raise AlreadyExists(f"{self.shape.name}: {self.shape.uniques[place].name} is taken.")
                    changes.append((taken, before, value))
        for taken, before, value in changes:
            if before is not None:
                del taken[before]
            if value is not None:
                taken[value] = id

    def candidates(self, organization: str | None, where: tuple[Where, ...]) -> Iterator[Any]:
        """Rows that may meet the conditions: by a unique rule or the index that answers most of them, else all."""
        if any(w.value is None and w.op is not Op.IS_NULL for w in where):
            return
        if organization is None:
            for each in list(self.organizations):
                yield from self.candidates(each, where)
            return
        equal = {w.column: w.value for w in where if w.op is Op.EQ}
        listed = next((w for w in where if w.op is Op.IN), None)
        if listed is not None and (listed.column == "id" or not equal):
            known = self._each(organization, listed)
            if known is not None:
                yield from known
                return
        if listed is not None and self._finds({*equal, listed.column}, listed.column):
            others = tuple(w for w in where if w is not listed)
            for value in listed.value:
                yield from self.candidates(organization, (*others, Where(listed.column, Op.EQ, value)))
            return
        if self._one_row(equal):
            yield from self._row_of(organization, equal)
            return
        ranges = {w.column: w for w in where if w.op in (Op.LE, Op.LT)}
        best = self._best(equal, ranges)
        if best is not None:
            for id in best.ids(organization, equal, ranges):
                yield self.rows[organization, id]
            return
        for key, row in list(self.rows.items()):
            if key[0] == organization:
                yield row

    def _row_of(self, organization: str, equal: dict[str, Any]) -> Iterator[Any]:
        """The one row, if any, that these values name."""
        id = equal.get("id")
        if id is None:
            for rule, taken in zip(self.shape.uniques, self.uniques, strict=True):
                if _in_each(rule) and all(name in equal for name in rule.columns):
                    id = taken.get((organization, *(equal[name] for name in rule.columns)))
                    break
        row = self.rows.get((organization, id)) if id is not None else None
        if row is not None:
            yield row

    def _each(self, organization: str, listed: Where) -> Iterator[Any] | None:
        """The rows of each listed value, where one look-up finds them: by id, by a unique rule, by an exact index."""
        column, rows = listed.column, self.rows
        if column == "id":
            return (row for id in listed.value if (row := rows.get((organization, id))) is not None)
        for rule, taken in zip(self.shape.uniques, self.uniques, strict=True):
            if _in_each(rule) and rule.columns == (column,):
                ids = (taken.get((organization, value)) for value in listed.value)
                return (rows[organization, id] for id in ids if id is not None)
        for finder in self.finders:
            if finder.exact and finder.only is None and finder.columns == (column,):
                buckets = (finder.buckets.get((organization, value), ()) for value in listed.value)
                return (rows[organization, id] for bucket in buckets for id in bucket)
        return None

    def walk(self, organization: str, where: tuple[Where, ...], order: tuple[str, ...]) -> Iterator[Any] | None:
        """Rows that may meet the conditions in that order, without collecting and sorting them; None if it cannot."""
        name, backwards = order[0].lstrip("-"), order[0].startswith("-")
        equal = {w.column: w.value for w in where if w.op is Op.EQ}
        if order[1:] not in ((), ("id",)) or any(w.op is Op.IN for w in where) or self._one_row(equal):
            return None
        above = next((w.value for w in where if w.column == name and w.op in (Op.GT, Op.GE)), None)
        below = next((w.value for w in where if w.column == name and w.op in (Op.LT, Op.LE)), None)
        found: Iterator[str] | None = None
        if name == "id":
            ranges = {w.column: w for w in where if w.op in (Op.LE, Op.LT)}
            if self._best(equal, ranges) is None:
                found = self._by_id(organization, above, below, backwards)
        elif not backwards:
            walks = (f.walk(organization, equal, above, below) for f in self.finders if f.columns[-1] == name)
            found = next((walk for walk in walks if walk is not None), None)
        return None if found is None else (self.rows[organization, id] for id in found)

    def _one_row(self, equal: dict[str, Any]) -> bool:
        """Whether these values name at most one row."""
        rules = (rule for rule in self.shape.uniques if _in_each(rule))
        return "id" in equal or any(all(name in equal for name in rule.columns) for rule in rules)

    def _by_id(self, organization: str, above: str | None, below: str | None, backwards: bool) -> Iterator[str]:
        ids = self._order.get(organization)
        if ids is None:
            ids = self._order[organization] = sorted(id for owner, id in self.rows if owner == organization)
        first = 0 if above is None else bisect_left(ids, above)
        last = len(ids) if below is None else bisect_right(ids, below)
        places = range(last - 1, first - 1, -1) if backwards else range(first, last)
        return (ids[place] for place in places)

    def _best(self, equal: dict[str, Any], ranges: dict[str, Where]) -> _Finder | None:
        best, score = None, 0
        for finder in self.finders:
            answers = finder.score(equal, ranges)
            if answers > score:
                best, score = finder, answers
        return best

    def _finds(self, fixed: set[str], column: str) -> bool:
        """Whether rows are found by equal values of these columns, that one among them."""
        if column == "id":
            return True
        rules = (rule.columns for rule in self.shape.uniques if rule.unless is None)
        if any(column in columns and fixed.issuperset(columns) for columns in rules):
            return True
        return any(
            column in finder.columns
            and (finder.only is None or finder.only[1] in fixed)
            and fixed.issuperset(finder.columns if finder.exact else finder.columns[:-1])
            and (finder.exact or column in finder.columns[:-1] or fixed.issuperset(finder.columns))
            for finder in self.finders
        )


def _projection(named: dict[str, Take]) -> tuple[dict[str, int], Callable[[Any], tuple[Any, ...]]]:
    """Where each column stands in a tuple of them all, and how that is made of a row: plain fields in one step."""
    plain: dict[str, Any] = {name: take for name, take in named.items() if isinstance(take, attrgetter)}
    others = [take for name, take in named.items() if name not in plain]
    place_of = {name: place for place, name in enumerate([*plain, *(name for name in named if name not in plain)])}
    if len(plain) < 2:  # an attrgetter of one name gives the value, not a tuple
        takes = [*plain.values(), *others]
        return place_of, lambda row: tuple([take(row) for take in takes])
    names: list[str] = [  # an attrgetter is made of its names
        take.__reduce__()[1][0] for take in plain.values()
    ]
    fields = attrgetter(*names)
    if not others:
        return place_of, fields
    return place_of, lambda row: (*fields(row), *[take(row) for take in others])


def _mask(place_of: dict[str, int], names: Iterable[str]) -> int:
    return sum({1 << place_of[name] for name in names})


def _difference(had: Sequence[Any], has: Sequence[Any]) -> int:
    """The places that differ, as bits."""
    if had == has:
        return 0
    changed, bit = 0, 1
    for before, value in zip(had, has, strict=True):
        if before != value:
            changed |= bit
        bit <<= 1
    return changed


def _in_each(rule: Unique) -> bool:
    """Whether the rule names one row of each organization."""
    return rule.unless is None and not rule.everywhere


def _unique_key(
    organization: str, values: Sequence[Any] | None, places: tuple[int, ...], unless: tuple[int, Any] | None
) -> tuple[Any, ...] | None:
    if values is None or (unless is not None and values[unless[0]] == unless[1]):
        return None
    key = (organization, *[values[place] for place in places])
    return None if None in key else key


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
        rows = self._backend.table(shape).rows
        if organization is None:
            require_shared(shape)
            known = self._backend.table(shape).organizations
            return [row for each in known for id in ids if (row := rows.get((each, id))) is not None]
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
        if organization is None:
            require_shared(shape)
        where = tuple(Where(w.column, w.op, frozenset(w.value)) if w.op is Op.IN else w for w in where)
        if organization is not None and limit is not None:
            walk = table.walk(organization, where, order)
            if walk is not None:
                return list(islice((row for row in walk if _meets(row, where, table.takes)), limit))
        found = [row for row in table.candidates(organization, where) if _meets(row, where, table.takes)]
        for name in reversed(order):
            take = table.takes[name.lstrip("-")]
            found.sort(key=lambda row, take=take: _sortable(take(row)), reverse=name.startswith("-"))  # type: ignore[misc]  # bound per loop
        return found if limit is None else found[:limit]

    def count(self, shape: Shape[M], organization: str | None, where: tuple[Where, ...] = ()) -> int:
        """How many rows meet all conditions."""
        table = self._backend.table(shape)
        if organization is None:
            require_shared(shape)
        return sum(1 for row in table.candidates(organization, where) if _meets(row, where, table.takes))

    def write(self, writes: Sequence[Write], last: bool = False, later: Later = tuple) -> None:
        """Everything of one flush."""
        for one in (*writes, *later()):
            self.update(one.shape, one.updates)
            self.insert(one.shape, one.inserts)

    def insert(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """New rows."""
        table = self._backend.table(shape)
        for row in rows:
            key = (row.organization, row.id)
            if key in table.rows:
                raise AlreadyExists(f"{shape.name}: the id is taken.")
            self._put(table, key, row)

    def update(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """Next versions of rows."""
        table = self._backend.table(shape)
        for row in rows:
            self._put(table, self._expect(table, row, row.version - 1), row)

    def delete(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Rows, in the version given."""
        table = self._backend.table(shape)
        for row in rows:
            self._put(table, self._expect(table, row, row.version), None)

    def _expect(self, table: _Table, row: Stored, version: int) -> tuple[str, str]:
        key = (row.organization, row.id)
        stands = table.rows.get(key)
        if stands is None or stands.version != version:
            raise Stale(f"{table.shape.name}: somebody else changed it first.")
        return key

    def _put(self, table: _Table, key: tuple[str, str], row: Any | None) -> None:
        self._undo.append((table.put, key, table.put(key, row)))

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
        values = [table.takes[column](row) for key, row in table.rows.items() if key[0] == organization]
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
