"""Ending a subscription, and what happens to the debt that is open then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.text import line
from hlc_core.subscriptions import events
from hlc_core.subscriptions.machine import State
from hlc_core.subscriptions.model import OpenDebt, Subscription, When
from hlc_core.subscriptions.moves import cancel, pause
from hlc_core.subscriptions.ports import Env

UNPAID = "The renewal could not be charged."
"""The reason of those that the final failure policy ends."""


@frozen(kw_only=True)
class CancelSubscription(Command[Subscription]):
    """End it, now or with its period. `open_debt` says what happens to a renewal that is billed and not paid."""

    subscription: SubscriptionId
    when: When
    reason: str
    open_debt: OpenDebt

    def __attrs_post_init__(self) -> None:
        line(self.reason, "reason", 500, 1)


def cancel_subscription(command: CancelSubscription, env: Env) -> Subscription:
    """The subscription, CANCELLED, or marked to end with the period that is running.

    At the period's end of one that is past due or paused means now: its paid period is over, or will not be used.
    One that is cancelled stays as it is. Refuses: Missing, IllegalTransition (COMPLETED).
    """
    held, now = env.subscriptions.get(command.subscription), env.clock.now()
    if held.state is State.CANCELLED:
        return held
    runs = held.state in (State.TRIALING, State.ACTIVE)
    under_way = held.bill is not None
    if command.when is When.PERIOD_END and runs and (under_way or held.today(now) < held.period.end):
        ended = evolve(
            held,
            cancel_at_period_end=True,
            cancel_reason=command.reason.strip(),
            open_debt=command.open_debt,
            pause_at_period_end=False,
            resume_on=None,
            next_terms=None,
        )
        if ended != held:
            ends_on = held.bill.period.end if held.bill is not None else held.period.end
            env.outbox.put(events.EndingPlanned(**events.about(ended), ends_on=ends_on, reason=ended.cancel_reason))
    else:
        ended = cancel(held, command.reason.strip(), command.open_debt, now, env)
    env.subscriptions.save(ended)
    return ended


def cancel_unpaid(subscriptions: Iterable[SubscriptionId], env: Env) -> tuple[Subscription, ...]:
    """End those whose recovery has failed; the debt stays visible. Those that have ended stay as they are."""
    return cancel_all(subscriptions, UNPAID, OpenDebt.COLLECT, env)


def pause_unpaid(subscriptions: Iterable[SubscriptionId], env: Env) -> tuple[Subscription, ...]:
    """Pause those whose recovery has failed, until staff or the patient resume them; the debt stays open."""
    now = env.clock.now()
    paused = [
        pause(held, now, env) if held.state is State.PAST_DUE else held
        for held in env.subscriptions.many(subscriptions)
    ]
    return _saved(paused, env)


def cancel_all(
    subscriptions: Iterable[SubscriptionId], reason: str, open_debt: OpenDebt, env: Env
) -> tuple[Subscription, ...]:
    """End all of them now, for one reason. Those that have ended stay as they are."""
    now = env.clock.now()
    ended = [
        held if held.ended else cancel(held, reason, open_debt, now, env)
        for held in env.subscriptions.many(subscriptions)
    ]
    return _saved(ended, env)


def _saved(subscriptions: Sequence[Subscription], env: Env) -> tuple[Subscription, ...]:
    for held in subscriptions:
        env.subscriptions.save(held)
    return tuple(subscriptions)
