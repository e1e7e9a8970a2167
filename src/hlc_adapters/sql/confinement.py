"""The role that the service works as on PostgreSQL: made and given its rights by migrations, looked at before it works.

Source: docs/decisions/0015-row-policies-and-a-role-of-its-own.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from hlc_adapters.settings import SERVICE_ROLE
from hlc_core.kernel.errors import Fault, Invalid, Unavailable

LOGIN = "login"
"""Instead of a role: work as whoever logs in, if the policies hold for them."""
UNSAFE = "unsafe"
"""Instead of a role: work as whoever logs in, whatever they may do. For development only."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_VARIABLE = "HLC_DATABASE_ROLE"
_INHERITED_OPTIONS = 160_000
"""From this version of PostgreSQL on, a membership says for itself whether the role may be taken on."""

_LOOK = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
  coalesce(bool_or(pg_has_role(current_user, c.relowner, 'USAGE')), false),
  coalesce(bool_or(NOT (c.relrowsecurity AND c.relforcerowsecurity)), false)
FROM pg_roles r LEFT JOIN pg_class c
  ON c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)
WHERE r.rolname = current_user GROUP BY 1, 2, 3
"""


class Unconfined(Unavailable):
    """The role of the service could see or change the rows of all organizations."""


def checked_role(role: str) -> str:
    """The name, if it can be one. Refuses: Invalid."""
    if not _NAME.fullmatch(role):
        raise Invalid("That is no name of a role.", Fault(_VARIABLE, f"lower-case letters, such as {SERVICE_ROLE}"))
    return role


def take_role(connection: Any, role: str) -> None:
    """Have a new connection of psycopg work as the role from here on. Refuses: Unavailable (there is none)."""
    connection.autocommit = True
    try:
        connection.execute(f"SET ROLE {checked_role(role)}")
    except Exception as error:
        connection.close()
        if getattr(error, "sqlstate", "") not in {"22023", "42501", "42704"}:
            raise
        remedy = Fault(_VARIABLE, "run `hlc db migrate`, as a login that may make roles")
        raise Unavailable(f"The database has no role {role} for this login.", remedy) from None
    finally:
        if not connection.closed:
            connection.autocommit = False


def require_confined(connection: Any, tables: Iterable[str]) -> None:
    """Refuses: Unconfined (a superuser, BYPASSRLS, an owner of the tables, or a table without its policies)."""
    found = connection.execute(_LOOK, (sorted(tables),)).fetchone()
    name, superuser, bypasses, owns, open_tables = found
    remedy = Fault(_VARIABLE, f"leave it out, and the role {SERVICE_ROLE} of `hlc db migrate` is taken on")
    for is_so, why in (
        (superuser, "is a superuser"),
        (bypasses, "bypasses row-level security"),
        (owns, "owns the tables"),
    ):
        if is_so:
            raise Unconfined(f"The database role {name} {why}: it could see every organization.", remedy)
    if open_tables:
        raise Unconfined("Some tables have no row policies.", Fault("HLC_DATABASE_URL", "run `hlc db migrate`"))


def grant(connection: sa.Connection, role: str, login: str, tables: Iterable[str], readable: Iterable[str]) -> None:
    """Make the role where it is missing, let `login` (besides us) take it on, and give it rights on these rows."""
    taker = role
    if role in (LOGIN, UNSAFE):
        taker = login
    else:
        checked_role(role)
        _make(connection, role)
        _lend(connection, role, "")
        if login:
            _lend(connection, role, login)
    if not taker:
        return
    schema = _quoted(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
    who = _quoted(taker)
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {who}")
    connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(sorted(tables))} TO {who}")
    connection.exec_driver_sql(f"GRANT SELECT ON {', '.join(readable)} TO {who}")


def _make(connection: sa.Connection, role: str) -> None:
    """Another database of the same server may be making it at this moment."""
    connection.exec_driver_sql(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; "
        "END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )


def _lend(connection: sa.Connection, role: str, login: str) -> None:
    """A superuser may take any role on, without being told."""
    who = _quoted(login) if login else "current_user"
    asked = f"SELECT rolsuper, pg_has_role(rolname, '{role}', 'MEMBER') FROM pg_roles WHERE rolname = "  # noqa: S608  # checked
    version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    settable = int(version) >= _INHERITED_OPTIONS
    if settable:
        asked = asked.replace("'MEMBER'", "'SET'")
    found = connection.exec_driver_sql(asked + (f"'{login}'" if login else "current_user")).one_or_none()
    if found is None or found[0] or found[1]:
        return
    options = " WITH SET TRUE, INHERIT FALSE" if settable else ""
    connection.exec_driver_sql(f"GRANT {role} TO {who}{options}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
