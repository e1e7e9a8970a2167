"""`python -m bench`: measure, print, and, where asked, write JSON or the page of the documentation."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]
for folder in (ROOT / "tests", ROOT / "src"):  # so that it runs without nox, too; children inherit it
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests"), str(ROOT)])

from bench import carts, checkouts, machines, page, pages, queue, renewals, renewals_in_memory, starting  # noqa: E402  # the paths come first
from bench.about import About, about  # noqa: E402
from bench.places import Place, places  # noqa: E402
from bench.report import Figure, as_json, cells, from_json, grouped, table  # noqa: E402

Measure = Callable[[Place], Iterator[Figure]]


def _benches(quick: bool) -> dict[str, Measure]:
    sizes = renewals.QUICK if quick else renewals.FULL
    return {
        "checkouts": lambda place: checkouts.measure(
            place, 60 if quick else 500, 1.0 if quick else 10.0, (1,) if quick else (1, 2)
        ),
        "carts": lambda place: carts.measure(place, 60 if quick else 500, 1.0 if quick else 10.0),
        "pages": lambda place: pages.measure(place, 1.0 if quick else 5.0),
        "renewals": lambda place: renewals.measure(place, sizes),
        "growth": lambda place: renewals.measure_growth(place, sizes.growth),
        "starting": lambda place: starting.measure(place, 1 if quick else 5),
        "queue": lambda place: queue.measure(place, 50_000 if quick else 1_000_000, 40 if quick else 400),
    }


def _everywhere(quick: bool) -> dict[str, Callable[[], Iterator[Figure]]]:
    return {
        "machines": lambda: machines.measure(0.1 if quick else 1.0),
        "starting": lambda: starting.measure_imports(1 if quick else 5),
        "memory": lambda: renewals_in_memory.measure(2_000 if quick else 10_000),
    }


def _figures(only: list[str], wanted: frozenset[str], quick: bool) -> Iterator[Figure]:
    for name, measure_all in _everywhere(quick).items():
        if not only or name in only:
            yield from measure_all()
    benches = {name: one for name, one in _benches(quick).items() if not only or name in only}
    if benches:
        with places(wanted) as found:
            for measure in benches.values():
                for place in found:
                    yield from measure(place)


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = sorted({*_benches(True), *_everywhere(True)})
    parser.add_argument("--quick", action="store_true", help="small sizes, under 90 seconds")
    parser.add_argument("--only", action="append", default=[], choices=names, help="only this part (repeatable)")
    parser.add_argument("--on", action="append", default=[], choices=["sqlite", "postgres"], help="only this database")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure --only, take the rest from FILE")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page of the documentation")
    asked = parser.parse_args()
    told, kept, figures = about(asked.quick), [], []
    if asked.read is not None:
        file = json.loads(asked.read.read_text("utf-8"))
        told, kept = About(**file["about"]), from_json(file["figures"])
    if asked.read is None or asked.only:
        begun = perf_counter()
        print(f"{told.sentence}\n", flush=True)
        for figure in _figures(asked.only, frozenset(asked.on or ["sqlite", "postgres"]), asked.quick):
            figures.append(figure)
            print(f"[{perf_counter() - begun:5.0f} s] {figure.group}: {figure.place} {figure.name}",
                  file=sys.stderr, flush=True)  # fmt: skip
    fresh = {figure.group for figure in figures}
    figures = [*(figure for figure in kept if figure.group not in fresh), *figures]
    for group, members in grouped(figures).items():
        print(f"\n{group}\n{table([cells(figure) for figure in members])}")
    if asked.json is not None:
        asked.json.write_text(json.dumps({"about": told.as_json(), "figures": as_json(figures)}, indent=1) + "\n")
    if asked.write is not None:
        asked.write.write_text(page.page(told, figures), "utf-8")


if __name__ == "__main__":
    main()
