"""Moves that several use cases make: the subscription after it, told to the world. Nothing is stored here."""

from __future__ import annotations

from datetime import date, datetime

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.money import zero
from hlc_core.subscriptions import events
from hlc_core.subscriptions.cycles import skipped
from hlc_core.subscriptions.machine import State, Trigger
from hlc_core.subscriptions.model import Bill, OpenDebt, ResumeAs, Subscription
from hlc_core.subscriptions.pausing import continued
from hlc_core.subscriptions.ports import Env


def pause(held: Subscription, now: datetime, env: Env) -> Subscription:
    """Paused; a bill that is open stays so. Refuses: IllegalTransition, GuardRefused."""
    paused = evolve(
        held.moved(Trigger.PAUSE), paused_at=now, pause_at_period_end=False, next_due=held.resume_on, baseline=None
    )
    env.outbox.put(events.SubscriptionPaused(**events.about(paused), resume_on=paused.resume_on))
    return paused


def resume(held: Subscription, on: date, way: ResumeAs, env: Env) -> Subscription:
    """Resumed as of the day. Refuses: IllegalTransition."""
    resumed = continued(held.moved(Trigger.RESUME), on, way)
    tell_takeover(held, resumed, env)
    env.outbox.put(events.SubscriptionResumed(**events.about(resumed), next_due=resumed.next_due))
    return resumed


def cancel(held: Subscription, reason: str, open_debt: OpenDebt, now: datetime, env: Env) -> Subscription:
    """Ended now; an open bill is kept to be collected, or forgiven. Refuses: IllegalTransition."""
    open_cycle = None if held.bill is None else held.bill.cycle
    if open_debt is OpenDebt.FORGIVE and held.bill is not None:
        held = drop_bill(held, held.bill, reason, env)
    ended = evolve(
        held.moved(Trigger.CANCEL),
        cancel_reason=reason,
        open_debt=open_debt,
        cancel_at_period_end=False,
        pause_at_period_end=False,
        resume_on=None,
        next_due=None,
        next_terms=None,
        change=None,
        baseline=None,
        ended_at=now,
    )
    env.outbox.put(
        events.SubscriptionCancelled(
            **events.about(ended), reason=reason, open_debt=open_debt, open_cycle=open_cycle, credit=ended.credit
        )
    )
    return ended


def forgive_open_bill(held: Subscription, reason: str, env: Env) -> Subscription:
    """Without the open bill: the cycle is skipped, the next one is billed in its time. Nothing to do without one."""
    bill = held.bill
    if bill is None:
        return held
    if held.ended:
        return evolve(drop_bill(held, bill, reason, env), next_due=None)
    dropped = drop_bill(held.moved(Trigger.FORGIVE), bill, reason, env)
    return evolve(dropped, next_due=held.resume_on) if dropped.state is State.PAUSED else dropped


def drop_bill(held: Subscription, bill: Bill, reason: str, env: Env) -> Subscription:
    """Without its open bill; money that should come for it after all is told apart by its cycle."""
    dropped = evolve(skipped(held, bill.cycle + 1), bill=None, forgiven_bills=(*held.forgiven_bills, bill.cycle))
    env.outbox.put(
        events.BillForgiven(**events.about(dropped), forgiven_cycle=bill.cycle, amount=bill.due, reason=reason)
    )
    return dropped


def tell_takeover(before: Subscription, after: Subscription, env: Env) -> None:
    """Say it, where planned terms have taken over; money for them is billed with their first cycle."""
    if after.terms.product != before.terms.product:
        nothing = zero(after.terms.currency)
        env.outbox.put(
            events.SubscriptionSwitched(
                **events.about(after), from_product=before.terms.product, charged=nothing, credited=nothing
            )
        )
