"""The same seed gives the same bytes: in another process, with other hashes, and from the file of a report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hlc_adapters.simulation.run import SimulationBroke, replay_of, simulate
from hlc_adapters.simulation.wish import Wish
from hlc_core.kernel.errors import Invalid
from support.refusals import refused

SMALL = Wish(seed=7, years=1, subscriptions=40, faults="rough", runners=2, crashes=0.1)
SRC = Path(__file__).parents[2] / "src"


def hlc(*arguments: str, hashes: str = "0") -> subprocess.CompletedProcess[str]:
    """The command line, in another process."""
    environment = {**os.environ, "PYTHONPATH": str(SRC), "PYTHONHASHSEED": hashes}
    code = "from hlc_cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False
    )


def test_a_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Threads, crashes and hash seeds change nothing; `--replay` of the written report finds it the same."""
    options = SMALL.command.split()[2:]
    here = simulate(SMALL).text()
    there = hlc("simulate", *options, "--json", hashes="4711")
    file = tmp_path / "report.json"
    file.write_text(there.stdout, encoding="utf-8")

    again = hlc("simulate", "--replay", str(file), "--json", hashes="12")

    assert (0, 0) == (there.returncode, again.returncode), there.stderr + again.stderr
    assert here == there.stdout == again.stdout


def test_another_seed_is_another_story() -> None:
    """The seed alone decides."""
    first = simulate(Wish(seed=1, years=1, subscriptions=10))
    second = simulate(Wish(seed=2, years=1, subscriptions=10))

    assert first.months != second.months


def test_a_seed_replays_under_the_other_options() -> None:
    """`--replay 99` is the run of the other options with that seed."""
    assert 99 == replay_of("99", SMALL).wish.seed
    assert SMALL.faults == replay_of("99", SMALL).wish.faults


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"wish": 3}', '{"wish": {"years": "many"}}'])
def test_what_is_no_report_cannot_be_replayed(tmp_path: Path, text: str) -> None:
    """A file that no simulation wrote is refused in a sentence."""
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")

    with refused(Invalid):
        replay_of(str(file), SMALL)
    with refused(Invalid):
        replay_of(str(tmp_path / "absent.json"), SMALL)


def test_a_broken_program_says_how_to_repeat_it() -> None:
    """What fails on the way carries the line that repeats the run."""

    def assemble(_parts: object) -> object:
        raise ZeroDivisionError

    with pytest.raises(SimulationBroke, match="--seed 7 --years 1") as broke:
        simulate(SMALL, assemble=assemble)  # type: ignore[arg-type]  # it never answers

    assert isinstance(broke.value.__cause__, ZeroDivisionError)
