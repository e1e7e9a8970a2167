"""The loop of a billing run: page through what is due, apply in batches, collect, until nothing is left to do.

A plain function over ports. It keeps nothing that a crash could lose: what it has opened stands in the rows, and the
next run plans from there. One batch is one transaction; the gateway is called between transactions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from hlc_core.billing.errors import RunTooLarge, cause_of
from hlc_core.billing.model import ACTIONS, BillingRun, Line, LineKind, Outcome
from hlc_core.billing.planning import PlanBilling, PlanPage, Stage
from hlc_core.billing.records import BeginRun, Begun, EndRun, SetSubscriptionAside
from hlc_core.billing.tallies import Tallies
from hlc_core.billing.usecases import ApplyBilling, Taken
from hlc_core.kernel.commands import Command, Envelope, Query
from hlc_core.kernel.errors import AlreadyExists, Stale, Unavailable
from hlc_core.payments.api import AttemptState, PaymentAttempt

A = TypeVar("A")

MOST_PASSES = 4000
"""More passes than any subscription can have missed periods; a run that needs more has a fault."""

MOST_KEPT = 10_000
"""Lines that a run keeps of its plan, some megabytes, so that memory stays flat however many there are."""

_APPLIED = ACTIONS - {LineKind.STUCK}


class Road(Protocol):
    """The application."""

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run and commit."""
        ...

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer a query."""
        ...


Join = Callable[[], Sequence[PaymentAttempt]]
"""Waits for a collection and answers its attempts as they stand then."""


@frozen(kw_only=True)
class Ports:
    """What a run needs: the road, and the charge driver.

    `start` begins to collect attempts that were just opened and answers how to wait for them: at once (the plain
    driver) or in the background, so that a slow gateway never waits for us; at most `ahead` such batches are under
    way. `resolve` brings attempts that an earlier run left behind to their end; one that fails must not stop it.
    `progress` is told lines done and lines planned, after every batch.
    """

    road: Road
    start: Callable[[Sequence[PaymentAttempt]], Join]
    resolve: Callable[[], None]
    progress: Callable[[int, int], None]
    ahead: int = 1


@frozen(kw_only=True)
class RunWish:
    """What the operator asks for. `override_bound` bills however much it is; `batch` lines go into a transaction.

    Up to `kept` lines of the plan are kept from measuring it to doing it; a larger one is made again, page by page.
    """

    as_of: date
    override_bound: bool = False
    batch: int = 500
    kept: int = MOST_KEPT


def run_billing(wish: RunWish, ports: Ports, envelope: Envelope) -> BillingRun:
    """Do everything that is due on `as_of`. Afterwards planning the same date gives nothing more to do.

    Refuses: RunTooLarge (before anything is charged), Unavailable. A subscription that cannot be billed is set aside
    with its cause, and the run goes on.
    """
    ports.resolve()
    begun = ports.road.execute(BeginRun(as_of=wish.as_of), envelope)
    run = _Run(wish, ports, envelope, begun, Tallies(begun.run.billed.currency))
    _measure(run)
    for stage in Stage:
        _work(run, stage)
    return _end(run, "")


def planned_pages(as_of: date, road: Road, envelope: Envelope, batch: int = 500) -> Iterator[PlanPage]:
    """The whole plan, page by page, in the order in which it would be done; nothing is changed."""
    for stage in Stage:
        yield from _pages(as_of, stage, batch, road, envelope)


@define
class _Batch:
    lines: tuple[Line, ...]
    taken: dict[str, Taken]
    attempts: tuple[PaymentAttempt, ...]
    join: Join


@define
class _Run:
    wish: RunWish
    ports: Ports
    envelope: Envelope
    begun: Begun
    tallies: Tallies
    planned: int = 0
    done: int = 0
    changed: int = 0
    pending: deque[_Batch] = field(factory=deque)
    measured: dict[Stage, list[PlanPage]] = field(factory=dict)


def _pages(as_of: date, stage: Stage, batch: int, road: Road, envelope: Envelope) -> Iterator[PlanPage]:
    after: str | None = ""
    while after is not None:
        page = road.ask(PlanBilling(as_of=as_of, stage=stage, after=after, limit=batch), envelope)
        yield page
        after = page.next


def _measure(run: _Run) -> None:
    """Plan everything once before anything is done: the bound is checked, and progress gets its end.

    Up to `kept` lines this is also the plan that is done first.
    """
    planned, bound, lines = Tallies(run.tallies.currency), run.begun.bound, 0
    for stage in Stage:
        pages = run.measured[stage] = []
        for page in _pages(run.wish.as_of, stage, run.wish.batch, run.ports.road, run.envelope):
            lines += len(page.lines)
            if lines <= run.wish.kept:
                pages.append(page)
            _weigh(run, page, planned)
            if bound is not None and not run.wish.override_bound and bound.exceeded(*planned.of(LineKind.CHARGE)):
                refusal = RunTooLarge(
                    f"The run would bill more than {bound.most}, the bound drawn from earlier runs. "
                    "Look at the plan, then override the bound if it is right."
                )
                _end(run, refusal.detail)
                raise refusal
    if lines > run.wish.kept:
        run.measured.clear()
    run.ports.progress(0, run.planned)


def _weigh(run: _Run, page: PlanPage, planned: Tallies) -> None:
    for line in page.lines:
        planned.add(line, Outcome.PLANNED)
        if line.kind in ACTIONS:
            run.planned += 1
        else:
            run.tallies.add(line, Outcome.SKIPPED)


def _end(run: _Run, stopped: str) -> BillingRun:
    charges, billed = run.tallies.of(LineKind.CHARGE)
    return run.ports.road.execute(
        EndRun(run=run.begun.run.id, tallies=run.tallies.lines(), charges=charges, billed=billed, stopped=stopped),
        run.envelope,
    )


def _work(run: _Run, stage: Stage) -> None:
    """Pass after pass, until one finds nothing to do: each pass takes the next of several missed periods."""
    for _ in range(MOST_PASSES):
        before, changed = run.done, run.changed
        pages, fresh = _planned(run, stage)
        for page in pages:
            for line in page.lines:
                if line.kind is LineKind.STUCK:
                    _set_aside(run, line, line.why)
            ready = tuple(line for line in page.lines if line.kind in _APPLIED and not line.waits)
            if ready:
                _apply(run, ready)
        while run.pending:
            _finish(run, run.pending.popleft())
        if run.done == before and (fresh or run.changed == changed):
            return


def _planned(run: _Run, stage: Stage) -> tuple[Iterable[PlanPage], bool]:
    """The plan of the stage, and whether it is fresh: what was measured serves as long as nothing has been done.

    What others did meanwhile is found out line by line, by its version, and planned again.
    """
    measured = run.measured.pop(stage, None)
    if measured is not None and not run.done:
        return measured, False
    return _pages(run.wish.as_of, stage, run.wish.batch, run.ports.road, run.envelope), True


def _apply(run: _Run, lines: tuple[Line, ...]) -> None:
    """One transaction; where it fails, the same in halves, down to the one line that is to blame."""
    try:
        taken = run.ports.road.execute(ApplyBilling(as_of=run.wish.as_of, lines=lines), run.envelope)
    except Unavailable:
        raise
    except Exception as error:  # whatever it is, one subscription must not stop the others
        if len(lines) > 1:
            _apply(run, lines[: len(lines) // 2])
            _apply(run, lines[len(lines) // 2 :])
        elif isinstance(error, (Stale, AlreadyExists)):
            run.changed += 1
            run.tallies.add(lines[0], Outcome.CHANGED)
        else:
            _set_aside(run, lines[0], cause_of(error))
        return
    attempts = tuple(one.attempt for one in taken if one.attempt is not None)
    join = _started(run, attempts) if attempts else tuple
    run.pending.append(_Batch(lines, {one.identity: one for one in taken}, attempts, join))
    while len(run.pending) > run.ports.ahead:
        _finish(run, run.pending.popleft())


def _started(run: _Run, attempts: Sequence[PaymentAttempt]) -> Join:
    """A driver that collects at once may fail at once: that is told when its end is waited for, like any other."""
    try:
        return run.ports.start(attempts)
    except Unavailable:
        raise
    except Exception as error:  # it is raised again by the join
        failure = error

    def fail() -> Sequence[PaymentAttempt]:
        raise failure

    return fail


def _finish(run: _Run, batch: _Batch) -> None:
    ended = _join(run, batch, batch.attempts, batch.join)
    for line in batch.lines:
        taken = batch.taken[line.identity]
        outcome = taken.outcome if taken.attempt is None else ended[taken.attempt.id]
        if outcome is Outcome.CHANGED:
            run.changed += 1
        else:
            run.done += 1
        run.tallies.add(line, outcome)
    run.ports.progress(run.done, max(run.done, run.planned))


def _join(run: _Run, batch: _Batch, attempts: Sequence[PaymentAttempt], join: Join) -> dict[str, Outcome]:
    try:
        return {attempt.id: _outcome(attempt) for attempt in join()}
    except Unavailable:
        raise
    except Exception as error:  # the rows hold what happened, and the resolver goes on from there
        if len(attempts) > 1:
            halves = (attempts[: len(attempts) // 2], attempts[len(attempts) // 2 :])
            left, right = (_join(run, batch, half, _started(run, half)) for half in halves)
            return left | right
        blamed = next(one.identity for one in batch.taken.values() if one.attempt is attempts[0])
        _keep_cause(run, next(line for line in batch.lines if line.identity == blamed), cause_of(error))
        return {attempts[0].id: Outcome.QUARANTINED}


def _outcome(attempt: PaymentAttempt) -> Outcome:
    match attempt.state:
        case AttemptState.PAID:
            return Outcome.PAID
        case AttemptState.CLOSING | AttemptState.CLOSED:
            return Outcome.DECLINED
        case _:
            return Outcome.IN_DOUBT


def _set_aside(run: _Run, line: Line, cause: str) -> None:
    _keep_cause(run, line, cause)
    run.done += 1
    run.tallies.add(line, Outcome.QUARANTINED)


def _keep_cause(run: _Run, line: Line, cause: str) -> None:
    if line.subscription is not None:
        aside = SetSubscriptionAside(subscription=line.subscription, identity=line.identity, cause=cause)
        run.ports.road.execute(aside, run.envelope)
