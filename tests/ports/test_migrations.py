"""Migrations: what the shapes say, made once, wholly or not at all, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.migrate import (
    Migration,
    differences,
    known,
    lines,
    migrate,
    pending,
    require_migrated,
    script,
)
from hlc_adapters.sql.tables import make_metadata, table_names
from hlc_adapters.storage.shapes.all import ALL
from hlc_core.kernel.errors import HlcError, Unavailable
from hlc_core.registry import MACHINES
from support.refusals import refused
from support.worlds import START

METADATA = make_metadata(ALL)
MAKERS = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
    else:
        url = request.getfixturevalue("postgres_url")
    made = make_engine(url)
    yield made
    made.dispose()


def tables(engine: sa.Engine) -> set[str]:
    """What is there."""
    return set(sa.inspect(engine).get_table_names())


@pytest.mark.parametrize("name", MAKERS)
def test_the_migrations_are_what_the_shapes_say(name: str) -> None:
    """Whoever changes a shape runs `python -m tools.schema`, or writes a migration."""
    first = known(name)[0]
    wanted = tuple(part.strip() for part in script(METADATA, MAKERS[name]()).split(";\n") if part.strip())

    assert (1, "start", wanted) == (first.number, first.name, first.statements)


def test_both_databases_have_the_same_steps() -> None:
    """By number and name, without gaps."""
    steps = {name: [(step.number, step.name) for step in known(name)] for name in MAKERS}

    assert steps["sqlite"] == steps["postgresql"]
    assert list(range(1, len(steps["sqlite"]) + 1)) == [number for number, _ in steps["sqlite"]]


def test_a_database_is_migrated_once(engine: sa.Engine) -> None:
    """What was missing is named; the second run finds nothing to do; nothing differs afterwards."""
    steps = known(engine.dialect.name)
    assert steps == pending(engine)
    assert {f"table {name} is missing" for name in METADATA.tables} == set(differences(engine, METADATA))
    with refused(Unavailable) as told:
        require_migrated(engine)
    assert "run `hlc db migrate`" == told.faults[0].message
    assert "0001 start" in told.detail

    assert steps == migrate(engine, START)
    assert () == migrate(engine, START)
    assert () == pending(engine)
    assert () == differences(engine, METADATA)
    require_migrated(engine)
    assert set(METADATA.tables) | {"schema_migrations"} == tables(engine)


def test_an_interrupted_migration_leaves_nothing(engine: sa.Engine) -> None:
    """A step that fails half way is undone wholly, and can be run again once its reason is gone."""
    last = sorted(METADATA.tables)[-1]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {last} (in_the_way text)")
    for _ in range(2):
        with refused(HlcError):
            migrate(engine, START)
        assert {last} == tables(engine)
        assert known(engine.dialect.name) == pending(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {last}")
    migrate(engine, START)

    assert () == differences(engine, METADATA)


def test_programs_that_open_a_new_file_at_once_all_get_in(tmp_path: Path) -> None:
    """The first of them switches its journal, which waits for nobody by itself."""
    faults: list[BaseException] = []

    def open_it(file: Path, barrier: threading.Barrier) -> None:
        engine = make_engine(f"sqlite:///{file}")
        barrier.wait()
        try:
            engine.connect().close()
        except BaseException as fault:
            faults.append(fault)
        finally:
            engine.dispose()

    for number in range(60):
        barrier = threading.Barrier(4)
        threads = [threading.Thread(target=open_it, args=(tmp_path / f"{number}.sqlite", barrier)) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    assert [] == faults


def test_two_migrations_at_once_do_it_once(engine: sa.Engine) -> None:
    """One waits for the other, and finds it done."""
    applied: list[tuple[Migration, ...]] = []
    faults: list[BaseException] = []
    barrier = threading.Barrier(3)

    def work() -> None:
        own = make_engine(engine.url.render_as_string(hide_password=False))
        barrier.wait()
        try:
            applied.append(migrate(own, START))
        except BaseException as fault:
            faults.append(fault)
        finally:
            own.dispose()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [] == faults
    assert [0, 0, len(known(engine.dialect.name))] == sorted(len(steps) for steps in applied)


def test_what_differs_is_named(engine: sa.Engine) -> None:
    """A missing column, index or table, in words."""
    migrate(engine, START)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE numbers")
        connection.exec_driver_sql("DROP INDEX carts_by_state_active_at")
        connection.exec_driver_sql("ALTER TABLE jobs RENAME COLUMN name TO title")
    found = differences(engine, METADATA)

    assert {"table numbers is missing", "index carts_by_state_active_at is missing", "column jobs.name is missing"} == {
        *found
    }


def test_the_database_itself_knows_the_states(engine: sa.Engine) -> None:
    """A row in a state that the machine does not have is refused by the table."""
    migrate(engine, START)
    stored = {shape.machine.name: shape for shape in ALL if shape.machine is not None}
    assert {machine.name for machine in MACHINES} == set(stored)
    for shape in stored.values():
        row = {"organization": "org_a", "id": "x", "version": 1, "state": "nonsense", "body": "{}"}
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(METADATA.tables[shape.name].insert(), row)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """Every question about it, with a named refusal."""
    engine = make_engine(f"sqlite:///{tmp_path}/no/folder.sqlite")
    for ask in (pending, require_migrated, lambda one: differences(one, METADATA), lambda one: migrate(one, START)):
        with refused(Unavailable):
            ask(engine)


def test_steps_are_listed_for_people() -> None:
    """Number and words."""
    assert ("0001 start", "0012 more room") == lines((Migration(1, "start", ()), Migration(12, "more_room", ())))


def test_the_names_of_the_tables_are_known_without_making_them() -> None:
    """In the order of the tables, the counters last."""
    assert tuple(METADATA.tables) == table_names(ALL)
