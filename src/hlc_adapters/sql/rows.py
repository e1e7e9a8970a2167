"""Rows in SQL: statements built once per shape, bulk writes, version checks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from attrs import define, field

from hlc_adapters import wire
from hlc_adapters.sql.engine import WRITE, is_sqlite, understood
from hlc_adapters.storage.cipher import Cipher
from hlc_adapters.storage.session import Session
from hlc_adapters.storage.shape import M, Op, Shape, Where
from hlc_core.kernel.errors import Stale, Unavailable

Probe = Callable[[str], None]


@define
class SqlBackend:
    """A database behind an engine. On SQLite one writer at a time waits in this process, not in the file."""

    engine: sa.Engine
    metadata: sa.MetaData
    cipher: Cipher
    _writer: threading.Lock | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._writer = threading.Lock() if is_sqlite(self.engine) else None

    def begin(self, write: bool) -> Session:
        """A new transaction. Refuses: Unavailable (no connection, or the writer did not get its turn in 10 s)."""
        lock = self._writer if write else None
        if lock is not None and not lock.acquire(timeout=10):
            raise Unavailable("The database is busy.", retry_after=1)
        try:
            with _errors():
                connection = self.engine.connect().execution_options(**{WRITE: write})
                connection.begin()
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        return SqlSession(connection, self.metadata, self.cipher, lock)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


@define
class SqlSession:
    """One transaction on one connection."""

    _connection: sa.Connection
    _metadata: sa.MetaData
    _cipher: Cipher
    _lock: threading.Lock | None
    _open: bool = field(default=True, init=False)

    def fetch(self, shape: Shape[M], organization: str | None, ids: Sequence[str]) -> list[M]:
        """The rows with these ids."""
        if len(ids) == 1:
            return self.select(shape, organization, (Where("id", Op.EQ, ids[0]),), order=())
        found: list[M] = []
        for start in range(0, len(ids), 500):
            found += self.select(shape, organization, (Where("id", Op.IN, tuple(ids[start : start + 500])),), order=())
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
        table = self._metadata.tables[shape.name]
        signature = tuple((w.column, w.op) for w in where)
        lock = locked and self._lock is None
        statement = _select(table, shape.flat, signature, order, limit is not None, organization is not None, lock)
        with _errors():
            rows = self._connection.execute(statement, _values(organization, where, limit)).all()
        if shape.flat:
            names = [str(column.name) for column in table.c]
            plain = [dict(zip(names, row, strict=True)) for row in rows]
            return [wire.convert(shape.model, fields) for fields in plain]
        if shape.sealed:
            return [wire.decode(shape.model, self._cipher.open(row[0])) for row in rows]
        return [wire.decode(shape.model, row[0]) for row in rows]

    def count(self, shape: Shape[M], organization: str | None, where: tuple[Where, ...] = ()) -> int:
        """How many rows meet all conditions."""
        table = self._metadata.tables[shape.name]
        statement = _count(table, tuple((w.column, w.op) for w in where), organization is not None)
        with _errors():
            return int(self._connection.execute(statement, _values(organization, where, None)).scalar_one())

    def insert(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """New rows, in one bulk statement."""
        table = self._metadata.tables[shape.name]
        with _errors():
            self._connection.execute(_insert(table), [self._row(shape, row) for row in rows])

    def update(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """Next versions of rows, in one bulk statement."""
        table = self._metadata.tables[shape.name]
        values = []
        for row in rows:
            value = self._row(shape, row)
            value["b_organization"] = value.pop("organization")
            value["b_id"] = value.pop("id")
            value["b_version"] = row.version - 1
            values.append(value)
        with _errors():
            result = self._connection.execute(_update(table), values)
        if result.rowcount != len(values):
            raise Stale(f"{shape.name}: somebody else changed it first.")

    def delete(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Rows, in the version given."""
        table = self._metadata.tables[shape.name]
        for row in rows:
            values = {"b_organization": row.organization, "b_id": row.id, "b_version": row.version}
            with _errors():
                result = self._connection.execute(_delete(table), values)
            if result.rowcount != 1:
                raise Stale(f"{shape.name}: somebody else changed it first.")

    def take_numbers(self, organization: str, kind: str, count: int) -> int:
        """The first of `count` consecutive numbers; the counter row stays locked until the transaction ends."""
        numbers = self._metadata.tables["numbers"]
        values = {"b_organization": organization, "b_kind": kind, "b_count": count}
        with _errors():
            taken = self._connection.execute(_take(numbers), values).scalar_one_or_none()
            if taken is None:
                row = {"organization": organization, "kind": kind, "next": 1 + count}
                self._connection.execute(_insert(numbers), [row])
                return 1
            return int(taken) - count

    def commit(self) -> None:
        """Keep everything. Refuses: Unavailable (whether it was kept is then unknown: read again)."""
        try:
            with _errors():
                self._connection.commit()
        finally:
            self._close()

    def rollback(self) -> None:
        """Undo everything."""
        try:
            if not self._connection.invalidated and self._open:
                with _errors():
                    self._connection.rollback()
        finally:
            self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._connection.close()
            if self._lock is not None:
                self._lock.release()

    def _row(self, shape: Shape[M], row: M) -> dict[str, Any]:
        value: dict[str, Any] = {"organization": row.organization, "id": row.id, "version": row.version}
        for column in shape.columns:
            value[column.name] = column.take(row)
        if shape.sealed:
            value["body"] = self._cipher.seal(wire.encode(row))
        elif not shape.flat:
            value["body"] = wire.encode(row)
        return value


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise understood(error) from None  # the driver's text may hold row values


