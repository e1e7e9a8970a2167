"""What only real databases do: locks, lost connections, stops, pragmas; each ends in a named refusal, and is healed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from hlc_adapters.composition import build
from hlc_adapters.settings import Settings
from hlc_adapters.sql.backend import open_database
from hlc_adapters.sql.drivers import connect
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.sql.statement import control
from hlc_adapters.storage.cipher import ClearCipher
from hlc_adapters.storage.session import Backend
from hlc_core.catalog.api import ListProducts
from hlc_core.kernel.errors import AlreadyExists, Invalid, Unavailable
from hlc_core.kernel.evolve import evolve
from ports.postgres_proxy import Proxy, wired
from ports.storage_shapes import FLATS, SHAPES, THINGS, all_of, kept, line, reading, thing, unit_on, writing
from ports.test_storage import opened
from support import postgres as pg
from support.refusals import refused
from support.worlds import MASTER, SYSTEM, prepare

ORG = "org_a"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the SQLite database is."""
    return tmp_path / "rows.sqlite"


@pytest.fixture
def sqlite(file: Path) -> Iterator[SqlBackend]:
    """An SQLite database with the contract's tables."""
    yield from opened(f"sqlite:///{file}")


# SQLite


def test_every_connection_of_sqlite_is_safe(sqlite: SqlBackend) -> None:
    """Durable, with foreign keys, in WAL, waiting a bounded time: not only the first of the pool."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    connections = [sqlite.engine.raw_connection() for _ in range(8)]
    try:
        for one in connections:
            found = {name: one.driver_connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}  # type: ignore[union-attr]  # it is open
            assert wanted == found
    finally:
        for one in connections:
            one.close()


def test_a_busy_writer_is_waited_for_and_then_refused(sqlite: SqlBackend, file: Path) -> None:
    """Another process holds the file: Unavailable with a time to come back, and afterwards all is well."""
    kept(sqlite, thing(ORG, "a"))
    sqlite.close()
    event.listen(sqlite.engine, "connect", lambda new, _: new.execute("PRAGMA busy_timeout=200"))  # not ten seconds
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with refused(Unavailable) as told:
        sqlite.begin(write=True)

    assert 1 == told.retry_after
    assert ["a"] == [one.id for one in all_of(sqlite, ORG)], "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    kept(sqlite, thing(ORG, "b"))


def test_a_writer_that_reads_first_does_not_fail_under_another(sqlite: SqlBackend) -> None:
    """Writers begin IMMEDIATE: a read and then a write is never refused for a snapshot that has grown old."""
    kept(sqlite, thing(ORG, "a", weight=0))
    with reading(sqlite, ORG) as reader:
        assert 0 == reader.get(THINGS, "a").weight
        for n in range(1, 4):
            with writing(sqlite, ORG) as unit:
                unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=n))
        assert [0] == [one.weight for one in reader.select(THINGS)], "a reader sees one moment"


def test_a_file_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    """A folder that is not there, a file that is no database: no traceback, no half change."""
    nowhere = SqlBackend(make_engine(f"sqlite:///{tmp_path}/no/such/folder.sqlite"), SHAPES, ClearCipher())
    with refused(Unavailable):
        nowhere.begin(write=True)
    (tmp_path / "text.sqlite").write_text("This is no database. " * 100)
    garbage = open_database(f"sqlite:///{tmp_path}/text.sqlite", 1, ClearCipher())
    with refused(Unavailable):
        garbage.begin(write=True)
    garbage.close()


def test_a_fault_in_the_middle_frees_the_writers_place(sqlite: SqlBackend) -> None:
    """The next writer does not wait for ten seconds."""

    def fail() -> None:
        with writing(sqlite, ORG) as unit:
            unit.add(THINGS, thing(ORG, "a"))
            unit.flush()
            raise ZeroDivisionError

    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            fail()
    kept(sqlite, thing(ORG, "a"))


# both


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Backend:
    """A database with the contract's tables."""
    found: Backend = request.getfixturevalue("sqlite" if request.param == "sqlite" else "postgresql")
    return found


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[SqlBackend]:
    """A PostgreSQL database with the contract's tables."""
    yield from opened(postgres_url)


