"""What a case's move tells the world, and what it does to the subscription."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.organizations.api import FinalFailure
from hlc_core.recovery import events
from hlc_core.recovery.ladder import Ending, reminds
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase, TryKind
from hlc_core.recovery.ports import Env
from hlc_core.subscriptions.api import cancel_unpaid, pause_unpaid

Move = tuple[RecoveryCase | None, RecoveryCase]
"""A case before (None: just opened) and after."""


def keep(moves: Sequence[Move], env: Env) -> None:
    """Store the cases, tell what is new about them, and let the final failure policy act once for each."""
    lost = []
    for before, after in moves:
        if before is None:
            env.recoveries.add(after)
        else:
            env.recoveries.save(after)
        _tell(before, after, env)
        if after.state is RecoveryState.FAILED_FINAL and (before is None or before.open):
            lost.append(after)
    _act(lost, env)


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
