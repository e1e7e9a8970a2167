"""Running text on a pooled connection: one small driver a database, below SQLAlchemy's statement layer.

SQLAlchemy keeps the pool and the schema; a statement goes straight to the driver, since on the hot path the layer
between would cost more than the database does.
"""

from __future__ import annotations

import select
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
from attrs import define, field
from psycopg.pq.abc import PGconn, PGresult

from hlc_adapters.sql import libpq
from hlc_adapters.sql.confinement import require_confined
from hlc_adapters.sql.engine import broken, understood
from hlc_adapters.sql.statement import ACROSS, Statement, control, require_scope
from hlc_core.kernel.errors import HlcError

Rows = Sequence[tuple[Any, ...]]

EVENT = "hlc.statement"
"""The audit event (`sys.addaudithook`) of each statement: its text, its values, its scope. Nobody listens but tests."""

_BEGIN, _BEGIN_IMMEDIATE, _COMMIT, _ROLLBACK = map(control, ("BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"))
_ENTER = control("SELECT set_config('hlc.organization', $1, false), set_config('hlc.across', $2, false)")

_ERRORS = (sa.exc.DBAPIError, sa.exc.TimeoutError, sqlite3.Error, psycopg.Error, OverflowError)


class Driver(Protocol):
    """One connection, kept for many transactions. Refuses: what `understood` makes of the driver's errors."""

    @property
    def broken(self) -> bool:
        """Whether the connection was lost: it can only be released."""
        ...

    def hung_up(self) -> bool:
        """Whether it was lost while it lay idle, as far as that can be seen without asking the server."""
        ...

    def begin(self, write: bool) -> None:
        """The next statements are one unit of work."""
        ...

    def together(self) -> None:
        """From here on they are one transaction; where a database has to be told."""
        ...

    def require_confined(self, tables: Iterable[str]) -> None:
        """Look whether the policies of these tables hold for us. Refuses: Unconfined."""
        ...

    def enter(self, scope: str) -> None:
        """Whose rows the next statements of this unit of work reach: an organization's, or `*table`, across all."""
        ...

    def rows(self, statement: Statement, values: Sequence[Any]) -> Rows:
        """Run, and fetch everything. Refuses: Unscoped, here and below (the scope entered does not allow it)."""
        ...

    def change(self, statement: Statement, values: Sequence[Any]) -> int:
        """Run; how many rows were changed."""
        ...

    def many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        """Run once for each set of values; how many rows were changed in all."""
        ...

    def finish(self, statement: Statement, values: Sequence[Any]) -> None:
        """Run the last statement, and commit. Refuses: what both refuse; `rollback` is due then."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def release(self) -> None:
        """Give the connection back to the engine; a broken one is thrown away."""
        ...

    def lose(self) -> None:
        """Throw the connection away."""
        ...


def connect(engine: sa.Engine) -> Driver:
    """A connection of the engine's pool that was not hung up on while it lay there. Refuses: Unavailable."""
    while True:
        try:
            pooled = engine.raw_connection()
        except _ERRORS as error:
            raise understood(error) from None
        connection = pooled.driver_connection
        if isinstance(connection, sqlite3.Connection):
            return SqliteDriver(pooled, connection)
        driver = PostgresDriver(pooled, connection)
        if not driver.hung_up():
            return driver
        driver.release()


@define
class SqliteDriver:
    """SQLite: writers begin IMMEDIATE, since a deferred transaction fails under two of them."""

    _pooled: sa.PoolProxiedConnection
    _connection: Any
    broken: bool = field(default=False, init=False)
    _entered: str = field(default="", init=False)

    def hung_up(self) -> bool:
        """Nobody could."""
        return False

    def require_confined(self, tables: Iterable[str]) -> None:
        """Whoever can open the file can read all of it."""

    def begin(self, write: bool) -> None:
        """Open the transaction."""
        self._entered = ""
        self.rows(_BEGIN_IMMEDIATE if write else _BEGIN, ())

    def enter(self, scope: str) -> None:
        """Only remembered: the statements name their organization, and the guard holds them to it."""
        self._entered = scope

    def together(self) -> None:
        """It is open already."""

    def rows(self, statement: Statement, values: Sequence[Any]) -> Rows:
        """Run, and fetch everything."""
        _guard(statement, values, self._entered)
        try:
            found: Rows = self._connection.execute(statement.text, values).fetchall()
        except _ERRORS as error:
            raise understood(error) from None  # the driver's text may hold row values
        return found

    def change(self, statement: Statement, values: Sequence[Any]) -> int:
        """Run; how many rows were changed."""
        _guard(statement, values, self._entered)
        try:
            return int(self._connection.execute(statement.text, values).rowcount)
        except _ERRORS as error:
            raise understood(error) from None

    def many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        """Run once for each set of values."""
        _guard(statement, values, self._entered)
        try:
            return int(self._connection.executemany(statement.text, values).rowcount)
        except _ERRORS as error:
            raise understood(error) from None

    def finish(self, statement: Statement, values: Sequence[Any]) -> None:
        """Run the last one, and keep everything."""
        self.rows(statement, values)
        self.commit()

    def commit(self) -> None:
        """Keep everything."""
        self.rows(_COMMIT, ())

    def rollback(self) -> None:
        """Undo everything."""
        if self._connection.in_transaction:
            self.rows(_ROLLBACK, ())

    def release(self) -> None:
        """Give the connection back."""
        self._pooled.close()

    def lose(self) -> None:
        """Close it."""
        self._pooled.invalidate()


