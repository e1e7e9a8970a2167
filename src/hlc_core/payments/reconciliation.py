"""Comparing the gateway's books with ours, both ways. Source: design/charge-protocol, step 10."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import AttemptId, EventId
from hlc_core.kernel.money import Money
from hlc_core.payments.machine import AttemptState
from hlc_core.payments.model import Charge, ProcessorEvent, ProcessorEventKind
from hlc_core.payments.ports import Env
from hlc_core.payments.protocol import DEADLINE

EARLIER = DEADLINE + timedelta(days=1)
"""How long before it was settled a charge may have been captured."""


class Discrepancy(StrEnum):
    """How the two books can differ."""

    CHARGE_WITHOUT_ATTEMPT = "charge_without_attempt"
    ATTEMPT_WITHOUT_CHARGE = "attempt_without_charge"
    AMOUNT_MISMATCH = "amount_mismatch"


@frozen(kw_only=True)
class Finding:
    """One difference, with what each side says."""

    kind: Discrepancy
    gateway: str
    object_id: str
    attempt: str
    at_gateway: Money | None
    in_our_books: Money | None


@frozen(kw_only=True)
class ReconciliationFailed(Event):
    """The books differ: staff must look. One event a finding, and a line of the payment timeline that stays."""

    name: ClassVar[str] = "payment.reconciliation_failed"
    finding: Finding

    @property
    def subject(self) -> str:
        """Per gateway object."""
        return self.finding.object_id


@frozen(kw_only=True)
class Reconcile(Command[tuple[Finding, ...]]):
    """Compare the charges that a gateway reported for [since, until) with our paid attempts of that time.

    Earlier charges are welcome, and needed back to the longest time that an attempt may be in doubt (`EARLIER`): what
    was captured before `since` may have been settled after it.
    """

    gateway: str
    since: datetime
    until: datetime
    charges: tuple[Charge, ...]


def reconcile(command: Reconcile, env: Env) -> tuple[Finding, ...]:
    """All differences; each is also told as an event."""
    here = env.organization.id
    mine = tuple(charge for charge in command.charges if charge.organization in (None, here))
    recent = tuple(charge for charge in mine if charge.at >= command.since)
    findings = (*_unowned(recent, command.gateway, env), *_unseen(command, mine, env))
    for finding in findings:
        env.outbox.put(ReconciliationFailed(finding=finding))
        env.processor_events.add(_line(finding, env))
    return findings


def _unowned(charges: Sequence[Charge], gateway: str, env: Env) -> Sequence[Finding]:
    attempts = {a.id: a for a in env.attempts.many([AttemptId(c.reference) for c in charges if c.reference])}
    found = []
    for charge in charges:
        attempt = attempts.get(AttemptId(charge.reference or ""))
        paid = attempt is not None and attempt.state is AttemptState.PAID
        if attempt is None or not paid:
            kind, ours = Discrepancy.CHARGE_WITHOUT_ATTEMPT, None
        elif attempt.payment.amount != charge.amount:
            kind, ours = Discrepancy.AMOUNT_MISMATCH, attempt.payment.amount
        else:
            continue
        found.append(
            Finding(
                kind=kind,
                gateway=gateway,
                object_id=charge.object_id,
                attempt=charge.reference or "",
                at_gateway=charge.amount,
                in_our_books=ours,
            )
        )
    return found


def _unseen(command: Reconcile, charges: Sequence[Charge], env: Env) -> Sequence[Finding]:
    charged = {charge.object_id for charge in charges} | {charge.reference for charge in charges}
    return [
        Finding(
            kind=Discrepancy.ATTEMPT_WITHOUT_CHARGE,
            gateway=command.gateway,
            object_id=attempt.object_id or "",
            attempt=attempt.id,
            at_gateway=None,
            in_our_books=attempt.payment.amount,
        )
        for attempt in env.attempts.settled(command.gateway, command.since, command.until)
        if attempt.object_id not in charged and attempt.id not in charged
    ]


def _line(finding: Finding, env: Env) -> ProcessorEvent:
    return ProcessorEvent(
        id=EventId(env.ids.new("evt")),
        organization=env.organization.id,
        at=env.clock.now(),
        kind=ProcessorEventKind.RECONCILIATION_FAILED,
        gateway=finding.gateway,
        patient=None,
        purpose=None,
        subject=finding.attempt or finding.object_id,
        attempt=AttemptId(finding.attempt) if finding.attempt else None,
        amount=finding.at_gateway or finding.in_our_books,
        object_id=finding.object_id,
        code=finding.kind,
        text=f"The gateway says {finding.at_gateway or 'nothing'}, our books say {finding.in_our_books or 'nothing'}.",
    )
