"""The charge protocol as pure decisions: what to ask a gateway next, and what its answer makes of the attempt.

Source: design/charge-protocol. The driver and the resolver do the asking; nothing here touches the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId
from hlc_core.payments.machine import AttemptState as S
from hlc_core.payments.machine import AttemptTrigger as T
from hlc_core.payments.model import Answer, Capabilities, DeclineClass, PaymentAttempt, Result

NEVER_SENT = timedelta(hours=1)
"""An attempt that was not sent by then is abandoned: nobody waits for it any more."""

CHALLENGE_ENDS = timedelta(days=1)
"""A challenge that the buyer or the bank did not end by then is withdrawn."""

DEADLINE = timedelta(days=7)
"""An attempt without a definite answer by then goes to a person."""

_CHECKS = (5, 30, 120, 600, 3600)

_ENDED: Mapping[str, Any] = {"next_check_at": None, "action_url": None}
"""Nothing is looked at or asked of anybody any more."""


class Step(StrEnum):
    """What can be done about a live attempt."""

    CREATE = "create"
    SEND = "send"
    CONFIRM = "confirm"
    LOOK_UP = "look_up"
    FIND = "find"
    CANCEL = "cancel"
    ABANDON = "abandon"
    WITHDRAW = "withdraw"
    GIVE_UP = "give_up"
    WAIT = "wait"


OURS = frozenset({Step.SEND, Step.ABANDON, Step.WITHDRAW, Step.GIVE_UP, Step.WAIT})
"""Steps that ask no gateway."""


@frozen(kw_only=True)
class Told:
    """What came of one step on one attempt; `answer` is None for the steps that ask no gateway."""

    attempt: AttemptId
    step: Step
    answer: Answer | None = None


def next_check(since: datetime, now: datetime) -> datetime:
    """When to ask again: 5 s, 30 s, 2 min, 10 min, 1 h after `since`, hourly for a day, six-hourly to day 7."""
    age = (now - since).total_seconds()
    for seconds in _CHECKS:
        if age < seconds:
            return since + timedelta(seconds=seconds)
    every = 3600 if age < 86_400 else 6 * 3600
    return since + timedelta(seconds=(age // every + 1) * every)


def first_step(capabilities: Capabilities) -> Step:
    """What the driver does with an attempt that it just opened."""
    return Step.CREATE if capabilities.two_step else Step.SEND


def next_step(attempt: PaymentAttempt, capabilities: Capabilities, last: Answer | None, now: datetime) -> Step:
    """What the resolver does about a live attempt, given what was read of it a moment ago (None: nothing yet)."""
    if attempt.state is S.OPEN:
        if now - attempt.opened_at > NEVER_SENT:
            return Step.ABANDON
        return first_step(capabilities)
    sent = attempt.sent_at or attempt.opened_at
    if attempt.state is not S.ACTION and now - sent > DEADLINE:
        return _end(attempt, capabilities, last, now)
    if attempt.state is S.CLOSING:
        return _close(attempt, capabilities, last, now)
    if last is None:
        return _read(attempt, capabilities, now)
    if last.result is Result.UNCONFIRMED:
        return Step.CONFIRM if now - sent <= NEVER_SENT else Step.WITHDRAW
    if attempt.state is S.ACTION and now - sent > CHALLENGE_ENDS:
        return Step.WITHDRAW
    return Step.WAIT


def _end(attempt: PaymentAttempt, capabilities: Capabilities, last: Answer | None, now: datetime) -> Step:
    """After the deadline: one last question, and where the object can still be fenced, the fence; else a person."""
    if last is None:
        able = attempt.state is S.CLOSING and capabilities.cancel
        return Step.CANCEL if able else _read(attempt, capabilities, now)
    fenceable = attempt.state is not S.CLOSING and last.result is Result.UNCONFIRMED
    return Step.WITHDRAW if fenceable or attempt.state is S.SENT else Step.GIVE_UP


def _read(attempt: PaymentAttempt, capabilities: Capabilities, now: datetime) -> Step:
    if capabilities.two_step:
        return Step.LOOK_UP
    if _remembered(attempt, capabilities, now):
        return Step.CONFIRM
    return Step.FIND


def _remembered(attempt: PaymentAttempt, capabilities: Capabilities, now: datetime) -> bool:
    """Whether the key is remembered until the slowest of all requests, one sent now included, must have arrived.

    A gateway that forgets sooner takes the late first request, or its repetition, for another charge.
    """
    sent = attempt.sent_at or attempt.opened_at
    return (now - sent).total_seconds() + capabilities.longest_flight < capabilities.key_lifetime


def _close_at(attempt: PaymentAttempt, capabilities: Capabilities, now: datetime) -> datetime:
    """When closing can begin: now, or where nothing can be cancelled, when everything that was sent has arrived."""
    if capabilities.cancel:
        return now
    return max(now, (attempt.sent_at or attempt.opened_at) + _all_arrive(capabilities))


def _all_arrive(capabilities: Capabilities) -> timedelta:
    return timedelta(seconds=max(capabilities.longest_flight, capabilities.key_lifetime))


def _all_arrived(attempt: PaymentAttempt, capabilities: Capabilities, now: datetime) -> bool:
    """Whether no request can be under way any more: neither the first nor its last repetition (see `_remembered`)."""
    sent = attempt.sent_at or attempt.opened_at
    return now - sent >= _all_arrive(capabilities)


def _close(attempt: PaymentAttempt, capabilities: Capabilities, last: Answer | None, now: datetime) -> Step:
    if last is not None:
        return Step.WAIT
    if capabilities.cancel:
        return Step.CANCEL
    return Step.FIND if _all_arrived(attempt, capabilities, now) else Step.WAIT


def after(attempt: PaymentAttempt, told: Told, capabilities: Capabilities, now: datetime) -> PaymentAttempt:
    """The attempt once the step's answer is known. Total: an answer that means nothing here changes no state."""
    if not attempt.live:
        return attempt
    if told.step is Step.SEND and attempt.state is S.OPEN:
        return _sent(attempt, attempt.id, now)
    if told.step is Step.CREATE and told.answer is not None:
        return _created(attempt, told.answer, now)
    checked = _checked(attempt, now)
    if told.step is Step.ABANDON and attempt.state is S.OPEN:
        return _ended(checked.move(T.ABANDON))
    if told.step is Step.WITHDRAW and attempt.state in (S.SENT, S.ACTION, S.UNKNOWN):
        return evolve(checked.move(T.WITHDRAW), next_check_at=_close_at(attempt, capabilities, now))
    if told.step is Step.GIVE_UP and attempt.state in (S.UNKNOWN, S.CLOSING):
        return _ended(checked.move(T.GIVE_UP))
    if told.answer is None:
        return checked
    if attempt.state is S.OPEN:
        return checked
    return _understood(checked, told.answer, capabilities, now)


