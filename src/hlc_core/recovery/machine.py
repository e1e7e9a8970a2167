"""The lifecycle of a recovery case. Source: spec/billing, Recovery (the four statuses)."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class RecoveryState(StrEnum):
    """Where the recovery of one failed renewal stands."""

    RETRY_SCHEDULED = "RETRY_SCHEDULED"
    NEEDS_PAYMENT_METHOD = "NEEDS_PAYMENT_METHOD"
    RESOLVED = "RESOLVED"
    FAILED_FINAL = "FAILED_FINAL"


class RecoveryTrigger(StrEnum):
    """What moves a case."""

    RESCHEDULE = "reschedule"
    ASK_METHOD = "ask_method"
    EXHAUST = "exhaust"
    SETTLE = "settle"
    LIFT = "lift"
    FREEZE = "freeze"


@frozen(kw_only=True)
class Facts:
    """What guards may read: is the debt still owed and undisputed, and what is left to try."""

    owed: bool
    disputed: bool
    retries_left: bool
    method_usable: bool
    waited_out: bool


def debt_stands(facts: Facts) -> bool:
    """The debt is owed and nobody disputes it."""
    return facts.owed and not facts.disputed


def can_be_retried(facts: Facts) -> bool:
    """The debt stands, a method can be charged, and the budget is not used up."""
    return debt_stands(facts) and facts.retries_left and facts.method_usable


def lacks_method(facts: Facts) -> bool:
    """The debt stands and retries are left, but nothing can be charged."""
    return debt_stands(facts) and facts.retries_left and not facts.method_usable and not facts.waited_out


def nothing_left_to_try(facts: Facts) -> bool:
    """The debt stands, and the retries or the patience are used up."""
    return debt_stands(facts) and (not facts.retries_left or (facts.waited_out and not facts.method_usable))


def nothing_owed(facts: Facts) -> bool:
    """The debt is gone without money: forgiven, or its invoice void."""
    return not facts.owed


def disputed(facts: Facts) -> bool:
    """The patient's bank contests the payment."""
    return facts.disputed


_S, _T = RecoveryState, RecoveryTrigger

RECOVERY = Machine[RecoveryState, RecoveryTrigger, Facts](
    name="recovery",
    initial=_S.RETRY_SCHEDULED,
    final=frozenset({_S.RESOLVED}),
    rules=(
        Rule(_S.RETRY_SCHEDULED, _T.RESCHEDULE, _S.RETRY_SCHEDULED, can_be_retried),
        Rule(_S.RETRY_SCHEDULED, _T.ASK_METHOD, _S.NEEDS_PAYMENT_METHOD, lacks_method, causes="the patient is asked"),
        Rule(
            _S.RETRY_SCHEDULED,
            _T.EXHAUST,
            _S.FAILED_FINAL,
            nothing_left_to_try,
            causes="the organization's final failure policy acts once",
        ),
        Rule(_S.RETRY_SCHEDULED, _T.SETTLE, _S.RESOLVED, causes="the subscription is active again"),
        Rule(_S.RETRY_SCHEDULED, _T.LIFT, _S.RESOLVED, nothing_owed),
        Rule(_S.RETRY_SCHEDULED, _T.FREEZE, _S.FAILED_FINAL, disputed),
        Rule(_S.NEEDS_PAYMENT_METHOD, _T.RESCHEDULE, _S.RETRY_SCHEDULED, can_be_retried, causes="tried at once"),
        Rule(
            _S.NEEDS_PAYMENT_METHOD,
            _T.EXHAUST,
            _S.FAILED_FINAL,
            nothing_left_to_try,
            causes="the organization's final failure policy acts once",
        ),
        Rule(_S.NEEDS_PAYMENT_METHOD, _T.SETTLE, _S.RESOLVED, causes="the subscription is active again"),
        Rule(_S.NEEDS_PAYMENT_METHOD, _T.LIFT, _S.RESOLVED, nothing_owed),
        Rule(_S.NEEDS_PAYMENT_METHOD, _T.FREEZE, _S.FAILED_FINAL, disputed),
        Rule(_S.FAILED_FINAL, _T.SETTLE, _S.RESOLVED, causes="paid after all"),
        Rule(_S.FAILED_FINAL, _T.LIFT, _S.RESOLVED, nothing_owed),
    ),
    notes={
        _S.RETRY_SCHEDULED: Note(
            "system", "Your last payment was not accepted; we will try it again.", "Retried on the saved method.", 30
        ),
        _S.NEEDS_PAYMENT_METHOD: Note(
            "patient", "Please add a payment method to continue.", "No usable method; the patient must act.", 30
        ),
        _S.RESOLVED: Note("nobody", "Your payment is settled.", "Paid, or nothing is owed any more."),
        _S.FAILED_FINAL: Note(
            "staff", "Your payment is overdue.", "Retries exhausted; the debt stays visible and can still be paid."
        ),
    },
)
