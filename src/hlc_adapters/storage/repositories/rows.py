"""What all repositories share: aggregates of one shape, through the unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from attrs import frozen

from hlc_adapters.storage.shape import M, Shape
from hlc_adapters.storage.unit_of_work import UnitOfWork

I_contra = TypeVar("I_contra", bound=str, contravariant=True)


@frozen
class Rows(Generic[I_contra, M]):
    """Aggregates of `shape` in one organization. Subclasses name their shape and add queries."""

    shape: ClassVar[Shape[Any]]
    unit: UnitOfWork

    def get(self, id: I_contra) -> M:
        """The aggregate. Refuses: Missing."""
        found: M = self.unit.get(self.shape, id)
        return found

    def find(self, id: I_contra) -> M | None:
        """The aggregate, or None."""
        return self.unit.find(self.shape, id)

    def many(self, ids: Iterable[I_contra]) -> Sequence[M]:
        """Those that exist, in one statement."""
        return self.unit.many(self.shape, ids)

    def add(self, aggregate: M) -> None:
        """A new row."""
        self.unit.add(self.shape, aggregate)

    def save(self, aggregate: M) -> None:
        """The next value of a row that was read here."""
        self.unit.save(self.shape, aggregate)

    def remove(self, aggregate: M) -> None:
        """Take the row away."""
        self.unit.remove(self.shape, aggregate)
