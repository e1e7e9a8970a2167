"""The checks of the house, one session each. `./check` runs `all` of them in one environment.

A session uses the environment that nox runs in, so that none is built per check; `lowest` and `versions` build theirs.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["all"]
nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False
nox.options.error_on_missing_interpreters = False

HERE = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
TOGETHER = ("-n", "2", "--dist", "worksteal")
"""Two processes; one that has nothing left to do takes over what the other has not begun."""
PLACES = {"PYTHONPATH": f"{HERE / 'src'}:{HERE / 'tests'}"}


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Is the code formatted? With `-- --write`, format it."""
    session.run("ruff", "format", *([] if "--write" in session.posargs else ["--check"]), ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Habits that a linter can see."""
    session.run("ruff", "check", *session.posargs, ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly: the product, then what builds and checks it."""
    session.run("mypy")
    session.run("mypy", "tools", "bench", "proof", "tests/support", "tests/house", "tests/conftest.py", "noxfile.py")


@nox.session
def imports(session: nox.Session) -> None:
    """Who may import whom."""
    session.run("lint-imports", "--no-logo", env=PLACES)


@nox.session
def tests(session: nox.Session) -> None:
    """Every test: on memory, SQLite and PostgreSQL, and the rules of the house."""
    session.run("pytest", *TOGETHER, *session.posargs, env=PLACES)


@nox.session
def browser(session: nox.Session) -> None:
    """Pages and the cart drawer in a real browser (Chromium); the drawer's types by TypeScript's checker (npm)."""
    chromium = os.environ.get("HLC_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or shutil.which("npm") is None:
        session.error(
            "Chromium and npm are needed; on Debian: apt-get install -y chromium npm. HLC_BROWSER names another one."
        )
    session.run("python", "-m", "pip", "install", "-q", "-e", ".[browser]")
    checker = ("npm", "exec", "--yes", "--package=typescript@5.9", "--")
    session.run(*checker, "tsc", "-p", "tests/browser/tsconfig.json")
    session.run("pytest", "tests/browser", *session.posargs, env={**PLACES, "HLC_BROWSER": chromium})


@nox.session
def lighthouse(session: nox.Session) -> None:
    """What Lighthouse (npm) says of the pages of a demo clinic, as a first visit on a phone."""
    session.run("python", "-m", "tools.lighthouse", env=PLACES)


@nox.session
def backends(session: nox.Session) -> None:
    """Only the tests that need PostgreSQL: from the wheel, or at HLC_TEST_POSTGRES_URL."""
    session.run("pytest", "-k", "postgres", *session.posargs, env=PLACES)


@nox.session
def machines(session: nox.Session) -> None:
    """Draw the machines anew, and fail if that changed a page."""
    before = _pages()
    session.run("python", "-m", "tools.diagrams", env=PLACES)
    changed = sorted(name for name in before.keys() | _pages().keys() if before.get(name) != _pages().get(name))
    if changed:
        session.error(f"These pages were out of date and have been written anew: {', '.join(changed)}")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation: its examples run, its links lead somewhere, its READMEs name what there is."""
    session.run("pytest", "tests/house/test_docs.py", "tests/house/test_readmes.py", *session.posargs, env=PLACES)


@nox.session
def bench(session: nox.Session) -> None:
    """How fast, and how much memory: each figure beside a floor that writes the same rows."""
    session.run("python", "-m", "bench", *session.posargs, env=PLACES)


@nox.session
def proof(session: nox.Session) -> None:
    """Every goal of the proof, as far as `-- --scale 0.01` says, and docs/proof.md written from what came of it."""
    session.run("python", "-m", "proof", *session.posargs, env={"PYTHONPATH": f"{PLACES['PYTHONPATH']}:{HERE}"})


@nox.session(python=PYTHONS, venv_backend="virtualenv")
def versions(session: nox.Session) -> None:
    """The tests on every Python from the oldest that is supported to the newest, as far as they are installed."""
    session.install("-e", ".[dev]")
    session.run("pytest", *TOGETHER, *session.posargs, env=PLACES)


@nox.session(venv_backend="virtualenv")
def lowest(session: nox.Session) -> None:
    """The tests with the lowest version of each dependency that is allowed."""
    floor = Path(session.create_tmp()) / "lowest.txt"
    floor.write_text("\n".join(_floors()) + "\n", encoding="utf-8")
    session.install("-e", ".[dev]", "--constraint", str(floor))
    session.run("pytest", *TOGETHER, *session.posargs, env=PLACES)


@nox.session(name="all")
def all_(session: nox.Session) -> None:
    """What must pass before a change is accepted. The tests come last; they contain docs and machines."""
    for name in ("format", "lint", "types", "imports", "tests"):
        session.notify(name, [])


def _pages() -> dict[str, str]:
    return {page.name: page.read_text(encoding="utf-8") for page in (HERE / "docs" / "machines").glob("*.md")}


def _floors() -> list[str]:
    """Each dependency of the product, pinned to its lower bound; the tools of development stay the newest."""
    wanted = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    bounds = (re.match(r"([\w.-]+)(?:\[[^]]*\])?>=([\w.]+)", requirement) for requirement in wanted)
    return [f"{bound[1]}=={bound[2]}" for bound in bounds if bound]
