"""What a database itself does to keep organizations apart: row policies on PostgreSQL, triggers on both.

The policies read two settings of the connection: `hlc.organization`, and `hlc.across`, which names the one shared table
that may be read across organizations. Source: docs/decisions/0016-row-policies-and-a-role-of-its-own.md.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hlc_adapters.storage.shape import Shape
from hlc_core.kernel.ids import PLATFORM

SHAPE = "shape"
"""The key under which a table keeps the shape that it was made from."""

_ORGANIZATION = "current_setting('hlc.organization', true)"


def preamble(dialect: str) -> list[str]:
    """What must be there before the tables."""
    if dialect == "sqlite":
        return []
    body = "BEGIN RAISE EXCEPTION 'this row stays as it is' USING ERRCODE = 'check_violation'; END"
    return [f"CREATE FUNCTION hlc_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"]


def guards(table: sa.Table, dialect: str) -> list[str]:
    """The statements that guard one table."""
    shape: Shape[Any] | None = table.info.get(SHAPE)
    made = [] if dialect == "sqlite" else _policy(table.name, shape)
    moved = "UPDATE OF organization"
    made.append(_trigger(table.name, "organization_stays", moved, "OLD.organization <> NEW.organization", dialect))
    if shape is not None and shape.append_only:
        made += [_trigger(table.name, f"no_{verb.lower()}", verb, "", dialect) for verb in ("UPDATE", "DELETE")]
    return made


def guard_names(table: sa.Table, dialect: str) -> list[str]:
    """The triggers and policies that guard one table."""
    made = (statement.split() for statement in guards(table, dialect))
    return [words[2] for words in made if words[0] == "CREATE"]


def _policy(name: str, shape: Shape[Any] | None) -> list[str]:
    """Whose rows are seen and written: those of the organization that the connection was told."""
    rule = f"CASE WHEN organization = (SELECT {_ORGANIZATION}) THEN true ELSE false END"
    if shape is not None and shape.platform:
        rule = f"organization = '{PLATFORM}' AND {_ORGANIZATION} <> ''"
    if shape is not None and shape.shared:
        rule = f"{rule} OR current_setting('hlc.across', true) = '{name}'"
    return [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {name}_scope ON {name} USING ({rule})",
    ]


def _trigger(table: str, name: str, event: str, when: str, dialect: str) -> str:
    condition = f" WHEN ({when})" if when else ""
    act = "EXECUTE FUNCTION hlc_refuse()"
    if dialect == "sqlite":
        act = "BEGIN SELECT RAISE(ABORT, 'this row stays as it is'); END"
    return f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH ROW{condition} {act}"
