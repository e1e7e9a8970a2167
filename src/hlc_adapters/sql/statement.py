"""Statements that a driver runs: each says whose rows it reaches, and is run only in a scope that allows that."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

ACROSS = "*"
"""Begins the name of a cross-organization scope; the rest is the one table that it opens."""


class Reach(StrEnum):
    """Whose rows a statement reaches."""

    ORGANIZATION = "organization"
    """Those of the organization that is among its parameters."""
    ACROSS = "across"
    """Those of all organizations, in one table."""
    NOTHING = "nothing"
    """None: beginning and ending transactions, settings."""


@frozen
class Statement:
    """A text, what it reaches, and (where that is one table's rows) the table."""

    text: str
    reach: Reach
    table: str = ""


class Unscoped(RuntimeError):
    """A statement was to be run outside of the scope that it needs: a mistake in the code, not of the caller."""


def require_scope(statement: Statement, scope: str) -> None:
    """Refuses: Unscoped. A missing scope is an error, never "all"."""
    if statement.reach is Reach.NOTHING:
        return
    if not scope:
        raise Unscoped(f"No organization was named for a statement on {statement.table or 'several tables'}.")
    across = scope.startswith(ACROSS)
    if (statement.reach is Reach.ACROSS or across) and scope != ACROSS + statement.table:
        raise Unscoped(f"The scope {scope} does not open {statement.table or 'several tables'}.")


def control(text: str) -> Statement:
    """A statement that reaches no rows."""
    return Statement(text, Reach.NOTHING)
