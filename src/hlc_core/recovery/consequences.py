"""What a case's move tells the world, and what it does to the subscription."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.kernel.ids import RecoveryId
from hlc_core.orders.api import PaymentRecovery, RecoveryNote, note_recovery
from hlc_core.organizations.api import FinalFailure
from hlc_core.recovery import events
from hlc_core.recovery.ladder import Ending, reminds
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RECOVERY_URL, RecoveryCase, TryKind
from hlc_core.recovery.ports import Env
from hlc_core.subscriptions.api import cancel_unpaid, pause_unpaid

Move = tuple[RecoveryCase | None, RecoveryCase]
"""A case before (None: just opened) and after."""


def keep(moves: Sequence[Move], env: Env) -> None:
    """Store the cases, tell what is new about them, and let the final failure policy act once for each."""
    if not moves:
        return
    lost = []
    for before, after in moves:
        if before is None:
            env.recoveries.add(after)
        else:
            env.recoveries.save(after)
        _tell(before, after, env)
        if after.state is RecoveryState.FAILED_FINAL and (before is None or before.open):
            lost.append(after)
    note_recovery([note(after) for _, after in moves], env)
    _act(lost, env)


def note_cases(ids: Sequence[RecoveryId], env: Env) -> None:
    """Write what these cases say on their orders, which may be younger than the cases."""
    note_recovery([note(case) for case in env.recoveries.many(ids)], env)


def note(case: RecoveryCase) -> RecoveryNote:
    """What the case says on its order. Source: spec/billing, Recovery (on the order)."""
    return RecoveryNote(
        invoice=case.invoice,
        recovery=PaymentRecovery(
            status=case.state,
            retry_count=case.retry_count,
            max_retry_count=case.max_retry_count,
            next_retry_at=case.next_retry_at,
            last_retry_at=case.last_retry_at,
            url=RECOVERY_URL,
            auto_charge_status=case.auto_charge,
            auto_charge_message=case.auto_charge_message,
        ),
    )


def tell_failure(after: RecoveryCase, env: Env) -> None:
    """A charge of ours failed: `payment.failed`, and the reminder if it is due."""
    env.outbox.put(events.failed(after))
    settings = env.organization.recovery
    retried = bool(after.tries) and after.tries[-1].kind is TryKind.AUTOMATIC
    if retried and reminds(after.retry_count, settings.remind_from_retry, settings.notifications):
        env.outbox.put(events.reminder_due(after))


def _tell(before: RecoveryCase | None, after: RecoveryCase, env: Env) -> None:
    if before is not None and before.state is after.state:
        return
    if after.state is RecoveryState.NEEDS_PAYMENT_METHOD and env.organization.recovery.notifications:
        env.outbox.put(events.method_needed(after))
    if after.ending is not None:
        env.outbox.put(events.ended(after, after.ending))


def _act(cases: Sequence[RecoveryCase], env: Env) -> None:
    unpaid = [case.subscription for case in cases if case.ending is not Ending.DISPUTED]
    if not unpaid:
        return
    match env.organization.recovery.final_failure:
        case FinalFailure.PAUSE:
            pause_unpaid(unpaid, env)
        case FinalFailure.CANCEL:
            cancel_unpaid(unpaid, env)
        case FinalFailure.NOTHING:
            pass