@define
class PostgresDriver:
    """PostgreSQL: what only reads, or writes with a single statement, needs no transaction around it.

    The isolation is READ COMMITTED: reads before a write see what is committed at their time, in a transaction as
    outside of one; that nothing has changed since is found out by versions and unique rules.

    The scope that the row policies read is a setting of the connection: it is sent when it changes, and since a unit
    of work can run nothing before it has entered its own, none inherits another's.
    """

    _pooled: sa.PoolProxiedConnection
    _connection: Any
    _line: PGconn = field(init=False)
    _prepared: libpq.Prepared = field(init=False)
    broken: bool = field(default=False, init=False)
    _inside: bool = field(default=False, init=False)
    _begun: bool = field(default=False, init=False)
    _entered: str = field(default="", init=False)
    _told: str = field(default="", init=False)
    _told_inside: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._connection.autocommit = True  # we say ourselves when a transaction begins
        self._line = self._connection.pgconn
        self._prepared = self._pooled.info.setdefault("prepared", libpq.Prepared())

    def hung_up(self) -> bool:
        """A server that ends an idle connection, as it does when it stops, has something to say."""
        if not self.broken and (self._connection.closed or _has_something_to_say(self._connection)):
            self.lose()
        return self.broken

    def begin(self, write: bool) -> None:
        """Nothing is said to the server before it must be."""
        self._entered = ""

    def require_confined(self, tables: Iterable[str]) -> None:
        """Ask the server who we are. Refuses: Unconfined."""
        try:
            require_confined(self._connection, tables)
        except _ERRORS as error:
            raise self._refusal(error) from None

    def enter(self, scope: str) -> None:
        """Tell the server, unless it knows."""
        if scope != self._told:
            across = scope.startswith(ACROSS)
            self.rows(_ENTER, ("", scope[1:]) if across else (scope, ""))
            self._told, self._told_inside = scope, self._told_inside or self._begun
        self._entered = scope

    def together(self) -> None:
        """The transaction begins with the next statement."""
        self._inside = True

    def rows(self, statement: Statement, values: Sequence[Any]) -> Rows:
        """Run, and fetch everything."""
        return libpq.rows(self._run(statement, values))

    def change(self, statement: Statement, values: Sequence[Any]) -> int:
        """Run; how many rows were changed. It is of many rows, so that a plan for what there is now pays."""
        return libpq.changed(self._run(statement, values, keep=False))

    def many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        """Run once for each set of values, without waiting for each."""
        _guard(statement, values, self._entered)
        try:
            self._begin()
            cursor = psycopg.RawCursor(self._connection)
            cursor.executemany(statement.text, values)
            return int(cursor.rowcount)
        except _ERRORS as error:
            raise self._refusal(error) from None

    def _run(self, statement: Statement, values: Sequence[Any], keep: bool = True) -> PGresult:
        _guard(statement, values, self._entered)
        try:
            sent = libpq.told(values)
            if keep and self._inside and not self._begun:
                self._begun = True
                return self._prepared.run_between(self._line, b"BEGIN", statement.text, sent, b"")
            self._begin()
            if keep:
                return self._prepared.run(self._line, statement.text, sent)
            return libpq.run(self._line, statement.text, sent)
        except _ERRORS as error:
            raise self._refusal(error) from None

    def _begin(self) -> None:
        if self._inside and not self._begun:
            libpq.say(self._line, b"BEGIN")
            self._begun = True

    def finish(self, statement: Statement, values: Sequence[Any]) -> None:
        """Run the last one, and keep everything: alone it is a transaction of its own, else the commit goes along."""
        if not self._begun:
            self._inside = False
            self.rows(statement, values)
            return
        _guard(statement, values, self._entered)
        try:
            sent = libpq.told(values)
            self._prepared.run_between(self._line, b"", statement.text, sent, b"COMMIT")
        except _ERRORS as error:
            raise self._refusal(error) from None
        self._inside = self._begun = self._told_inside = False

    def commit(self) -> None:
        """Keep everything."""
        try:
            if self._begun:
                libpq.commit(self._line)
        except _ERRORS as error:
            raise self._refusal(error) from None
        self._inside = self._begun = self._told_inside = False

    def rollback(self) -> None:
        """Undo everything since `together`; a setting that was made since is undone with it."""
        begun, self._inside, self._begun = self._begun, False, False
        if self._told_inside:
            self._told, self._told_inside = "", False
        try:
            if begun:
                libpq.say(self._line, b"ROLLBACK")
        except _ERRORS as error:
            raise self._refusal(error) from None

    def release(self) -> None:
        """Give the connection back."""
        self._pooled.close()

    def _refusal(self, error: Exception) -> HlcError:
        """What the error means; its text stays behind, for it may hold row values."""
        if broken(error) and not self.broken:
            self.lose()
        return understood(error)

    def lose(self) -> None:
        """Close it."""
        self.broken = True
        if self._pooled.is_valid:
            self._pooled.invalidate()


def _guard(statement: Statement, values: Sequence[Any], scope: str) -> None:
    require_scope(statement, scope)
    sys.audit(EVENT, statement.text, values, scope)


def _has_something_to_say(connection: Any) -> bool:
    if not hasattr(select, "poll"):
        return False
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    return bool(idle.poll(0))