def _checked(attempt: PaymentAttempt, now: datetime) -> PaymentAttempt:
    since = attempt.sent_at or attempt.opened_at
    return evolve(attempt, check_count=attempt.check_count + 1, next_check_at=next_check(since, now))


def _created(attempt: PaymentAttempt, answer: Answer, now: datetime) -> PaymentAttempt:
    if attempt.state is not S.OPEN:
        return attempt
    if answer.result is Result.DECLINED:
        return _ended(_noted(_checked(attempt, now), answer).move(T.ABANDON))
    if answer.object_id is None:
        return _checked(attempt, now)
    return _sent(attempt, answer.object_id, now)


def _sent(attempt: PaymentAttempt, object_id: str, now: datetime) -> PaymentAttempt:
    first = next_check(now, now)
    return attempt.move(T.SEND, object_id=object_id, sent_at=now, check_count=0, next_check_at=first)


def _understood(attempt: PaymentAttempt, answer: Answer, capabilities: Capabilities, now: datetime) -> PaymentAttempt:
    result = answer.result
    if result is Result.CAPTURED:
        return _captured(_noted(attempt, answer), answer, now)
    if result is Result.DECLINED:
        return _declined(_noted(attempt, answer), capabilities, now)
    if result is Result.CANCELLED:
        return _cancelled(attempt)
    if result is Result.NOT_FOUND:
        return _absent(attempt, capabilities, now)
    if result in (Result.ACTION, Result.PENDING) and attempt.state in (S.SENT, S.UNKNOWN):
        return evolve(_noted(attempt, answer).move(T.CHALLENGE), action_url=answer.action_url)
    if result is Result.NO_ANSWER and attempt.state in (S.SENT, S.ACTION):
        return _noted(attempt, answer).move(T.LOSE)
    return attempt


def _captured(attempt: PaymentAttempt, answer: Answer, now: datetime) -> PaymentAttempt:
    if answer.amount != attempt.payment.amount:
        return _ended(attempt.move(T.DISAGREE))
    return attempt.move(T.CAPTURE, **_ENDED, settled_at=now, charge_id=answer.charge_id)


def _declined(attempt: PaymentAttempt, capabilities: Capabilities, now: datetime) -> PaymentAttempt:
    if attempt.state is S.CLOSING:
        return attempt if capabilities.cancel else _ended(attempt.move(T.CANCELLED))
    return evolve(attempt.move(T.DECLINE), next_check_at=_close_at(attempt, capabilities, now))


def _cancelled(attempt: PaymentAttempt) -> PaymentAttempt:
    closing = attempt if attempt.state is S.CLOSING else attempt.move(T.WITHDRAW)
    return _ended(closing.move(T.CANCELLED))


def _absent(attempt: PaymentAttempt, capabilities: Capabilities, now: datetime) -> PaymentAttempt:
    """Not found is proof only where nothing fences, and after everything that was sent must have arrived."""
    if capabilities.two_step or not _all_arrived(attempt, capabilities, now):
        return attempt
    return _cancelled(attempt)


def _noted(attempt: PaymentAttempt, answer: Answer) -> PaymentAttempt:
    decline = answer.decline or (DeclineClass.SOFT if answer.result is Result.DECLINED else None)
    return evolve(attempt, decline=decline, code=answer.code, text=answer.text)


def _ended(attempt: PaymentAttempt) -> PaymentAttempt:
    return evolve(attempt, **_ENDED)
