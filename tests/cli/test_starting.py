"""What a command that does little does not wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cli.clinic import SRC, Hlc
from hlc_cli.main import GROUPS, Commands

SLOW = ("stripe", "reportlab", "aiohttp")
"""Slow to import, and needed by few commands."""


def imported(code: str) -> set[str]:
    """Which packages a process has after that."""
    told = f"{code}; import sys; print(*sys.modules)"
    path = {"PYTHONPATH": str(SRC)}
    done = subprocess.run([sys.executable, "-c", told], env=path, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_what_few_commands_need_is_not_imported_by_all() -> None:
    """The gateway's SDK, the printer and the web server come when they are asked for."""
    assert set() == {*SLOW} & imported("import hlc_cli.main")
    assert "stripe" in imported("import hlc_adapters.gateways.stripe.client")


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_is_made_when_it_is_asked_for(nowhere: Hlc, name: str) -> None:
    """And shows its help under its name."""
    assert f"hlc {name}" in nowhere(name, "--help").words


def test_a_group_that_is_not_there_is_refused_and_the_nearest_is_named(nowhere: Hlc) -> None:
    """Without any of them being made."""
    said = nowhere("ordrs")

    assert 2 == said.code
    assert "'orders'" in said.words


def test_commands_are_made_once() -> None:
    """And are listed with those that are there already, in the order of the help."""
    commands = Commands({"demo": "made"}, GROUPS)

    assert commands["orders"] is commands["orders"]
    assert ["demo", *GROUPS] == list(commands)
    assert len(GROUPS) + 1 == len(commands)
    assert "nowhere" not in commands
