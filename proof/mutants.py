"""Each named defect is planted in a copy of the sources; the tests named with it must then fail.

A defect that no test notices is either a hole in the tests or harmless; of the harmless ones the table says why.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from attrs import frozen

from proof.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[1]
_COPIED = ("src", "tests", "proof", "tools", "demo", "docs", "pyproject.toml", "README.md", "noxfile.py")


@frozen(kw_only=True)
class Planted:
    """What came of one defect. `by` is the first test that failed; empty: it survived."""

    mutation: Mutation
    by: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it was noticed, or is known to be harmless."""
        return bool(self.by) or bool(self.mutation.harmless)


def named(name: str) -> Mutation:
    """The defect of that name."""
    return next(one for one in MUTATIONS if one.name == name)


def faults_of(mutation: Mutation) -> str:
    """Why the defect cannot be planted (empty: it can): its text stands exactly once in its file, and leaves Python."""
    source = (ROOT / mutation.file).read_text("utf-8")
    found = source.count(mutation.old)
    if found != 1:
        return f"{mutation.name}: its text stands {found} times in {mutation.file}"
    try:
        ast.parse(source.replace(mutation.old, mutation.new))
    except SyntaxError as fault:
        return f"{mutation.name}: {mutation.file} is no Python any more: {fault.msg}"
    return ""


def plant_all(
    mutations: Iterable[Mutation] = MUTATIONS, jobs: int = 2, over: Callable[[], bool] = lambda: False
) -> tuple[Planted, ...]:
    """Every defect in turn, some at once, each in a copy of its own; once it is `over`, no further one."""
    with tempfile.TemporaryDirectory(prefix="hlc-mutants-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            copies.put(_copy(Path(folder) / str(number)))

        def one(mutation: Mutation) -> Planted | None:
            if over():
                return None
            copy = copies.get()
            try:
                return plant(mutation, copy)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(jobs) as pool:
            return tuple(planted for planted in pool.map(one, mutations) if planted is not None)


def plant(mutation: Mutation, copy: Path) -> Planted:
    """The defect in that copy, and the first of its tests that fails there."""
    began = time.perf_counter()
    by = ""
    with _planted(copy / mutation.file, mutation):
        for tests in mutation.kills:
            by = _failing(copy, tests)
            if by:
                break
    return Planted(mutation=mutation, by=by, seconds=time.perf_counter() - began)


@contextmanager
def _planted(file: Path, mutation: Mutation) -> Iterator[None]:
    source = file.read_text("utf-8")
    if source.count(mutation.old) != 1:
        raise ValueError(faults_of(mutation) or f"{mutation.name} does not fit the copy")
    _write(file, source.replace(mutation.old, mutation.new))
    try:
        yield
    finally:
        _write(file, source)


def _write(file: Path, source: str) -> None:
    """Bytecode is found by second and size; of a file that changes twice in a second it would be the wrong one."""
    file.write_text(source, "utf-8")
    for stale in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        stale.unlink()


def _failing(copy: Path, tests: str) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", tests]
    path = os.pathsep.join(str(copy / folder) for folder in ("src", "tests", "."))
    done = subprocess.run(
        command, cwd=copy, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if not lines:
        raise RuntimeError(f"The tests {tests} did not run: {done.stdout[-500:]}{done.stderr[-500:]}")
    return lines[0].split(" ", 1)[1].split(" - ")[0]


def _copy(folder: Path) -> Path:
    folder.mkdir()
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder
