"""`python -m proof`: run every goal, print the table, and write docs/proof.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from proof.goals import GOALS, Run
from proof.page import Line, page, table

PAGE = Path(__file__).parents[1] / "docs" / "proof.md"


def main(arguments: list[str]) -> int:
    """0: every goal holds. 1: one does not. The page is written where no goal was left out."""
    asked = _asked(arguments)
    chosen = [goal for goal in GOALS if not asked.only or goal.__name__ in asked.only]
    lines = []
    with tempfile.TemporaryDirectory(prefix="hlc-proof-") as folder:
        for goal in chosen:
            place = Path(folder) / goal.__name__
            place.mkdir()
            began = time.perf_counter()
            result = goal(Run(scale=asked.scale, seed=asked.seed, jobs=asked.jobs, folder=place))
            lines.append(Line(goal=goal, result=result, seconds=time.perf_counter() - began))
            print(f"{goal.__name__}: {result.count:,}, {len(result.failures)} failed", file=sys.stderr, flush=True)
    print(table(lines))
    for line in lines:
        for failure in line.result.failures:
            print(f"{line.name}: {failure}")
    if not asked.only:
        PAGE.write_text(page(lines, asked.scale, asked.seed), "utf-8")
    return 1 if any(line.result.failures for line in lines) else 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="part of every count that is run, such as 0.01")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--only", nargs="*", default=(), choices=[goal.__name__ for goal in GOALS], help="these goals")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
