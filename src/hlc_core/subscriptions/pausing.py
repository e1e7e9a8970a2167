"""From where billing goes on after a pause. Pure; the state is not touched."""

from __future__ import annotations

from datetime import date

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.time import Period
from hlc_core.subscriptions.calendar import Grid
from hlc_core.subscriptions.cycles import taken_over
from hlc_core.subscriptions.model import ResumeAs, Subscription
from hlc_core.subscriptions.proration import counted, cut, rest


def continued(held: Subscription, on: date, way: ResumeAs) -> Subscription:
    """How it goes on from the day.

    An open debt keeps everything where it is. NEW_PERIOD begins a period on the day and gives back, as credit,
    what was paid for time behind it. KEEP_ANCHOR goes on with the time that is paid; where that is over, the rest
    of the running period is billed by its share, and the time in between is not billed at all.
    """
    awake = evolve(held, paused_at=None, resume_on=None, next_due=None)
    if awake.bill is not None:
        return awake
    if way is ResumeAs.NEW_PERIOD:
        return _anew(awake, on)
    if on < awake.period.end:
        return evolve(awake, next_due=awake.period.end)
    return _in_step(taken_over(awake), on)


def _anew(held: Subscription, on: date) -> Subscription:
    running = on < held.period.end
    back = rest(held.spans, on, held.terms.currency)
    fresh = evolve(
        held,
        paid=held.paid - (running and counted(held.spans)),
        period=Period(held.period.start, min(on, held.period.end)),
        spans=cut(held.spans, on),
        credit=held.credit + back,
        baseline=None,
        resumed_on=None,
    )
    fresh = taken_over(fresh)
    grid = Grid(anchor=on, interval=fresh.terms.cycle_interval, first=held.next_cycle)
    trial_end = min(on, held.trial_end) if held.trial_end and not held.ever_paid else held.trial_end
    return evolve(fresh, grid=grid, next_due=on, trial_end=trial_end)


def _in_step(held: Subscription, on: date) -> Subscription:
    cycle = held.grid.at(on)
    if cycle < held.next_cycle:
        return evolve(held, next_due=max(on, held.grid.start(held.next_cycle)))
    begins = held.grid.start(cycle)
    return evolve(held, next_cycle=cycle, next_due=on, resumed_on=None if begins == on else on)
