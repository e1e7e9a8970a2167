"""Tests of the suite that are goals of the proof, too, run deeper than in the normal test run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[1]
DEEPER = 40
"""How many times as many examples a property test looks at in the long tier."""


@frozen(kw_only=True)
class Subset:
    """Paths of tests without some; `deeper` multiplies the examples of each property, drawn from `seed`."""

    paths: tuple[str, ...]
    without: tuple[str, ...] = ()
    deeper: int
    seed: int


def deeper(scale: float) -> int:
    """How many times as many examples at that scale."""
    return max(1, round(DEEPER * scale))


def run(subset: Subset, jobs: int) -> tuple[int, tuple[str, ...]]:
    """How many tests passed, and the names of those that failed."""
    options = ["-p", "proof.deeper", "-n", str(jobs), f"--hypothesis-seed={subset.seed}"]
    options += [f"--ignore={path}" for path in subset.without]
    passed, failed, _ = _tests(options, subset.paths, {"HLC_PROOF_DEEPER": str(subset.deeper)})
    return passed, failed


def statements(paths: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    """How many tests passed, how many SQL statements they sent, and what failed; in one process, which counts."""
    passed, failed, said = _tests(["-n", "0", "-k", "sqlite or postgres"], paths, {})
    looked = re.search(r"SQL: ([\d,]+) statements, (\d+) without", said)
    if looked is None:
        return passed, 0, (*failed, "no statement was looked at")
    unscoped = int(looked[2])
    failed += (f"{unscoped} statements without a scope",) if unscoped else ()
    return passed, int(looked[1].replace(",", "")), failed


def _tests(options: Sequence[str], paths: Sequence[str], more: Mapping[str, str]) -> tuple[int, tuple[str, ...], str]:
    path = os.pathsep.join(str(ROOT / folder) for folder in ("src", "tests", "."))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--no-header", "--tb=short", "-p", "no:cacheprovider", *options, *paths],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path, **more}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", done.stdout)
    lines = done.stdout.splitlines()
    failed = tuple(line.split(" ", 1)[1] for line in lines if line.startswith(("FAILED ", "ERROR ")))
    if (done.returncode or passed is None) and not failed:
        failed = (f"the tests did not run: {done.stdout[-300:]}{done.stderr[-300:]}",)
    return int(passed[1]) if passed else 0, failed, done.stdout
