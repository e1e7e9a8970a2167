"""Opening attempts and recording what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId, EventId, MethodId, ObligationId
from hlc_core.payments import events
from hlc_core.payments.errors import NothingCaptured
from hlc_core.payments.machine import AttemptState, AttemptTrigger
from hlc_core.payments.model import (
    DeclineClass,
    Instrument,
    MethodState,
    Payment,
    PaymentAttempt,
    ProcessorEvent,
    ProcessorEventKind,
    Result,
    SavedMethod,
)
from hlc_core.payments.ports import Env
from hlc_core.payments.protocol import Told, after, next_check


def open_first_payments(payments: Sequence[Payment], env: Env) -> Sequence[PaymentAttempt]:
    """A new attempt for each payment, where the caller knows that no attempt was ever made at its obligation.

    Nothing is read; where the caller errs the database refuses the row.
    """
    return [_open_or_standing(payment, (), env) for payment in payments]


def open_payments(payments: Sequence[Payment], env: Env) -> Sequence[PaymentAttempt]:
    """One attempt for each payment, in their order: a new one, or the one that stands in its way.

    An attempt that is not closed (live, paid, in quarantine) is answered instead of opening another; the database
    refuses a second one anyway. The amount that stands may differ from the one asked: the caller compares.
    """
    standing: dict[ObligationId, list[PaymentAttempt]] = {}
    for attempt in env.attempts.of_obligations([payment.obligation for payment in payments]):
        standing.setdefault(attempt.payment.obligation, []).append(attempt)
    return [_open_or_standing(payment, standing.get(payment.obligation, []), env) for payment in payments]


def _open_or_standing(payment: Payment, standing: Sequence[PaymentAttempt], env: Env) -> PaymentAttempt:
    for attempt in standing:
        if attempt.state is not AttemptState.CLOSED:
            return attempt
    now = env.clock.now()
    opened = PaymentAttempt(
        id=AttemptId(env.ids.new("att")),
        organization=env.organization.id,
        payment=payment,
        number=1 + max((attempt.number for attempt in standing), default=0),
        state=AttemptState.OPEN,
        opened_at=now,
        request_hash=_request_hash(payment),
        next_check_at=next_check(now, now),
    )
    env.attempts.add(opened)
    _tell(opened, ProcessorEventKind.PAYMENT_ATTEMPT_OPENED, now, env)
    return opened


def _request_hash(payment: Payment) -> str:
    text = f"{payment.obligation}|{payment.amount}|{payment.gateway}|{payment.instrument.token}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@frozen(kw_only=True)
class RecordAnswers(Command[tuple[PaymentAttempt, ...]]):
    """What came of steps on attempts; each is applied to the attempt as it stands now.

    `known` is how the caller last saw them: it saves reading them, and is found out where it is wrong.
    """

    told: tuple[Told, ...]
    known: tuple[PaymentAttempt, ...] = ()


def record_answers(command: RecordAnswers, env: Env) -> tuple[PaymentAttempt, ...]:
    """The attempts afterwards, in the order told. Those that ended meanwhile stay as they are."""
    now = env.clock.now()
    env.attempts.assume(command.known)
    stands = {attempt.id: attempt for attempt in env.attempts.many([told.attempt for told in command.told])}
    kept = _keep_methods(command.told, stands, now, env)
    answered = []
    for told in command.told:
        before = stands[told.attempt]
        moved = before
        if before.live:
            moved = after(before, told, env.gateways.capabilities(before.payment.gateway), now)
            env.attempts.save(moved)
            stands[moved.id] = moved
            if moved.state is not before.state:
                _announce(before, moved, kept.get(moved.id), now, env)
        answered.append(moved)
    return tuple(answered)


_TIMELINE = {
    AttemptState.PAID: ProcessorEventKind.PAYMENT_SUCCEEDED,
    AttemptState.UNKNOWN: ProcessorEventKind.PAYMENT_UNKNOWN,
    AttemptState.QUARANTINE: ProcessorEventKind.PAYMENT_QUARANTINED,
}


def _announce(before: PaymentAttempt, moved: PaymentAttempt, method: MethodId | None, now: datetime, env: Env) -> None:
    put, state = env.outbox.put, moved.state
    refused_at_once = before.state is AttemptState.OPEN and moved.decline is not None
    if state in _TIMELINE:
        _tell(moved, _TIMELINE[state], now, env)
    if before.state is AttemptState.UNKNOWN:
        _tell(moved, ProcessorEventKind.PAYMENT_RESOLVED, now, env)
    if state is AttemptState.PAID:
        put(events.PaymentPaid(**facts(moved), method=method or moved.payment.method))
    elif (state is AttemptState.CLOSING and moved.decline is not None) or refused_at_once:
        kind = ProcessorEventKind.TOKENIZATION_FAILED if refused_at_once else ProcessorEventKind.PAYMENT_FAILED
        _tell(moved, kind, now, env)
        decline = moved.decline or DeclineClass.SOFT
        put(events.PaymentDeclined(**facts(moved), decline=decline, method=moved.payment.method))
    elif state is AttemptState.ACTION:
        put(events.PaymentActionNeeded(**facts(moved)))
    elif state is AttemptState.UNKNOWN:
        put(events.PaymentUnknown(**facts(moved)))
    elif state is AttemptState.QUARANTINE:
        put(events.PaymentQuarantined(**facts(moved)))
    if state is AttemptState.CLOSED:
        put(events.PaymentClosed(**facts(moved)))


def facts(attempt: PaymentAttempt) -> dict[str, Any]:
    """The fields that every payment event has."""
    payment = attempt.payment
    return {
        "attempt": attempt.id,
        "obligation": payment.obligation,
        "purpose": payment.purpose,
        "owner": payment.subject,
        "patient": payment.patient,
        "amount": payment.amount,
        "gateway": payment.gateway,
        "number": attempt.number,
        "code": attempt.code,
        "text": attempt.text,
    }


def _tell(attempt: PaymentAttempt, kind: ProcessorEventKind, now: datetime, env: Env) -> None:
    env.processor_events.add(
        ProcessorEvent(
            id=EventId(env.ids.new("evt")),
            organization=attempt.organization,
            at=now,
            kind=kind,
            gateway=attempt.payment.gateway,
            patient=attempt.payment.patient,
            purpose=attempt.payment.purpose,
            subject=attempt.payment.subject,
            attempt=attempt.id,
            amount=attempt.payment.amount,
            object_id=attempt.object_id,
            charge_id=attempt.charge_id,
            customer=attempt.payment.instrument.customer,
            code=attempt.code,
            text=attempt.text,
        )
    )


def _keep_methods(
    told: Sequence[Told], stands: Mapping[AttemptId, PaymentAttempt], now: datetime, env: Env
) -> Mapping[AttemptId, MethodId]:
    """Store the reusable methods that gateways kept; the newest becomes the patient's default."""
    offered = {
        line.attempt: line.answer.instrument
        for line in told
        if line.answer is not None and line.answer.result is Result.CAPTURED and line.answer.instrument is not None
        if stands[line.attempt].payment.keep_method
    }
    if not offered:
        return {}
    patients = {stands[id].payment.patient for id in offered}
    known = list(env.methods.of_patients(patients))
    return {id: _keep(stands[id], instrument, known, now, env) for id, instrument in offered.items()}


