"""Where worlds stand: in memory, or in one database that is emptied for each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

import sqlalchemy as sa

from hlc_adapters.sql.engine import WRITE, make_engine
from support.worlds import MEMORY, prepare

Place = Callable[[], AbstractContextManager[str]]
"""Gives the URL of an empty database, for one world."""

_KEPT = "schema_migrations"


@contextmanager
def memory() -> Iterator[str]:
    """A place in memory."""
    yield MEMORY


def emptied(url: str) -> Place:
    """That database, which has its tables, without any row; one world after the other may stand there."""

    @contextmanager
    def place() -> Iterator[str]:
        engine = make_engine(url, pool_size=1)
        try:
            tables = [name for name in sa.inspect(engine).get_table_names() if name != _KEPT]
            writing = engine.connect().execution_options(**{WRITE: True})
            with writing as connection, connection.begin(), _unguarded(connection):
                for name in tables:
                    connection.exec_driver_sql(f'DELETE FROM "{name}"')
        finally:
            engine.dispose()
        yield url

    return place


@cache
def own(where: str) -> str:
    """The URL of this process's own database, with its tables: on that PostgreSQL server, or a file in that folder."""
    if "://" in where:
        name = f"own_{os.getpid()}"
        engine = make_engine(where, pool_size=1)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        finally:
            engine.dispose()
        url = sa.make_url(where).set(database=name).render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{where}/own_{os.getpid()}.sqlite"
    prepare(url)
    return url


@contextmanager
def _unguarded(connection: sa.Connection) -> Iterator[None]:
    """Without the triggers that keep recorded rows: what stood here was another world's."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield
        return
    guards = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%BEFORE DELETE%'"
    kept = [tuple(row) for row in connection.exec_driver_sql(guards)]
    for name, _ in kept:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in kept:
        connection.exec_driver_sql(statement)
