"""Rows in SQL: one transaction over one connection, bulk writes, version checks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from attrs import define, field

from hlc_adapters import wire
from hlc_adapters.sql import text
from hlc_adapters.sql.drivers import Driver, connect
from hlc_adapters.sql.engine import is_sqlite
from hlc_adapters.sql.statement import ACROSS, Statement
from hlc_adapters.sql.tables import table_names
from hlc_adapters.storage.cipher import Cipher
from hlc_adapters.storage.session import Body, Later, Session, Write, require_shared
from hlc_adapters.storage.shape import M, Op, Shape, Where
from hlc_core.kernel.errors import Stale, Unavailable
from hlc_core.kernel.ids import PLATFORM

_BUSY_SECONDS = 10
_TOGETHER = 40
"""Up to so many rows are one statement, on SQLite those of one table; more go in bulk, a statement a table."""


_Part = tuple[Shape[Any], bool, int, list[Any]]
"""Rows of one table in a statement: whether they are updates, how many, and their values."""


def _rows_of(writes: Iterable[Write]) -> int:
    return sum(len(one.inserts) + len(one.updates) for one in writes)


@define
class SqlBackend:
    """A database behind an engine. On SQLite one writer at a time waits in this process, not in the file.

    At most `connections` transactions are open at once; a connection that is free again is kept here, with what its
    driver has learnt, and not given back to the engine's pool each time. `confined`: on PostgreSQL the first connection
    is refused if its role could see every organization.
    """

    engine: sa.Engine
    shapes: tuple[Shape[Any], ...]
    cipher: Cipher
    connections: int = 8
    confined: bool = False
    _writer: threading.Lock | None = field(init=False)
    _dialect: text.Dialect = field(init=False)
    _free: threading.Semaphore = field(init=False)
    _idle: list[Driver] = field(factory=list, init=False)
    _closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._free = threading.Semaphore(self.connections)
        self._writer = threading.Lock() if is_sqlite(self.engine) else None
        self._dialect = text.Dialect(is_sqlite(self.engine))

    def begin(self, write: bool) -> Session:
        """A new transaction. Refuses: Unavailable (no connection, or the writer did not get its turn in 10 s)."""
        lock = self._writer if write else None
        if lock is not None and not lock.acquire(timeout=_BUSY_SECONDS):
            raise Unavailable("The database is busy.", retry_after=1)
        driver = None
        try:
            driver = self._connection()
            driver.begin(write)
        except BaseException:
            if driver is not None:
                self._keep(driver)
            if lock is not None:
                lock.release()
            raise
        return SqlSession(driver, self._dialect, self.cipher, lock, write, self._keep)

    def _connection(self) -> Driver:
        if not self._free.acquire(timeout=_BUSY_SECONDS):
            raise Unavailable("The database is busy.", retry_after=1)
        try:
            with suppress(IndexError):  # none lies idle any more
                while True:
                    driver = self._idle.pop()
                    if not driver.hung_up():
                        return driver
                    driver.release()
            self.require_confined()
            return connect(self.engine)
        except BaseException:
            self._free.release()
            raise

    def require_confined(self) -> None:
        """Look at the role once. Refuses: Unconfined, Unavailable."""
        if self.confined and not is_sqlite(self.engine):
            driver = connect(self.engine)
            try:
                driver.require_confined(table_names(self.shapes))
            finally:
                driver.release()
            self.confined = False

    def _keep(self, driver: Driver) -> None:
        """Have it ready for the next; when one was lost, the others that lie idle are likely lost, too."""
        if self._closed:
            driver.lose()
        elif driver.broken:
            driver.release()
            self._let_go()
        else:
            self._idle.append(driver)
        self._free.release()

    def _let_go(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().release()

    def close(self) -> None:
        """Let go of all connections; one that is still at work is closed when it has done it."""
        self._closed = True
        self._let_go()
        self.engine.dispose()


@define
class SqlSession:
    """One transaction on one connection."""

    _driver: Driver
    _dialect: text.Dialect
    _cipher: Cipher
    _lock: threading.Lock | None
    writes: bool
    _keep: Callable[[Driver], None]
    keys: dict[str, Any] = field(factory=dict, init=False, repr=False)
    _open: bool = field(default=True, init=False)
    _last: tuple[Statement, Sequence[Any]] | None = field(default=None, init=False)
    _scope: str = field(default="", init=False)

    def fetch(self, shape: Shape[M], organization: str | None, ids: Sequence[str]) -> list[M]:
        """The rows with these ids."""
        where = Where("id", Op.EQ, ids[0]) if len(ids) == 1 else Where("id", Op.IN, tuple(ids))
        return self.select(shape, organization, (where,), order=())

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
        signature = tuple((w.column, w.op) for w in where)
        scoped = organization is not None
        statement = text.select(shape, self._dialect, signature, order, limit is not None, scoped, locked)
        self._read(shape, organization)
        if locked:
            self._driver.together()
        rows = self._driver.rows(statement, text.parameters(self._dialect, organization, where, limit))
        if shape.flat:
            names = text.column_names(shape)
            if self._dialect.sqlite:
                rows = [text.with_booleans(shape, row) for row in rows]
            return [wire.convert(shape.model, dict(zip(names, row, strict=True))) for row in rows]
        if shape.sealed:
            opened, name = self._cipher.open, shape.name
            return [wire.decode(shape.model, opened(row[0], row[1], name, row[2], self)) for row in rows]
        return [wire.decode(shape.model, row[0]) for row in rows]

    def count(self, shape: Shape[M], organization: str | None, where: tuple[Where, ...] = ()) -> int:
        """How many rows meet all conditions."""
        signature = tuple((w.column, w.op) for w in where)
        statement = text.count(shape, self._dialect, signature, organization is not None)
        self._read(shape, organization)
        return int(self._driver.rows(statement, text.parameters(self._dialect, organization, where, None))[0][0])

    def _read(self, shape: Shape[Any], organization: str | None) -> None:
        """Enter the scope of a question. Rows of no clinic are seen from every clinic's scope."""
        if organization is None:
            require_shared(shape)
            self._enter(ACROSS + shape.name)
        elif not (shape.platform and self._scope and not self._scope.startswith(ACROSS)):
            self._enter(organization)

    def _change(self, shapes: Sequence[Shape[Any]], organizations: Iterable[str]) -> None:
        """Enter the scope in which rows of these organizations may be written."""
        owners = {*organizations}
        if len(owners) > 1:
            owners.discard(PLATFORM)
        across = ACROSS + shapes[0].name if len(shapes) == 1 and shapes[0].shared else ""
        if len(owners) > 1 and not across:
            raise ValueError("One transaction writes rows of one organization.")
        if len(owners) > 1 or self._scope == across != "":
            self._enter(across)
        elif owners == {PLATFORM} and self._scope and all(shape.platform for shape in shapes):
            self._enter(self._scope)
        else:
            self._enter(*owners)

    def _enter(self, scope: str) -> None:
        self._driver.enter(scope)
        self._scope = scope

    def write(self, writes: Sequence[Write], last: bool = False, later: Later = tuple) -> None:
        """Everything of one flush: on PostgreSQL, while it is little, in one statement.

        The last one waits for `commit`; where it is the only one that writes it needs no transaction around it.
        """
        if self._dialect.sqlite or _rows_of(writes) > _TOGETHER:
            self._table_by_table(writes)
            self._table_by_table(later())
            return
        parts = self._parts(writes)
        more = later()
        if _rows_of(more) > _TOGETHER:
            self._say(writes, parts, last=False)
            self._table_by_table(more)
        else:
            self._say([*writes, *more], [*parts, *self._parts(more)], last)

    def _table_by_table(self, writes: Iterable[Write]) -> None:
        for one in writes:
            if one.updates:
                self.update(one.shape, one.updates)
            if one.inserts:
                self.insert(one.shape, one.inserts)

    def _parts(self, writes: Sequence[Write]) -> list[_Part]:
        """What one statement has to do, ready to be sent. The order within one statement is not defined, and unique
        rules may need it: of a table with both, or that is written again, the updates are written at once.
        """
        parts: list[_Part] = []
        again = [one.shape.name for one in writes]
        for one in writes:
            again.remove(one.shape.name)
            if one.updates and (one.inserts or one.shape.name in again):
                self.update(one.shape, one.updates)
            elif one.updates:
                values = [value for row in self._update_values(one.shape, one.updates) for value in row]
                parts.append((one.shape, True, len(one.updates), values))
            if one.inserts:
                values = [value for row in self._insert_values(one.shape, one.inserts) for value in row]
                parts.append((one.shape, False, len(one.inserts), values))
        return parts

    def _say(self, writes: Sequence[Write], parts: Sequence[_Part], last: bool) -> None:
        if not parts:
            return
        statement = text.together(tuple(part[:3] for part in parts), self._dialect)
        values = [value for part in parts for value in part[3]]
        self._change([w.shape for w in writes], (row.organization for w in writes for row in (*w.updates, *w.inserts)))
        if last:
            self._last = (statement, values)
            return
        self._driver.together()
        self._driver.rows(statement, values)

    def insert(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """New rows, in one bulk statement."""
        values = [*self._insert_values(shape, rows)] if self._dialect.sqlite else ()
        objects = "" if self._dialect.sqlite else self._json(shape, rows)
        self._change((shape,), (row.organization for row in rows))  # sealing may have read keys in another scope
        self._driver.together()
        if self._dialect.sqlite and len(values) <= _TOGETHER:
            statement = text.insert(shape, self._dialect, len(values))
            self._driver.change(statement, [value for row in values for value in row])
        elif self._dialect.sqlite:
            self._driver.many(text.insert(shape, self._dialect), values)
        else:
            self._driver.change(text.insert_many(shape), (objects,))

    def update(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """Next versions of rows, in one bulk statement."""
        values = self._update_values(shape, rows) if self._dialect.sqlite else ()
        objects = "" if self._dialect.sqlite else self._json(shape, rows)
        self._change((shape,), (row.organization for row in rows))
        self._driver.together()
        if self._dialect.sqlite:
            updated = self._driver.many(text.update(shape, self._dialect), values)
        else:
            updated = self._driver.change(text.update_many(shape), (objects,))
        if updated != len(rows):
            raise Stale(f"{shape.name}: somebody else changed it first.")

    def _json(self, shape: Shape[M], rows: Sequence[M]) -> str:
        if text.as_it_is(shape):
            return wire.encode(rows)
        return wire.encode([text.row_object(shape, row, self._seal) for row in rows])

    def delete(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Rows, in the version given."""
        values = [(row.organization, row.id, row.version) for row in rows]
        self._change((shape,), (organization for organization, _, _ in values))
        self._driver.together()
        if self._driver.many(text.delete(shape, self._dialect), values) != len(values):
            raise Stale(f"{shape.name}: somebody else changed it first.")

    def take_numbers(self, organization: str, kind: str, count: int) -> int:
        """The first of `count` consecutive numbers; the counter row stays locked until the transaction ends."""
        self._enter(organization)
        self._driver.together()
        taken = self._driver.rows(text.take_numbers(self._dialect), (count, organization, kind))
        if taken:
            return int(taken[0][0]) - count
        self._driver.many(text.start_numbers(self._dialect), [(organization, kind, 1 + count)])
        return 1

    def bodies(
        self, shape: Shape[Any], organization: str, limit: int, besides: str = "", after: str = ""
    ) -> list[Body]:
        """Stored bodies that do not begin with `besides`."""
        self._enter(organization)
        values = (organization, after, len(besides), besides or "none", limit)
        return [Body(*row) for row in self._driver.rows(text.bodies(shape, self._dialect), values)]

    def put_bodies(self, shape: Shape[Any], organization: str, rows: Sequence[Body]) -> int:
        """Store these bodies, where the versions still stand."""
        self._enter(organization)
        self._driver.together()
        values = [(row.text, organization, row.id, row.version) for row in rows]
        return self._driver.many(text.put_body(shape, self._dialect), values) if values else 0

    def heads(self, shape: Shape[Any], organization: str, letters: int) -> list[tuple[str, int]]:
        """How many stored bodies begin with which letters."""
        self._enter(organization)
        rows = self._driver.rows(text.heads(shape, self._dialect, letters), (organization,))
        return [(row[0], int(row[1])) for row in rows]

    def frequencies(self, shape: Shape[Any], organization: str, column: str) -> tuple[int, int, int]:
        """Rows, values, and the most frequent one."""
        self._enter(organization)
        found = self._driver.rows(text.frequencies(shape, self._dialect, column), (organization,))[0]
        return int(found[0]), int(found[1]), int(found[2])

    def commit(self) -> None:
        """Keep everything. Refuses: Unavailable (whether it was kept is then unknown: read again), and what was put
        off until now: Stale, AlreadyExists.
        """
        try:
            if self._last is not None:
                self._driver.finish(*self._last)
            else:
                self._driver.commit()
        except BaseException:
            with suppress(Unavailable):
                self._driver.rollback()  # what is only looked at on commit was refused: the transaction is still open
            raise
        finally:
            self._close()

    def rollback(self) -> None:
        """Undo everything; a connection that is lost has undone it."""
        try:
            if self._open:
                self._driver.rollback()
        except Unavailable:
            pass
        finally:
            self._close()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._keep(self._driver)
            if self._lock is not None:
                self._lock.release()

    def _seal(self, shape: Shape[Any], row: Any) -> str:
        return self._cipher.seal(wire.encode(row), row.organization, shape.name, row.id, self)

    def _insert_values(self, shape: Shape[M], rows: Sequence[M]) -> Iterator[list[Any]]:
        return text.rows_values(shape, self._dialect, rows, self._seal)

    def _update_values(self, shape: Shape[M], rows: Sequence[M]) -> list[list[Any]]:
        kept = text.rows_values(shape, self._dialect, rows, self._seal)
        return [
            [*values[2:], row.organization, row.id, row.version - 1] for row, values in zip(rows, kept, strict=True)
        ]
