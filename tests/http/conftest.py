"""The service over a clinic."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.service import Shop, serving
from support.worlds import World


@pytest.fixture
def shop(memory_world: World) -> Iterator[Shop]:
    """A clinic in memory, served."""
    with serving(memory_world.services) as client:
        yield Shop(memory_world, client)


@pytest.fixture
def any_shop(world: World) -> Iterator[Shop]:
    """A clinic on memory, SQLite and PostgreSQL, served."""
    with serving(world.services) as client:
        yield Shop(world, client)
