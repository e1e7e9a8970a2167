"""`python -m proof`: run goals, keep what they came to, and write docs/proof.md from everything that was kept."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from proof.goal import Goal, Run
from proof.goals import AWAITED, GOALS
from proof.kept import RESULTS, Kept, kept, read, write
from proof.page import page, table

PAGE = Path(__file__).parents[1] / "docs" / "proof.md"


def main(arguments: list[str]) -> int:
    """0: every goal that was run holds. 1: one does not."""
    asked = _asked(arguments)
    done = {goal.name: _run(goal, asked) for goal in GOALS if _wanted(goal, asked)}
    if done:
        print(table([goal for goal in GOALS if goal.name in done], done))
    for one in done.values():
        for failure in one.failures:
            print(f"{one.goal}: {failure}")
    if not asked.dry:
        PAGE.write_text(page(GOALS, AWAITED, read(asked.results)), "utf-8")
    return 1 if any(one.failures for one in done.values()) else 0


def _wanted(goal: Goal, asked: argparse.Namespace) -> bool:
    if asked.page:
        return False
    return not asked.only or goal.name in asked.only


def _run(goal: Goal, asked: argparse.Namespace) -> Kept:
    """The goal, run as far as asked; what it came to is kept at once."""
    with tempfile.TemporaryDirectory(prefix="hlc-proof-") as folder:
        run = Run(
            full=goal.full, scale=asked.scale, seed=asked.seed, jobs=asked.jobs, folder=Path(folder),
            seconds=asked.seconds,
        )  # fmt: skip
        began = time.perf_counter()
        result = goal.run(run)
        one = kept(goal, result, run, time.perf_counter() - began)
    if not asked.dry:
        write(one, asked.results)
    told = f"{one.goal}: {one.count:,} in {one.seconds:,.0f} s, {len(one.failures)} failed"
    print(told, file=sys.stderr, flush=True)
    return one


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="part of every count that is run, such as 0.01")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--only", nargs="*", default=(), choices=[goal.name for goal in GOALS], help="these goals")
    parser.add_argument("--seconds", type=float, help="for each goal: then nothing more of it is begun")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
    parser.add_argument("--dry", action="store_true", help="keep nothing and write no page")
    parser.add_argument("--page", action="store_true", help="run nothing, and write the page from what is kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
