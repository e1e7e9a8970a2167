"""Every lifecycle of the registry: no illegal move is possible, every legal one is reachable, walks keep the laws."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from hlc_core.access.api import SENTENCES
from hlc_core.kernel.machine import AnyMachine, GuardRefused, IllegalTransition
from hlc_core.registry import MACHINES
from hlc_core.testing import all_moves, declared_moves, every_facts, illegal_moves, machine_walk

QUICK = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def named(machine: AnyMachine) -> str:
    """For the test's name."""
    return machine.name


every_machine = pytest.mark.parametrize("machine", MACHINES, ids=named)


@every_machine
def test_what_the_table_has_no_rule_for_is_refused_under_all_facts(machine: AnyMachine) -> None:
    """Every (state, trigger) without a rule, with every combination of facts."""
    for state, trigger in illegal_moves(machine):
        for facts in every_facts(machine):
            with pytest.raises(IllegalTransition):
                machine.step(state, trigger, facts)


@every_machine
def test_every_declared_move_is_made_by_some_walk(machine: AnyMachine) -> None:
    """No rule is hidden behind another, none has a guard that no facts meet, none starts where nobody comes."""
    assert declared_moves(machine) == all_moves(machine)


@every_machine
def test_the_facts_leave_no_choice(machine: AnyMachine) -> None:
    """Under any facts at most one rule of a (state, trigger) is open, so that their order does not matter."""
    for facts in every_facts(machine):
        open_rules = [
            (one.source, one.trigger) for one in machine.rules if one.guard is None or one.guard(facts)
        ]  # fmt: skip
        assert sorted(set(open_rules)) == sorted(open_rules)


@every_machine
def test_allowed_names_exactly_what_step_accepts(machine: AnyMachine) -> None:
    """The actions of an answer are those that will work, each once."""
    for state in machine.states:
        for facts in every_facts(machine):
            accepted = []
            for trigger in machine.triggers:
                try:
                    machine.step(state, trigger, facts)
                except (IllegalTransition, GuardRefused):
                    continue
                accepted.append(trigger)
            assert sorted(accepted) == sorted(machine.allowed(state, facts))


@every_machine
def test_walks_keep_the_laws(machine: AnyMachine) -> None:
    """Hypothesis pulls triggers in any order under any facts: see `hlc_core.testing.Walk.pull`."""
    run_state_machine_as_test(machine_walk(machine), settings=QUICK)


@every_machine
def test_every_state_says_whose_turn_it_is(machine: AnyMachine) -> None:
    """A sentence for the patient and one for staff; nobody waits where nothing is left to do."""
    assert set(machine.states) == set(machine.notes)
    for note in machine.notes.values():
        assert note.waits_for
        assert note.staff.endswith(".")


@every_machine
def test_moves_by_hand_ask_for_a_key_that_staff_can_hold(machine: AnyMachine) -> None:
    """Every permission that the table names is a known key; exceptional moves have one."""
    for one in machine.rules:
        assert one.permission is None or one.permission in SENTENCES, one
        assert one.permission is not None or not one.manual, one


def test_machines_have_names_of_their_own() -> None:
    """They are stored with each move."""
    assert len(MACHINES) == len({machine.name for machine in MACHINES})
