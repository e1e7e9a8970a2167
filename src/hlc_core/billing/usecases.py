"""Doing lines of a plan, in one transaction for a batch: bills, invoices and attempts are opened together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from attrs import frozen

from hlc_core.billing.events import CardExpiring
from hlc_core.billing.expiry import last_day
from hlc_core.billing.holding import hold, unhold
from hlc_core.billing.model import ExpiryReminder, Line, LineKind, Outcome
from hlc_core.billing.opening import Opened, open_cycles
from hlc_core.billing.ports import Env
from hlc_core.billing.renewing import settle_cycles
from hlc_core.kernel.commands import Command
from hlc_core.kernel.ids import InvoiceId, MethodId, RecoveryId, SubscriptionId
from hlc_core.payments.api import PaymentAttempt
from hlc_core.prescriptions.api import renewals_held
from hlc_core.recovery.api import RecoveryCase, take_due
from hlc_core.subscriptions.api import NextCycle, Subscription, forgive_cycles, open_bills, turn_over


@frozen(kw_only=True)
class Taken:
    """What was done for a line. With an `attempt`, its collection decides the outcome."""

    identity: str
    outcome: Outcome
    attempt: PaymentAttempt | None = None


@frozen(kw_only=True)
class ApplyBilling(Command[tuple[Taken, ...]]):
    """Do these lines of a plan for that date. A line whose facts have changed since is left, and planned again."""

    as_of: date
    lines: tuple[Line, ...]


def apply_billing(command: ApplyBilling, env: Env) -> tuple[Taken, ...]:
    """What was done, in the order of the lines: each line has exactly one answer."""
    by_kind: dict[LineKind, list[Line]] = {}
    for line in command.lines:
        by_kind.setdefault(line.kind, []).append(line)
    taken: dict[str, Taken] = {}
    for kind in LineKind:
        lines = by_kind.get(kind)
        if lines:
            taken.update((one.identity, one) for one in _do(kind, lines, command.as_of, env))
    return tuple(taken[line.identity] for line in command.lines)


_OF_SUBSCRIPTIONS = frozenset({LineKind.RESUME, LineKind.PAUSE, LineKind.CANCEL, LineKind.COMPLETE})
_OF_RECOVERIES = frozenset({LineKind.RETRY, LineKind.RESCHEDULE, LineKind.ASK_METHOD, LineKind.GIVE_UP, LineKind.STOP})


def _do(kind: LineKind, lines: Sequence[Line], as_of: date, env: Env) -> Iterable[Taken]:
    if kind is LineKind.FORGIVE:
        return _forgive(lines, env)
    if kind is LineKind.CHARGE:
        return _charge(lines, as_of, env)
    if kind in _OF_SUBSCRIPTIONS:
        return _turn_over(lines, as_of, env)
    if kind in _OF_RECOVERIES:
        return _recover(lines, as_of, env)
    if kind is LineKind.HOLD:
        return _hold(lines, as_of, env)
    if kind is LineKind.REMIND:
        return _remind(lines, as_of, env)
    return [Taken(identity=line.identity, outcome=Outcome.SKIPPED) for line in lines]


def _forgive(lines: Sequence[Line], env: Env) -> list[Taken]:
    fresh = _fresh_subscriptions(lines, env)
    through = [
        NextCycle(subscription=fresh[line.identity].id, cycle=line.last_cycle)
        for line in lines
        if line.identity in fresh and line.last_cycle is not None
    ]
    forgive_cycles(through, env)
    return [_done(line, fresh) for line in lines]


def _charge(lines: Sequence[Line], as_of: date, env: Env) -> list[Taken]:
    """Open the cycles; one that costs nothing is settled at once. What care does not permit at this very moment is
    left, and the next plan says why. Source: design/pains, renewals have gates."""
    fresh = _fresh_subscriptions(lines, env)
    gated = renewals_held(list(fresh.values()), as_of, env)
    ready = [
        line
        for line in lines
        if line.identity in fresh and line.cycle is not None and fresh[line.identity].id not in gated
    ]
    wanted = [NextCycle(subscription=fresh[line.identity].id, cycle=line.cycle or 0) for line in ready]
    bills = open_bills(wanted, env)
    held = [fresh[line.identity] for line in ready]
    opened = dict(zip((line.identity for line in ready), open_cycles(held, bills, as_of, env), strict=True))
    settle_cycles([one.invoice for one in opened.values() if one.settled], env)
    unhold([one.id for one in held if one.terms.needs_prescription], env)
    return [_charged(line, opened.get(line.identity)) for line in lines]


def _hold(lines: Sequence[Line], as_of: date, env: Env) -> list[Taken]:
    """Note what care holds back at this very moment; what it permits meanwhile is planned again."""
    fresh = _fresh_subscriptions(lines, env)
    gated = renewals_held(list(fresh.values()), as_of, env)
    hold(((one, gated[one.id]) for one in fresh.values() if one.id in gated), env)
    return [_done(line, {identity: one for identity, one in fresh.items() if one.id in gated}) for line in lines]


def _charged(line: Line, opened: Opened | None) -> Taken:
    if opened is None:
        return Taken(identity=line.identity, outcome=Outcome.CHANGED)
    if opened.settled:
        return Taken(identity=line.identity, outcome=Outcome.PAID)
    outcome = Outcome.NO_METHOD if opened.attempt is None else Outcome.IN_DOUBT
    return Taken(identity=line.identity, outcome=outcome, attempt=opened.attempt)


def _turn_over(lines: Sequence[Line], as_of: date, env: Env) -> list[Taken]:
    fresh = _fresh_subscriptions(lines, env)
    turn_over([one.id for one in fresh.values()], as_of, env)
    return [_done(line, fresh) for line in lines]


def _recover(lines: Sequence[Line], as_of: date, env: Env) -> list[Taken]:
    found = {case.id: case for case in env.recoveries.many([RecoveryId(line.subject) for line in lines])}
    fresh = [found[id] for line in lines if _same(found.get(id := RecoveryId(line.subject)), line)]
    fresh = _permitted(fresh, as_of, env) if lines[0].kind is LineKind.RETRY else fresh
    attempts = {InvoiceId(attempt.payment.subject): attempt for attempt in take_due(fresh, env, as_of)}
    by_case = {case.id: attempts.get(case.invoice) for case in fresh}
    return [
        Taken(identity=line.identity, outcome=Outcome.CHANGED)
        if (id := RecoveryId(line.subject)) not in by_case
        else Taken(identity=line.identity, outcome=Outcome.DONE, attempt=by_case[id])
        for line in lines
    ]


def _permitted(cases: Sequence[RecoveryCase], as_of: date, env: Env) -> list[RecoveryCase]:
    """Those whose next charge care permits at this very moment, held no more; the others are planned again."""
    held = {one.id: one for one in env.subscriptions.many([case.subscription for case in cases])}
    gated = renewals_held(list(held.values()), as_of, env)
    ready = [case for case in cases if case.subscription not in gated]
    unhold([case.subscription for case in ready if _prescribes(held.get(case.subscription))], env)
    return ready


def _prescribes(one: Subscription | None) -> bool:
    return one is not None and one.terms.needs_prescription


def _remind(lines: Sequence[Line], as_of: date, env: Env) -> list[Taken]:
    """Tell of each card once per named day."""
    found = {method.id: method for method in env.methods.many([MethodId(line.subject) for line in lines])}
    told = {one.id for one in env.expiry_reminders.many([line.identity for line in lines])}
    taken = []
    for line in lines:
        method = found.get(MethodId(line.subject))
        card = method.instrument.card if method is not None else None
        if method is None or card is None or not _same(method, line) or line.identity in told:
            taken.append(Taken(identity=line.identity, outcome=Outcome.CHANGED))
            continue
        reminder = ExpiryReminder(
            id=line.identity, organization=env.organization.id, method=method.id, patient=method.patient, on=as_of
        )
        env.expiry_reminders.add(reminder)
        expires = last_day(card)
        env.outbox.put(
            CardExpiring(method=method.id, patient=method.patient, expires_on=expires, days=(expires - as_of).days)
        )
        taken.append(Taken(identity=line.identity, outcome=Outcome.DONE))
    return taken


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


def _same(found: _Versioned | None, line: Line) -> bool:
    """Whether the facts of the line still stand."""
    return found is not None and found.version == line.version


def _fresh_subscriptions(lines: Sequence[Line], env: Env) -> dict[str, Subscription]:
    """The subscriptions of those lines whose facts still stand, by the line's identity."""
    found = {held.id: held for held in env.subscriptions.many([SubscriptionId(line.subject) for line in lines])}
    return {
        line.identity: held
        for line in lines
        if (held := found.get(SubscriptionId(line.subject))) is not None and _same(held, line)
    }


def _done(line: Line, fresh: dict[str, Subscription]) -> Taken:
    return Taken(identity=line.identity, outcome=Outcome.DONE if line.identity in fresh else Outcome.CHANGED)
