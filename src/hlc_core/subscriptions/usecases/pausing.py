"""Pausing, resuming, and taking back what was planned for the period's end."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.subscriptions import events
from hlc_core.subscriptions.errors import NothingIsPlanned
from hlc_core.subscriptions.machine import State
from hlc_core.subscriptions.model import OpenDebt, ResumeAs, Subscription, When
from hlc_core.subscriptions.moves import forgive_open_bill, pause, resume
from hlc_core.subscriptions.ports import Env


@frozen(kw_only=True)
class PauseSubscription(Command[Subscription]):
    """Stop billing, now or at the period's end, until somebody resumes it or `resume_on` comes."""

    subscription: SubscriptionId
    when: When
    resume_on: date | None = None
    resume_as: ResumeAs = ResumeAs.NEW_PERIOD


def pause_subscription(command: PauseSubscription, env: Env) -> Subscription:
    """The subscription, PAUSED, or marked to be; one that is paused takes the new end of the pause.

    With its paid period over (a renewal failed) it pauses at once. A debt that is open stays open.
    Refuses: Missing, Invalid (resume date before the pause), IllegalTransition, GuardRefused (a payment is under way).
    """
    held, now = env.subscriptions.get(command.subscription), env.clock.now()
    today = held.today(now)
    at_end = command.when is When.PERIOD_END and _runs_on(held, today)
    begins = held.period.end if at_end else today
    if command.resume_on is not None and command.resume_on <= begins:
        raise Invalid("The pause ends before it begins.", Fault("resumeOn", f"after {begins}"))
    marked = evolve(held, resume_on=command.resume_on, resume_as=command.resume_as)
    if held.state is State.PAUSED:
        paused = evolve(marked, next_due=command.resume_on)
    elif at_end:
        paused = evolve(marked, pause_at_period_end=True)
    else:
        paused = pause(marked, now, env)
    env.subscriptions.save(paused)
    return paused


def _runs_on(held: Subscription, today: date) -> bool:
    return held.state in (State.TRIALING, State.ACTIVE) and today < held.period.end


@frozen(kw_only=True)
class ResumeSubscription(Command[Subscription]):
    """End the pause. `open_debt` FORGIVE first drops a renewal that failed before the pause."""

    subscription: SubscriptionId
    resume_as: ResumeAs
    open_debt: OpenDebt = OpenDebt.COLLECT


def resume_subscription(command: ResumeSubscription, env: Env) -> Subscription:
    """The subscription, ACTIVE (TRIALING, if nothing was ever paid; PAST_DUE, while a debt is open).

    Resuming what runs changes nothing. Refuses: Missing, IllegalTransition (it has ended).
    """
    held = env.subscriptions.get(command.subscription)
    if held.state in (State.TRIALING, State.ACTIVE, State.PAST_DUE):
        return held
    if command.open_debt is OpenDebt.FORGIVE and held.bill is not None:
        held = forgive_open_bill(held, "Forgiven when the pause ended.", env)
    resumed = resume(held, held.today(env.clock.now()), command.resume_as, env)
    env.subscriptions.save(resumed)
    return resumed


@frozen(kw_only=True)
class KeepSubscription(Command[Subscription]):
    """Take back the ending, the pause and the switch that are planned for the period's end."""

    subscription: SubscriptionId


def keep_subscription(command: KeepSubscription, env: Env) -> Subscription:
    """The subscription, going on as before. Refuses: Missing, NothingIsPlanned."""
    held = env.subscriptions.get(command.subscription)
    planned = held.cancel_at_period_end or held.pause_at_period_end or held.next_terms is not None
    if held.ended or not planned:
        raise NothingIsPlanned("Nothing is planned for the period's end.")
    kept = evolve(
        held,
        cancel_at_period_end=False,
        cancel_reason="",
        open_debt=None,
        pause_at_period_end=False,
        resume_on=held.resume_on if held.state is State.PAUSED else None,
        next_terms=None,
    )
    env.subscriptions.save(kept)
    env.outbox.put(events.PlansWithdrawn(**events.about(kept)))
    return kept
