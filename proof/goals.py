"""The goals of the proof: each a function that says in its first lines what holds, and runs as much of it as asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import TypeVar
from zoneinfo import available_timezones

from attrs import define, field, frozen

from hlc_adapters.simulation.books import check_books, check_ends
from hlc_adapters.simulation.engine import Simulation
from hlc_adapters.simulation.periods import check_periods
from hlc_adapters.simulation.wish import CLASSES, Wish
from proof import crashes, histories, interleavings, mutants, subsets, webhooks
from proof.journeys import JOURNEYS, Journey
from proof.mutations import MUTATIONS
from proof.places import Place, emptied, memory
from support.postgres import FAST, Server, end, new_home
from support.worlds import prepare

X = TypeVar("X")
Y = TypeVar("Y")


@frozen(kw_only=True)
class Result:
    """What a goal came to: how many of how many, from which seeds, what it went through, and what failed."""

    count: int
    of: int
    seeds: str = "-"
    through: str = ""
    failures: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@define
class Run:
    """How much is asked for: `scale` of every count, from `seed` on, `jobs` at once, files in `folder`."""

    scale: float
    seed: int
    jobs: int
    folder: Path
    _postgres: Server | None = field(default=None, init=False)

    def part(self, full: int, least: int = 1) -> int:
        """How many of so many."""
        return min(full, max(least, round(full * self.scale)))

    def seeds(self, full: int) -> range:
        """That part of so many seeds."""
        return range(self.seed, self.seed + self.part(full))

    def spread(self, function: Callable[[X], Y], items: Iterable[X]) -> Iterator[Y]:
        """The function of every item, in their order, in several processes."""
        if self.jobs < 2:
            yield from map(function, items)
            return
        with ProcessPoolExecutor(self.jobs) as pool:
            yield from pool.map(function, items)

    def sqlite(self) -> str:
        """The URL of a SQLite database with its tables."""
        url = f"sqlite:///{self.folder / 'proof.sqlite'}"
        prepare(url)
        return url

    @contextmanager
    def postgres(self) -> Iterator[str]:
        """The URL of a PostgreSQL database with its tables, in a server of our own, gone afterwards."""
        home = new_home()
        server = Server(home=home, settings=FAST, owner=os.getpid())
        try:
            server.start()
            prepare(server.url)
            yield server.url
        finally:
            end(server)


Goal = Callable[[Run], Result]

CHUNK = 1000


def _chunks(seeds: range, size: int = CHUNK) -> Iterator[range]:
    for first in range(seeds.start, seeds.stop, size):
        yield range(first, min(first + size, seeds.stop))


def _told(seeds: range) -> str:
    return f"{seeds.start}-{seeds.stop - 1}"


def charge_histories(run: Run) -> Result:
    """Charge histories: 0 double charges, 0 disagreements with the bank's books, 0 stuck once the faults stop.

    Swarm faults (lost, late and doubled messages, outages, lag, declines, 3-D Secure, wrong amounts, expired keys),
    crashes and second processes over virtual weeks, at gateways with a fence, with keys, and with neither.
    """
    full = 1_000_000
    seeds = run.seeds(full)
    done = list(run.spread(histories.run, _chunks(seeds)))
    through = (
        f"{sum(one.captures for one in done):,} captures, {sum(one.refunds for one in done):,} refunds, "
        f"{sum(one.crashes for one in done):,} crashes, {sum(one.quarantined for one in done):,} rulings"
    )
    failures = tuple(text for one in done for text in one.failures)
    return Result(count=sum(one.count for one in done), of=full, seeds=_told(seeds), through=through, failures=failures)


def one_crash(run: Run) -> Result:
    """One crash at every effect point of every road: what stands is what an undisturbed run gives.

    Before and after each commit, gateway call and delivery of checkout, trial, 3-D Secure, decline, renewal, retry,
    refund, cancellation, switch, payoff, webhook intake and import; begun again, or left behind for good.
    """
    again = list(run.spread(_enumerated, [(name, 1, None) for name in _names()]))
    behind = list(run.spread(_left, _names()))
    failures = tuple(text for one in (*again, *behind) for text in one.failures)
    count = sum(one.runs for one in (*again, *behind))
    return Result(count=count, of=count, through=f"{len(JOURNEYS)} roads in memory", failures=failures)


def two_crashes(run: Run) -> Result:
    """Two crashes, in every combination of effect points, the second one during the recovery from the first."""
    return _behind(run, _further(run, [(name, (), 0) for name in _names()]), 1.0)


def three_crashes(run: Run) -> Result:
    """Three crashes, in every combination of effect points; where not all of them were run, a drawn part."""
    firsts = _further(run, [(name, (), 0) for name in _names()])
    drawn = Random(run.seed).sample(firsts, run.part(len(firsts)))
    return _behind(run, _further(run, drawn), len(drawn) / len(firsts))


Prefix = tuple[str, crashes.Plan, int]
"""A journey, where it has crashed so far, and how many effect points it then passes."""


def _further(run: Run, prefixes: Sequence[Prefix]) -> list[Prefix]:
    """Each of these with one crash more."""
    return [one for each in run.spread(_frontier, [(name, plan) for name, plan, _ in prefixes]) for one in each]


def _behind(run: Run, wanted: Sequence[Prefix], part: float) -> Result:
    """All further crashes behind a drawn part of these prefixes, which are that part of all there are."""
    of = round(sum(points for _, _, points in wanted) / part)
    drawn = Random(run.seed).sample(list(wanted), run.part(len(wanted)))
    done = list(run.spread(_deadly, [(name, plan) for name, plan, _ in drawn]))
    return Result(
        count=sum(one.runs for one in done),
        of=of,
        seeds=str(run.seed) if len(drawn) < len(wanted) or part < 1 else "-",
        through=f"{len(JOURNEYS)} roads in memory",
        failures=tuple(text for one in done for text in one.failures),
    )


def _names() -> list[str]:
    return [journey.name for journey in JOURNEYS]


def _enumerated(wish: tuple[str, int, str | None]) -> crashes.Enumerated:
    name, depth, url = wish
    place: Place = memory if url is None else emptied(url)
    return crashes.enumerate_crashes(_journey(name), depth, place)


def _left(name: str) -> crashes.Enumerated:
    return crashes.leave_behind(_journey(name))


def _frontier(wish: tuple[str, crashes.Plan]) -> list[Prefix]:
    """The journey with each further crash behind these, and how many effect points it then passes."""
    name, plan = wish
    points = crashes.walk(_journey(name), plan).points
    return [
        (name, (*plan, point), crashes.walk(_journey(name), (*plan, point)).points) for point in range(1, points + 1)
    ]


def _deadly(wish: tuple[str, crashes.Plan]) -> crashes.Enumerated:
    name, plan = wish
    return crashes.enumerate_crashes(_journey(name), len(plan) + 1, only=plan)


def _journey(name: str) -> Journey:
    return next(one for one in JOURNEYS if one.name == name)


def one_crash_on_databases(run: Run) -> Result:
    """One crash at every effect point of every road, on SQLite and on PostgreSQL: the same holds there."""
    names = _names()[: run.part(len(JOURNEYS), 3)] if run.scale < 1 else _names()
    with run.postgres() as url:
        urls = (run.sqlite(), url)
        done = list(run.spread(_on_each, [(url, tuple(names)) for url in urls]))
    failures = tuple(text for each in done for one in each for text in one.failures)
    count = sum(one.runs for each in done for one in each)
    of = count * len(JOURNEYS) // len(names)
    return Result(count=count, of=of, through=f"{', '.join(names)}; SQLite, PostgreSQL", failures=failures)


def _on_each(wish: tuple[str, tuple[str, ...]]) -> list[crashes.Enumerated]:
    url, names = wish
    return [_enumerated((name, 1, url)) for name in names]


def few_processes(run: Run) -> Result:
    """Few processes at one cart, debt or subscription: no order with at most two interruptions does harm.

    Two submits, a second tab, return page and webhooks, a doubtful answer, two billing runs, cancellation against
    renewal, three retries, two refunds; a gateway with a fence, and for the first ones also those without.
    """
    scenes = [(scene.__name__, kind) for scene in interleavings.SMALL for kind in _kinds(scene.__name__)]
    most = None if run.scale >= 1 else max(50, round(20_000 * run.scale))
    done = list(run.spread(_played, [(name, kind, most) for name, kind in scenes]))
    cut = sum(1 for one in done if most is not None and one.count >= most)
    return Result(
        count=sum(one.count for one in done),
        of=sum(one.count for one in done) if not cut else -1,
        through=f"{len(scenes)} scenes" + (f", {cut} of them cut at {most} orders" if cut else ""),
        failures=tuple(text for one in done for text in one.failures),
    )


def _kinds(name: str) -> Sequence[int]:
    return (0, 1, 2) if name in ("two_submits", "half_way", "in_doubt") else (0,)


def _played(wish: tuple[str, int, int | None]) -> interleavings.Tally:
    name, kind, most = wish
    scene = next(one for one in interleavings.SMALL if one.__name__ == name)
    return interleavings.every(scene, 2, interleavings.CLASSES[kind][1], most)


def many_processes(run: Run) -> Result:
    """Seven processes at once while answers are lost: no order drawn from a seed does harm, at no kind of gateway.

    Two tabs, the return page, webhooks, the resolver, a billing run and staff who cancel.
    """
    full = 20_000
    seeds = run.seeds(full)
    done = list(run.spread(_crowded, _chunks(seeds, 100)))
    failures = tuple(text for one in done for text in one.failures)
    return Result(count=sum(one.count for one in done), of=full, seeds=_told(seeds), failures=failures)


def _crowded(seeds: range) -> interleavings.Tally:
    return interleavings.drawn(interleavings.crowd, seeds)


def webhooks_in_disorder(run: Run) -> Result:
    """Webhooks permuted, repeated up to five times, dropped, early and late: the same final state as in order."""
    full = 100_000
    seeds = run.seeds(full)
    done = list(run.spread(webhooks.run, _chunks(seeds, 500)))
    return Result(
        count=sum(one.count for one in done),
        of=full,
        seeds=_told(seeds),
        through=f"{sum(one.webhooks for one in done):,} webhooks",
        failures=tuple(text for one in done for text in one.failures),
    )


def named_mutants(run: Run) -> Result:
    """Named defects in the protocol, the billing run, recovery, numbering, checkout and storage: each is noticed.

    Each is planted in a copy of the sources; the first test that fails is named. Of one that no test can notice it is
    said why it is harmless.
    """
    chosen = list(islice(MUTATIONS, run.part(len(MUTATIONS), 5) if run.scale < 0.01 else len(MUTATIONS)))
    planted = mutants.plant_all(chosen, run.jobs)
    head = ("mutant", "where", "what it would break", "noticed by", "s")
    table = [
        (
            one.mutation.name,
            one.mutation.file.removeprefix("src/"),
            one.mutation.breaks,
            one.by.replace("tests/", "", 1) or f"harmless: {one.mutation.harmless or 'SURVIVED'}",
            f"{one.seconds:.0f}",
        )
        for one in planted
    ]
    failures = tuple(f"{one.mutation.name} survived" for one in planted if not one.ok)
    killed = sum(1 for one in planted if one.by)
    through = f"{killed} noticed, {len(planted) - killed} harmless"
    return Result(count=len(planted), of=len(MUTATIONS), through=through, failures=failures, table=(head, *table))


YEARS, SUBSCRIBERS = 2, 30


def simulated_billing(run: Run) -> Result:
    """Simulated billing in every time zone: one invoice per period, exact to the cent, by calendar and by the bank.

    Two years of business in each zone of the IANA database: two billing processes at once, crashes, days on which the
    machine is down, a bank that loses and delays answers, at the three kinds of gateways in turn.
    """
    zones = sorted(available_timezones() - {"localtime", "Factory"})
    drawn = Random(run.seed).sample(zones, run.part(len(zones), 3))
    done = list(run.spread(_simulated, [(run.seed + number, zone) for number, zone in enumerate(drawn)]))
    through = f"{YEARS} years of {SUBSCRIBERS} subscriptions in each zone, {sum(n for n, _ in done):,} charges"
    failures = tuple(text for _, failed in done for text in failed)
    return Result(
        count=len(done),
        of=len(zones),
        seeds=_told(range(run.seed, run.seed + len(done))),
        through=through,
        failures=failures,
    )


def _simulated(wish: tuple[int, str]) -> tuple[int, tuple[str, ...]]:
    seed, zone = wish
    kind = tuple(CLASSES)[seed % len(CLASSES)]
    asked = Wish(
        seed=seed, years=YEARS, subscriptions=SUBSCRIBERS, zone=zone, faults="rough", crashes=0.05, runners=2,
        gateway_class=kind,
    )  # fmt: skip
    facts = Simulation(asked).run()
    wrong = (*check_books(facts), *check_ends(facts), *check_periods(facts))
    return len(facts.lines), tuple(f"{asked.command}: {one.wrong}, {one.subject}: {one.means}" for one in wrong)


def properties(run: Run) -> Result:
    """Algebras and state machines: money, time, proration, the retry ladder and every lifecycle, with Hypothesis.

    The property tests of the suite, looked at many times deeper and with examples that are drawn anew.
    """
    return _subset(run, subsets.properties(run.scale, run.seed))


def _subset(run: Run, subset: subsets.Subset) -> Result:
    passed, failures = subsets.run(subset, run.jobs)
    through = f"{passed} tests, {subset.deeper} times as many examples each"
    return Result(count=passed, of=passed, seeds=str(run.seed), through=through, failures=failures)


GOALS: tuple[Goal, ...] = (
    charge_histories,
    one_crash,
    two_crashes,
    three_crashes,
    one_crash_on_databases,
    few_processes,
    many_processes,
    webhooks_in_disorder,
    simulated_billing,
    properties,
    named_mutants,
)
"""Every goal, in the order in which they are run and shown. A new one is added here."""
