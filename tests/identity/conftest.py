"""A reception over a world."""

from __future__ import annotations

import pytest

from support.signing import Reception
from support.worlds import World


@pytest.fixture
def reception(world: World) -> Reception:
    """On memory, SQLite and PostgreSQL."""
    return Reception(world)


@pytest.fixture
def desk(memory_world: World) -> Reception:
    """In memory."""
    return Reception(memory_world)
