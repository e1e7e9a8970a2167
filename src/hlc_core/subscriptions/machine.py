"""The lifecycle of a subscription. Source: spec/billing, Subscriptions."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.machine import Machine, Note, Rule


class State(StrEnum):
    """Where a subscription stands. That it ends with its period is a flag, not a state."""

    TRIALING = "TRIALING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"


class Trigger(StrEnum):
    """What moves a subscription."""

    ACTIVATE = "activate"
    RENEW = "renew"
    FAIL = "fail"
    RECOVER = "recover"
    FORGIVE = "forgive"
    PAUSE = "pause"
    RESUME = "resume"
    SWITCH = "switch"
    PAY_OFF = "pay_off"
    CANCEL = "cancel"
    COMPLETE = "complete"


@frozen(kw_only=True)
class Facts:
    """All that the guards may read."""

    ever_paid: bool
    """A cycle, or what stands for it, was paid: the trial is behind."""
    bill_open: bool
    """A renewal is billed and not settled."""
    change_open: bool
    """A switch or payoff waits for its payment."""
    committed: bool
    """The terms name a number of cycles."""
    all_paid: bool
    """Every cycle of the commitment is paid."""


def nothing_under_way(facts: Facts) -> bool:
    """No renewal is billed and no change waits for its payment."""
    return not facts.bill_open and not facts.change_open


def no_change_under_way(facts: Facts) -> bool:
    """No switch or payoff waits for its payment."""
    return not facts.change_open


def debt_is_open(facts: Facts) -> bool:
    """A renewal was billed and not paid."""
    return facts.bill_open


def paid_before_and_owes_nothing(facts: Facts) -> bool:
    """At least one cycle was paid, and no renewal is open."""
    return facts.ever_paid and not facts.bill_open


def never_paid_and_owes_nothing(facts: Facts) -> bool:
    """Still in its trial, and no renewal is open."""
    return not facts.ever_paid and not facts.bill_open


def all_cycles_are_paid(facts: Facts) -> bool:
    """The commitment is fulfilled."""
    return facts.committed and facts.all_paid


def instalments_remain_and_nothing_under_way(facts: Facts) -> bool:
    """The commitment has unpaid cycles, and no payment is under way."""
    return facts.committed and not facts.all_paid and nothing_under_way(facts)


VIEW = "emr.subscriptions.view"
MANAGE = "emr.subscriptions.manage"

_S, _T = State, Trigger

MACHINE = Machine[State, Trigger, Facts](
    name="subscription",
    initial=_S.TRIALING,
    final=frozenset({_S.CANCELLED, _S.COMPLETED}),
    rules=(
        Rule(_S.TRIALING, _T.ACTIVATE, _S.ACTIVE, causes="the first cycle is paid"),
        Rule(_S.TRIALING, _T.FAIL, _S.PAST_DUE, causes="recovery opens"),
        Rule(_S.TRIALING, _T.FORGIVE, _S.TRIALING, permission=MANAGE, causes="the missed cycle is skipped"),
        Rule(_S.TRIALING, _T.PAUSE, _S.PAUSED, nothing_under_way, permission=MANAGE),
        Rule(_S.TRIALING, _T.SWITCH, _S.TRIALING, nothing_under_way, permission=MANAGE),
        Rule(_S.TRIALING, _T.CANCEL, _S.CANCELLED, permission=MANAGE),
        Rule(_S.ACTIVE, _T.RENEW, _S.ACTIVE, causes="the next cycle is paid; cycle and period advance"),
        Rule(_S.ACTIVE, _T.FAIL, _S.PAST_DUE, causes="recovery opens"),
        Rule(_S.ACTIVE, _T.FORGIVE, _S.ACTIVE, permission=MANAGE, causes="the missed cycle is skipped"),
        Rule(_S.ACTIVE, _T.PAUSE, _S.PAUSED, nothing_under_way, permission=MANAGE, causes="nothing more is billed"),
        Rule(_S.ACTIVE, _T.SWITCH, _S.ACTIVE, nothing_under_way, permission=MANAGE),
        Rule(_S.ACTIVE, _T.PAY_OFF, _S.COMPLETED, instalments_remain_and_nothing_under_way, permission=MANAGE),
        Rule(_S.ACTIVE, _T.COMPLETE, _S.COMPLETED, all_cycles_are_paid),
        Rule(_S.ACTIVE, _T.CANCEL, _S.CANCELLED, permission=MANAGE),
        Rule(_S.PAST_DUE, _T.RECOVER, _S.ACTIVE, causes="the failed cycle is paid; cycle and period advance"),
        Rule(_S.PAST_DUE, _T.FORGIVE, _S.ACTIVE, permission=MANAGE, causes="the debt is void, retries stop"),
        Rule(_S.PAST_DUE, _T.PAUSE, _S.PAUSED, no_change_under_way, permission=MANAGE, causes="the debt stays open"),
        Rule(_S.PAST_DUE, _T.CANCEL, _S.CANCELLED, permission=MANAGE, causes="the debt is collected or forgiven"),
        Rule(_S.PAUSED, _T.RESUME, _S.PAST_DUE, debt_is_open, permission=MANAGE),
        Rule(_S.PAUSED, _T.RESUME, _S.TRIALING, never_paid_and_owes_nothing, permission=MANAGE),
        Rule(_S.PAUSED, _T.RESUME, _S.ACTIVE, paid_before_and_owes_nothing, permission=MANAGE),
        Rule(_S.PAUSED, _T.RECOVER, _S.PAUSED, causes="the debt from before the pause is paid"),
        Rule(_S.PAUSED, _T.FORGIVE, _S.PAUSED, permission=MANAGE, causes="the debt from before the pause is void"),
        Rule(_S.PAUSED, _T.CANCEL, _S.CANCELLED, permission=MANAGE),
    ),
    notes={
        _S.TRIALING: Note("system", "Your trial is running.", "Trial; the first cycle is billed when it ends."),
        _S.ACTIVE: Note("system", "Your subscription is active.", "Paid up; renews at the period's end."),
        _S.PAST_DUE: Note(
            "patient", "Your last renewal could not be charged.", "A renewal failed; recovery is at work.", 14
        ),
        _S.PAUSED: Note("patient", "Your subscription is paused.", "Paused; nothing is billed until it resumes."),
        _S.CANCELLED: Note("nobody", "Your subscription is cancelled.", "Ended; see the reason and the open debt."),
        _S.COMPLETED: Note("nobody", "Your plan is complete.", "All cycles of the commitment are done or paid off."),
    },
    mends={
        nothing_under_way: "wait for the payment that is under way, or forgive the renewal that is billed",
        no_change_under_way: "wait for the payment of the change",
        instalments_remain_and_nothing_under_way: "wait for the payment that is under way; without a commitment there "
        "is nothing to pay off",
    },
)
"""A renewal billed but not settled blocks pausing, switching and payoff; cancelling is never blocked."""
