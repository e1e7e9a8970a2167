"""Where worlds stand: in memory, or in one database that is emptied for each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

import sqlalchemy as sa

from hlc_adapters.sql.engine import make_engine
from support.worlds import MEMORY, empty, prepare

Place = Callable[[], AbstractContextManager[str]]
"""Gives the URL of an empty database, for one world."""


@contextmanager
def memory() -> Iterator[str]:
    """A place in memory."""
    yield MEMORY


def emptied(url: str) -> Place:
    """That database, which has its tables, without any row; one world after the other may stand there."""

    @contextmanager
    def place() -> Iterator[str]:
        empty(url)
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
