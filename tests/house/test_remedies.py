"""Refusals say what can be done: where to find what there is, and which moves are possible now."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.unit_of_work import no_such
from hlc_core.kernel.machine import AnyMachine, IllegalTransition
from hlc_core.registry import MACHINES

ROOT = Path(__file__).parents[2]
LISTED = [shape for shape in ALL if shape.listed]


@pytest.mark.parametrize("shape", LISTED, ids=lambda shape: str(shape.name))
def test_what_is_not_there_is_answered_with_the_list_of_what_is(shape: object) -> None:
    """The command and the path that the refusal names are served."""
    (fault,) = no_such(shape).faults  # type: ignore[arg-type]  # shapes are generic over their rows
    command, path = fault.message.split("`")[1], fault.message.rpartition(" ")[2]
    commands = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    paths = (ROOT / "docs/reference/http.md").read_text(encoding="utf-8")

    assert f"### {command}\n" in commands
    assert f"### `GET {path}`\n" in paths


def test_everything_that_an_operator_names_has_a_list() -> None:
    """What the audit trail has a word for, and a list command there is; but a sign-in under way is nobody else's."""
    commands = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    without = [shape.kind for shape in ALL if shape.kind and not shape.listed]

    assert ["login"] == [kind for kind in without if f"### hlc {kind.replace(' ', '-')}s list\n" in commands]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: str(machine.name))
def test_a_move_that_is_not_possible_is_answered_with_those_that_are(machine: AnyMachine) -> None:
    """From every state, for every trigger; what is offered is no move of HLC's own."""
    for state in machine.states:
        there = {rule.trigger for rule in machine.rules if rule.source is state}
        for trigger in set(machine.triggers) - there:
            with pytest.raises(IllegalTransition) as refusal:
                machine.step(state, trigger, AnyFacts())
            (fault,) = refusal.value.faults
            assert "trigger" == fault.field
            assert fault.message.startswith(("possible now: ", "nothing more: ", "nothing by hand now"))
            if state in machine.final:
                assert f"nothing more: {state} is an end" == fault.message


class AnyFacts:
    """Facts of which every one is true."""

    def __getattr__(self, name: str) -> bool:
        return True
