"""Every import contract refuses what it is there to refuse: one forbidden import is planted for each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]


@frozen
class Plant:
    """A line that must not stand in a file below `src`; files that are not there are made."""

    contract: str
    path: str
    line: str


PLANTS = (
    Plant("hexagon", "hlc_core/kernel/ids.py", "import hlc_adapters"),
    Plant("hexagon", "hlc_adapters/__init__.py", "import hlc_http"),
    Plant("hexagon", "hlc_cli/__init__.py", "import hlc_http"),
    Plant("pure-core", "hlc_core/kernel/ids.py", "import random"),
    Plant("pure-core", "hlc_core/kernel/ids.py", "from time import monotonic"),
    Plant("one-root", "hlc_adapters/__init__.py", "import dependency_injector"),
    Plant("one-stripe", "hlc_adapters/__init__.py", "import stripe"),
    Plant("one-sql", "hlc_http/__init__.py", "from sqlalchemy import text"),
    Plant("one-wire", "hlc_http/__init__.py", "import msgspec"),
    Plant("one-wire", "hlc_adapters/__init__.py", "import cattrs"),
    Plant("one-mint", "hlc_http/__init__.py", "import jwt"),
    Plant("one-server", "hlc_cli/__init__.py", "import aiohttp"),
    Plant("one-cli", "hlc_adapters/__init__.py", "import typer"),
    Plant("one-vault", "hlc_adapters/storage/cipher.py", "import cryptography"),
    Plant("one-press", "hlc_adapters/pharmacies/documents.py", "import reportlab"),
    Plant("one-prover", "hlc_core/kernel/money.py", "import hypothesis"),
    Plant("contexts", "hlc_core/registry.py", "import hlc_core.testing"),
    Plant("contexts", "hlc_core/organizations/model.py", "import hlc_core.payments.model"),
    Plant("contexts", "hlc_core/undeclared/__init__.py", ""),
    Plant("no-cycles", "hlc_core/kernel/errors.py", "import hlc_core.kernel.money"),
    Plant("faces", "hlc_core/payments/model.py", "import hlc_core.organizations.model"),
    Plant("faces", "hlc_cli/__init__.py", "import hlc_core.organizations.model"),
    Plant("faces", "hlc_http/__init__.py", "import hlc_core.organizations.ports"),
    Plant("faces", "hlc_adapters/__init__.py", "import hlc_core.organizations"),
)


def configured() -> ConfigParser:
    """The contracts as they stand."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def contracts() -> dict[str, str]:
    """The title of each contract by its id."""
    sections = configured()
    return {
        name.split(":")[2]: sections[name]["name"] for name in sections if name.startswith("importlinter:contract:")
    }


def lint(folder: Path, *contract: str) -> subprocess.CompletedProcess[str]:
    """Run the linter on the copy in `folder`."""
    chosen = [f"--contract={one}" for one in contract]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", *chosen],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources and of the contracts."""
    unwanted = shutil.ignore_patterns("__pycache__", "static", "templates")
    for folder in ("src", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unwanted)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_sources_as_they_are_keep_every_contract(copy: Path) -> None:
    """Without a plant nothing is refused, so a refusal below is the plant's doing."""
    done = lint(copy)

    assert "0 broken" in done.stdout, done.stdout
    assert 0 == done.returncode


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.contract}-{plant.path}-{plant.line}")
def test_a_forbidden_import_is_refused(copy: Path, plant: Plant) -> None:
    """A single forbidden line breaks the contract that forbids it."""
    path = copy / "src" / plant.path
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as source:
        source.write(f"\n{plant.line}\n")

    done = lint(copy, plant.contract)

    assert f"{contracts()[plant.contract]} BROKEN" in done.stdout, done.stdout


def test_every_contract_has_a_plant() -> None:
    """A contract that nobody has seen fail is not trusted."""
    assert set(contracts()) == {plant.contract for plant in PLANTS}


def test_faces_that_match_nothing_are_an_error(copy: Path) -> None:
    """The contract of our own raises when there is nothing to check, instead of passing."""
    rules = (copy / ".importlinter").read_text()
    (copy / ".importlinter").write_text(rules.replace("container = hlc_core\n", "container = hlc_cli\n"))

    done = lint(copy, "faces")

    assert 1 == done.returncode
    assert "the contract checks nothing" in done.stdout


def external_names() -> set[str]:
    """Every external name that some contract forbids or protects."""
    sections = configured()
    rules = [sections[name] for name in sections if name.startswith("importlinter:contract:")]
    return {
        name
        for rule in rules
        for option in ("forbidden_modules", "protected_modules")
        for name in rule.get(option, "").split()
    }


def unknown(names: Iterable[str]) -> set[str]:
    """Those that cannot be imported here: forbidding them forbids nothing."""
    return {name for name in names if find_spec(name) is None}


def test_every_forbidden_name_exists() -> None:
    """A misspelt or uninstalled name in a contract passes silently; here it does not."""
    assert set() == unknown(external_names())
    assert {"sqlalchemy", "time"} <= external_names()


def test_a_misspelt_name_is_noticed() -> None:
    """The check above can fail."""
    assert {"sqlalchmey"} == unknown({"sqlalchmey", "time"})
