"""The sixteen statuses, enumerated: every state, every edge, every fact."""

from __future__ import annotations

from itertools import product

import pytest
from attrs import fields

from hlc_core.kernel.machine import GuardRefused, IllegalTransition
from hlc_core.orders.api import (
    ORDER,
    PERMISSIONS,
    CarePortalsStatus,
    OrderState,
    OrderTrigger,
    from_careportals,
    to_careportals,
)
from hlc_core.orders.careportals import INWARD, OUTWARD
from hlc_core.orders.machine import OrderFacts

FACTS = [OrderFacts(*values) for values in product((False, True), repeat=len(fields(OrderFacts)))]
BEFORE_SHIPMENT = {
    OrderState.INCOMPLETE, OrderState.PENDING, OrderState.AWAITING_PAYMENT, OrderState.AWAITING_REQUIREMENTS,
    OrderState.PROCESSING, OrderState.AWAITING_REQUISITION, OrderState.AWAITING_RESULTS, OrderState.AWAITING_SCRIPT,
    OrderState.AWAITING_FULFILLMENT, OrderState.AWAITING_SHIPMENT,
}  # fmt: skip


def test_there_are_sixteen_statuses_and_all_are_reached() -> None:
    """Every one of the spec's statuses has a way in."""
    assert 16 == len(ORDER.states)
    assert set(ORDER.states) == ORDER.reachable()


def test_only_money_returned_in_full_is_the_end() -> None:
    """REFUNDED is final; from every other state something leads on."""
    assert frozenset({OrderState.REFUNDED}) == ORDER.final


@pytest.mark.parametrize("state", OrderState)
def test_every_state_says_whose_turn_it_is(state: OrderState) -> None:
    """A sentence for the patient, one for staff; whoever has to act has a deadline, nobody else."""
    note = ORDER.notes[state]

    assert note.patient.endswith(".")
    assert note.staff.endswith(".")
    assert (note.deadline_days is None) is (note.waits_for == "nobody")


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("trigger", OrderTrigger)
def test_every_move_is_either_declared_or_refused(state: OrderState, trigger: OrderTrigger) -> None:
    """For all facts: at most one edge fits; if one does it is taken, else the move is refused, never ignored."""
    rules = [rule for rule in ORDER.rules if (rule.source, rule.trigger) == (state, trigger)]
    for facts in FACTS:
        fitting = [rule for rule in rules if rule.guard is None or rule.guard(facts)]
        assert len(fitting) <= 1
        if fitting:
            assert fitting[0].target is ORDER.step(state, trigger, facts)
            assert trigger in ORDER.allowed(state, facts)
        else:
            with pytest.raises(GuardRefused if rules else IllegalTransition):
                ORDER.step(state, trigger, facts)


def test_every_edge_is_taken_for_some_facts() -> None:
    """No guard shuts an edge for ever."""
    for rule in ORDER.rules:
        assert any(rule.guard is None or rule.guard(facts) for facts in FACTS), rule


def test_an_order_is_cancelled_exactly_before_shipment() -> None:
    """Cancelling is possible in the ten states before the parcel leaves, and nowhere else."""
    assert BEFORE_SHIPMENT == {rule.source for rule in ORDER.rules if rule.trigger is OrderTrigger.CANCEL}


def test_a_placed_order_is_always_routed() -> None:
    """Whatever the facts, HLC knows where a placed order goes, and a paid one leaves AWAITING_PAYMENT."""
    for facts in FACTS:
        ORDER.step(OrderState.PENDING, OrderTrigger.ROUTE, facts)
        if facts.paid:
            ORDER.step(OrderState.AWAITING_PAYMENT, OrderTrigger.PAY, facts)


def test_unpaid_orders_reach_no_pharmacy() -> None:
    """Without money no edge of a placed or waiting order leads into care."""
    for facts in FACTS:
        if not facts.paid:
            assert OrderState.AWAITING_PAYMENT is ORDER.step(OrderState.PENDING, OrderTrigger.ROUTE, facts)
            assert OrderTrigger.PAY not in ORDER.allowed(OrderState.AWAITING_PAYMENT, facts)


def test_nothing_is_prescribed_without_the_results_it_needs() -> None:
    """While results are outstanding a review cannot approve."""
    for facts in FACTS:
        outstanding = facts.needs_labs and not facts.has_results
        assert outstanding is (OrderTrigger.APPROVE not in ORDER.allowed(OrderState.PROCESSING, facts))


def test_exceptional_edges_are_by_hand_and_have_a_key() -> None:
    """A manual edge names the permission that it asks for; every key is a known one."""
    assert all(rule.permission for rule in ORDER.rules if rule.manual)
    assert set(PERMISSIONS) == {rule.permission for rule in ORDER.rules if rule.permission}


def test_careportals_words_are_total_and_come_back() -> None:
    """Each of our statuses has a word, each of their words a status; in, then out, is the identity."""
    assert (set(OrderState), set(CarePortalsStatus)) == (set(OUTWARD), set(INWARD))
    assert [*CarePortalsStatus] == [to_careportals(from_careportals(word)) for word in CarePortalsStatus]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("INCOMPLETE", "pending"), ("PENDING", "pending"), ("AWAITING_PAYMENT", "pending"),
        ("AWAITING_REQUIREMENTS", "pending"), ("PROCESSING", "processing"), ("AWAITING_REQUISITION", "processing"),
        ("AWAITING_RESULTS", "processing"), ("AWAITING_SCRIPT", "approved"), ("AWAITING_FULFILLMENT", "pharmacy"),
        ("AWAITING_SHIPMENT", "pharmacy"), ("SHIPPED", "shipped"), ("COMPLETED", "delivered"),
        ("RETURNED", "delivered"), ("REJECTED", "cancelled"), ("CANCELLED", "cancelled"), ("REFUNDED", "refunded"),
    ],
)  # fmt: skip
def test_our_status_in_their_words(state: str, word: str) -> None:
    """The table of the spec."""
    assert word == to_careportals(OrderState(state))
