"""The statements, as text, built once for each shape of question. Identifiers come from shapes, never from input.

SQLAlchemy makes the tables, the pool and the transactions; here its statement layer would cost more than the database.
Lists of values travel as one parameter (an array, or JSON on SQLite), so that one text serves any length.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from attrs import frozen

from hlc_adapters import wire
from hlc_adapters.sql.statement import Reach, Statement
from hlc_adapters.storage.shape import Op, Shape, Type, Where

Signature = tuple[tuple[str, Op], ...]
Bind = Callable[[Any], Any]
Seal = Callable[[Shape[Any], Any], str]
"""What is stored as the body of a row of a sealed shape."""


@frozen(eq=False)
class Dialect:
    """How one database wants its parameters written."""

    sqlite: bool

    def marks(self, start: int, count: int) -> list[str]:
        """The places of so many parameters, the first of which is the `start`-th (from 1)."""
        return ["?"] * count if self.sqlite else [f"${place}" for place in range(start, start + count)]

    def bind(self, type_: Type) -> Bind | None:
        """What makes a value storable; None where it is as it is."""
        if not self.sqlite:
            return None
        binds: dict[Type, Bind] = {Type.INSTANT: _instant, Type.DATE: _date}
        return binds.get(type_)

    def value(self, value: Any) -> Any:
        """A value of a condition, storable."""
        if not self.sqlite:
            return _array(value) if isinstance(value, tuple) else value
        if isinstance(value, tuple):
            return json.dumps([self.value(one) for one in value])
        if isinstance(value, datetime):
            return _instant(value)
        if isinstance(value, date):
            return _date(value)
        return value


def _array(values: tuple[Any, ...]) -> Any:
    """An array for PostgreSQL; of text as its literal, which is written faster than the driver would."""
    if not all(isinstance(value, str) for value in values):
        return list(values)
    quoted = [f'"{value}"' if value.isalnum() else _quoted(value) for value in values]
    return f"{{{','.join(quoted)}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@lru_cache(maxsize=4096)
def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


@cache
def column_names(shape: Shape[Any]) -> tuple[str, ...]:
    """All columns of the table, in their order."""
    body = () if shape.flat else ("body",)
    return ("organization", "id", "version", *(column.name for column in shape.columns), *body)


@cache
def _booleans(shape: Shape[Any]) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(shape.columns, start=3) if column.type is Type.BOOL)


def with_booleans(shape: Shape[Any], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row of SQLite, which keeps booleans as numbers, with booleans."""
    places = _booleans(shape)
    if not places:
        return row
    return tuple(bool(value) if place in places and value is not None else value for place, value in enumerate(row))


_OPENED = "body, organization, id"
"""What opening a sealed body takes."""


@cache
def select(
    shape: Shape[Any],
    dialect: Dialect,
    signature: Signature,
    order: tuple[str, ...],
    limited: bool,
    scoped: bool,
    locked: bool,
) -> Statement:
    """A SELECT of whole rows (flat shapes), of bodies, or of sealed bodies and their places.

    Parameters: organization, the conditions', the limit.
    """
    columns = ", ".join(column_names(shape)) if shape.flat else _OPENED if shape.sealed else "body"
    where, used = _where(dialect, signature, scoped)
    text = f"SELECT {columns} FROM {shape.name}{where}"  # noqa: S608  # from shapes
    if order:
        text += " ORDER BY " + ", ".join(f"{n[1:]} DESC" if n.startswith("-") else n for n in order)
    if limited:
        text += f" LIMIT {dialect.marks(used + 1, 1)[0]}"
    text += " FOR UPDATE SKIP LOCKED" if locked and not dialect.sqlite else ""
    return Statement(text, _reach(scoped), shape.name)


@cache
def count(shape: Shape[Any], dialect: Dialect, signature: Signature, scoped: bool) -> Statement:
    """How many rows."""
    text = f"SELECT count(*) FROM {shape.name}{_where(dialect, signature, scoped)[0]}"  # noqa: S608  # from shapes
    return Statement(text, _reach(scoped), shape.name)


def _reach(scoped: bool) -> Reach:
    return Reach.ORGANIZATION if scoped else Reach.ACROSS


def _of(shape: Shape[Any], text: str) -> Statement:
    return Statement(text, Reach.ORGANIZATION, shape.name)


def _where(dialect: Dialect, signature: Signature, scoped: bool) -> tuple[str, int]:
    valued = sum(op is not Op.IS_NULL for _, op in signature)
    marks = iter(dialect.marks(1, scoped + valued))
    parts = [f"organization = {next(marks)}"] if scoped else []
    for name, op in signature:
        if op is Op.IS_NULL:
            parts.append(f"{name} IS NULL")
        elif op is Op.IN and dialect.sqlite:
            parts.append(f"{name} IN (SELECT value FROM json_each({next(marks)}))")  # noqa: S608  # from shapes
        elif op is Op.IN:
            parts.append(f"{name} = ANY({next(marks)})")
        elif op is Op.CONTAINS:
            parts.append(f"{'instr' if dialect.sqlite else 'strpos'}({name}, {next(marks)}) > 0")
        else:
            parts.append(f"{name} {op.value} {next(marks)}")
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), scoped + valued


