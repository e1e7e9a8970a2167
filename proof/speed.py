"""`python -m proof.speed`: how long a large simulation takes; the figure is written into docs/guides/simulation.md."""

from __future__ import annotations

import argparse
import re
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from hlc_adapters.simulation.run import simulate
from hlc_adapters.simulation.wish import Wish
from proof.kept import machine

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "simulation.md"
AIM = 60
"""Seconds on one core."""

_MARKED = re.compile(r"(<!-- speed -->\n).*?(<!-- /speed -->\n)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """0: nothing was wrong in the simulation."""
    parser = argparse.ArgumentParser(prog="python -m proof.speed", description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=3)
    asked = parser.parse_args(arguments)
    wish = Wish(seed=1, years=asked.years, subscriptions=asked.subscriptions)
    wall, busy = time.perf_counter(), time.process_time()
    report = simulate(wish)
    text = measured(
        wish, report.charges, time.process_time() - busy, time.perf_counter() - wall,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )  # fmt: skip
    GUIDE.write_text(placed(GUIDE.read_text("utf-8"), text), "utf-8")
    print(text)
    return 0 if report.sound else 1


def measured(wish: Wish, charges: int, busy: float, wall: float, megabytes: int) -> str:
    """The figure in words."""
    missed = f"; the aim of {AIM} s is {'reached' if busy <= AIM else f'missed {busy / AIM:.1f} times'}"
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}: {wish.subscriptions:,} subscriptions x"
        f" {12 * wish.years} months, {charges:,} charges, took {busy:,.0f} s of one core ({wall:,.0f} s on the clock,"
        f"{', beside other work' if wall > 1.2 * busy else ''}) and {megabytes:,} MB:"
        f" {charges / busy:,.0f} charges a second"
        f"{missed if (wish.subscriptions, wish.years) == (10_000, 3) else ''}.\n"
    )


def placed(page: str, text: str) -> str:
    """The page with the figure between its marks."""
    return _MARKED.sub(lambda marks: f"{marks[1]}{text}{marks[2]}", page)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
