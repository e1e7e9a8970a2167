"""Every context explains itself in a README that names each of its public commands."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path

import pytest

import hlc_core
from hlc_core.kernel.commands import Command

CORE = Path(hlc_core.__path__[0])
CONTEXTS = sorted(path.parent.name for path in CORE.glob("*/__init__.py") if path.parent.name != "kernel")


def commands(context: str) -> list[str]:
    """The names of the public commands that the context defines."""
    package = importlib.import_module(f"hlc_core.{context}")
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return sorted(
        {
            name
            for module in modules
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, Command) and value.__module__ == module.__name__
            if not name.startswith("_")
        }
    )


def unnamed(names: Iterable[str], readme: str) -> list[str]:
    """The names that the README does not have in code marks."""
    return [name for name in names if f"`{name}`" not in readme]


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_has_a_readme_that_names_its_commands(context: str) -> None:
    """The README is there, and every command of the context stands in it."""
    readme = CORE / context / "README.md"

    assert readme.is_file(), f"write {readme.relative_to(CORE.parents[1])}: owns, does not own, what time means here"
    assert [] == unnamed(commands(context), readme.read_text(encoding="utf-8"))


def test_contexts_are_found() -> None:
    """The list above is not empty by mistake."""
    assert {"organizations", "payments"} <= set(CONTEXTS)


def test_a_command_that_is_not_named_is_noticed() -> None:
    """The check can fail; a mention in passing is none."""
    assert ["PauseRun"] == unnamed(["PauseRun", "StartRun"], "`StartRun` begins it, and PauseRuns do not count.")
