"""Giving money back: each refund is an attempt of its own, and their sum never exceeds what was captured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_core.kernel.commands import Command, Envelope
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId, EventId, RefundId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.money import Money, total
from hlc_core.payments.driver import Driver
from hlc_core.payments.errors import NothingCaptured, RefundTooLarge
from hlc_core.payments.events import PaymentRefunded
from hlc_core.payments.machine import REFUND, AttemptState, RefundState, RefundTrigger
from hlc_core.payments.model import (
    Answer,
    PaymentAttempt,
    ProcessorEvent,
    ProcessorEventKind,
    Refund,
    RefundRequest,
    Result,
)
from hlc_core.payments.ports import Env
from hlc_core.payments.protocol import DEADLINE, next_check


@frozen(kw_only=True)
class RequestRefund(Command[Refund]):
    """Give back `amount` (None: all that is left) of a captured payment; `reason` is a sentence for the books."""

    attempt: AttemptId
    amount: Money | None = None
    reason: str = ""


def request_refund(command: RequestRefund, env: Env) -> Refund:
    """The open refund; the driver sends it. Refuses: Missing, NothingCaptured, RefundTooLarge, MixedCurrencies."""
    paid = env.attempts.get(command.attempt)
    if paid.state is not AttemptState.PAID:
        raise NothingCaptured("This payment is not paid: there is nothing to give back.")
    left = paid.payment.amount - _reserved(env.refunds.of_attempt(paid.id), paid.payment.amount.currency)
    amount = left if command.amount is None else command.amount
    if amount.amount < 1 or left < amount:
        raise RefundTooLarge(f"{left} of this payment can be given back.", Fault("amount", f"from 0.01 to {left}"))
    now = env.clock.now()
    refund = Refund(
        id=RefundId(env.ids.new("ref")),
        organization=paid.organization,
        attempt=paid.id,
        gateway=paid.payment.gateway,
        object_id=paid.object_id or paid.id,
        amount=amount,
        reason=command.reason,
        state=RefundState.OPEN,
        opened_at=now,
        next_check_at=next_check(now, now),
    )
    env.refunds.add(refund)
    # saving the attempt makes two refunds at once collide, so that their sum cannot exceed what was captured
    env.attempts.save(evolve(paid, refunded=(paid.refunded or Money(0, amount.currency)) + amount))
    return refund


def _reserved(refunds: Sequence[Refund], currency: str) -> Money:
    return total((refund.amount for refund in refunds if refund.state is not RefundState.REFUSED), currency)


@frozen(kw_only=True)
class ToldOfRefund:
    """What the gateway said of a refund; `answer` None: it is about to be sent."""

    refund: RefundId
    answer: Answer | None = None


@frozen(kw_only=True)
class RecordRefunds(Command[tuple[Refund, ...]]):
    """What came of refunds; each is applied to the refund as it stands now."""

    told: tuple[ToldOfRefund, ...]


def record_refunds(command: RecordRefunds, env: Env) -> tuple[Refund, ...]:
    """The refunds afterwards, in the order told."""
    now = env.clock.now()
    stands = {refund.id: refund for refund in env.refunds.many([told.refund for told in command.told])}
    env.attempts.many({refund.attempt for refund in stands.values()})  # read together; `get` then asks no more
    answered = []
    for told in command.told:
        before = stands[told.refund]
        moved = refund_after(before, told.answer, now)
        if moved is not before:
            env.refunds.save(moved)
            stands[moved.id] = moved
        if moved.state is not before.state:
            _settle(moved, env.attempts.get(moved.attempt), now, env)
        answered.append(moved)
    return tuple(answered)


def refund_after(refund: Refund, answer: Answer | None, now: datetime) -> Refund:
    """The refund once the answer is known. Total: an answer that means nothing here changes no state."""
    checked = evolve(refund, check_count=refund.check_count + 1, next_check_at=next_check(refund.since, now))
    if refund.state is RefundState.OPEN and answer is None:
        return evolve(_moved(checked, RefundTrigger.SEND), sent_at=now, next_check_at=next_check(now, now))
    if refund.state not in (RefundState.SENT, RefundState.UNKNOWN) or answer is None:
        return refund
    noted = evolve(checked, code=answer.code, text=answer.text)
    if answer.result is Result.REFUNDED:
        agrees = answer.amount is None or answer.amount == refund.amount
        return evolve(_moved(noted, RefundTrigger.CONFIRM), next_check_at=None) if agrees else _lost(noted, now)
    if answer.result is Result.DECLINED:
        return evolve(_moved(noted, RefundTrigger.REFUSE), next_check_at=None)
    return _lost(noted, now)


def _lost(refund: Refund, now: datetime) -> Refund:
    if refund.state is RefundState.SENT:
        return _moved(refund, RefundTrigger.LOSE)
    if now - refund.since > DEADLINE:
        return evolve(_moved(refund, RefundTrigger.GIVE_UP), next_check_at=None)
    return refund


def _moved(refund: Refund, trigger: RefundTrigger) -> Refund:
    return evolve(refund, state=REFUND.step(refund.state, trigger, NoFacts()))


def _settle(refund: Refund, attempt: PaymentAttempt, now: datetime, env: Env) -> None:
    if refund.state is RefundState.REFUSED:
        env.attempts.save(evolve(attempt, refunded=(attempt.refunded or refund.amount) - refund.amount))
    if refund.state is not RefundState.REFUNDED:
        return
    payment = attempt.payment
    done = [r for r in env.refunds.of_attempt(attempt.id) if r.state is RefundState.REFUNDED]
    env.outbox.put(
        PaymentRefunded(
            refund=refund.id,
            attempt=attempt.id,
            obligation=payment.obligation,
            purpose=payment.purpose,
            owner=payment.subject,
            patient=payment.patient,
            amount=refund.amount,
            refunded=total((r.amount for r in done), refund.amount.currency),
            captured=payment.amount,
        )
    )
    env.processor_events.add(
        ProcessorEvent(
            id=EventId(env.ids.new("evt")),
            organization=refund.organization,
            at=now,
            kind=ProcessorEventKind.PAYMENT_REFUNDED,
            gateway=refund.gateway,
            patient=payment.patient,
            purpose=payment.purpose,
            subject=payment.subject,
            attempt=attempt.id,
            amount=refund.amount,
            object_id=refund.object_id,
            code=refund.code,
            text=refund.text,
        )
    )


@frozen(kw_only=True)
class RuleRefund(Command[Refund]):
    """A person decides about a refund in quarantine, with the evidence seen (a sentence)."""

    refund: RefundId
    refunded: bool
    evidence: str


def rule_refund(command: RuleRefund, env: Env) -> Refund:
    """The refund, REFUNDED or REFUSED. Refuses: Missing, IllegalTransition (not in quarantine)."""
    before = env.refunds.get(command.refund)
    trigger = RefundTrigger.RULE_REFUNDED if command.refunded else RefundTrigger.RULE_REFUSED
    ruled = evolve(_moved(before, trigger), text=command.evidence)
    env.refunds.save(ruled)
    _settle(ruled, env.attempts.get(ruled.attempt), env.clock.now(), env)
    return ruled


def give_back(refunds: Sequence[Refund], driver: Driver, envelope: Envelope) -> Sequence[Refund]:
    """Send open refunds and ask about unknown ones; answers them as they stand then.

    A repeated send carries the same key and reference, and goes out only while the gateway remembers its keys.
    """
    stands = {refund.id: refund for refund in refunds}
    opened = tuple(ToldOfRefund(refund=r.id) for r in refunds if r.state is RefundState.OPEN)
    if opened:
        stands.update((r.id, r) for r in driver.application.execute(RecordRefunds(told=opened), envelope))
    asked = [r for r in stands.values() if r.state in (RefundState.SENT, RefundState.UNKNOWN)]
    fresh = {told.refund for told in opened}
    answers = driver.parallel.map(lambda r: _ask(r, r.id in fresh, driver), asked)
    told = tuple(ToldOfRefund(refund=r.id, answer=answer) for r, answer in zip(asked, answers, strict=True))
    if told:
        stands.update((r.id, r) for r in driver.application.execute(RecordRefunds(told=told), envelope))
    return [stands[refund.id] for refund in refunds]


def _ask(refund: Refund, fresh: bool, driver: Driver) -> Answer:
    gateway = driver.gateways.named(refund.gateway)
    request = RefundRequest(
        reference=refund.id, organization=refund.organization, object_id=refund.object_id, amount=refund.amount
    )
    if fresh:
        return gateway.refund(request)
    found = gateway.find_refund(request)
    age = (driver.clock.now() - refund.since).total_seconds()
    if found.result is Result.NOT_FOUND and age < gateway.capabilities.key_lifetime:
        return gateway.refund(request)
    dead = gateway.capabilities.longest_flight + gateway.capabilities.key_lifetime
    if found.result is Result.NOT_FOUND and age > dead:
        return Answer(result=Result.DECLINED, code="never_arrived", text="The gateway knows of no such refund.")
    return found
