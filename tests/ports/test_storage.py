"""The storage contract on every backend; a missing PostgreSQL fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.cipher import ClearCipher
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.shapes.all import ALL
from ports.storage_contract import StorageContract
from ports.storage_shapes import FLATS, NOW, SHAPES, Flat, all_of, kept
from support.postgres import Postgres


def opened(url: str) -> Iterator[SqlBackend]:
    """A database with the contract's tables."""
    engine = make_engine(url, pool_size=16)
    make_metadata(SHAPES).create_all(engine)
    backend = SqlBackend(engine, SHAPES, ClearCipher())
    yield backend
    backend.close()


class TestMemory(StorageContract):
    """In memory."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        """Empty."""
        return MemoryBackend()


class TestSqlite(StorageContract):
    """In a file."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
        """Empty."""
        folder: Path = tmp_path_factory.mktemp("storage")
        yield from opened(f"sqlite:///{folder / 'rows.sqlite'}")


class TestPostgres(StorageContract):
    """In PostgreSQL."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls, postgres: Postgres) -> Iterator[Backend]:
        """Empty."""
        with postgres.fresh() as url:
            yield from opened(url)


@contextmanager
def abroad(server: Postgres) -> Iterator[str]:
    """A database that shows Kathmandu's time."""
    with server.fresh() as home, psycopg.connect(home.replace("+psycopg", ""), autocommit=True) as admin:
        name = f"{make_url(home).database}_abroad"
        admin.execute(f"CREATE DATABASE {name} ")
        admin.execute(f"ALTER DATABASE {name} SET timezone TO 'Asia/Kathmandu'")
        try:
            yield make_url(home).set(database=name).render_as_string(hide_password=False)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_instants_are_in_utc_wherever_the_database_is(postgres: Postgres) -> None:
    """What comes out of a column is the same instant, in UTC, and not in the zone of the server."""
    with abroad(postgres) as url:
        for backend in opened(url):
            kept(backend, Flat(id="a", organization="org_a", word="", seen_at=NOW), shape=FLATS)
            (found,) = all_of(backend, "org_a", FLATS)

    assert (NOW, timedelta(0)) == (found.seen_at, found.seen_at.utcoffset())


def test_text_is_compared_by_code_points_wherever_the_database_is() -> None:
    """PostgreSQL's text columns name their collation; the locale of a cluster often is that of a language."""
    for table in make_metadata(ALL).tables.values():
        made = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # untyped
        texts = re.findall(r"^\s(\w+) TEXT(.*)$", made, re.MULTILINE)
        assert texts
        assert [] == [name for name, rest in texts if name != "body" and 'COLLATE "C"' not in rest]
