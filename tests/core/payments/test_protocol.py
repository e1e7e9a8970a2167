"""The charge protocol, enumerated: every state, step, answer and class of gateway, at every age of an attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.ids import AttemptId, ObligationId, OrganizationId, PatientId
from hlc_core.kernel.money import Money
from hlc_core.payments.machine import ATTEMPT, AttemptState
from hlc_core.payments.model import (
    LIVE,
    Answer,
    Capabilities,
    DeclineClass,
    Instrument,
    Payment,
    PaymentAttempt,
    Purpose,
    Result,
)
from hlc_core.payments.protocol import (
    CHALLENGE_ENDS,
    DEADLINE,
    NEVER_SENT,
    OURS,
    Step,
    Told,
    after,
    first_step,
    next_check,
    next_step,
)

S = AttemptState
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PRICE = Money(4900, "USD")


def gateway(**fields: bool | int) -> Capabilities:
    """What a gateway can do."""
    able = {
        "two_step": False, "cancel": False, "key_lifetime": 0, "find_by_reference": True, "off_session": True,
        "refunds": True, "partial_refunds": True, "longest_flight": 900, **fields,
    }  # fmt: skip
    return Capabilities(**able)  # type: ignore[arg-type]  # the names are those of the class


FENCING = gateway(two_step=True, cancel=True, key_lifetime=86_400)
KEYED = gateway(key_lifetime=86_400)
BARE = gateway()
CLASSES = {"fencing": FENCING, "keyed": KEYED, "bare": BARE, "cancelling": gateway(cancel=True)}
every_class = pytest.mark.parametrize("able", CLASSES.values(), ids=CLASSES.keys())

AGES = [
    timedelta(seconds=seconds)
    for seconds in (0, 1, 30, 899, 900, 3600, 3601, 86_399, 86_401, 3 * 86_400, 7 * 86_400, 7 * 86_400 + 1, 30 * 86_400)
]


def attempt(state: AttemptState, age: timedelta = timedelta(0)) -> PaymentAttempt:
    """An attempt in that state, sent that long ago."""
    payment = Payment(
        obligation=ObligationId("inv_1"), purpose=Purpose.RENEWAL, subject="inv_1", patient=PatientId("pat_1"),
        amount=PRICE, instrument=Instrument(token="tok"), gateway="simulator", off_session=True,
    )  # fmt: skip
    sent = state not in (S.OPEN, S.CLOSED)
    return PaymentAttempt(
        id=AttemptId("att_1"), organization=OrganizationId("org_1"), payment=payment, number=1, state=state,
        opened_at=NOW - age, request_hash="", object_id="pi_1" if sent else None, sent_at=NOW - age if sent else None,
        next_check_at=NOW if state in LIVE else None,
    )  # fmt: skip


def answers() -> Iterator[Answer]:
    """Everything that a gateway can be understood to have said, with amounts that agree and do not."""
    for result in Result:
        yield Answer(result=result, object_id="pi_1", amount=PRICE, charge_id="ch_1")
    yield Answer(result=Result.CREATED)
    yield Answer(result=Result.CAPTURED)
    yield Answer(result=Result.CAPTURED, amount=Money(4899, "USD"))
    yield Answer(result=Result.CAPTURED, amount=Money(4900, "EUR"))
    yield Answer(result=Result.DECLINED, decline=DeclineClass.SOFT)
    yield Answer(result=Result.ACTION, action_url="https://bank.example/1")


ANSWERS: tuple[Answer | None, ...] = (None, *answers())


@every_class
@pytest.mark.parametrize("state", S)
def test_no_step_and_no_answer_makes_an_illegal_move(state: AttemptState, able: Capabilities) -> None:
    """Total: whatever was asked and whatever came, the state stays or moves along edges of the table."""
    edges = ATTEMPT.edges()
    via_closing = {(a, S.CLOSED) for a, b in edges if b is S.CLOSING}
    for age, step, answer in product(AGES, Step, ANSWERS):
        before = attempt(state, age)
        moved = after(before, Told(attempt=before.id, step=step, answer=answer), able, NOW)

        assert moved.state is state or (state, moved.state) in edges | via_closing, (step, answer)
        assert moved.payment == before.payment
        assert before.object_id in (None, moved.object_id)


@every_class
def test_what_has_ended_stays_as_it_is(able: Capabilities) -> None:
    """A late answer changes nothing about an attempt that is not live: not even when it is looked at next."""
    for state in set(S) - LIVE:
        for age, step, answer in product(AGES, Step, ANSWERS):
            before = attempt(state, age)
            assert before == after(before, Told(attempt=before.id, step=step, answer=answer), able, NOW)


@every_class
def test_live_attempts_are_looked_at_again_and_others_are_not(able: Capabilities) -> None:
    """After any step: a live one has its next look in the future or now; one that ended has none, and no action."""
    for state, age, step, answer in product(LIVE, AGES, Step, ANSWERS):
        before = attempt(state, age)
        moved = after(before, Told(attempt=before.id, step=step, answer=answer), able, NOW)
        if moved.live:
            assert moved.next_check_at is not None
            assert moved.next_check_at >= NOW
        else:
            assert (None, None) == (moved.next_check_at, moved.action_url)


@every_class
def test_paid_means_captured_and_agreed(able: Capabilities) -> None:
    """PAID only by a capture of exactly the amount and currency; another amount goes to a person."""
    for state, age, step, answer in product(LIVE, AGES, Step, ANSWERS):
        moved = after(attempt(state, age), Told(attempt=AttemptId("att_1"), step=step, answer=answer), able, NOW)
        if moved.state is S.PAID:
            assert answer is not None
            assert (Result.CAPTURED, PRICE) == (answer.result, answer.amount)
            assert moved.settled_at == NOW
        if answer is not None and answer.result is Result.CAPTURED and state is not S.OPEN and step is not Step.CREATE:
            agreed = answer.amount == PRICE
            ours = step in OURS and moved.state is not state
            assert ours or moved.state is (S.PAID if agreed else S.QUARANTINE), (state, step)


@every_class
def test_closed_means_dead_at_the_gateway_or_never_sent(able: Capabilities) -> None:
    """Of a sent attempt: by its cancel, by a proof of absence, or by a decline where nothing can be cancelled."""
    for state, age, step, answer in product(LIVE - {S.OPEN}, AGES, Step, ANSWERS):
        moved = after(attempt(state, age), Told(attempt=AttemptId("att_1"), step=step, answer=answer), able, NOW)
        if moved.state is S.CLOSED:
            assert answer is not None
            absent = answer.result is Result.NOT_FOUND and not able.two_step
            absent = absent and age.total_seconds() >= able.longest_flight
            declined = answer.result is Result.DECLINED and state is S.CLOSING and not able.cancel
            assert answer.result is Result.CANCELLED or absent or declined, (state, step, answer)


@every_class
def test_a_lost_answer_is_never_taken_for_a_no(able: Capabilities) -> None:
    """NO_ANSWER leaves a sent attempt live, whatever was asked and however long ago."""
    for state, age, step in product(LIVE - {S.OPEN}, AGES, set(Step) - OURS):
        told = Told(attempt=AttemptId("att_1"), step=step, answer=Answer(result=Result.NO_ANSWER))
        assert after(attempt(state, age), told, able, NOW).live


@every_class
def test_a_decline_waits_for_its_cancel(able: Capabilities) -> None:
    """Declined is CLOSING, not CLOSED: the request may still be on its way."""
    for state in (S.SENT, S.ACTION, S.UNKNOWN):
        told = Told(attempt=AttemptId("att_1"), step=Step.CONFIRM, answer=Answer(result=Result.DECLINED))
        moved = after(attempt(state), told, able, NOW)
        assert (S.CLOSING, DeclineClass.SOFT) == (moved.state, moved.decline), "a decline without a class is a soft one"
        assert moved.next_check_at is not None
        assert (moved.next_check_at == NOW) is able.cancel


@every_class
def test_nothing_is_sent_before_it_is_committed_as_sent(able: Capabilities) -> None:
    """An OPEN attempt is created or marked; nobody confirms it."""
    for age, last in product(AGES, ANSWERS):
        step = next_step(attempt(S.OPEN, age), able, last, NOW)
        assert step is (Step.ABANDON if age > NEVER_SENT else first_step(able))
    assert first_step(able) is (Step.CREATE if able.two_step else Step.SEND)


@every_class
def test_a_confirm_is_repeated_only_where_it_cannot_charge_twice(able: Capabilities) -> None:
    """Where the object fences, or while the gateway remembers the key of the first."""
    for state, age, last in product(LIVE - {S.OPEN}, AGES, ANSWERS):
        if next_step(attempt(state, age), able, last, NOW) is Step.CONFIRM and not able.two_step:
            remembered = age.total_seconds() < able.key_lifetime
            assert remembered or (last is not None and last.result is Result.UNCONFIRMED)


@every_class
def test_steps_ask_only_for_what_the_gateway_can_do(able: Capabilities) -> None:
    """No cancel where there is none, no object where nothing was created."""
    for state, age, last in product(LIVE, AGES, ANSWERS):
        step = next_step(attempt(state, age), able, last, NOW)
        assert able.cancel or step is not Step.CANCEL
        assert able.two_step or step not in (Step.CREATE, Step.LOOK_UP)


@every_class
def test_every_step_that_is_chosen_can_be_applied(able: Capabilities) -> None:
    """A step of ours moves the state; the resolver never turns on the spot."""
    for state, age, last in product(LIVE, AGES, ANSWERS):
        before = attempt(state, age)
        step = next_step(before, able, last, NOW)
        if step in OURS - {Step.WAIT}:
            moved = after(before, Told(attempt=before.id, step=step), able, NOW)
            assert moved.state is not state, (state, age, step)


GATEWAY_SAYS = [
    Result.NO_ANSWER, Result.UNCONFIRMED, Result.NOT_FOUND, Result.ACTION, Result.PENDING, Result.DECLINED,
    Result.CANCELLED, Result.CAPTURED,
]  # fmt: skip


@every_class
@pytest.mark.parametrize("constant", GATEWAY_SAYS)
@pytest.mark.parametrize("state", sorted(LIVE))
@pytest.mark.parametrize("asleep", [timedelta(0), timedelta(hours=2), timedelta(days=2), timedelta(days=8)])
def test_every_attempt_ends(state: AttemptState, constant: Result, asleep: timedelta, able: Capabilities) -> None:
    """Whatever a gateway keeps saying, and however long the resolver slept: after 9 more days nothing is live."""
    ended = walk(attempt(state), able, lambda _step: constant, asleep)

    assert not ended.live


@every_class
@given(
    state=st.sampled_from(sorted(LIVE)),
    said=st.lists(st.sampled_from(GATEWAY_SAYS), min_size=1, max_size=12),
    asleep=st.sampled_from(AGES),
)
def test_every_attempt_ends_whatever_is_said(
    state: AttemptState, said: list[Result], asleep: timedelta, able: Capabilities
) -> None:
    """With answers in any order, and any sleep before."""
    queue = iter(said * 400)

    assert not walk(attempt(state), able, lambda _step: next(queue), asleep).live


def walk(
    live: PaymentAttempt, able: Capabilities, says: Callable[[Step], Result], asleep: timedelta, days: int = 9
) -> PaymentAttempt:
    """What `resolve` does with it, look by look, until it ended or the days are over."""
    one, now, end = live, NOW + asleep, NOW + asleep + timedelta(days=days)
    while one.live and now < end:
        last: Answer | None = None
        for look in range(6):
            step = next_step(one, able, last, now)
            if step is Step.WAIT or not one.live:
                assert look or now < NOW + asleep + timedelta(days=2), f"{one.state} is due, and nothing is done"
                break
            result = None if step in OURS else says(step)
            answer = None if result is None else Answer(result=result, object_id="pi_1", amount=PRICE)
            moved = after(one, Told(attempt=one.id, step=step, answer=answer), able, now)
            waits = result in (Result.NO_ANSWER, Result.ACTION, Result.PENDING)
            last, one = (answer if waits or moved.state is one.state else None), moved
        if one.next_check_at is not None and one.next_check_at <= now:
            now += timedelta(hours=1)  # an attempt made by hand for this test; the next test has none
        elif one.next_check_at is not None:
            now = one.next_check_at
    return one


@every_class
@given(said=st.lists(st.sampled_from(GATEWAY_SAYS), min_size=1, max_size=30))
def test_what_is_due_has_something_to_do(said: list[Result], able: Capabilities) -> None:
    """From its opening on: whenever it is due there is a step, and then it is due later, or six steps were made."""
    one, now, queue = attempt(S.OPEN), NOW, iter(said)
    for _ in range(60):
        if one.next_check_at is None:
            return
        now = max(now, one.next_check_at)
        last: Answer | None = None
        for look in range(6):
            step = next_step(one, able, last, now) if one.live else Step.WAIT
            assert look or step is not Step.WAIT, one.state
            if step is Step.WAIT:
                break
            result = None if step in OURS else next(queue, Result.NO_ANSWER)
            answer = None if result is None else Answer(result=result, object_id="pi_1", amount=PRICE)
            moved = after(one, Told(attempt=one.id, step=step, answer=answer), able, now)
            waits = result in (Result.NO_ANSWER, Result.ACTION, Result.PENDING)
            last, one = (answer if waits or moved.state is one.state else None), moved
        else:
            continue
        assert one.next_check_at is None or one.next_check_at > now


# the schedule


def test_the_schedule_of_looks() -> None:
    """5 s, 30 s, 2 min, 10 min, 1 h, hourly for a day, six-hourly after that."""
    now, found = NOW, []
    while now - NOW < timedelta(days=2):
        now = next_check(NOW, now)
        found.append(int((now - NOW).total_seconds()))
    hourly = [3600 * hour for hour in range(1, 25)]
    six_hourly = [3600 * hour for hour in (30, 36, 42, 48)]

    assert [5, 30, 120, 600, *hourly, *six_hourly] == found


@given(st.timedeltas(timedelta(0), timedelta(days=40)))
def test_the_next_look_is_always_ahead_and_never_far(age: timedelta) -> None:
    """However late one comes: within six hours."""
    coming = next_check(NOW, NOW + age) - (NOW + age)

    assert timedelta(0) < coming <= timedelta(hours=6)


def test_the_limits_are_those_of_the_design() -> None:
    """An hour to be sent, a day for a challenge, a week in all."""
    assert (timedelta(hours=1), timedelta(days=1), timedelta(days=7)) == (NEVER_SENT, CHALLENGE_ENDS, DEADLINE)
