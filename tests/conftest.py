"""What every test has: PostgreSQL when it asks for it, and no network beyond this machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from support import postgres as pg
from support import statements, worlds

collect_ignore = [] if os.environ.get("HLC_BROWSER") else ["browser"]
"""What needs a browser is run by `nox -s browser`, which says where one is."""

_ENOUGH = 4 << 30
"""Bytes that a run never fills."""

_HOME, _OWNER = "HLC_TESTS_POSTGRES_HOME", "HLC_TESTS_OWNER"


settings.register_profile(
    "commit",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
settings.load_profile("commit")  # the same examples every time, however busy the machine; `proof` looks further


class LeavesTheMachine(RuntimeError):
    """A test tried to reach another machine."""


def _stay_here(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and address[0] != "localhost" and not ip_address(address[0]).is_loopback:
        raise LeavesTheMachine(f"Tests may not connect to {address}.")


def _work_in_memory() -> None:
    """Have files of tests where a sync costs nothing: processes are killed in tests, machines are not.

    Whoever names a folder (`TMPDIR`) gets that one.
    """
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and memory.is_dir() and shutil.disk_usage(memory).free > _ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)


def pytest_configure(config: pytest.Config) -> None:
    """Reserve the folder of the run's PostgreSQL; with xdist, in the process that starts the workers."""
    sys.addaudithook(_stay_here)
    statements.listen()
    if not hasattr(config, "workerinput"):
        _work_in_memory()
        os.environ[_HOME] = str(pg.new_home())
        os.environ[_OWNER] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run's PostgreSQL."""
    if hasattr(config, "workerinput"):
        return
    home = Path(os.environ.pop(_HOME))
    if "HLC_TEST_POSTGRES_URL" in os.environ:
        pg.shared(home, os.getpid()).forget()
    pg.end(pg.Server(home=home, owner=os.getpid()))


@pytest.fixture(autouse=True)
def every_statement_has_a_scope() -> Iterator[None]:
    """A test fails when a statement reached rows without an organization or a named wider scope."""
    before = len(statements.SEEN.unscoped)
    yield
    found = statements.SEEN.unscoped[before:]
    assert [] == found, "statements without a scope"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many statements were looked at (of this process: without xdist, of the whole run)."""
    seen = statements.SEEN
    if seen.total:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(seen.counts.items()))
        terminalreporter.write_line(f"SQL: {seen.total:,} statements, {len(seen.unscoped)} without a scope ({kinds})")


@pytest.fixture(scope="session")
def postgres() -> pg.Postgres:
    """The run's PostgreSQL; `postgres.fresh(prepare)` makes databases in it. A missing one fails the test."""
    return pg.shared(Path(os.environ[_HOME]), int(os.environ[_OWNER]))


@pytest.fixture
def postgres_url(postgres: pg.Postgres) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is this test's own."""
    with postgres.fresh() as url:
        yield url


@pytest.fixture(params=worlds.BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, with its tables: memory, SQLite and PostgreSQL, one after the other."""
    if request.param == "memory":
        yield worlds.MEMORY
    elif request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
        worlds.prepare(url)
        yield url
    else:
        server: pg.Postgres = request.getfixturevalue("postgres")
        with server.fresh(worlds.prepare) as url:
            yield url


@pytest.fixture
def world(database_url: str) -> Iterator[worlds.World]:
    """One clinic on memory, SQLite and PostgreSQL: see `support.worlds`."""
    with worlds.opened(database_url) as opened:
        yield opened


@pytest.fixture
def memory_world() -> Iterator[worlds.World]:
    """One clinic in memory."""
    with worlds.opened() as opened:
        yield opened