@pytest.mark.parametrize(
    "row",
    [
        thing(ORG, "a", weight=2**63),
        thing(ORG, "a", weight=-(2**63) - 1),
        thing(ORG, "a", name="half a pair \ud800"),
    ],
    ids=["too large", "too small", "half a letter"],
)
def test_a_value_that_no_database_holds_is_refused_as_invalid(database: Backend, row: Any) -> None:
    """The same input never succeeds: that is not the database being away, and no traceback."""
    with refused(Invalid):
        kept(database, row)
    kept(database, thing(ORG, "b"))

    assert ["b"] == [one.id for one in all_of(database, ORG)]


def test_a_zero_byte_is_stored_or_refused(database: Backend) -> None:
    """PostgreSQL takes none into a text column: then it is the input that is wrong."""
    try:
        kept(database, thing(ORG, "a", name="a\x00b"))
    except Invalid:
        assert [] == all_of(database, ORG)
    else:
        assert ["a\x00b"] == [one.name for one in all_of(database, ORG)]


def test_an_empty_database_says_what_to_run(tmp_path: Path, postgres_url: str) -> None:
    """Every use before the migrations is refused, naming the command that mends it."""
    for url in (f"sqlite:///{tmp_path / 'empty.sqlite'}", postgres_url):
        services = build(Settings(database_url=url, encryption_key=MASTER))
        try:
            with refused(Unavailable) as told:
                services.application.ask(ListProducts(), SYSTEM)
            assert "hlc db migrate" in told.faults[0].message
        finally:
            services.close()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://a/b", "oracle://a", "postgresql:/", "sqlite:///"],
)
def test_an_address_that_is_not_understood_is_refused(url: str) -> None:
    """With an example of both that are."""
    with refused(Invalid) as told:
        open_database(url, 1, ClearCipher())

    assert ["HLC_DATABASE_URL"] == [fault.field for fault in told.faults]


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """At once, with a time to come back; nothing of the address in the text."""
    backend = open_database(f"postgresql://hlc:hunter2@/nobody?host={tmp_path}", 1, ClearCipher())
    with refused(Unavailable) as told:
        backend.begin(write=True)
    backend.close()

    assert 1 == told.retry_after
    assert "hunter2" not in told.detail


# PostgreSQL


@pytest.fixture
def cut_wire(postgres_url: str) -> Iterator[tuple[Proxy, SqlBackend]]:
    """A database behind a wire that can be cut."""
    folder = Path(tempfile.mkdtemp(prefix="hlc-wire-", dir="/tmp"))  # a path short enough for a socket
    with wired(postgres_url, folder) as (proxy, url):
        for backend in opened(url):
            yield proxy, backend
    shutil.rmtree(folder)


def test_a_statement_is_prepared_once_for_a_connection(postgres_url: str) -> None:
    """When it comes again, and however often the connection is given back; the oldest make room."""
    engine = make_engine(postgres_url)
    numbers = [control(f"SELECT {number}") for number in range(260)]
    for _ in range(3):
        driver = connect(engine)
        for wanted, statement in enumerate(numbers):
            assert [(wanted,)] == driver.rows(statement, ())
        driver.release()
    with closing(engine.raw_connection()) as same:
        kept_there = same.cursor().execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'hlc%'")
        assert (250,) == kept_there.fetchone()
    engine.dispose()


def test_values_come_back_from_postgresql_as_they_were_sent(postgres_url: str) -> None:
    """Text in and text out: of every type that a column can have; a letter that no text may have is refused."""
    engine = make_engine(postgres_url)
    driver = connect(engine)
    day, now = date(2026, 2, 28), datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
    wanted = ("ä'\\\"", 2**63 - 1, True, False, None, day, now, "{1,2,NULL}")
    asked = "SELECT $1::text, $2::bigint, $3::bool, $4::bool, $5::text, $6::date, $7::timestamptz, $8::bigint[]::text"
    assert [wanted] == list(driver.rows(control(asked), (*wanted[:-1], [1, 2, None])))
    for bad in ("a\0b", "\ud800"):
        with refused(Invalid):
            driver.rows(control("SELECT $1::text"), (bad,))
    assert [("off", "UTC")] == driver.rows(
        control("SELECT current_setting('enable_seqscan'), current_setting('timezone')"), ()
    )
    driver.release()
    engine.dispose()