def _keep(
    attempt: PaymentAttempt, instrument: Instrument, known: list[SavedMethod], now: datetime, env: Env
) -> MethodId:
    mine = [m for m in known if m.patient == attempt.payment.patient and m.state is MethodState.ACTIVE]
    for method in mine:
        if method.gateway == attempt.payment.gateway and method.instrument.token == instrument.token:
            return method.id
    for method in mine:
        if method.default:
            env.methods.save(evolve(method, default=False))
            known[known.index(method)] = evolve(method, default=False)
    saved = SavedMethod(
        id=MethodId(env.ids.new("pm")),
        organization=attempt.organization,
        patient=attempt.payment.patient,
        gateway=attempt.payment.gateway,
        instrument=instrument,
        default=True,
        state=MethodState.ACTIVE,
        saved_at=now,
    )
    env.methods.add(saved)
    known.append(saved)
    _tell(attempt, ProcessorEventKind.CUSTOMER_PROFILE_LINKED, now, env)
    env.outbox.put(events.MethodSaved(method=saved.id, patient=saved.patient))
    return saved.id


@frozen(kw_only=True)
class RuleAttempt(Command[PaymentAttempt]):
    """A person decides about an attempt in quarantine, with the evidence seen (a sentence)."""

    attempt: AttemptId
    paid: bool
    evidence: str


def rule_attempt(command: RuleAttempt, env: Env) -> PaymentAttempt:
    """The attempt, PAID or CLOSED. Refuses: Missing, IllegalTransition (not in quarantine)."""
    before = env.attempts.get(command.attempt)
    trigger = AttemptTrigger.RULE_PAID if command.paid else AttemptTrigger.RULE_CLOSED
    now = env.clock.now()
    ruled = evolve(before.move(trigger), text=command.evidence, settled_at=now if command.paid else None, decline=None)
    env.attempts.save(ruled)
    _announce(before, ruled, None, now, env)
    return ruled


@frozen(kw_only=True)
class MarkDisputed(Command[PaymentAttempt]):
    """The payer disputes a captured payment at the bank. `object_id` is the gateway's."""

    gateway: str
    object_id: str


def mark_disputed(command: MarkDisputed, env: Env) -> PaymentAttempt:
    """The attempt, marked once. Refuses: Missing (no such object), NothingCaptured."""
    from_gateway = env.attempts.of_object(command.gateway, command.object_id)
    if from_gateway is None:
        raise Missing("No payment here has that object of the gateway.", Fault("object_id", "see `hlc payments list`"))
    if from_gateway.state is not AttemptState.PAID:
        raise NothingCaptured("This payment is not paid: there is nothing to dispute.")
    if from_gateway.disputed:
        return from_gateway
    disputed = evolve(from_gateway, disputed=True)
    env.attempts.save(disputed)
    _tell(disputed, ProcessorEventKind.PAYMENT_DISPUTED, env.clock.now(), env)
    env.outbox.put(events.PaymentDisputed(**facts(disputed)))
    return disputed


__all__ = [
    "MarkDisputed",
    "RecordAnswers",
    "RuleAttempt",
    "facts",
    "mark_disputed",
    "open_payments",
    "record_answers",
    "rule_attempt",
]
