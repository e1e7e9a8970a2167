"""Doing lines of a plan, in one transaction for a batch: bills, invoices and attempts are opened together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from attrs import frozen

from hlc_core.billing.model import Line, LineKind, Outcome
from hlc_core.billing.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.payments.api import PaymentAttempt


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
    if kind is LineKind.REMIND:
        return _remind(lines, as_of, env)
    return [Taken(identity=line.identity, outcome=Outcome.SKIPPED) for line in lines]
