"""Tables made from the shapes: organization, id, version, the projected columns, and the body."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hlc_adapters.sql.guards import SHAPE
from hlc_adapters.storage.shape import Shape, Type


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant: timestamptz on PostgreSQL, sortable ISO text in UTC on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """The type that the dialect stores."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(32))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """What is stored of the instant."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """The instant, aware, in UTC."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text by its code points: ranges of ids must not depend on the locale of whoever made the database."""

_TYPES: dict[Type, sa.types.TypeEngine[Any]] = {
    Type.TEXT: TEXT,
    Type.INT: sa.BigInteger(),
    Type.BOOL: sa.Boolean(),
    Type.DATE: sa.Date(),
    Type.INSTANT: UtcDateTime(),
}


NUMBERS = "numbers"
"""The table of the counters of document numbers."""


def table_names(shapes: Iterable[Shape[Any]]) -> tuple[str, ...]:
    """The names of all tables of `make_metadata`, without making them, which takes longer than a transaction."""
    return (*(shape.name for shape in shapes), NUMBERS)


def make_metadata(shapes: Iterable[Shape[Any]]) -> sa.MetaData:
    """All tables of the shapes, and the counters of document numbers."""
    metadata = sa.MetaData()
    for shape in shapes:
        _table(metadata, shape)
    sa.Table(
        NUMBERS,
        metadata,
        sa.Column("organization", TEXT, primary_key=True),
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("next", sa.BigInteger(), nullable=False),
    )
    return metadata


def _table(metadata: sa.MetaData, shape: Shape[Any]) -> sa.Table:
    columns = [sa.Column(column.name, _TYPES[column.type], nullable=True) for column in shape.columns]
    if not shape.flat:
        columns.append(sa.Column("body", sa.Text(), nullable=False))
    table = sa.Table(
        shape.name,
        metadata,
        sa.Column("organization", TEXT, primary_key=True),
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *columns,
        info={SHAPE: shape},
    )
    if shape.machine is not None:
        states = ", ".join(f"'{state}'" for state in shape.machine.states)
        table.append_constraint(sa.CheckConstraint(f"state IN ({states})", name=f"{shape.name}_state"))
    for column, parent in shape.refers:
        table.append_constraint(
            sa.ForeignKeyConstraint(
                ("organization", column),
                (f"{parent}.organization", f"{parent}.id"),
                name=f"{shape.name}_{column}_is_ours",
                deferrable=True,
                initially="DEFERRED",
            )
        )
    for rule in shape.uniques:
        exempt = [f"{rule.unless[0]} <> '{rule.unless[1]}'"] if rule.unless is not None else []
        _index(table, f"{shape.name}_{rule.name}", rule.columns, exempt, unique=True, scoped=not rule.everywhere)
    for index in shape.indexes:
        only = [f"{index.only[0]} = '{index.only[1]}'"] if index.only is not None else []
        _index(table, f"{shape.name}_by_{'_'.join(index.columns)}", index.columns, only, unique=False)
    return table


def _index(
    table: sa.Table, name: str, columns: tuple[str, ...], only: list[str], unique: bool, scoped: bool = True
) -> None:
    """Without the rows whose last column is NULL: they are never looked for, and need no place in the index."""
    condition = sa.text(" AND ".join([*only, f"{columns[-1]} IS NOT NULL"]))
    sa.Index(
        name,
        *(table.c[column] for column in (*(("organization",) if scoped else ()), *columns)),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
