"""The clinic of the tests of the command line, made once and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.clinic import Hlc, make


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Hlc:
    """The one that is copied."""
    return make(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def hlc(lived_in: Hlc, tmp_path: Path) -> Hlc:
    """The command line on a clinic of the test's own."""
    return lived_in.copied(tmp_path / "clinic")


@pytest.fixture
def nowhere(tmp_path: Path) -> Hlc:
    """The command line where there is no database yet."""
    return Hlc(tmp_path)