def _values(organization: str | None, where: tuple[Where, ...], limit: int | None) -> Mapping[str, Any]:
    values: dict[str, Any] = {f"w{place}": w.value for place, w in enumerate(where) if w.op is not Op.IS_NULL}
    if organization is not None:
        values["b_organization"] = organization
    if limit is not None:
        values["b_limit"] = limit
    return values


def _conditions(
    table: sa.Table, signature: tuple[tuple[str, Op], ...], scoped: bool
) -> Iterator[sa.ColumnElement[bool]]:
    if scoped:
        yield table.c.organization == sa.bindparam("b_organization")
    for place, (name, op) in enumerate(signature):
        column = table.c[name]
        if op is Op.IS_NULL:
            yield column.is_(None)
        elif op is Op.IN:
            yield column.in_(sa.bindparam(f"w{place}", expanding=True))
        else:
            yield column.op(op.value, is_comparison=True)(sa.bindparam(f"w{place}", type_=column.type))


@lru_cache(maxsize=2048)
def _select(
    table: sa.Table,
    flat: bool,
    signature: tuple[tuple[str, Op], ...],
    order: tuple[str, ...],
    limited: bool,
    scoped: bool,
    locked: bool,
) -> sa.Select[Any]:
    statement = sa.select(*table.c) if flat else sa.select(table.c.body)
    statement = statement.where(*_conditions(table, signature, scoped))
    for name in order:
        column = table.c[name.lstrip("-")]
        statement = statement.order_by(column.desc() if name.startswith("-") else column)
    if limited:
        statement = statement.limit(sa.bindparam("b_limit", type_=sa.Integer()))
    if locked:
        statement = statement.with_for_update(skip_locked=True)
    return statement


@lru_cache(maxsize=512)
def _count(table: sa.Table, signature: tuple[tuple[str, Op], ...], scoped: bool) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(*_conditions(table, signature, scoped))


@lru_cache(maxsize=256)
def _insert(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


def _versioned(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.organization == sa.bindparam("b_organization"),
        table.c.id == sa.bindparam("b_id"),
        table.c.version == sa.bindparam("b_version"),
    )


@lru_cache(maxsize=256)
def _update(table: sa.Table) -> sa.Update:
    values: dict[str, Any] = {c.name: sa.bindparam(c.name) for c in table.c if c.name not in {"organization", "id"}}
    return sa.update(table).where(*_versioned(table)).values(**values)


@lru_cache(maxsize=256)
def _delete(table: sa.Table) -> sa.Delete:
    return sa.delete(table).where(*_versioned(table))


@lru_cache(maxsize=4)
def _take(numbers: sa.Table) -> sa.sql.dml.ReturningUpdate[Any]:
    return (
        sa.update(numbers)
        .where(numbers.c.organization == sa.bindparam("b_organization"), numbers.c.kind == sa.bindparam("b_kind"))
        .values(next=numbers.c.next + sa.bindparam("b_count", type_=sa.BigInteger()))
        .returning(numbers.c.next)
    )
