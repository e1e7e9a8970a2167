"""Running text on a pooled connection: one small driver a database, below SQLAlchemy's statement layer.

SQLAlchemy keeps the pool and the schema; a statement goes straight to the driver, since on the hot path the layer
between would cost more than the database does.
"""

from __future__ import annotations

import select
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
from attrs import define, field

from hlc_adapters.sql.engine import broken, understood

Rows = Sequence[tuple[Any, ...]]


class Driver(Protocol):
    """One connection with one transaction. Refuses: what `understood` makes of the driver's errors."""

    def begin(self, write: bool) -> None:
        """Open the transaction."""
        ...

    def rows(self, statement: str, values: Sequence[Any]) -> Rows:
        """Run, and fetch everything."""
        ...

    def change(self, statement: str, values: Sequence[Any]) -> int:
        """Run; how many rows were changed."""
        ...

    def many(self, statement: str, values: Sequence[Sequence[Any]]) -> int:
        """Run once for each set of values; how many rows were changed in all."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def release(self) -> None:
        """Give the connection back; a broken one is thrown away."""
        ...


def connect(engine: sa.Engine) -> Driver:
    """A connection of the engine's pool that was not hung up on while it lay there. Refuses: Unavailable."""
    while True:
        with _errors(None):
            pooled = engine.raw_connection()
        driver = pooled.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return SqliteDriver(pooled, driver)
        if not _hung_up(driver):
            return PostgresDriver(pooled, driver)
        pooled.invalidate()
        pooled.close()


def _hung_up(connection: Any) -> bool:
    """Whether the server has ended an idle connection, as it does when it stops: it then has something to say."""
    if connection.closed:
        return True
    if not hasattr(select, "poll"):
        return False
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    return bool(idle.poll(0))


@define
class SqliteDriver:
    """SQLite: writers begin IMMEDIATE, since a deferred transaction fails under two of them."""

    _pooled: sa.PoolProxiedConnection
    _connection: Any

    def begin(self, write: bool) -> None:
        """Open the transaction."""
        with _errors(self._pooled):
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def rows(self, statement: str, values: Sequence[Any]) -> Rows:
        """Run, and fetch everything."""
        with _errors(self._pooled):
            found: Rows = self._connection.execute(statement, values).fetchall()
            return found

    def change(self, statement: str, values: Sequence[Any]) -> int:
        """Run; how many rows were changed."""
        with _errors(self._pooled):
            return int(self._connection.execute(statement, values).rowcount)

    def many(self, statement: str, values: Sequence[Sequence[Any]]) -> int:
        """Run once for each set of values."""
        with _errors(self._pooled):
            return int(self._connection.executemany(statement, values).rowcount)

    def commit(self) -> None:
        """Keep everything."""
        with _errors(self._pooled):
            self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything."""
        with _errors(self._pooled):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def release(self) -> None:
        """Give the connection back."""
        self._pooled.close()


@define
class PostgresDriver:
    """PostgreSQL: a reader needs no transaction of its own for each single statement that it runs."""

    _pooled: sa.PoolProxiedConnection
    _connection: Any
    _cursor: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._cursor = psycopg.RawCursor(self._connection)

    def begin(self, write: bool) -> None:
        """A writer's transaction begins with its first statement."""
        with _errors(self._pooled):
            if self._connection.autocommit is write:
                self._connection.autocommit = not write

    def rows(self, statement: str, values: Sequence[Any]) -> Rows:
        """Run, and fetch everything."""
        with _errors(self._pooled):
            self._cursor.execute(statement, values)
            found: Rows = self._cursor.fetchall() if self._cursor.description else ()
            return found

    def change(self, statement: str, values: Sequence[Any]) -> int:
        """Run; how many rows were changed."""
        with _errors(self._pooled):
            self._cursor.execute(statement, values)
            return int(self._cursor.rowcount)

    def many(self, statement: str, values: Sequence[Sequence[Any]]) -> int:
        """Run once for each set of values, without waiting for each."""
        with _errors(self._pooled):
            self._cursor.executemany(statement, values)
            return int(self._cursor.rowcount)

    def commit(self) -> None:
        """Keep everything."""
        with _errors(self._pooled):
            self._connection.commit()

    def rollback(self) -> None:
        """Undo everything."""
        with _errors(self._pooled):
            if not self._connection.autocommit:
                self._connection.rollback()

    def release(self) -> None:
        """Give the connection back."""
        self._pooled.close()


@contextmanager
def _errors(pooled: sa.PoolProxiedConnection | None) -> Iterator[None]:
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, psycopg.Error, OverflowError) as error:
        if pooled is not None and pooled.is_valid and broken(error):
            pooled.invalidate()
        raise understood(error) from None  # the driver's text may hold row values
