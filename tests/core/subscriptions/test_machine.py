"""The lifecycle, enumerated: every state, every trigger, every combination of facts."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.machine import GuardRefused, IllegalTransition
from hlc_core.subscriptions.machine import MACHINE, MANAGE, Facts, State, Trigger

NAMES = ("ever_paid", "bill_open", "change_open", "committed", "all_paid")
ALL = [Facts(**dict(zip(NAMES, values, strict=True))) for values in product((False, True), repeat=len(NAMES))]
MONEY_AND_TIME = {Trigger.ACTIVATE, Trigger.RENEW, Trigger.FAIL, Trigger.RECOVER, Trigger.COMPLETE}


@pytest.mark.parametrize("facts", ALL)
@pytest.mark.parametrize("state", State)
def test_every_trigger_moves_or_is_refused(state: State, facts: Facts) -> None:
    """What `allowed` names moves along a declared edge; everything else is refused by name."""
    allowed = MACHINE.allowed(state, facts)
    for trigger in Trigger:
        if trigger in allowed:
            assert (state, MACHINE.step(state, trigger, facts)) in MACHINE.edges()
        else:
            with pytest.raises((IllegalTransition, GuardRefused)):
                MACHINE.step(state, trigger, facts)


@pytest.mark.parametrize("facts", ALL)
@pytest.mark.parametrize("state", [state for state in State if state not in MACHINE.final])
def test_cancelling_is_never_blocked(state: State, facts: Facts) -> None:
    """Whatever is under way, somebody who wants to leave can leave."""
    assert MACHINE.step(state, Trigger.CANCEL, facts) is State.CANCELLED


@pytest.mark.parametrize("facts", ALL)
def test_a_pause_ends_in_exactly_one_way(facts: Facts) -> None:
    """Resuming is always possible, and the facts say where it leads: debt first, then trial, then active."""
    if facts.bill_open:
        expected = State.PAST_DUE
    else:
        expected = State.ACTIVE if facts.ever_paid else State.TRIALING

    assert MACHINE.step(State.PAUSED, Trigger.RESUME, facts) is expected


@pytest.mark.parametrize("facts", [facts for facts in ALL if facts.bill_open or facts.change_open])
@pytest.mark.parametrize("trigger", [Trigger.PAUSE, Trigger.SWITCH, Trigger.PAY_OFF])
def test_money_under_way_blocks_what_would_change_its_meaning(trigger: Trigger, facts: Facts) -> None:
    """While a renewal or a change is being paid, an active subscription is not paused, switched or paid off."""
    with pytest.raises(GuardRefused):
        MACHINE.step(State.ACTIVE, trigger, facts)


@pytest.mark.parametrize("state", sorted(MACHINE.final))
def test_the_end_is_the_end(state: State) -> None:
    """Nothing leads out of CANCELLED and COMPLETED."""
    assert all(not MACHINE.allowed(state, facts) for facts in ALL)


def test_only_money_and_time_move_without_a_person() -> None:
    """Every other edge names the permission that pulls it by hand."""
    for rule in MACHINE.rules:
        assert (MANAGE if rule.trigger not in MONEY_AND_TIME else None) == rule.permission


def test_every_state_says_what_it_means() -> None:
    """A sentence for the patient, one for staff, and whose turn it is."""
    assert set(State) == set(MACHINE.notes)
    assert all(note.patient and note.staff and note.waits_for for note in MACHINE.notes.values())


@given(st.lists(st.tuples(st.sampled_from(list(Trigger)), st.sampled_from(ALL)), max_size=30))
def test_no_walk_leaves_a_final_state(steps: list[tuple[Trigger, Facts]]) -> None:
    """However it is pushed, once it has ended it stays ended."""
    state = MACHINE.initial
    for trigger, facts in steps:
        try:
            reached = MACHINE.step(state, trigger, facts)
        except (IllegalTransition, GuardRefused):
            continue
        assert state not in MACHINE.final
        state = reached