def parameters(
    dialect: Dialect, organization: str | None, where: Sequence[Where], limit: int | None
) -> tuple[Any, ...]:
    """The parameters of `select` and `count`, in their order."""
    values = [] if organization is None else [organization]
    values += [dialect.value(w.value) for w in where if w.op is not Op.IS_NULL]
    return tuple(values if limit is None else [*values, limit])


@cache
def insert(shape: Shape[Any], dialect: Dialect, rows: int = 1, start: int = 1) -> Statement:
    """An INSERT of so many rows; its first parameter is the `start`-th."""
    names = column_names(shape)
    width = len(names)
    places = (dialect.marks(start + row * width, width) for row in range(rows))
    values = ", ".join(f"({', '.join(row)})" for row in places)
    return _of(shape, f"INSERT INTO {shape.name} ({', '.join(names)}) VALUES {values}")  # noqa: S608  # from shapes


@cache
def update(shape: Shape[Any], dialect: Dialect, start: int = 1) -> Statement:
    """An UPDATE of one row where its version is still the one that was read; parameters end with id and version."""
    names = column_names(shape)[2:]
    marks = dialect.marks(start, len(names) + 3)
    sets = ", ".join(f"{name} = {mark}" for name, mark in zip(names, marks, strict=False))
    return _of(shape, f"UPDATE {shape.name} SET {sets} WHERE {_version(marks[-3:])}")  # noqa: S608  # from shapes


_POSTGRES = {
    Type.TEXT: "text",
    Type.INT: "bigint",
    Type.BOOL: "boolean",
    Type.DATE: "date",
    Type.INSTANT: "timestamptz",
}


@cache
def _record(shape: Shape[Any]) -> str:
    types = ["text", "text", "bigint", *(_POSTGRES[column.type] for column in shape.columns), "text"]
    names = column_names(shape)
    return ", ".join(f"{name} {type_}" for name, type_ in zip(names, types, strict=False))


@cache
def insert_many(shape: Shape[Any]) -> Statement:
    """An INSERT of any number of rows on PostgreSQL; the parameter is a JSON array of objects."""
    names = ", ".join(column_names(shape))
    source = f"json_to_recordset($1::json) AS new({_record(shape)})"
    return _of(shape, f"INSERT INTO {shape.name} ({names}) SELECT {names} FROM {source}")  # noqa: S608  # from shapes


@cache
def update_many(shape: Shape[Any]) -> Statement:
    """An UPDATE of any number of rows on PostgreSQL; the parameter is a JSON array, `version` the new one."""
    sets = ", ".join(f"{name} = new.{name}" for name in column_names(shape)[2:])
    same = " AND ".join(f"old.{name} = new.{name}" for name in ("organization", "id"))
    source = f"json_to_recordset($1::json) AS new({_record(shape)})"
    text = f"UPDATE {shape.name} AS old SET {sets} FROM {source} WHERE {same} AND old.version = new.version - 1"  # noqa: S608  # from shapes
    return _of(shape, text)


@cache
def delete(shape: Shape[Any], dialect: Dialect) -> Statement:
    """A DELETE of one row where its version is still the one that was read."""
    return _of(shape, f"DELETE FROM {shape.name} WHERE {_version(dialect.marks(1, 3))}")  # noqa: S608  # from shapes


def _version(marks: list[str]) -> str:
    return f"organization = {marks[0]} AND id = {marks[1]} AND version = {marks[2]}"


@cache
def together(shapes: tuple[tuple[Shape[Any], bool, int], ...], dialect: Dialect) -> Statement:
    """Many writes as one PostgreSQL statement: (shape, whether updates, rows).

    Unless each of its updates finds its row it fails as a whole, with a division by zero: it may be a transaction
    of its own, in which nothing could be undone afterwards.
    """
    parts: list[str] = []
    counts: list[str] = []
    start = 1
    for shape, updates, rows in shapes:
        width = len(column_names(shape)) + (1 if updates else 0)
        if updates:
            for _ in range(rows):
                counts.append(f"(SELECT count(*) FROM w{len(parts)})")  # noqa: S608  # our own name
                parts.append(f"w{len(parts)} AS ({update(shape, dialect, start).text} RETURNING 1)")
                start += width
        else:
            parts.append(f"w{len(parts)} AS ({insert(shape, dialect, rows, start).text})")
            start += width * rows
    check = f"1 / ({' + '.join(counts)} = {len(counts)})::int" if counts else "1"
    names = {shape.name for shape, _, _ in shapes}
    table = names.pop() if len(names) == 1 else ""
    return Statement(f"WITH {', '.join(parts)} SELECT {check}", Reach.ORGANIZATION, table)


