"""Every refusal says where the fault is and how to mend it: by its class, or where it is made."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import hlc_adapters
import hlc_cli
import hlc_core
import hlc_http
from hlc_core.kernel.errors import Fault, HlcError

SOURCE = Path(__file__).parents[2] / "src"
WITHOUT = {
    "hlc_adapters/imports/patients.py: Invalid": "of one cell: the reader names line and column",
    "hlc_adapters/storage/unit_of_work.py: Missing": "a mistake of ours, which no caller can make",
    "hlc_core/application.py: Invalid": "a mistake of ours, which no caller can make",
    "hlc_core/catalog/columns.py: Invalid": "of one cell: the reader names line and column",
    "hlc_core/kernel/money.py: Invalid": "arithmetic, which knows no field",
    "hlc_core/kernel/money.py: NotMoney": "of one text: the sentence is the remedy, the reader names the field",
}
"""Refusals made without a fault, and why."""


def everything(base: type[HlcError] = HlcError) -> Iterator[type[HlcError]]:
    """Every refusal there is, ours only."""
    for one in base.__subclasses__():
        if one.__module__.startswith("hlc_"):
            yield one
        yield from everything(one)


@pytest.fixture(scope="module")
def named() -> dict[str, list[type[HlcError]]]:
    """The refusals by the names of their classes."""
    for package in (hlc_core, hlc_adapters, hlc_http, hlc_cli):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: dict[str, list[type[HlcError]]] = {}
    for one in everything():
        found.setdefault(one.__name__, []).append(one)
    return found


def bare(source: str, named: dict[str, list[type[HlcError]]]) -> list[tuple[int, str]]:
    """Line and class of each refusal that the source makes without a fault, where its class has no remedy either."""
    return [
        (call.lineno, name)
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and (name := call.func.id) in named
        if len(call.args) == 1 and not isinstance(call.args[0], ast.Starred)
        if any(one.remedy is None and one.__init__ is HlcError.__init__ for one in named[name])
    ]


def test_every_refusal_that_is_made_has_a_remedy(named: dict[str, list[type[HlcError]]]) -> None:
    """Named where it is made, or by its class; the exceptions have their reasons, and are all still needed."""
    found = {
        f"{path.relative_to(SOURCE)}: {name}": f"{path}:{line}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, name in bare(path.read_text(encoding="utf-8"), named)
    }

    assert {} == {place: where for place, where in found.items() if place not in WITHOUT}
    assert WITHOUT.keys() <= found.keys()
    assert len(named) > 150


def test_a_refusal_without_a_remedy_is_found(named: dict[str, list[type[HlcError]]]) -> None:
    """The check can fail."""
    source = 'raise Missing("Gone.")\nraise Missing("Gone.", Fault("id", "x"))\nraise CartNotFound("Gone.")\n'

    assert [(1, "Missing")] == bare(source, named)


def test_every_refusal_is_made_somewhere(named: dict[str, list[type[HlcError]]]) -> None:
    """A code that nothing answers is not promised to callers."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    made = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    bases = {
        base.id for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases if isinstance(base, ast.Name)
    }

    assert [] == sorted(named.keys() - made - bases)


def test_remedies_are_plain_english(named: dict[str, list[type[HlcError]]]) -> None:
    """Of a field, without a capital or a full stop: they stand behind the name of the field."""
    remedies = [one.remedy for all_ in named.values() for one in all_ if one.remedy is not None]

    assert len(remedies) > 60
    assert [] == [remedy for remedy in remedies if not _reads_well(remedy)]


def _reads_well(remedy: Fault) -> bool:
    begins = remedy.message[:1]
    return bool(remedy.field) and (begins.islower() or begins in "`1") and not remedy.message.endswith((".", " "))
