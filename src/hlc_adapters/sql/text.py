"""The statements, as text, built once for each shape of question. Identifiers come from shapes, never from input.

SQLAlchemy makes the tables, the pool and the transactions; here its statement layer would cost more than the database.
Lists of values travel as one parameter (an array, or JSON on SQLite), so that one text serves any length.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from attrs import frozen

from hlc_adapters import wire
from hlc_adapters.storage.shape import Op, Shape, Type, Where

Signature = tuple[tuple[str, Op], ...]
Bind = Callable[[Any], Any]


@frozen
class Dialect:
    """How one database wants its parameters written."""

    sqlite: bool

    @property
    def mark(self) -> str:
        """The place of a parameter."""
        return "?" if self.sqlite else "%s"

    def bind(self, type_: Type) -> Bind | None:
        """What makes a value storable; None where it is as it is."""
        if not self.sqlite:
            return None
        return {Type.INSTANT: _instant, Type.DATE: _date}.get(type_)

    def value(self, value: Any) -> Any:
        """A value of a condition, storable."""
        if not self.sqlite:
            return list(value) if isinstance(value, tuple) else value
        if isinstance(value, tuple):
            return json.dumps([self.value(one) for one in value])
        if isinstance(value, datetime):
            return _instant(value)
        if isinstance(value, date):
            return _date(value)
        return value


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
def select(
    shape: Shape[Any],
    dialect: Dialect,
    signature: Signature,
    order: tuple[str, ...],
    limited: bool,
    scoped: bool,
    locked: bool,
) -> str:
    """A SELECT of whole rows (flat shapes) or of bodies; parameters: organization, the conditions', the limit."""
    columns = ", ".join(column_names(shape)) if shape.flat else "body"
    text = f"SELECT {columns} FROM {shape.name}{_where(dialect, signature, scoped)}"  # noqa: S608  # from shapes
    if order:
        text += " ORDER BY " + ", ".join(f"{n[1:]} DESC" if n.startswith("-") else n for n in order)
    if limited:
        text += f" LIMIT {dialect.mark}"
    return text + (" FOR UPDATE SKIP LOCKED" if locked and not dialect.sqlite else "")


@cache
def count(shape: Shape[Any], dialect: Dialect, signature: Signature, scoped: bool) -> str:
    """How many rows."""
    return f"SELECT count(*) FROM {shape.name}{_where(dialect, signature, scoped)}"  # noqa: S608  # from shapes


def _where(dialect: Dialect, signature: Signature, scoped: bool) -> str:
    parts = [f"organization = {dialect.mark}"] if scoped else []
    for name, op in signature:
        if op is Op.IS_NULL:
            parts.append(f"{name} IS NULL")
        elif op is Op.IN and dialect.sqlite:
            parts.append(f"{name} IN (SELECT value FROM json_each(?))")  # noqa: S608  # from shapes
        elif op is Op.IN:
            parts.append(f"{name} = ANY(%s)")
        else:
            parts.append(f"{name} {op.value} {dialect.mark}")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def parameters(
    dialect: Dialect, organization: str | None, where: Sequence[Where], limit: int | None
) -> tuple[Any, ...]:
    """The parameters of `select` and `count`, in their order."""
    values = [] if organization is None else [organization]
    values += [dialect.value(w.value) for w in where if w.op is not Op.IS_NULL]
    return tuple(values if limit is None else [*values, limit])


@cache
def insert(shape: Shape[Any], dialect: Dialect, rows: int = 1) -> str:
    """An INSERT of so many rows."""
    names = column_names(shape)
    row = f"({', '.join([dialect.mark] * len(names))})"
    return f"INSERT INTO {shape.name} ({', '.join(names)}) VALUES {', '.join([row] * rows)}"  # noqa: S608  # from shapes


@cache
def update(shape: Shape[Any], dialect: Dialect) -> str:
    """An UPDATE of one row where its version is still the one that was read; parameters end with id and version."""
    mark = dialect.mark
    sets = ", ".join(f"{name} = {mark}" for name in column_names(shape)[2:])
    key = f"organization = {mark} AND id = {mark} AND version = {mark}"
    return f"UPDATE {shape.name} SET {sets} WHERE {key}"  # noqa: S608  # from shapes


@cache
def delete(shape: Shape[Any], dialect: Dialect) -> str:
    """A DELETE of one row where its version is still the one that was read."""
    mark = dialect.mark
    return f"DELETE FROM {shape.name} WHERE organization = {mark} AND id = {mark} AND version = {mark}"  # noqa: S608  # from shapes


@cache
def together(shapes: tuple[tuple[Shape[Any], bool, int], ...], dialect: Dialect) -> str:
    """Many writes as one PostgreSQL statement: (shape, whether updates, rows). Answers how many rows were updated."""
    parts: list[str] = []
    counts = ["0"]
    for shape, updates, rows in shapes:
        if not updates:
            parts.append(f"w{len(parts)} AS ({insert(shape, dialect, rows)})")
            continue
        for _ in range(rows):
            counts.append(f"(SELECT count(*) FROM w{len(parts)})")  # noqa: S608  # our own name
            parts.append(f"w{len(parts)} AS ({update(shape, dialect)} RETURNING 1)")
    return f"WITH {', '.join(parts)} SELECT {' + '.join(counts)}"


@cache
def _takes(shape: Shape[Any], dialect: Dialect) -> tuple[tuple[Callable[[Any], Any], Bind | None], ...]:
    return tuple((column.take, dialect.bind(column.type)) for column in shape.columns)


def row_values(shape: Shape[Any], dialect: Dialect, row: Any, seal: Callable[[str], str]) -> list[Any]:
    """The columns of a row from `version` on."""
    values = [row.version]
    for take, bind in _takes(shape, dialect):
        values.append(take(row) if bind is None else bind(take(row)))
    if not shape.flat:
        values.append(seal(wire.encode(row)) if shape.sealed else wire.encode(row))
    return values
