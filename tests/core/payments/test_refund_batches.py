"""Refunds recorded in one batch: what is reserved, refused and given back adds up on the attempt."""

from __future__ import annotations

from itertools import permutations

import pytest

from hlc_adapters.storage.shapes.payments import PROCESSOR_EVENTS
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_core.kernel.errors import Conflict
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId
from hlc_core.kernel.money import MixedCurrencies, Money
from hlc_core.payments.api import Answer, RequestRefund, Result
from hlc_core.payments.errors import RefundTooLarge
from hlc_core.payments.machine import REFUND, RefundState
from hlc_core.payments.model import ProcessorEventKind, Refund
from hlc_core.payments.refunds import RecordRefunds, RuleRefund, ToldOfRefund, refund_after
from support.refusals import refused
from support.worlds import World, usd

SAYS = {
    "refunded": Answer(result=Result.REFUNDED),
    "refused": Answer(result=Result.DECLINED),
    "lost": Answer(result=Result.NO_ANSWER),
}


def paid(world: World, price: int = 1000) -> AttemptId:
    """A captured payment."""
    world.buy(world.product(price))
    return world.attempts()[-1].id


def sent(world: World, attempt: AttemptId, *cents: int) -> tuple[Refund, ...]:
    """Refunds on their way."""
    opened = [world.execute(RequestRefund(attempt=attempt, amount=usd(amount))) for amount in cents]
    return world.execute(RecordRefunds(told=tuple(ToldOfRefund(refund=one.id) for one in opened)))


@pytest.mark.parametrize("ends", [*permutations(SAYS), ("refused",) * 3, ("refunded",) * 3])
def test_a_batch_of_refunds_of_one_payment_adds_up(memory_world: World, ends: tuple[str, ...]) -> None:
    """What was refused is free again, each of it; what is in doubt stays reserved; no more than was captured."""
    world = memory_world
    attempt = paid(world)
    refunds = sent(world, attempt, 100, 200, 300)
    told = tuple(ToldOfRefund(refund=one.id, answer=SAYS[end]) for one, end in zip(refunds, ends, strict=True))
    world.execute(RecordRefunds(told=told))

    reserved = sum(one.amount.amount for one, end in zip(refunds, ends, strict=True) if end != "refused")
    assert usd(reserved) == world.attempts()[-1].refunded
    left = 1000 - reserved
    with refused(RefundTooLarge):
        world.execute(RequestRefund(attempt=attempt, amount=usd(left + 1)))
    assert usd(left) == world.execute(RequestRefund(attempt=attempt)).amount


@pytest.mark.parametrize(("end", "left"), [("refused", 0), ("refunded", 400)])
def test_one_refund_told_twice_in_a_batch_counts_once(memory_world: World, end: str, left: int) -> None:
    """The second word finds it ended: one line on the timeline, one amount."""
    world = memory_world
    (one,) = sent(world, paid(world), 400)
    told = ToldOfRefund(refund=one.id, answer=SAYS[end])
    world.execute(RecordRefunds(told=(told, told)))

    assert usd(left) == world.attempts()[-1].refunded
    assert 1 == sum(move.subject == one.id and move.target in REFUND.final for move in world.rows(MOVES))
    lines = [line for line in world.rows(PROCESSOR_EVENTS) if line.kind is ProcessorEventKind.PAYMENT_REFUNDED]
    assert (end == "refunded") == len(lines)


def test_a_person_rules_once(memory_world: World) -> None:
    """Only about a refund in quarantine."""
    world = memory_world
    (one,) = sent(world, paid(world), 400)
    with refused(Conflict):
        world.execute(RuleRefund(refund=one.id, refunded=True, evidence="seen"))


@pytest.mark.parametrize("amount", [usd(0), usd(-1), usd(1001)])
def test_an_amount_that_cannot_be_given_back_is_refused(memory_world: World, amount: Money) -> None:
    """Nothing, less than nothing, more than there is; another currency."""
    attempt = paid(memory_world)
    with refused(RefundTooLarge) as told:
        memory_world.execute(RequestRefund(attempt=attempt, amount=amount))
    assert ["amount"] == [fault.field for fault in told.faults]
    with refused(MixedCurrencies):
        memory_world.execute(RequestRefund(attempt=attempt, amount=Money(1, "EUR")))


@pytest.mark.parametrize("days", [0, 1, 8])
def test_no_answer_makes_an_illegal_move(memory_world: World, days: int) -> None:
    """Every state, every answer: it stays, or moves along the table; what ended stays as it is."""
    world = memory_world
    (one,) = sent(world, paid(world), 400)
    world.advance(days=days)
    answers = [None, *(Answer(result=result) for result in Result), Answer(result=Result.REFUNDED, amount=usd(1))]
    for state in RefundState:
        for answer in answers:
            before = evolve(one, state=state)
            moved = refund_after(before, answer, world.clock.now())
            assert moved.state is state or (state, moved.state) in REFUND.edges()
            if state in (*REFUND.final, RefundState.QUARANTINE):
                assert moved is before
            if answer is not None and answer.result is Result.NO_ANSWER:
                assert moved.state not in (RefundState.REFUNDED, RefundState.REFUSED) or moved is before
