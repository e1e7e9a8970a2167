"""`hlc simulate` as an operator meets it."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from hlc_adapters.simulation.books import check_books
from hlc_adapters.simulation.engine import Simulation
from hlc_adapters.simulation.findings import Wrong
from hlc_adapters.simulation.wish import Wish
from hlc_cli.main import app
from hlc_core.kernel.evolve import evolve


def test_a_year_is_lived_through_judged_and_can_be_repeated() -> None:
    """The same seed gives the same figures; the report names the line that repeats it."""
    command = ["--json", "simulate", "--seed", "4", "--years", "1", "--subscriptions", "25"]
    first, second = (CliRunner().invoke(app, command) for _ in range(2))
    told, again = json.loads(first.stdout), json.loads(second.stdout)

    assert 0 == first.exit_code
    assert told["charges"] > 25
    assert "--seed 4" in told["again"]
    assert {**told, "seconds": 0} == {**again, "seconds": 0}


def test_the_books_oracle_sees_a_second_capture() -> None:
    """A line of the bank that stands twice is a double charge: the oracle can fail."""
    facts = Simulation(Wish(seed=4, years=1, subscriptions=10, crashes=0.0)).run()
    twice = evolve(facts, lines=[*facts.lines, evolve(facts.lines[0], object_id="sim_again")])

    assert [] == [*check_books(facts)]
    assert Wrong.DOUBLE_CHARGE in {one.wrong for one in check_books(twice)}
