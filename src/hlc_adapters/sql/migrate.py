"""Migrations: numbered SQL files, forward only, each in one transaction, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import resources

import sqlalchemy as sa
from attrs import frozen
from sqlalchemy.schema import CreateIndex, CreateTable

from hlc_adapters.settings import SERVICE_ROLE
from hlc_adapters.sql.confinement import grant
from hlc_adapters.sql.engine import WRITE, understood
from hlc_adapters.sql.guards import guard_names, guards, preamble
from hlc_core.kernel.errors import Fault, Unavailable

_APPLIED = sa.Table(
    "schema_migrations",
    sa.MetaData(),
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("applied_at", sa.Text(), nullable=False),
)
_LOCK = 7_310_552
_GUARDS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT policyname::text FROM pg_policies WHERE schemaname = current_schema() "
    "UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal",
}
"""What asks for the names of triggers and policies."""


@frozen
class Migration:
    """One step of the schema: its number, its name, the statements for one dialect."""

    number: int
    name: str
    statements: tuple[str, ...]


def known(dialect: str) -> tuple[Migration, ...]:
    """All migrations that this version ships, in order."""
    folder = resources.files("hlc_adapters.sql").joinpath("migrations")
    found = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        stem, _, rest = file.name.partition(".")
        if rest == f"{dialect}.sql":
            statements = tuple(part.strip() for part in file.read_text("utf-8").split(";\n") if part.strip())
            found.append(Migration(int(stem[:4]), stem[5:], statements))
    return tuple(found)


def migrate(engine: sa.Engine, now: datetime, role: str = SERVICE_ROLE, login: str = "") -> tuple[Migration, ...]:
    """Apply what is missing; answers what was applied. Two at once: one waits. Refuses: Unavailable, Invalid (role).

    A step that was interrupted left nothing behind and is done again. On PostgreSQL it makes the role of the service
    and gives it its rights, too; `login` is who will take it on, where that is somebody else than the one who migrates.
    """
    try:
        with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            _APPLIED.create(connection, checkfirst=True)
            done = _applied(connection)
            missing = tuple(step for step in known(engine.dialect.name) if step.number not in done)
            for step in missing:
                for statement in step.statements:
                    connection.exec_driver_sql(statement)
                row = {"number": step.number, "name": step.name, "applied_at": now.isoformat()}
                connection.execute(_APPLIED.insert(), row)
            if engine.dialect.name == "postgresql":
                tables = set(sa.inspect(connection).get_table_names()) - {_APPLIED.name}
                grant(connection, role, login, tables, (_APPLIED.name,))
            return missing
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise understood(error) from None


def pending(engine: sa.Engine) -> tuple[Migration, ...]:
    """Migrations that the database lacks. Refuses: Unavailable."""
    try:
        with engine.connect().execution_options(**{WRITE: False}) as connection:
            done = _applied(connection) if sa.inspect(connection).has_table(_APPLIED.name) else frozenset()
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise understood(error) from None
    return tuple(step for step in known(engine.dialect.name) if step.number not in done)


def require_migrated(engine: sa.Engine) -> None:
    """Refuses: Unavailable, naming the command that mends it, when migrations are missing."""
    missing = pending(engine)
    if missing:
        names = ", ".join(f"{step.number:04d} {step.name}" for step in missing)
        raise Unavailable(f"The database lacks migrations: {names}.", Fault("database", "run `hlc db migrate`"))


def differences(engine: sa.Engine, metadata: sa.MetaData) -> tuple[str, ...]:
    """Where the database is not as the code expects it, in words; nothing when it is. Refuses: Unavailable."""
    try:
        with engine.connect().execution_options(**{WRITE: False}) as connection:
            there = sa.inspect(connection)
            tables = set(there.get_table_names())
            found: list[str] = []
            for table in metadata.sorted_tables:
                if table.name not in tables:
                    found.append(f"table {table.name} is missing")
                    continue
                columns = {column["name"] for column in there.get_columns(table.name)}
                indexes = {index["name"] for index in there.get_indexes(table.name)}
                found += [f"column {table.name}.{c.name} is missing" for c in table.c if c.name not in columns]
                found += [f"index {index.name} is missing" for index in table.indexes if index.name not in indexes]
            watched = frozenset(connection.exec_driver_sql(_GUARDS[engine.dialect.name]).scalars())
            for table in metadata.sorted_tables:
                if table.name in tables:
                    wanted = guard_names(table, engine.dialect.name)
                    found += [f"guard {name} is missing" for name in wanted if name not in watched]
            return tuple(found)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise understood(error) from None


def _applied(connection: sa.Connection) -> frozenset[int]:
    return frozenset(connection.execute(sa.select(_APPLIED.c.number)).scalars())


def script(metadata: sa.MetaData, dialect: sa.Dialect) -> str:
    """The statements that make the whole schema from nothing, for a first migration."""
    statements: list[str] = preamble(dialect.name)
    for table in sorted(metadata.tables.values(), key=lambda one: one.name):
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            statements.append(str(CreateIndex(index).compile(dialect=dialect)).strip())
        statements += guards(table, dialect.name)
    return ";\n\n".join(line.replace("\t", "    ") for line in statements) + ";\n"


def lines(steps: Sequence[Migration]) -> tuple[str, ...]:
    """The steps for people to read."""
    return tuple(f"{step.number:04d} {step.name.replace('_', ' ')}" for step in steps)
