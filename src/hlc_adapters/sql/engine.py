"""Engines: the only file that knows the dialect."""

from __future__ import annotations

import sqlite3
from time import monotonic, sleep
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from hlc_adapters.sql.confinement import take_role
from hlc_core.kernel.errors import AlreadyExists, Fault, HlcError, Invalid, Stale, Unavailable

WRITE = "hlc_write"
"""Execution option of a connection whose transaction writes."""

_BUSY_SECONDS = 10
_RERUN = frozenset({"40001", "40P01", "22012"})
"""Serialization failure, deadlock, and the division by zero with which `text.together` says that a row is stale."""
_SESSION = "-c timezone=UTC -c datestyle=ISO -c enable_seqscan=off -c jit=off"
"""How a connection to PostgreSQL is set up. Its plans, those of foreign keys among them, are made once and kept: one
made while a table was nearly empty would read the whole of it for each row when it has grown, until somebody runs
ANALYZE. All that we ask is found by an index, so a table is read from end to end only where there is no other way. Such
a plan counts as costly, and compiling it (`jit`) would cost more than our short statements take."""
_UNIQUE = "23505"
_DENIED = "42501"


def make_engine(url: str, pool_size: int = 8, role: str = "") -> sa.Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://…`. Refuses: Invalid (any other URL).

    With a `role` every connection to PostgreSQL takes it on.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise _wrong_url() from error
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        engine = sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_BUSY_SECONDS,
            pool_reset_on_return=None,
            pool_pre_ping=False,
            connect_args={"connect_timeout": 5, "application_name": "hlc", "options": _SESSION},
            hide_parameters=True,
        )
        if role:
            event.listen(engine, "connect", lambda connection, _: take_role(connection, role))
        return engine
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"} and parsed.database and parsed.database != ":memory:":
        engine = sa.create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_BUSY_SECONDS,
            pool_reset_on_return=None,
            connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS, "cached_statements": 512},
            hide_parameters=True,
            poolclass=sa.QueuePool,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    raise _wrong_url()


def shown(url: str) -> str:
    """The address as it may be told: without password and parameters. Refuses: Invalid (no address)."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise _wrong_url() from error
    return parsed.set(query={}).render_as_string(hide_password=True)


def _wrong_url() -> Invalid:
    return Invalid(
        "That database address is not understood.",
        Fault("HLC_DATABASE_URL", "write sqlite:///path/to/file.sqlite or postgresql://user:password@host/name"),
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by us: a deferred BEGIN fails under two writers
    for pragma in (f"busy_timeout={_BUSY_SECONDS}000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Switch the journal of a new file. Alone of all statements this one does not wait while others do the same."""
    until = monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_sqlite(engine: sa.Engine) -> bool:
    """Whether it is the embedded database, which has one writer at a time."""
    return engine.dialect.name == "sqlite"


def understood(error: Exception) -> HlcError:
    """The refusal that a driver's error stands for; its text stays behind, for it may hold row values."""
    original: Any = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or ""
    if state == _UNIQUE or (isinstance(original, sqlite3.IntegrityError) and "UNIQUE" in str(original)):
        return AlreadyExists(f"A unique rule refused the row ({_constraint(original)}).")
    if state in _RERUN:
        return Stale("The transaction met another one; it is run again.")
    if state == _DENIED:
        return Unavailable(
            "The database role lacks a right, or was to reach another organization's rows.",
            Fault("HLC_DATABASE_ROLE", "run `hlc db migrate`; if that changes nothing, tell us"),
        )
    if isinstance(original, (sqlite3.IntegrityError, psycopg.IntegrityError)):
        return Invalid(
            "A rule of the database refused the row.", Fault("database", "run `hlc db check`, then `hlc doctor`")
        )
    if isinstance(original, (sqlite3.DataError, psycopg.DataError, OverflowError)):
        return Invalid(
            "A value cannot be stored.", Fault("request", "send smaller numbers, and texts of whole letters")
        )
    if isinstance(original, sqlite3.OperationalError) and "no such" in str(original):
        return _not_migrated()
    if state in {"42P01", "42703"}:
        return _not_migrated()
    return Unavailable("The database cannot be reached or is too busy.", retry_after=1)


def broken(error: Exception) -> bool:
    """Whether the connection is of no more use."""
    original: Any = getattr(error, "orig", None) or error
    state = getattr(original, "sqlstate", None) or ""
    return isinstance(original, psycopg.OperationalError) and (not state or state[:2] in {"08", "57"})


def _not_migrated() -> Unavailable:
    return Unavailable("The database is not migrated.", Fault("HLC_DATABASE_URL", "run `hlc db migrate`"))


def _constraint(original: Any) -> str:
    name = getattr(getattr(original, "diag", None), "constraint_name", None)
    return name or str(original).rpartition(": ")[2]