@cache
def take_numbers(dialect: Dialect) -> Statement:
    """Moves a counter on and answers where it stands then; parameters: by how much, organization, kind."""
    by, organization, kind = dialect.marks(1, 3)
    key = f"organization = {organization} AND kind = {kind}"
    text = f"UPDATE numbers SET next = next + {by} WHERE {key} RETURNING next"  # noqa: S608  # only marks
    return Statement(text, Reach.ORGANIZATION, "numbers")


@cache
def start_numbers(dialect: Dialect) -> Statement:
    """Makes a counter; parameters: organization, kind, where it stands then."""
    text = f"INSERT INTO numbers (organization, kind, next) VALUES ({', '.join(dialect.marks(1, 3))})"  # noqa: S608  # only marks
    return Statement(text, Reach.ORGANIZATION, "numbers")


@cache
def columns(shape: Shape[Any]) -> Callable[[Any], Sequence[Any]]:
    """What reads the columns of a row, in their order, without the body."""
    fixed = ("organization", "id", "version")
    if all(column.path for column in shape.columns):
        return attrgetter(*fixed, *(column.path for column in shape.columns))
    takes: list[Callable[[Any], Any]] = [attrgetter(name) for name in fixed]
    takes += [column.take for column in shape.columns]
    return lambda row: [take(row) for take in takes]


@cache
def as_it_is(shape: Shape[Any]) -> bool:
    """Whether a row's JSON is the object of its columns."""
    return shape.flat and all(column.path == column.name for column in shape.columns)


@cache
def _binds(shape: Shape[Any], dialect: Dialect) -> tuple[tuple[int, Bind], ...]:
    found = enumerate((dialect.bind(column.type) for column in shape.columns), start=3)
    return tuple((place, bind) for place, bind in found if bind is not None)


def rows_values(shape: Shape[Any], dialect: Dialect, rows: Iterable[Any], seal: Seal) -> Iterator[list[Any]]:
    """All columns of each row, storable, in their order."""
    taken, binds, flat, sealed = columns(shape), _binds(shape, dialect), shape.flat, shape.sealed
    for row in rows:
        values = [*taken(row)]
        for place, bind in binds:
            values[place] = bind(values[place])
        if not flat:
            values.append(seal(shape, row) if sealed else wire.encode(row))
        yield values


def row_object(shape: Shape[Any], row: Any, seal: Seal) -> dict[str, Any]:
    """A row as the JSON object that `insert_many` and `update_many` read; a body that is not sealed is part of it."""
    names, values = column_names(shape), columns(shape)(row)
    if shape.flat:
        return dict(zip(names, values, strict=True))
    return dict(zip(names, (*values, seal(shape, row) if shape.sealed else row), strict=True))


@cache
def bodies(shape: Shape[Any], dialect: Dialect) -> Statement:
    """Stored bodies that do not begin with some letters; parameters: organization, after, how many letters, these,
    the limit. With no letters none is passed over."""
    organization, after, letters, besides, limit = dialect.marks(1, 5)
    count = letters if dialect.sqlite else f"{letters}::int"
    differs = f"substr(body, 1, {count}) <> {besides}"
    where = f"organization = {organization} AND id > {after} AND {differs}"
    return _of(shape, f"SELECT id, version, body FROM {shape.name} WHERE {where} ORDER BY id LIMIT {limit}")  # noqa: S608  # from shapes


@cache
def put_body(shape: Shape[Any], dialect: Dialect) -> Statement:
    """Stores a body where the version still stands; parameters: body, organization, id, version."""
    marks = dialect.marks(1, 4)
    return _of(shape, f"UPDATE {shape.name} SET body = {marks[0]} WHERE {_version(marks[1:])}")  # noqa: S608  # from shapes


@cache
def heads(shape: Shape[Any], dialect: Dialect, letters: int) -> Statement:
    """How many bodies begin with which letters; parameter: organization."""
    (organization,) = dialect.marks(1, 1)
    where = f"organization = {organization}"
    text = f"SELECT substr(body, 1, {letters:d}) AS head, count(*) FROM {shape.name} WHERE {where} GROUP BY 1"  # noqa: S608  # from shapes
    return _of(shape, text)


@cache
def frequencies(shape: Shape[Any], dialect: Dialect, column: str) -> Statement:
    """Rows with a value in the column, distinct values, the most frequent one's rows; parameter: organization."""
    (organization,) = dialect.marks(1, 1)
    where = f"organization = {organization} AND {column} IS NOT NULL"
    inner = f"SELECT count(*) AS times FROM {shape.name} WHERE {where} GROUP BY {column}"  # noqa: S608  # from shapes
    return _of(shape, f"SELECT coalesce(sum(times), 0), count(*), coalesce(max(times), 0) FROM ({inner}) AS each_value")  # noqa: S608  # from shapes
