"""The recovery table, enumerated over all its states, triggers and facts."""

from __future__ import annotations

from itertools import product

from hlc_core.kernel.machine import GuardRefused, IllegalTransition
from hlc_core.recovery.machine import RECOVERY, Facts, RecoveryState, RecoveryTrigger

ALL_FACTS = [
    Facts(owed=a, disputed=b, retries_left=c, method_usable=d, waited_out=e)
    for a, b, c, d, e in product((False, True), repeat=5)
]


def test_every_move_of_the_table_is_possible_under_some_facts_and_no_other_is() -> None:
    """Each rule fires under at least one set of facts; every move outside the table is refused."""
    seen = set()
    for state, trigger, facts in product(RecoveryState, RecoveryTrigger, ALL_FACTS):
        try:
            seen.add((state, trigger, RECOVERY.step(state, trigger, facts)))
        except (IllegalTransition, GuardRefused):
            continue

    assert {(rule.source, rule.trigger, rule.target) for rule in RECOVERY.rules} == seen


def test_a_debt_that_is_gone_or_contested_is_never_retried() -> None:
    """No facts without a standing debt lead to a retry, a question to the patient, or a final failure policy."""
    for state, facts in product(RecoveryState, ALL_FACTS):
        allowed = RECOVERY.allowed(state, facts)
        if not facts.owed or facts.disputed:
            assert {
                RecoveryTrigger.RESCHEDULE,
                RecoveryTrigger.ASK_METHOD,
                RecoveryTrigger.EXHAUST,
            }.isdisjoint(allowed)


def test_an_open_case_can_always_be_moved() -> None:
    """Whatever the facts, exactly one of retry, ask, exhaust, lift or freeze is possible while a case is open."""
    open_states = (RecoveryState.RETRY_SCHEDULED, RecoveryState.NEEDS_PAYMENT_METHOD)
    for state, facts in product(open_states, ALL_FACTS):
        moves = set(RECOVERY.allowed(state, facts)) - {RecoveryTrigger.SETTLE}
        if state is RecoveryState.NEEDS_PAYMENT_METHOD and moves == set():
            assert facts.retries_left
            assert not facts.method_usable
            assert not facts.waited_out
        else:
            assert moves


def test_what_is_resolved_stays_resolved() -> None:
    """RESOLVED is final; a failed case can only be settled or lifted."""
    for facts in ALL_FACTS:
        assert RECOVERY.allowed(RecoveryState.RESOLVED, facts) == ()
        assert {RecoveryTrigger.SETTLE, RecoveryTrigger.LIFT} >= set(
            RECOVERY.allowed(RecoveryState.FAILED_FINAL, facts)
        )
