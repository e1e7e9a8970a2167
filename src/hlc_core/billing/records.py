"""The record of a run from its beginning to its end, and subscriptions that a run had to set aside."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from hlc_core.billing.errors import NotSetAside
from hlc_core.billing.events import BillingRunEnded, SubscriptionSetAside
from hlc_core.billing.growth import Bound, bound
from hlc_core.billing.model import BillingRun, BillingRunId, SetAside, Tally
from hlc_core.billing.ports import Env
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.paging import limited

LOOKED_BACK = 35
"""Runs that the bound is drawn from: a month of daily ones, so that the first of the month is measured by its like."""


@frozen(kw_only=True)
class Begun:
    """The record, and the bound on the run (None: nothing to measure it by)."""

    run: BillingRun
    bound: Bound | None


@frozen(kw_only=True)
class BeginRun(Command[Begun]):
    """A run for that date begins."""

    as_of: date


def begin_run(command: BeginRun, env: Env) -> Begun:
    """The record of the run, stored before anything is done."""
    earlier = env.billing_runs.recent(LOOKED_BACK)
    run = BillingRun(
        id=BillingRunId(env.ids.new("run")),
        organization=env.organization.id,
        as_of=command.as_of,
        started_at=env.clock.now(),
        billed=zero(env.organization.currency),
    )
    env.billing_runs.add(run)
    return Begun(run=run, bound=bound(earlier, env.organization.billing.growth_limit_percent))


@frozen(kw_only=True)
class EndRun(Command[BillingRun]):
    """What came of a run; `stopped` says why it did nothing, or is empty."""

    run: BillingRunId
    tallies: tuple[Tally, ...]
    charges: int
    billed: Money
    stopped: str = ""


def end_run(command: EndRun, env: Env) -> BillingRun:
    """The finished record. Ending it again answers what stands. Refuses: Missing."""
    held = env.billing_runs.get(command.run)
    if held.finished_at is not None:
        return held
    ended = evolve(
        held,
        tallies=command.tallies,
        charges=command.charges,
        billed=command.billed,
        finished_at=env.clock.now(),
        stopped=command.stopped,
    )
    env.billing_runs.save(ended)
    env.outbox.put(
        BillingRunEnded(
            run=ended.id, as_of=ended.as_of, charges=ended.charges, billed=ended.billed, stopped=ended.stopped
        )
    )
    return ended


@frozen(kw_only=True)
class NoteBroken(Command[BillingRun]):
    """What the look at the rows of a run has found."""

    run: BillingRunId
    broken: tuple[str, ...]


def note_broken(command: NoteBroken, env: Env) -> BillingRun:
    """The record with it. Refuses: Missing."""
    noted = evolve(env.billing_runs.get(command.run), broken=command.broken)
    env.billing_runs.save(noted)
    return noted


@frozen(kw_only=True)
class SetSubscriptionAside(Command[SetAside]):
    """The run cannot bill it, for that cause; it is left out until somebody releases it."""

    subscription: SubscriptionId
    identity: str
    cause: str


def set_subscription_aside(command: SetSubscriptionAside, env: Env) -> SetAside:
    """What is kept of it; the first cause stands until it is released."""
    held = env.set_aside.find(command.subscription)
    if held is not None and held.released_at is None:
        return held
    aside = SetAside(
        id=command.subscription,
        organization=env.organization.id,
        cause=command.cause,
        identity=command.identity,
        at=env.clock.now(),
    )
    if held is None:
        env.set_aside.add(aside)
    else:
        aside = evolve(aside, version=held.version)
        env.set_aside.save(aside)
    env.outbox.put(
        SubscriptionSetAside(subscription=command.subscription, identity=command.identity, cause=command.cause)
    )
    return aside


@frozen(kw_only=True)
class ReleaseSubscription(Command[SetAside]):
    """The cause is mended; the next run bills it again."""

    subscription: SubscriptionId


def release_subscription(command: ReleaseSubscription, env: Env) -> SetAside:
    """What was kept of it, released. Refuses: Missing (never set aside), NotSetAside."""
    held = env.set_aside.get(command.subscription)
    if held.released_at is not None:
        raise NotSetAside("It was released before; the next run bills it.")
    released = evolve(held, released_at=env.clock.now())
    env.set_aside.save(released)
    return released


@frozen(kw_only=True)
class ListSetAside(Query[tuple[SetAside, ...]]):
    """Subscriptions that runs leave out, by id, behind `after`."""

    after: SubscriptionId | None = None
    limit: int = 50


def list_set_aside(query: ListSetAside, env: Env) -> tuple[SetAside, ...]:
    """Those not released. Refuses: Invalid (limit)."""
    return tuple(env.set_aside.waiting(query.after, limited(query.limit)))


@frozen(kw_only=True)
class ListBillingRuns(Query[tuple[BillingRun, ...]]):
    """The last runs, newest first."""

    limit: int = 20


def list_billing_runs(query: ListBillingRuns, env: Env) -> tuple[BillingRun, ...]:
    """The runs. Refuses: Invalid (limit)."""
    return tuple(env.billing_runs.recent(limited(query.limit)))
