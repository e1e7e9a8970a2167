"""Driving attempts to their end: the calls to the gateway, between the transactions that record them.

Plain functions over ports. The request that waits for its payment, the billing run and the resolver all use them; what
a crash interrupts, the resolver takes up from the attempt's row. Source: design/charge-protocol, Steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from attrs import frozen

from hlc_core.kernel.commands import Command, Envelope, Query
from hlc_core.kernel.time import Clock
from hlc_core.payments.gateway import Gateways
from hlc_core.payments.machine import AttemptState
from hlc_core.payments.model import Answer, PaymentAttempt, Result
from hlc_core.payments.ports import Parallel
from hlc_core.payments.protocol import OURS, Step, Told, first_step, next_step
from hlc_core.payments.usecases import RecordAnswers

A = TypeVar("A")

_WAITS = frozenset({Result.NO_ANSWER, Result.ACTION, Result.PENDING})
"""Answers after which asking again at once is of no use."""


class Executes(Protocol):
    """The application's road."""

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer."""
        ...

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run and commit."""
        ...


@frozen(kw_only=True)
class Driver:
    """What driving needs: the road, the gateways, the clock, and how to call many at once."""

    application: Executes
    gateways: Gateways
    clock: Clock
    parallel: Parallel


def collect(attempts: Sequence[PaymentAttempt], driver: Driver, envelope: Envelope) -> Sequence[PaymentAttempt]:
    """Take attempts that were just opened as far as they go at once; answers them as they stand then.

    Those that are not OPEN any more are answered as they are: somebody else drives them.
    """
    opened = [attempt for attempt in attempts if attempt.state is AttemptState.OPEN]
    stands = {attempt.id: attempt for attempt in attempts}
    for step_of in (_open_step, _confirm_step, _close_step):
        wanted = [(stands[a.id], step) for a in opened if (step := step_of(stands[a.id], driver)) is not None]
        stands.update((attempt.id, attempt) for attempt in _take(wanted, driver, envelope))
    return [stands[attempt.id] for attempt in attempts]


def _open_step(attempt: PaymentAttempt, driver: Driver) -> Step | None:
    return first_step(driver.gateways.named(attempt.payment.gateway).capabilities)


def _confirm_step(attempt: PaymentAttempt, driver: Driver) -> Step | None:
    return Step.CONFIRM if _just_sent(attempt) else None


def _just_sent(attempt: PaymentAttempt) -> bool:
    """Whether nobody but this driver can have confirmed it: one that came second to send it has been counted.

    Where the object fences or the key replays, a second confirm is harmless; a gateway without either charges twice.
    """
    return attempt.state is AttemptState.SENT and attempt.check_count == 0


def _close_step(attempt: PaymentAttempt, driver: Driver) -> Step | None:
    able = driver.gateways.named(attempt.payment.gateway).capabilities.cancel
    return Step.CANCEL if attempt.state is AttemptState.CLOSING and able else None


def resolve(attempts: Sequence[PaymentAttempt], driver: Driver, envelope: Envelope) -> Sequence[PaymentAttempt]:
    """Ask about live attempts and record what is learnt, until each ended or must wait; at most six steps each."""
    stands = {attempt.id: attempt for attempt in attempts}
    last: dict[str, Answer | None] = dict.fromkeys(stands)
    fresh: set[str] = set()
    for _ in range(6):
        wanted = []
        for attempt in stands.values():
            if not attempt.live:
                continue
            able = driver.gateways.named(attempt.payment.gateway).capabilities
            step = next_step(attempt, able, last[attempt.id], driver.clock.now())
            if attempt.id in fresh and attempt.state is AttemptState.SENT:
                step = Step.CONFIRM
            fresh.discard(attempt.id)
            if step is not Step.WAIT or _is_due(attempt, driver):
                wanted.append((attempt, step))
        if not wanted:
            break
        told = _ask(wanted, driver)
        known = tuple(attempt for attempt, _ in wanted)
        for moved, line in zip(_record(told, driver, envelope, known), told, strict=True):
            if line.step in (Step.CREATE, Step.SEND) and _just_sent(moved):
                fresh.add(moved.id)
            unchanged = moved.state is stands[moved.id].state
            waits = line.answer is not None and line.answer.result in _WAITS
            last[moved.id] = line.answer if unchanged or waits else None
            stands[moved.id] = moved
    return [stands[attempt.id] for attempt in attempts]


def withdraw(attempt: PaymentAttempt, driver: Driver, envelope: Envelope) -> PaymentAttempt:
    """Give up an attempt whose buyer will not confirm it: nothing else can be tried for the debt before it is closed.

    It is fenced at the gateway; where the bank had agreed in the meantime, the money has won and the attempt is paid.
    One that waits for nobody, or that its gateway cannot cancel, is answered as it is.
    """
    able = driver.gateways.named(attempt.payment.gateway).capabilities.cancel
    if attempt.state is not AttemptState.ACTION or not attempt.action_url or not able:
        return attempt
    closing = _record((Told(attempt=attempt.id, step=Step.WITHDRAW),), driver, envelope, (attempt,))
    return resolve(closing, driver, envelope)[0]


def _is_due(attempt: PaymentAttempt, driver: Driver) -> bool:
    """One that must wait although its time has come is noted as looked at, so that it is not due again at once."""
    return attempt.next_check_at is not None and attempt.next_check_at <= driver.clock.now()


def _take(
    wanted: Sequence[tuple[PaymentAttempt, Step]], driver: Driver, envelope: Envelope
) -> Sequence[PaymentAttempt]:
    if not wanted:
        return ()
    known = tuple(attempt for attempt, _ in wanted)
    return _record(_ask(wanted, driver), driver, envelope, known)


def _ask(wanted: Sequence[tuple[PaymentAttempt, Step]], driver: Driver) -> tuple[Told, ...]:
    calls = [_call(attempt, step, driver) for attempt, step in wanted if step not in OURS]
    answers = iter(driver.parallel.map(_run, calls) if calls else ())
    return tuple(
        Told(attempt=attempt.id, step=step, answer=None if step in OURS else next(answers)) for attempt, step in wanted
    )


def _run(call: Callable[[], Answer]) -> Answer:
    return call()


def _call(attempt: PaymentAttempt, step: Step, driver: Driver) -> Callable[[], Answer]:
    gateway = driver.gateways.named(attempt.payment.gateway)
    object_id = attempt.object_id or attempt.id
    if step is Step.CREATE:
        return lambda: gateway.create(attempt.request)
    if step is Step.CONFIRM:
        return lambda: gateway.confirm(object_id, attempt.request)
    if step is Step.LOOK_UP:
        return lambda: gateway.look_up(object_id)
    if step is Step.FIND:
        return lambda: gateway.find(attempt.id)
    return lambda: gateway.cancel(object_id, attempt.id)


def _record(
    told: tuple[Told, ...], driver: Driver, envelope: Envelope, known: tuple[PaymentAttempt, ...]
) -> Sequence[PaymentAttempt]:
    return driver.application.execute(RecordAnswers(told=told, known=known), envelope)
