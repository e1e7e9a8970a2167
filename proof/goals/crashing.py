"""The goals about crashes: one, two and three of them, on every road, in memory and on the databases."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from attrs import frozen

from proof import crashes
from proof.goal import Result, Run
from proof.journeys import JOURNEYS, Journey
from proof.places import Place, emptied, memory, own

ROADS = f"{len(JOURNEYS)} roads"


@frozen(kw_only=True)
class Prefix:
    """A road, where it has crashed so far, and how many effect points it then passes."""

    road: str
    plan: crashes.Plan
    points: int


def one_crash(run: Run) -> Result:
    """One crash at every effect point of every road: what stands is what an undisturbed run gives.

    Before and after each commit, gateway call and delivery of checkout, trial, 3-D Secure, decline, renewal, retry,
    refund, cancellation, switch, payoff, webhook intake and import; begun again, or left behind for good.
    """
    again = list(run.spread(_behind, [(name, (), "") for name in _names()], whole=True))
    left = list(run.spread(_left, _names(), whole=True))
    failures = tuple(text for one in (*again, *left) for text in one.failures)
    count = sum(one.runs for one in (*again, *left))
    return Result(count=count, of=count, through=f"{ROADS} in memory", failures=failures)


def two_crashes(run: Run) -> Result:
    """Two crashes, in every combination of effect points, the second one during the recovery from the first."""
    return _all_behind(run, _plans(_starts()))


def three_crashes(run: Run) -> Result:
    """Three crashes, in every combination of effect points; where not all of them were run, a part drawn by the seed.

    The second crash hits the recovery from the first, the third one the recovery from that.
    """
    return _all_behind(run, _plans(_further(run, _starts())))


def one_crash_on_databases(run: Run) -> Result:
    """One crash at every effect point of every road, on SQLite and on PostgreSQL: the same holds there."""
    with run.postgres() as url:
        wanted = [(name, (), place) for name in run.drawn(_names(), 3) for place in (str(run.folder), url)]
        done = list(run.spread(_behind, wanted))
    failures = tuple(text for one in done for text in one.failures)
    count, of = sum(one.runs for one in done), 2 * sum(one.points for one in _starts())
    seeds = "-" if count == of else str(run.seed)
    return Result(count=count, of=of, seeds=seeds, through=f"{ROADS} on 2 databases", failures=failures)


def two_crashes_on_databases(run: Run) -> Result:
    """Two crashes on SQLite and on PostgreSQL; where not all of them were run, a part drawn by the seed."""
    pairs = _plans(_further(run, _starts()))
    return _on_databases(run, run.drawn(pairs), of=2 * len(pairs))


def three_crashes_on_databases(run: Run) -> Result:
    """Three crashes on SQLite and on PostgreSQL: a sample drawn by the seed, for in memory there are all of them."""
    chance, pairs = Random(run.seed), _plans(_further(run, _starts()))
    drawn = _reached(run, chance.sample(pairs, run.part(run.full // 2)))
    return _on_databases(run, [(one.road, (*one.plan, chance.randint(1, one.points))) for one in drawn], of=run.full)


def _starts() -> list[Prefix]:
    return [Prefix(road=one.name, plan=(), points=crashes.walk(one, ()).points) for one in JOURNEYS]


def _further(run: Run, prefixes: Sequence[Prefix]) -> list[Prefix]:
    """Each of these with one crash more."""
    return _reached(run, _plans(prefixes))


def _plans(prefixes: Sequence[Prefix]) -> list[tuple[str, crashes.Plan]]:
    return [(one.road, (*one.plan, point)) for one in prefixes for point in range(1, one.points + 1)]


def _reached(run: Run, plans: Sequence[tuple[str, crashes.Plan]]) -> list[Prefix]:
    return list(run.spread(_reach, plans, whole=True))


def _reach(wish: tuple[str, crashes.Plan]) -> Prefix:
    name, plan = wish
    return Prefix(road=name, plan=plan, points=crashes.walk(_road(name), plan).points)


def _all_behind(run: Run, plans: Sequence[tuple[str, crashes.Plan]]) -> Result:
    """Every further crash behind these, in memory. How many there are in all is reckoned from those that were run."""
    done = list(run.spread(_behind, [(name, plan, "") for name, plan in run.drawn(plans)]))
    count = sum(one.runs for one in done)
    return Result(
        count=count,
        of=round(count * len(plans) / len(done)) if done else -1,
        seeds="-" if len(done) == len(plans) else str(run.seed),
        through=f"{ROADS} in memory",
        failures=tuple(text for one in done for text in one.failures),
    )


def _on_databases(run: Run, plans: Sequence[tuple[str, crashes.Plan]], of: int) -> Result:
    """These crashes, each on both databases."""
    with run.postgres() as url:
        wanted = [(name, plan, place) for name, plan in plans for place in (str(run.folder), url)]
        done = list(run.spread(_walked, wanted))
    return Result(
        count=len(done),
        of=of,
        seeds="-" if len(done) == of else str(run.seed),
        through=f"{ROADS} on 2 databases",
        failures=tuple(text for failed in done for text in failed),
    )


def _names() -> list[str]:
    return [journey.name for journey in JOURNEYS]


def _road(name: str) -> Journey:
    return next(one for one in JOURNEYS if one.name == name)


def _place(where: str) -> Place:
    return emptied(own(where)) if where else memory


def _behind(wish: tuple[str, crashes.Plan, str]) -> crashes.Enumerated:
    name, plan, where = wish
    return crashes.enumerate_crashes(_road(name), len(plan) + 1, _place(where), only=plan)


def _walked(wish: tuple[str, crashes.Plan, str]) -> tuple[str, ...]:
    name, plan, where = wish
    return crashes.ended_badly(_road(name), plan, _place(where))


def _left(name: str) -> crashes.Enumerated:
    return crashes.leave_behind(_road(name))
