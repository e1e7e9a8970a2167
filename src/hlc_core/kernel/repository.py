"""The shape that all repositories share. Each is made for one organization and cannot reach another's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

Id_contra = TypeVar("Id_contra", bound=str, contravariant=True)
M = TypeVar("M")


class Repository(Protocol[Id_contra, M]):
    """Aggregates by id. Refuses: Missing (get); Stale and AlreadyExists (when the transaction is written)."""

    def get(self, id: Id_contra) -> M:
        """The aggregate. Refuses: Missing."""
        ...

    def find(self, id: Id_contra) -> M | None:
        """The aggregate, or None."""
        ...

    def many(self, ids: Iterable[Id_contra]) -> Sequence[M]:
        """Those of the ids that exist, in one statement; order is not kept."""
        ...

    def add(self, aggregate: M) -> None:
        """A new row. Refuses at the latest at commit: AlreadyExists (a unique rule)."""
        ...

    def save(self, aggregate: M) -> None:
        """The next value of a row that was read in this transaction. Refuses at the latest at commit: Stale."""
        ...
