"""What holds for all Python files: each says what it is for, and no test is skipped or patches a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "tools", "bench", "proof")
SOURCES = sorted([*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
TESTS = [path for path in SOURCES if path.is_relative_to(ROOT / "tests")]

EXCUSES = {"skip", "skipif", "xfail", "importorskip", "skipTest", "expectedFailure", "skipIf", "skipUnless"}
PATCHERS = {"mock", "unittest.mock", "pytest_mock"}


def has_a_purpose(source: str) -> bool:
    """Whether the module is empty, or begins with a docstring."""
    return not source.strip() or bool(ast.get_docstring(ast.parse(source)))


def excuses(source: str) -> Iterator[str]:
    """The places where a test is excused from passing: skipped, or expected to fail."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name, value=ast.Name(id="pytest" | "unittest" | "mark" | "self")) if (
                name in EXCUSES
            ):
                yield f"line {node.lineno}: {name}"
            case ast.Attribute(attr=name, value=ast.Attribute(attr="mark")) if name in EXCUSES:
                yield f"line {node.lineno}: {name}"
            case ast.ImportFrom(module="pytest" | "unittest", names=names):
                yield from (f"line {node.lineno}: {alias.name}" for alias in names if alias.name in EXCUSES)


def patches(source: str) -> Iterator[str]:
    """The places where a name is replaced behind the back of its owner."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if {alias.name for alias in names} & PATCHERS:
                yield f"line {node.lineno}: mock"
            case ast.ImportFrom(module=module) if module in PATCHERS:
                yield f"line {node.lineno}: mock"
            case ast.ImportFrom(module="unittest", names=names) if any(alias.name == "mock" for alias in names):
                yield f"line {node.lineno}: mock"
            case ast.Attribute(attr="setattr" | "setitem" | "delattr", value=ast.Name(id="monkeypatch" | "patch")):
                yield f"line {node.lineno}: {node.attr}"
            case ast.arg(arg="mocker"):
                yield f"line {node.lineno}: mocker"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    """Every module that contains anything begins with a docstring."""
    assert has_a_purpose(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_is_excused_or_patches(path: Path) -> None:
    """Nothing is skipped, nothing is expected to fail, no name is replaced."""
    source = path.read_text(encoding="utf-8")

    assert [] == [*excuses(source), *patches(source)]


@pytest.mark.parametrize(
    "source",
    [
        "import pytest\npytest.skip('later')",
        "import pytest\n@pytest.mark.xfail\ndef test_it(): ...",
        "import pytest\n@pytest.mark.skipif(True, reason='no database')\ndef test_it(): ...",
        "from pytest import importorskip",
        "class T:\n    def test_it(self): self.skipTest('later')",
    ],
)
def test_an_excuse_is_noticed(source: str) -> None:
    """The check for excuses can fail."""
    assert 1 == len([*excuses(source)])


@pytest.mark.parametrize(
    "source",
    [
        "from unittest import mock",
        "from unittest.mock import patch",
        "import unittest.mock",
        "def test_it(mocker): ...",
        "def test_it(monkeypatch): monkeypatch.setattr('a.b', 1)",
    ],
)
def test_a_patch_is_noticed(source: str) -> None:
    """The check for patches can fail."""
    assert 1 == len([*patches(source)])


def test_a_module_without_a_purpose_is_noticed() -> None:
    """The check for docstrings can fail."""
    assert not has_a_purpose("import this")


def test_files_are_found() -> None:
    """The lists above are not empty by mistake."""
    assert ROOT / "src/hlc_core/kernel/machine.py" in SOURCES
    assert Path(__file__) in TESTS
