"""One call for one simulation: live, look, report. A fault of the program carries the line that repeats it."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import evolve, frozen

from hlc_adapters.simulation.clinic import Assemble, assembled
from hlc_adapters.simulation.engine import Simulation, Tell, uncollected
from hlc_adapters.simulation.report import Report, report_of
from hlc_adapters.simulation.wish import Wish, read
from hlc_core.kernel.errors import Fault, Invalid


class SimulationBroke(Exception):
    """The program failed on the way, which is a finding, too. Its cause is what failed; `wish` repeats it."""

    def __init__(self, wish: Wish) -> None:
        super().__init__(f"The simulation broke. Repeat it: {wish.command}")
        self.wish = wish


def simulate(wish: Wish, tell: Tell = lambda done, planned: None, assemble: Assemble = assembled) -> Report:
    """Live through the wish and judge it. `tell` hears of days done and days in all. Refuses: SimulationBroke."""
    try:
        with uncollected():
            lived = Simulation(wish, assemble)
            report = report_of(lived.run(tell))
            lived.forget()
            return report
    except Exception as fault:
        raise SimulationBroke(wish) from fault


@frozen(kw_only=True)
class Replay:
    """What is to be repeated; `expected` is the text of the report that it must give again, if there is one."""

    wish: Wish
    expected: str | None = None


def replay_of(text: str, otherwise: Wish) -> Replay:
    """A report's file, or a seed under the other options. Refuses: Invalid (neither)."""
    if text.isascii() and text.isdigit():
        return Replay(wish=evolve(otherwise, seed=int(text)))
    try:
        written = Path(text).read_text(encoding="utf-8")
        values = json.loads(written)["wish"]
        return Replay(wish=read(values), expected=written)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Invalid("That cannot be replayed.", Fault("replay", "a seed, or a file written with --json")) from None
