"""The databases that are measured, as durable as in production, and fresh or copied ones of each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import psycopg
from attrs import define, field, frozen
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from bench.tape import plain
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.migrate import migrate
from support import postgres as pg

Prepare = Callable[[str], None]


class Place(Protocol):
    """One database system. `prepared` databases are made once and copied; nobody may be connected to one."""

    @property
    def name(self) -> str:
        """As figures name it."""
        ...

    def prepared(self, prepare: Prepare) -> str:
        """The name of a database, migrated, that `prepare` filled."""
        ...

    def copy(self, prepared: str) -> str:
        """The URL of a copy of one's own."""
        ...

    def drop(self, url: str) -> None:
        """Throw a copy away, to make room."""
        ...

    def busy(self) -> float:
        """Seconds of CPU that the system has used so far in processes of its own."""
        ...


@define
class SqlitePlace:
    """Files in a folder: WAL, synchronous=FULL."""

    folder: Path
    name: str = "SQLite"
    _numbers: Iterator[int] = field(factory=count, init=False)

    def prepared(self, prepare: Prepare) -> str:
        """A file that was closed, so that its log is folded into it."""
        path = self.folder / f"prepared{next(self._numbers)}.sqlite"
        _fill(f"sqlite:///{path}", prepare)
        return str(path)

    def copy(self, prepared: str) -> str:
        """A copy of the file."""
        path = self.folder / f"copy{next(self._numbers)}.sqlite"
        shutil.copyfile(prepared, path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Remove the file and its log."""
        path = Path(url.removeprefix("sqlite:///"))
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()

    def busy(self) -> float:
        """None: it runs in our process."""
        return 0.0


@frozen
class PostgresPlace:
    """Databases of one server, with PostgreSQL's own defaults (fsync and synchronous commit on)."""

    url: str
    postmaster: int | None = None
    name: str = "PostgreSQL"
    _numbers: Iterator[int] = field(factory=count, init=False)

    def prepared(self, prepare: Prepare) -> str:
        """A database that serves as a template."""
        name = f"prepared{next(self._numbers)}"
        self._admin("CREATE DATABASE {}", name)
        _fill(self._at(name), prepare)
        with psycopg.connect(plain(self._at(name)), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        return name

    def copy(self, prepared: str) -> str:
        """A database made from the template; what that left to be written is written before."""
        name = f"copy{next(self._numbers)}"
        self._admin("CREATE DATABASE {} TEMPLATE {}", name, prepared)
        self._admin("CHECKPOINT")
        return self._at(name)

    def drop(self, url: str) -> None:
        """Drop the database."""
        self._admin("DROP DATABASE {} WITH (FORCE)", make_url(url).database or "")

    def busy(self) -> float:
        """Of the server, the connections that it has, and those that it had; 0 where it is not ours."""
        if self.postmaster is None:
            return 0.0
        return busy(self.postmaster)

    def _admin(self, statement: str, *names: str) -> None:
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            connection.execute(SQL(statement).format(*map(Identifier, names)))

    def _at(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)


def busy(process: int) -> float:
    """Seconds of CPU of a process and its children, those that have ended included. 0 where there is no /proc."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(stat.parent.name) == process:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == process:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _fill(url: str, prepare: Prepare) -> None:
    from bench.clinic import START  # noqa: PLC0415  # the clinic opens databases, too

    engine = make_engine(url)
    migrate(engine, START)
    engine.dispose()
    prepare(url)


@contextmanager
def places(wanted: frozenset[str]) -> Iterator[list[Place]]:
    """The systems of those names, up while the block runs. HLC_TEST_POSTGRES_URL takes the place of the own server."""
    given = os.environ.get("HLC_TEST_POSTGRES_URL")
    with TemporaryDirectory(prefix="hlc-bench-", dir="/tmp") as folder:
        found: list[Place] = [SqlitePlace(Path(folder))] if "sqlite" in wanted else []
        if "postgres" not in wanted:
            yield found
        elif given:
            yield [*found, PostgresPlace(given)]
        else:
            with pg.server(settings=pg.DURABLE) as server:
                pid = int((server.home / "data" / "postmaster.pid").read_text().split()[0])
                yield [*found, PostgresPlace(server.url, pid)]
