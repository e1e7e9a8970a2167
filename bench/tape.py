"""What the application said to its database, written down at the driver, and said again by a bare one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import psycopg
import sqlalchemy as sa
from attrs import define, field, frozen

from hlc_adapters.encryption.cipher import KeyedCipher
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.sql.backend import open_database
from hlc_adapters.sql.drivers import Driver, Rows
from hlc_adapters.sql.rows import SqlBackend, SqlSession
from hlc_adapters.sql.statement import Statement
from hlc_adapters.storage.cipher import ClearCipher
from hlc_adapters.storage.session import Session


@frozen
class Call:
    """One call of the driver: a statement with one set of values, or (`many`) with several."""

    statement: str
    values: Any
    many: bool = False

    @property
    def statements(self) -> int:
        """How often the database ran it."""
        return len(self.values) if self.many else 1

    @property
    def writes(self) -> bool:
        """Whether it changes rows."""
        return not self.statement.startswith("SELECT")


@define
class Transaction:
    """One transaction, as far as it came."""

    write: bool
    calls: list[Call] = field(factory=list)
    committed: bool = False


@define
class Tape:
    """All transactions since the last `cut`."""

    transactions: list[Transaction] = field(factory=list)

    def cut(self) -> list[Transaction]:
        """What was recorded; the tape is empty then."""
        taken, self.transactions = self.transactions, []
        return taken


@define
class _Recorder:
    """A driver that writes down what goes through it."""

    _driver: Driver
    _taken: Transaction

    @property
    def broken(self) -> bool:
        return self._driver.broken

    def hung_up(self) -> bool:
        return self._driver.hung_up()

    def begin(self, write: bool) -> None:
        self._driver.begin(write)

    def together(self) -> None:
        self._driver.together()

    def require_confined(self, tables: Iterable[str]) -> None:
        self._driver.require_confined(tables)

    def enter(self, scope: str) -> None:
        self._driver.enter(scope)

    def rows(self, statement: Statement, values: Sequence[Any]) -> Rows:
        self._taken.calls.append(Call(statement.text, values))
        return self._driver.rows(statement, values)

    def change(self, statement: Statement, values: Sequence[Any]) -> int:
        self._taken.calls.append(Call(statement.text, values))
        return self._driver.change(statement, values)

    def many(self, statement: Statement, values: Sequence[Sequence[Any]]) -> int:
        self._taken.calls.append(Call(statement.text, values, many=True))
        return self._driver.many(statement, values)

    def finish(self, statement: Statement, values: Sequence[Any]) -> None:
        self._taken.calls.append(Call(statement.text, values))
        self._driver.finish(statement, values)
        self._taken.committed = True

    def commit(self) -> None:
        self._driver.commit()
        self._taken.committed = True

    def rollback(self) -> None:
        self._driver.rollback()

    def lose(self) -> None:
        """Throw the connection away."""
        self._driver.lose()

    def release(self) -> None:
        self._driver.release()


@define
class RecordedBackend:
    """A database whose transactions are put on a tape."""

    backend: SqlBackend
    tape: Tape = field(factory=Tape)

    def begin(self, write: bool) -> Session:
        """A new transaction, recorded."""
        session = self.backend.begin(write)
        taken = Transaction(write)
        self.tape.transactions.append(taken)
        if not isinstance(session, SqlSession):
            raise TypeError("Only sessions over SQL are recorded.")
        driver, keep = session._driver, session._keep
        session._driver = _Recorder(driver, taken)
        session._keep = lambda _: keep(driver)
        return session

    def sealed_by(self, ring: KeyRing) -> None:
        """From now on bodies are sealed by that ring: the one of the services over it, which keeps what was read."""
        self.backend.cipher = KeyedCipher(ring)

    def close(self) -> None:
        """Let go of all connections."""
        self.backend.close()


def recorded(url: str) -> RecordedBackend:
    """The database of that address, with a tape; it seals nothing before services are opened over it."""
    return RecordedBackend(open_database(url, 4, ClearCipher()))


@frozen
class Counted:
    """How much was said: transactions with anything in them, statements in all, and those that write."""

    transactions: int
    writing: int
    statements: int
    writes: int


def counted(transactions: Iterable[Transaction]) -> Counted:
    """The counts of a stretch of tape."""
    used = [taken for taken in transactions if taken.calls]
    calls = [call for taken in used for call in taken.calls]
    return Counted(
        transactions=len(used),
        writing=sum(any(call.writes for call in taken.calls) for taken in used),
        statements=sum(call.statements for call in calls),
        writes=sum(call.statements for call in calls if call.writes),
    )


Script = Sequence[tuple[Call, ...]]
"""The writing statements of committed transactions, in their order."""


def script(transactions: Iterable[Transaction]) -> Script:
    """What a floor says again: committed writes, nothing that was only read."""
    found = (tuple(call for call in taken.calls if call.writes) for taken in transactions if taken.committed)
    return [calls for calls in found if calls]


def replay(url: str, scripts: Sequence[Script]) -> float:
    """Say the scripts again, each on a connection and a thread of its own; answers the seconds.

    The database must stand as it stood when they were recorded.
    """
    play = _sqlite if url.startswith("sqlite") else _postgres
    ready = threading.Barrier(len(scripts) + 1)
    with ThreadPoolExecutor(len(scripts)) as threads:
        runs = [threads.submit(play, url, one, ready.wait) for one in scripts]
        ready.wait()
        begun = perf_counter()
        for run in runs:
            run.result()
        return perf_counter() - begun


def dealt(parts: Sequence[Script], hands: int) -> list[Script]:
    """Scripts of independent parts, dealt out to so many connections."""
    return [[step for part in parts[hand::hands] for step in part] for hand in range(hands)]


def _sqlite(url: str, steps: Script, ready: Callable[[], object]) -> None:
    connection = sqlite3.connect(
        sa.make_url(url).database or "", isolation_level=None, timeout=60, cached_statements=512
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    ready()
    for calls in steps:
        connection.execute("BEGIN IMMEDIATE")
        for call in calls:
            if call.many:
                connection.executemany(call.statement, call.values)
            else:
                connection.execute(call.statement, call.values).fetchall()
        connection.execute("COMMIT")
    connection.close()


def _postgres(url: str, steps: Script, ready: Callable[[], object]) -> None:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        cursor = psycopg.RawCursor(connection)
        ready()
        for calls in steps:
            if len(calls) == 1:  # a statement alone is a transaction, for a bare driver as for us
                _say(cursor, calls[0])
            else:
                with connection.transaction():
                    for call in calls:
                        _say(cursor, call)


def _say(cursor: psycopg.RawCursor[Any], call: Call) -> None:
    if call.many:
        cursor.executemany(call.statement, call.values)
    else:
        cursor.execute(call.statement, call.values)


def plain(url: str) -> str:
    """The address as psycopg itself reads it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
