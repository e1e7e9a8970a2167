"""What goals came to, kept as JSON: one file a goal, so that they can be run hours apart and shown together."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from proof.goal import Goal, Result, Run

RESULTS = Path(__file__).parent / "results"


@frozen(kw_only=True)
class Kept:
    """One goal's last run. `of` -1: how many there are is known only by running them all.

    `load` is how many processes wanted the machine at its end, ours among them; 0: not noted.
    """

    goal: str
    count: int
    of: int
    seeds: str
    through: str
    failures: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    seconds: float
    jobs: int
    machine: str
    commit: str
    on: str
    load: float = 0.0

    @property
    def cut(self) -> bool:
        """Whether less was run than there is."""
        return self.count < self.of or self.of < 0

    @property
    def whole(self) -> float | None:
        """Seconds that all of it would take on that machine; None: unknown."""
        return None if self.of < 0 or not self.count else self.seconds * self.of / self.count


def kept(goal: Goal, result: Result, run: Run, seconds: float) -> Kept:
    """What is worth keeping of a run that has just ended."""
    return Kept(
        goal=goal.name,
        count=result.count,
        of=goal.full if result.of is None else result.of,
        seeds=result.seeds,
        through=result.through,
        failures=result.failures[:50],
        table=result.table,
        seconds=round(seconds, 1),
        jobs=run.jobs,
        machine=machine(),
        commit=_git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "src") else ""),
        on=f"{datetime.now(UTC):%Y-%m-%d}",
        load=round(os.getloadavg()[0], 1),
    )


def write(one: Kept, folder: Path = RESULTS) -> None:
    """Keep it in place of the goal's last run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{one.goal}.json").write_text(json.dumps(asdict(one), indent=1) + "\n", "utf-8")


def read(folder: Path = RESULTS) -> dict[str, Kept]:
    """Everything that was kept, by goal."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        values: dict[str, Any] = json.loads(file.read_text("utf-8"))
        values["failures"] = tuple(values["failures"])
        values["table"] = tuple(tuple(row) for row in values["table"])
        found[file.stem] = Kept(**values)
    return found


def machine() -> str:
    """What it ran on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{cores} cores ({_processor()}), {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    if found.exists():
        for line in found.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
