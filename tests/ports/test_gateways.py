"""The gateway contract over everything that claims to be a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ports.gateway_contract import GatewayContract
from ports.gateway_world import World, file_world, http_world, memory_world, stripe_world


class TestSimulatorInMemory(GatewayContract):
    """The simulator in this process, its books in memory."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with memory_world() as world:
            yield world


class TestSimulatorInAFile(GatewayContract):
    """The simulator in this process, its books in an SQLite file."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with file_world(tmp_path) as world:
            yield world


class TestSimulatorOverHttp(GatewayContract):
    """The simulator behind a socket."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with http_world() as world:
            yield world


class TestStripeSdkOverASocket(GatewayContract):
    """Stripe's own SDK against the fake of Stripe's API."""

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with stripe_world() as world:
            yield world
