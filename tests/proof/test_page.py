"""docs/proof.md is what the generator makes of what was kept; nothing in it is written by hand."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve
from proof.__main__ import PAGE, main
from proof.goal import Awaited, Goal, Result, Run
from proof.goals import AWAITED, GOALS
from proof.kept import Kept, kept, read, write
from proof.page import page, table


def counting(run: Run) -> Result:
    """Numbers are numbers.

    All of them.
    """
    return Result(count=run.part(run.full), through="the numbers", table=(("a", "b"), ("1|2", "x")))


GOAL = Goal(run=counting, full=200, commit="1", tests="tests/proof")


def ran(folder: Path, scale: float = 1.0, seconds: float = 10.0) -> Kept:
    """That goal, run and kept."""
    run = Run(full=GOAL.full, scale=scale, seed=0, jobs=2, folder=folder)
    return kept(GOAL, GOAL.run(run), run, seconds)


def test_the_page_is_what_was_kept() -> None:
    """Whoever changes a goal's words or runs one has the page written again: `python -m proof --page`."""
    assert page(GOALS, AWAITED, read()) == PAGE.read_text("utf-8")


def test_everything_kept_belongs_to_a_goal_and_holds() -> None:
    """Results of goals that are gone are gone, too; a failure is mended before it is committed."""
    found = read()

    assert set(found) <= {goal.name for goal in GOALS}
    assert {} == {name: one.failures for name, one in found.items() if one.failures}


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    """JSON, one file a goal; the later run takes the place of the earlier."""
    write(ran(tmp_path, 0.5), tmp_path)
    last = evolve(ran(tmp_path), failures=("it broke",))
    write(last, tmp_path)

    assert {"counting": last} == read(tmp_path)


def test_a_cut_says_what_all_of_it_would_take(tmp_path: Path) -> None:
    """A tenth in ten seconds: a hundred. What is cut of the unknown says so; what was not run says that."""
    cut, unknown = ran(tmp_path, 0.1), evolve(ran(tmp_path), of=-1)

    assert "counting: cut to 20 of 200; all would take about 100 s" in page((GOAL,), (), {"counting": cut})
    assert "known only by running them" in page((GOAL,), (), {"counting": unknown})
    assert "Cut for time" not in page((GOAL,), (), {"counting": ran(tmp_path)})
    assert "Up to 12 processes wanted it at once" in page((GOAL,), (), {"counting": evolve(cut, load=12.4)})
    assert "wanted it" not in page((GOAL,), (), {"counting": evolve(cut, load=2.5)})
    assert "| counting | - | 200 | 1 | - | - | not run yet | - |" in table((GOAL,), {})


def test_the_page_shows_sentences_tables_failures_and_what_waits(tmp_path: Path) -> None:
    """The words come from the goal; a bar in a cell does not break the table."""
    bad = evolve(ran(tmp_path), failures=("seed 7: twice",))
    shown = page((GOAL,), (Awaited(name="peace", holds="All is well.", waits_for="us"),), {"counting": bad})

    for words in (
        "Numbers are numbers.\nAll of them.", "Went through: the numbers.", "**1 failed**", "- seed 7: twice",
        "| 1/2 | x |", "- peace (All is well): waits for us.",
    ):  # fmt: skip
        assert words in shown


def test_a_dry_run_of_one_goal_keeps_nothing(tmp_path: Path) -> None:
    """The command runs what is named, at the scale that is named, and exits with 0."""
    before = PAGE.read_text("utf-8")
    words = ["--dry", "--only", "webhooks_in_disorder", "--scale", "0.0001", "--jobs", "1", "--results", str(tmp_path)]

    assert 0 == main(words)
    assert [] == list(tmp_path.iterdir())
    assert before == PAGE.read_text("utf-8")