@pytest.mark.parametrize("moment", [b"SELECT", b"UPDATE things", b"INSERT INTO", b"COMMIT"])
def test_a_connection_that_is_lost_before_the_commit_leaves_nothing(
    cut_wire: tuple[Proxy, SqlBackend], moment: bytes
) -> None:
    """At any statement: Unavailable, all or nothing, and the next transaction gets a connection that works."""
    proxy, backend = cut_wire
    kept(backend, thing(ORG, "a", weight=0))
    kept(backend, line(ORG, "x"), shape=FLATS)
    backend._let_go()
    backend.engine.dispose()  # statements are said in full on a new connection
    proxy.cut_before = moment
    with refused(Unavailable) as told:
        _several(backend)

    assert 1 == told.retry_after
    assert 1 == proxy.cuts
    assert [("a", 0)] == [(one.id, one.weight) for one in all_of(backend, ORG)]
    _several(backend)
    assert [("a", 7), ("b", None)] == [(one.id, one.weight) for one in all_of(backend, ORG)]


def test_a_commit_whose_answer_is_lost_is_in_doubt(cut_wire: tuple[Proxy, SqlBackend]) -> None:
    """Unavailable, although it was kept: whoever asks again by the natural key finds it."""
    proxy, backend = cut_wire
    proxy.cut_after = b"COMMIT"
    with refused(Unavailable):
        kept(backend, thing(ORG, "a"))

    assert 1 == proxy.cuts
    assert ["a"] == [one.id for one in all_of(backend, ORG)]


def _several(backend: Backend) -> None:
    with writing(backend, ORG) as unit:
        unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=7))
        unit.add(THINGS, thing(ORG, "b"))


def test_the_pool_heals_after_an_immediate_stop() -> None:
    """All connections of the pool died with the server: one request at most is refused after its return.

    How many seconds that takes is measured by `proof`.
    """
    with pg.server() as server:
        for backend in opened(server.url):
            sessions = [backend.begin(write=True) for _ in range(8)]
            for session in sessions:
                unit_on(session, ORG).find(THINGS, "a")
                session.rollback()
            kept(backend, thing(ORG, "a"))
            server.crash()
            with refused(Unavailable):
                kept(backend, thing(ORG, "lost"))
            server.start()
            with suppress(Unavailable):
                kept(backend, thing(ORG, "b"))
            with suppress(AlreadyExists):
                kept(backend, thing(ORG, "b"))
            opened_again = [backend.begin(write=True) for _ in range(8)]
            for session in opened_again:
                assert unit_on(session, ORG).find(THINGS, "a") is not None
                session.rollback()
            assert ["a", "b"] == [one.id for one in all_of(backend, ORG)]


def test_the_pool_is_bounded(postgres_url: str) -> None:
    """With all connections in use the next one is refused after a wait; the others go on."""
    engine = make_engine(postgres_url, pool_size=2)
    engine.pool._timeout = 0.2  # type: ignore[attr-defined]  # not ten seconds in a test
    backend = SqlBackend(engine, SHAPES, ClearCipher())
    held = [backend.begin(write=False) for _ in range(2)]
    with refused(Unavailable):
        backend.begin(write=False)
    for one in held:
        one.rollback()
    backend.begin(write=False).rollback()
    backend.close()


def test_migrations_make_what_services_need(tmp_path: Path) -> None:
    """A freshly migrated file serves."""
    url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
    prepare(url)
    services = build(Settings(database_url=url, encryption_key=MASTER))
    assert () == services.application.ask(ListProducts(), SYSTEM).items
    services.close()
