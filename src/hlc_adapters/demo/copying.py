"""Copying an organization's rows from one backend to another, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_core.kernel.ids import PLATFORM, OrganizationId


def copy_rows(source: Backend, target: Backend, organization: OrganizationId) -> int:
    """All that the organization and its people have, with its document numbers; how many rows. All or nothing.

    Refuses: AlreadyExists (the target has some of it), Unavailable.
    """
    reading, writing = source.begin(write=False), target.begin(write=True)
    count = 0
    try:
        for shape, owner in _places(organization):
            rows: Sequence[Any] = reading.select(shape, owner)
            if rows:
                writing.insert(shape, rows)
            count += len(rows)
            for kind, last in _numbers(shape, rows).items():
                writing.take_numbers(organization, kind, last)
        writing.commit()
    except BaseException:
        writing.rollback()
        raise
    finally:
        reading.rollback()
    return count


def _places(organization: OrganizationId) -> Iterator[tuple[Shape[Any], OrganizationId]]:
    """Each table, and whose rows of it are copied; the platform's keys go before what lies under them."""
    yield ENCRYPTION_KEYS, PLATFORM
    for shape in ALL:
        yield shape, PLATFORM if shape.platform else organization


def _numbers(shape: Shape[Any], rows: Sequence[Any]) -> dict[str, int]:
    """The last number of each kind of document."""
    last: dict[str, int] = {}
    if shape.numbered is None:
        return last
    for row in rows:
        kind = shape.numbered(row)
        if kind is not None:
            last[kind] = max(last.get(kind, 0), row.number or 0)
    return last
