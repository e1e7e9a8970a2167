"""The port of a backend: one transaction over rows of shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from attrs import frozen

from hlc_adapters.storage.shape import M, Shape, Where


@frozen
class Body:
    """A sealed row as it is stored."""

    id: str
    version: int
    text: str


@frozen
class Write:
    """What one flush writes to one table."""

    shape: Shape[Any]
    updates: Sequence[Any]
    inserts: Sequence[Any]


Later = Callable[[], Sequence[Write]]
"""Answers more writes of a flush."""


class NotShared(RuntimeError):
    """A cross-organization question was put to a table that does not allow it: a mistake in the code."""


def require_shared(shape: Shape[Any]) -> None:
    """Refuses: NotShared. The cross-organization scopes are the shared tables, each by its name."""
    if not shape.shared:
        raise NotShared(f"{shape.name} is never read across organizations.")


class Session(Protocol):
    """One open transaction. Every call names the organization; None is the cross-organization scope that a shared
    table has of its own.

    Refuses: AlreadyExists (insert or update against a unique rule), Stale (update or delete of a row whose version
    is not one below the given one), Unavailable (the database is not there or too busy).
    """

    @property
    def writes(self) -> bool:
        """Whether it was begun to write; one that was not may keep what it is given at once, so nothing is given."""
        ...

    @property
    def keys(self) -> dict[str, Any]:
        """Unwrapped keys by organization, as this transaction read or made them."""
        ...

    def fetch(self, shape: Shape[M], organization: str | None, ids: Sequence[str]) -> list[M]:
        """The rows with these ids."""
        ...

    def select(
        self,
        shape: Shape[M],
        organization: str | None,
        where: tuple[Where, ...] = (),
        order: tuple[str, ...] = ("id",),
        limit: int | None = None,
        locked: bool = False,
    ) -> list[M]:
        """Rows that meet all conditions, ordered; `-name` orders downwards; `locked` claims them, skipping claimed."""
        ...

    def count(self, shape: Shape[M], organization: str | None, where: tuple[Where, ...] = ()) -> int:
        """How many rows meet all conditions."""
        ...

    def write(self, writes: Sequence[Write], last: bool = False, later: Later = tuple) -> None:
        """Everything of one flush, in as few statements as the database allows; updates before inserts.

        `later` is asked for more when these are ready to be sent: what it locks is held shortest. With `last` nothing
        but `commit` follows: a database may put it off until then, and refuse it only then.
        """
        ...

    def insert(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """New rows, in bulk."""
        ...

    def update(self, shape: Shape[M], rows: Sequence[M]) -> None:
        """Next versions of rows, in bulk: each stored version must be one below."""
        ...

    def delete(self, shape: Shape[M], rows: Iterable[M]) -> None:
        """Rows, in the version given."""
        ...

    def take_numbers(self, organization: str, kind: str, count: int) -> int:
        """The first of `count` consecutive numbers; the counter is locked until the transaction ends."""
        ...

    def bodies(
        self, shape: Shape[Any], organization: str, limit: int, besides: str = "", after: str = ""
    ) -> list[Body]:
        """Stored bodies that do not begin with `besides`, by id, behind that one; none where nothing is sealed."""
        ...

    def put_bodies(self, shape: Shape[Any], organization: str, rows: Sequence[Body]) -> int:
        """Store these bodies of the same rows, where their versions still stand; answers how many did."""
        ...

    def heads(self, shape: Shape[Any], organization: str, letters: int) -> list[tuple[str, int]]:
        """How many stored bodies begin with which letters; none where nothing is sealed."""
        ...

    def frequencies(self, shape: Shape[Any], organization: str, column: str) -> tuple[int, int, int]:
        """Of a column: how many rows have a value, how many values differ, how often the most frequent comes."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class Backend(Protocol):
    """Opens transactions. `write` transactions are serialized against each other where the database needs it."""

    def begin(self, write: bool) -> Session:
        """A new transaction. Refuses: Unavailable."""
        ...
