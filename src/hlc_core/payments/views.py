"""Questions about payments."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import AttemptId, EventId, ObligationId, PatientId, RefundId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.paging import Page, limited
from hlc_core.payments.machine import ATTEMPT, AttemptTrigger
from hlc_core.payments.model import PaymentAttempt, ProcessorEvent, Refund, SavedMethod
from hlc_core.payments.ports import Env


@frozen(kw_only=True)
class GetAttempt(Query[PaymentAttempt]):
    """One payment attempt."""

    attempt: AttemptId


def get_attempt(query: GetAttempt, env: Env) -> PaymentAttempt:
    """Refuses: Missing."""
    return env.attempts.get(query.attempt)


@frozen(kw_only=True)
class AttemptOfObject(Query[PaymentAttempt | None]):
    """The attempt behind a gateway's object, or None: what a webhook wakes."""

    gateway: str
    object_id: str
    reference: str | None = None


def attempt_of_object(query: AttemptOfObject, env: Env) -> PaymentAttempt | None:
    """By the object; else by our reference, where the gateway told one."""
    found = env.attempts.of_object(query.gateway, query.object_id)
    if found is None and query.reference:
        found = env.attempts.find(AttemptId(query.reference))
    return found


@frozen(kw_only=True)
class AttemptsOfObligation(Query[tuple[PaymentAttempt, ...]]):
    """Every attempt at one obligation."""

    obligation: ObligationId


def attempts_of_obligation(query: AttemptsOfObligation, env: Env) -> tuple[PaymentAttempt, ...]:
    """By number."""
    return tuple(env.attempts.of_obligations((query.obligation,)))


@frozen(kw_only=True)
class DueAttempts(Query[tuple[PaymentAttempt, ...]]):
    """Live attempts that must be looked at now."""

    limit: int = 200


def due_attempts(query: DueAttempts, env: Env) -> tuple[PaymentAttempt, ...]:
    """Longest due first."""
    return tuple(env.attempts.due(env.clock.now(), query.limit))


@frozen(kw_only=True)
class DueRefunds(Query[tuple[Refund, ...]]):
    """Refunds that must be sent or looked at now."""

    limit: int = 200


def due_refunds(query: DueRefunds, env: Env) -> tuple[Refund, ...]:
    """Longest due first."""
    return tuple(env.refunds.due(env.clock.now(), query.limit))


@frozen(kw_only=True)
class GetRefund(Query[Refund]):
    """One refund."""

    refund: RefundId


def get_refund(query: GetRefund, env: Env) -> Refund:
    """Refuses: Missing."""
    return env.refunds.get(query.refund)


@frozen(kw_only=True)
class ListQuarantined(Query[tuple[PaymentAttempt, ...]]):
    """Attempts that wait for a person."""

    limit: int = 200


def list_quarantined(query: ListQuarantined, env: Env) -> tuple[PaymentAttempt, ...]:
    """Refuses: Invalid (limit)."""
    return tuple(env.attempts.quarantined(limited(query.limit)))


@frozen(kw_only=True)
class ListProcessorEvents(Query[Page[ProcessorEvent]]):
    """The payment timeline: of one checkout, invoice or cart, or all of it, newest first."""

    subject: str | None = None
    cursor: str | None = None
    limit: int = 50


def list_processor_events(query: ListProcessorEvents, env: Env) -> Page[ProcessorEvent]:
    """Refuses: Invalid (limit). Lines of one subject come all at once, oldest first."""
    if query.subject is not None:
        return Page(tuple(env.processor_events.of_subjects((query.subject,))))
    before = None if query.cursor is None else EventId(query.cursor)
    found = env.processor_events.newest(before, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListMethods(Query[tuple[SavedMethod, ...]]):
    """A patient's saved methods, the default first."""

    patient: PatientId
    joined: tuple[PatientId, ...] = ()
    """Records of the same person that joined that one: theirs, too."""


def list_methods(query: ListMethods, env: Env) -> tuple[SavedMethod, ...]:
    """Removed ones included; their state says so."""
    return tuple(sorted(env.methods.of_patients((query.patient, *query.joined)), key=lambda m: (not m.default, m.id)))


def allowed(attempt: PaymentAttempt) -> tuple[AttemptTrigger, ...]:
    """The triggers that a person may pull on the attempt now."""
    by_hand = {rule.trigger for rule in ATTEMPT.rules if rule.manual}
    return tuple(trigger for trigger in ATTEMPT.allowed(attempt.state, NoFacts()) if trigger in by_hand)
