"""The steps of recovery on batches of cases: a charge failed, a retry is due, a debt ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from attrs import evolve, frozen

from hlc_core.kernel.ids import AttemptId, InvoiceId, MethodId, PatientId
from hlc_core.payments.api import (
    AttemptState,
    DeclineClass,
    Payment,
    PaymentAttempt,
    Purpose,
    SavedMethod,
    open_payments,
)
from hlc_core.recovery import events
from hlc_core.recovery.consequences import Move, keep, tell_failure
from hlc_core.recovery.debts import Debt
from hlc_core.recovery.desk import Desk, desk_of, lay
from hlc_core.recovery.ladder import Decision, Ending, MethodFact
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import Hold, RecoveryCase, TryKind, case_id
from hlc_core.recovery.ports import Env
from hlc_core.subscriptions.api import fall_past_due

_UNPAID = frozenset({None, Ending.EXHAUSTED, Ending.WAITED_OUT})
"""Endings (or none yet) with which a renewal counts as failed when its case moves without a new charge."""


@frozen(kw_only=True)
class Refused:
    """One try that brought no money."""

    attempt: AttemptId
    invoice: InvoiceId
    patient: PatientId
    method: MethodId | None
    decline: DeclineClass
    message: str


def advance(refusals: Sequence[Refused], env: Env) -> None:
    """Open or move the case of each refused charge; a charge told twice changes nothing.

    The patient's own tries are written down and leave the schedule alone.
    """
    known = {case.invoice: case for case in env.recoveries.many([case_id(r.invoice) for r in refusals])}
    desk = lay([r.invoice for r in refusals], [r.patient for r in refusals], env)
    moves: list[Move] = []
    failed: list[RecoveryCase] = []
    for refused in refusals:
        debt, before = desk.debts.get(refused.invoice), known.get(refused.invoice)
        if debt is None or (before is None and debt.ended) or (before is not None and before.knows(refused.attempt)):
            continue
        after = _after_refusal(before or _opened(debt, desk, env), refused, desk)
        moves.append((before, after))
        known[refused.invoice] = after
        if after.tries[-1].kind is not TryKind.MANUAL:
            failed.append(after)
    _finish(moves, failed, env)


def open_without_method(invoices: Sequence[InvoiceId], env: Env) -> None:
    """Open the cases of debts for which there is nothing to charge; those that have a case keep it."""
    known = {case.invoice for case in env.recoveries.many(map(case_id, invoices))}
    patients = [invoice.patient for invoice in env.invoices.many(invoices)]
    desk = lay(invoices, patients, env)
    moves: list[Move] = []
    for id in invoices:
        debt = desk.debts.get(id)
        if id not in known and debt is not None and debt.ended is None:
            moves.append((None, desk.follow(_opened(debt, desk, env))))
    _finish(moves, [after for _, after in moves], env)


def due_steps(
    cases: Sequence[RecoveryCase], env: Env, today: date | None = None
) -> Sequence[tuple[RecoveryCase, Decision]]:
    """What the ladder says of each case today; nothing is changed. Cases with a try on its way are left out."""
    free = [case for case in cases if case.open and case.running is None and case.hold is None]
    desk = desk_of(free, env, today)
    return [(case, desk.decide(case)) for case in free]


def take_due(cases: Sequence[RecoveryCase], env: Env, today: date | None = None) -> Sequence[PaymentAttempt]:
    """Do for each open case what the ladder says today; answers the attempts that were opened.

    A case with a try on its way, or held, is left alone. Where an attempt already stands at the debt, the case is
    held until that one has ended.
    """
    free = [case for case in cases if case.open and case.running is None and case.hold is None]
    desk = desk_of(free, env, today)
    moves: list[Move] = []
    ready: list[tuple[RecoveryCase, SavedMethod, TryKind]] = []
    spent: Counter[MethodId] = Counter()
    for case in free:
        facts, chosen = desk.facts(case), desk.chosen(case)
        if chosen is not None and spent[chosen.id]:
            facts = evolve(facts, budget_used=facts.budget_used + spent[chosen.id])
        after = case.next(facts, desk.zone)
        if chosen is not None and after.state is RecoveryState.RETRY_SCHEDULED and _is_due(after, desk.today):
            spent[chosen.id] += 1
            ready.append((after, chosen, TryKind.NEW_METHOD if facts.method is MethodFact.FRESH else TryKind.AUTOMATIC))
        elif after != case:
            moves.append((case, after))
    before = {case.id: case for case in free}
    attempts = _launch(ready, desk, env)
    moves += [(before[after.id], after) for after, _ in attempts]
    keep(moves, env)
    for was, after in moves:
        if was is not None and was.state is not after.state and after.running is None and after.ending in _UNPAID:
            env.outbox.put(events.failed(after))
    return [attempt for _, attempt in attempts if attempt.state is AttemptState.OPEN]


def launch_manual(case: RecoveryCase, method: SavedMethod, desk: Desk, env: Env) -> tuple[RecoveryCase, PaymentAttempt]:
    """One try that a person asked for; it uses none of the automatic budget."""
    after, attempt = _launch([(case, method, TryKind.MANUAL)], desk, env)[0]
    keep([(case, after)], env)
    return after, attempt


def launch_present(case: RecoveryCase, payment: Payment, desk: Desk, env: Env) -> tuple[RecoveryCase, PaymentAttempt]:
    """One try that the patient makes, being there; it uses none of the automatic budget."""
    attempt = open_payments((payment,), env)[0]
    after = _with_attempt(_owed(case, desk), payment.method, TryKind.MANUAL, attempt, desk)
    keep([(case, after)], env)
    return after, attempt


def settle(invoices: Sequence[InvoiceId], ending: Ending, env: Env) -> None:
    """End the cases of debts that are not owed any more; those already resolved stay as they are."""
    moves: list[Move] = []
    for case in env.recoveries.many(map(case_id, invoices)):
        if case.state is not RecoveryState.RESOLVED:
            moves.append((case, case.settled(ending)))
    keep(moves, env)


def _is_due(case: RecoveryCase, today: date) -> bool:
    return case.next_on is not None and case.next_on <= today


def _opened(debt: Debt, desk: Desk, env: Env) -> RecoveryCase:
    return RecoveryCase(
        id=case_id(debt.invoice),
        organization=env.organization.id,
        invoice=debt.invoice,
        subscription=debt.subscription,
        cycle=debt.cycle,
        patient=debt.patient,
        amount=debt.amount,
        state=RecoveryState.RETRY_SCHEDULED,
        max_retry_count=desk.settings.max_retry_count,
        opened_at=desk.now,
        order=debt.order,
    )


def _after_refusal(case: RecoveryCase, refused: Refused, desk: Desk) -> RecoveryCase:
    noted = case.declined(
        refused.attempt,
        on=desk.today,
        method=refused.method,
        decline=refused.decline,
        message=refused.message,
        now=desk.now,
    )
    return desk.follow(noted) if noted.open and noted.tries[-1].kind is not TryKind.MANUAL else noted


def _launch(
    ready: Sequence[tuple[RecoveryCase, SavedMethod, TryKind]], desk: Desk, env: Env
) -> list[tuple[RecoveryCase, PaymentAttempt]]:
    owed = [_owed(case, desk) for case, _, _ in ready]
    payments = [
        Payment(
            obligation=case.obligation,
            purpose=Purpose.RENEWAL,
            subject=case.invoice,
            patient=case.patient,
            amount=case.amount,
            instrument=method.instrument,
            gateway=method.gateway,
            off_session=True,
            keep_method=False,
            method=method.id,
        )
        for case, (_, method, _) in zip(owed, ready, strict=True)
    ]
    opened = open_payments(payments, env) if payments else ()
    return [
        (_with_attempt(case, method.id, kind, attempt, desk), attempt)
        for case, (_, method, kind), attempt in zip(owed, ready, opened, strict=True)
    ]


def _owed(case: RecoveryCase, desk: Desk) -> RecoveryCase:
    """With what is still owed: some of it may have been paid by another way since the case was opened."""
    debt = desk.debts.get(case.invoice)
    return case if debt is None or debt.ended else evolve(case, amount=debt.amount)


def _with_attempt(
    case: RecoveryCase, method: MethodId | None, kind: TryKind, attempt: PaymentAttempt, desk: Desk
) -> RecoveryCase:
    if attempt.state is AttemptState.OPEN and attempt.payment.amount == case.amount:
        return case.started(attempt.id, kind, on=desk.today, at=desk.now, method=method)
    hold = Hold.QUARANTINED if attempt.state is AttemptState.QUARANTINE else Hold.IN_DOUBT
    return case.held(hold, "An earlier charge has no definite answer yet.")


def _finish(moves: Sequence[Move], failed: Sequence[RecoveryCase], env: Env) -> None:
    fall_past_due([after.subscription for before, after in moves if before is None], env)
    for after in failed:
        tell_failure(after, env)
    keep(moves, env)
