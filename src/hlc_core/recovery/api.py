"""The face of the context."""

from hlc_core.recovery.consequences import note_cases
from hlc_core.recovery.errors import NoMethodToCharge, NothingToRetry, RetryInFlight
from hlc_core.recovery.events import (
    PaymentMethodNeeded,
    PaymentRecovery,
    RecoveryFailed,
    RecoveryHeld,
    RecoveryResolved,
    RenewalPaymentFailed,
    RetryReminderDue,
)
from hlc_core.recovery.ladder import Decision, Ending, GiveUp, NeedsPaymentMethod, RetryOn, Stop
from hlc_core.recovery.machine import RECOVERY, RecoveryState, RecoveryTrigger
from hlc_core.recovery.model import RecoveryCase, case_id
from hlc_core.recovery.ports import Env, RecoveryCases
from hlc_core.recovery.reactions import (
    invoices_given_up,
    invoices_paid,
    invoices_voided,
    methods_saved,
    renewals_closed,
    renewals_declined,
    renewals_disputed,
    renewals_quarantined,
    renewals_unknown,
)
from hlc_core.recovery.steps import due_steps, open_without_method, settle, take_due
from hlc_core.recovery.usecases import RetryNow, RetryStarted, retry_now
from hlc_core.recovery.views import GetRecovery, ListRecoveries, RecoveryLine, get_recovery, list_recoveries

__all__ = [
    "RECOVERY",
    "Decision",
    "Ending",
    "Env",
    "GetRecovery",
    "GiveUp",
    "ListRecoveries",
    "NeedsPaymentMethod",
    "NoMethodToCharge",
    "NothingToRetry",
    "PaymentMethodNeeded",
    "PaymentRecovery",
    "RecoveryCase",
    "RecoveryCases",
    "RecoveryFailed",
    "RecoveryHeld",
    "RecoveryLine",
    "RecoveryResolved",
    "RecoveryState",
    "RecoveryTrigger",
    "RenewalPaymentFailed",
    "RetryInFlight",
    "RetryNow",
    "RetryOn",
    "RetryReminderDue",
    "RetryStarted",
    "Stop",
    "case_id",
    "due_steps",
    "get_recovery",
    "invoices_given_up",
    "invoices_paid",
    "invoices_voided",
    "list_recoveries",
    "methods_saved",
    "note_cases",
    "open_without_method",
    "renewals_closed",
    "renewals_declined",
    "renewals_disputed",
    "renewals_quarantined",
    "renewals_unknown",
    "retry_now",
    "settle",
    "take_due",
]
