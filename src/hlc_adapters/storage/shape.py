"""How an aggregate is stored: its body, the columns projected from it, its unique rules and indexes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

from attrs import evolve, field, frozen

from hlc_core.kernel.machine import AnyMachine


class Stored(Protocol):
    """What every stored value has."""

    @property
    def id(self) -> str: ...
    @property
    def organization(self) -> str: ...
    @property
    def version(self) -> int: ...


M = TypeVar("M", bound=Stored)


class Type(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INT = "int"
    BOOL = "bool"
    DATE = "date"
    INSTANT = "instant"


@frozen
class Column:
    """One projected column; `take` reads it from the aggregate, None is stored as NULL.

    `path` is the field that it is, where it is one (`payment.amount.currency`), else nothing. `tells` says of a column
    of keyed hashes what it gives away without the key.
    """

    name: str
    type: Type
    take: Callable[[Any], Any]
    path: str = ""
    tells: str = ""


@frozen
class Unique:
    """No two rows of one organization share these columns; rows with a NULL among them never clash.

    `unless` is a (column, value) that exempts a row: a partial unique index. `everywhere`: no two rows of the whole
    installation, for words by which an organization itself is found.
    """

    name: str
    columns: tuple[str, ...]
    unless: tuple[str, str] | None = None
    everywhere: bool = False


@frozen
class Index:
    """Columns (after the organization) by which rows are found; equality first, then one ordered column.

    Rows with a NULL in the last column are not in it. `only` is a (column, value) that keeps all other rows out.
    """

    columns: tuple[str, ...]
    only: tuple[str, str] | None = None


class Op(StrEnum):
    """How a column is compared."""

    EQ = "="
    NE = "<>"
    LE = "<="
    LT = "<"
    GE = ">="
    GT = ">"
    IN = "in"
    IS_NULL = "is null"
    CONTAINS = "contains"
    """The text is somewhere in the column; every row is looked at."""


@frozen
class Where:
    """One comparison of a column; `id` and `version` may be compared, too."""

    column: str
    op: Op
    value: Any = None


def eq(column: str, value: Any) -> Where:
    """The column equals the value."""
    return Where(column, Op.EQ, value)


def one_of(column: str, values: Sequence[Any]) -> Where:
    """The column is one of the values."""
    return Where(column, Op.IN, tuple(values))


def at_most(column: str, value: Any) -> Where:
    """The column is not NULL and not above the value."""
    return Where(column, Op.LE, value)


def above(column: str, value: Any) -> Where:
    """The column is above the value."""
    return Where(column, Op.GT, value)


def below(column: str, value: Any) -> Where:
    """The column is below the value."""
    return Where(column, Op.LT, value)


def at_least(column: str, value: Any) -> Where:
    """The column is not below the value."""
    return Where(column, Op.GE, value)


def contains(column: str, text: str) -> Where:
    """The text is somewhere in the column."""
    return Where(column, Op.CONTAINS, text)


def missing(column: str) -> Where:
    """The column is NULL."""
    return Where(column, Op.IS_NULL)


@frozen(eq=False)
class Shape(Generic[M]):
    """One table: `name`, the class of its rows, columns, unique rules, indexes.

    `flat` rows have only columns, named as the fields. `machine` makes the unit of work record each move.
    `numbered` is the kind of gap-free number given when the row is first written. `sealed` bodies go through the
    cipher. `kind` is the word for the aggregate in the audit trail; rows without one are not listed there.
    """

    name: str
    model: type[M]
    columns: tuple[Column, ...] = ()
    uniques: tuple[Unique, ...] = ()
    indexes: tuple[Index, ...] = ()
    flat: bool = field(default=False, kw_only=True)
    machine: AnyMachine | None = field(default=None, kw_only=True)
    numbered: Callable[[M], str | None] | None = field(default=None, kw_only=True)
    sealed: bool = field(default=False, kw_only=True)
    kind: str = field(default="", kw_only=True)
    listed: str = field(default="", kw_only=True)
    """Where one finds those that there are: the remedy of naming one that there is not. As in `orders at /orders`: the
    group of the command line that lists them, and the path below /api/v1."""
    shared: bool = field(default=False, kw_only=True)
    """Shared rows may be read across organizations by the named cross-organization scope (directory, relay)."""
    refers: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    """Columns that hold the id of a row of the same organization, each with that row's table; looked at on commit."""
    append_only: bool = field(default=False, kw_only=True)
    """Rows that are never changed or taken away; the database refuses it."""
    tracked: bool = field(default=False, kw_only=True)
    """The audit entry says of each changed field what it was and what it is; of `hidden` fields only that."""
    hidden: frozenset[str] = field(default=frozenset(), kw_only=True)
    platform: bool = field(default=False, kw_only=True)
    """Rows of no clinic: people's logins. All of them carry `PLATFORM` as their organization, from whichever clinic's
    transaction they are read or written."""

    def claims(self, row: M) -> tuple[tuple[Any, ...] | None, ...]:
        """What the row claims of each unique rule; None where it claims nothing."""
        return tuple(self._claim(rule, row) for rule in self.uniques)

    def _claim(self, rule: Unique, row: M) -> tuple[Any, ...] | None:
        values = tuple(self.column(name).take(row) for name in rule.columns)
        exempt = rule.unless is not None and self.column(rule.unless[0]).take(row) == rule.unless[1]
        return None if exempt or None in values else values

    def column(self, name: str) -> Column:
        """The projected column of that name. Refuses: KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


Source = str | Callable[[Any], Any] | None
"""From what a column is taken: a path of fields, a function, or the field of the column's own name."""


def text(name: str, source: Source = None) -> Column:
    """A text column."""
    return _column(name, Type.TEXT, source)


def hashed(name: str, tells: str, source: Source = None) -> Column:
    """A text column of keyed hashes, and what it gives away to somebody without the key."""
    return evolve(_column(name, Type.TEXT, source), tells=tells)


def integer(name: str, source: Source = None) -> Column:
    """An integer column of 64 bits."""
    return _column(name, Type.INT, source)


def boolean(name: str, source: Source = None) -> Column:
    """A boolean column."""
    return _column(name, Type.BOOL, source)


def day(name: str, source: Source = None) -> Column:
    """A local date column."""
    return _column(name, Type.DATE, source)


def instant(name: str, source: Source = None) -> Column:
    """An instant column (aware, UTC)."""
    return _column(name, Type.INSTANT, source)


def _column(name: str, type_: Type, source: Source) -> Column:
    if callable(source):
        return Column(name, type_, source)
    return Column(name, type_, attrgetter(source or name), source or name)
