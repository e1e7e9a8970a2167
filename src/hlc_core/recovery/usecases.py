"""What a person may ask of recovery."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.ids import MethodId, RecoveryId
from hlc_core.payments.api import MethodState, PaymentAttempt, SavedMethod
from hlc_core.recovery.desk import Desk, desk_of
from hlc_core.recovery.errors import NoMethodToCharge, NothingToRetry, RetryInFlight
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase
from hlc_core.recovery.ports import Env
from hlc_core.recovery.steps import launch_manual


@frozen(kw_only=True)
class RetryStarted:
    """The case, and the attempt that has to be collected."""

    case: RecoveryCase
    attempt: PaymentAttempt


@frozen(kw_only=True)
class RetryNow(Command[RetryStarted]):
    """Charge the debt now, on the method that the schedule would use or on another saved one of the patient.

    Uses nothing of the automatic budget. A debt whose recovery has failed for good can still be paid so.
    """

    recovery: RecoveryId
    method: MethodId | None = None


def retry_now(command: RetryNow, env: Env) -> RetryStarted:
    """The try that was started. Refuses: Missing, NothingToRetry, RetryInFlight, NoMethodToCharge."""
    case = env.recoveries.get(command.recovery)
    desk = desk_of([case], env)
    debt = desk.debts.get(case.invoice)
    if case.state is RecoveryState.RESOLVED or debt is None or debt.ended is not None:
        raise NothingToRetry("Nothing is owed on this renewal any more.")
    if case.running is not None or case.hold is not None:
        raise RetryInFlight("An earlier try has no definite answer yet; its outcome decides what comes next.")
    started, attempt = launch_manual(case, _method(command, case, desk), desk, env)
    return RetryStarted(case=started, attempt=attempt)


def _method(command: RetryNow, case: RecoveryCase, desk: Desk) -> SavedMethod:
    wanted = desk.chosen(case)
    if command.method is not None:
        named = [method for method in desk.methods.get(case.patient, ()) if method.id == command.method]
        wanted = next((method for method in named if method.state is MethodState.ACTIVE), None)
    if wanted is None:
        raise NoMethodToCharge("The patient has no saved method that can be charged; ask for one first.")
    return wanted
