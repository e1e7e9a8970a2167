"""Pages of a list: a cursor that says where the last page ended."""

from __future__ import annotations

from typing import Generic, TypeVar

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid

Item_co = TypeVar("Item_co", covariant=True)


@frozen
class Page(Generic[Item_co]):
    """Some items, and the cursor of the next page (None at the end)."""

    items: tuple[Item_co, ...]
    next: str | None = None


def limited(limit: int) -> int:
    """The page size, if it is between 1 and 200. Refuses: Invalid."""
    if not 1 <= limit <= 200:
        raise Invalid("That page size is not served.", Fault("limit", "between 1 and 200"))
    return limit
