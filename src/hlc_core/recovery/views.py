"""The recovery queue, as staff see it: every case with its next step and the date of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from attrs import frozen

from hlc_core.access.api import SUBSCRIPTIONS
from hlc_core.kernel.commands import Query
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.kernel.paging import Page, limited
from hlc_core.recovery.machine import RECOVERY, RecoveryState
from hlc_core.recovery.model import OPEN, RECOVERY_URL, AutoCharge, Hold, RecoveryCase
from hlc_core.recovery.ports import Env


@frozen(kw_only=True)
class RecoveryLine:
    """One case. `next_step` is a sentence for staff, `next_on` the local date of it; `actions` what may be asked."""

    id: RecoveryId
    invoice: InvoiceId
    subscription: SubscriptionId
    cycle: int
    order: OrderId | None
    patient: PatientId
    amount: Money
    status: RecoveryState
    retry_count: int
    max_retry_count: int
    next_retry_at: datetime | None
    last_retry_at: datetime | None
    recovery_url: str
    auto_charge_status: AutoCharge
    auto_charge_message: str
    opened_at: datetime
    next_step: str
    next_on: date | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class ListRecoveries(Query[Page[RecoveryLine]]):
    """Cases in these states (none named: the open ones), newest first."""

    states: tuple[RecoveryState, ...] = ()
    after: RecoveryId | None = None
    limit: int = 50


def list_recoveries(query: ListRecoveries, env: Env) -> Page[RecoveryLine]:
    """A page of the queue. Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    states: Sequence[RecoveryState] = query.states or sorted(OPEN)
    found = env.recoveries.page(states, query.after, limit + 1)
    more = len(found) > limit
    return Page(tuple(line(one, env) for one in found[:limit]), found[limit - 1].id if more else None)


@frozen(kw_only=True)
class GetRecovery(Query[RecoveryLine]):
    """One case."""

    recovery: RecoveryId


def get_recovery(query: GetRecovery, env: Env) -> RecoveryLine:
    """The case. Refuses: Missing."""
    return line(env.recoveries.get(query.recovery), env)


def line(case: RecoveryCase, env: Env) -> RecoveryLine:
    """The case as it is listed."""
    idle = case.running is None and case.hold is None and case.state is not RecoveryState.RESOLVED
    return RecoveryLine(
        id=case.id,
        invoice=case.invoice,
        subscription=case.subscription,
        cycle=case.cycle,
        order=case.order,
        patient=case.patient,
        amount=case.amount,
        status=case.state,
        retry_count=case.retry_count,
        max_retry_count=case.max_retry_count,
        next_retry_at=case.next_retry_at,
        last_retry_at=case.last_retry_at,
        recovery_url=RECOVERY_URL,
        auto_charge_status=case.auto_charge,
        auto_charge_message=case.auto_charge_message,
        opened_at=case.opened_at,
        next_step=next_step(case),
        next_on=case.due_on,
        actions=("retry",) if idle and env.actor.may(SUBSCRIPTIONS) else (),
    )


def next_step(case: RecoveryCase) -> str:
    """What happens next, for staff."""
    if case.hold is Hold.QUARANTINED:
        return "Somebody has to rule on the payment attempt in quarantine."
    if case.hold is Hold.IN_DOUBT or case.running is not None:
        return "The last charge is being checked; its outcome decides."
    match case.state:
        case RecoveryState.RETRY_SCHEDULED:
            return f"Retry {case.retry_count + 1} of {case.max_retry_count} on the saved method."
        case RecoveryState.NEEDS_PAYMENT_METHOD:
            return "The patient has to add a payment method; without one recovery ends on this date."
        case RecoveryState.RESOLVED | RecoveryState.FAILED_FINAL:
            return RECOVERY.notes[case.state].staff
