"""The pages of the machines say what the machines do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from tools import diagrams

from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule


class Light(StrEnum):
    """States of the canary."""

    RED = "red"
    GREEN = "green"


class Press(StrEnum):
    """Its one trigger."""

    PRESS = "press"


LIGHT = Machine[Light, Press, NoFacts](
    name="traffic_light",
    initial=Light.RED,
    final=frozenset({Light.GREEN}),
    rules=(Rule(Light.RED, Press.PRESS, Light.GREEN, permission="lights.press", causes="cars go | people wait"),),
    notes={Light.RED: Note("people", "Please wait.", "Cars stop.", 2)},
)


def test_every_page_is_up_to_date() -> None:
    """`docs/machines` is what `nox -s machines` would write."""
    assert [] == diagrams.differences(diagrams.pages(), diagrams.PAGES)


def test_a_page_has_the_diagram_the_states_and_the_rules() -> None:
    """A page shows the drawing, what each state means, and who may pull which trigger; bars cannot break a table."""
    page = diagrams.page(LIGHT)

    assert "# Traffic light\n" in page
    assert "    red --> green: press\n" in page
    assert "| `red` (start) | people | Please wait. | Cars stop. | 2 days |" in page
    assert "| `red` | `press` | `green` | `lights.press` | cars go \\| people wait |" in page


def test_missing_outdated_and_superfluous_pages_are_noticed(tmp_path: Path) -> None:
    """The check can fail, and writing mends what it found."""
    wanted = {"kept.md": "same", "new.md": "new", "old.md": "changed"}
    for name, text in {"kept.md": "same", "old.md": "old", "gone.md": "gone"}.items():
        (tmp_path / name).write_text(text)

    assert ["gone.md", "new.md", "old.md"] == diagrams.differences(wanted, tmp_path)

    diagrams.write(wanted, tmp_path)

    assert [] == diagrams.differences(wanted, tmp_path)
