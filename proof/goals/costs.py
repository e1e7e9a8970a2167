"""The goals that are figures: how fast permissions are decided, and what keeping clinics apart costs a request."""

from __future__ import annotations

from statistics import median

from proof import added, checks
from proof.goal import Result, Run, told
from proof.places import own

SLOWEST = 10_000
"""Decisions of all keys a second, below which one would be felt: a tenth of a millisecond each."""

MOST = 25.0
"""Per cent of a request that the guards of a database may add."""

CHECKS, PAIRS = 100_000, 40
"""Checks of a kind in a round of one seed; pairs of blocks on each database."""


def permission_checks(run: Run) -> Result:
    """Permission checks: far more than ten thousand decisions of all keys a second on one core, each as the spec says.

    Three kinds: `effective` decides every key for a person's layers, `may` asks an actor for one key, as each request
    does, and `explain` says layer by layer why. Two hundred people of a seed, as clinics have them: roles, plans,
    features that are off, custom roles, overrides. The rate is that of the processor's time; the median of five
    rounds, then of the seeds.
    """
    seeds = range(run.seed, run.seed + max(1, run.full // (15 * CHECKS)))
    found = list(run.spread(_checked, [(seed, run.part(CHECKS, checks.PEOPLE)) for seed in seeds]))
    rates = {
        "effective: every key of a person": [one.effective for one in found],
        "may: one key of an actor": [one.may for one in found],
        "explain: one key, layer by layer": [one.explain for one in found],
    }
    failures = [text for one in found for text in one.wrong]
    failures += [f"{kind}: {median(some):,.0f} a second" for kind, some in rates.items() if median(some) < SLOWEST]
    rows = ((kind, f"{median(some):,.0f}", f"{1e6 / median(some):.2f}") for kind, some in rates.items())
    return Result(
        count=sum(one.made for one in found),
        seeds=told(run.seed, len(found)),
        through=f"{checks.PEOPLE * len(found):,} people",
        failures=tuple(failures),
        table=(("check", "a second", "microseconds"), *rows),
    )


def _checked(wish: tuple[int, int]) -> checks.Rates:
    seed, repeats = wish
    return checks.measured(seed, repeats)


def tenancy_cost(run: Run) -> Result:
    """The cost of tenancy: what forced row policies and triggers add to a request is less than a quarter of it.

    The same requests through the same service and rows, with what the database keeps organizations apart by and
    without, in turns; in each block a statement past the service shows that it does refuse with, and does not without.
    Counted in microseconds of one thread: the median of the pairs, and between which their middle half lies. The last
    row of each database is what it takes to tell a connection another organization. That organizations stand in all
    keys is part of both sides.
    """
    pairs = run.part(PAIRS, 2)
    with run.postgres() as url:
        places = {"PostgreSQL": own(url), "SQLite": own(str(run.folder))}
        found = {name: added.compared(where, pairs, run.seed, lambda: run.over) for name, where in places.items()}
    failures = [f"{place}: {text}" for place, one in found.items() for text in one.wrong]
    failures += [
        f"{place}: {one.request}: {one.percent:.0f} % more"
        for place, all_of in found.items()
        for one in all_of.added
        if one.request != added.TOLD and one.percent > MOST
    ]
    count = sum(one.requests for one in found.values())
    done = min(len(one.more) for all_of in found.values() for one in all_of.added)
    return Result(
        count=count,
        of=round(count * PAIRS / done),
        seeds=str(run.seed),
        through=f"{done} pairs of blocks; the guard in the process, which is never off, takes"
        f" {added.guard_microseconds():.2f} microseconds a statement, and is in both",
        failures=tuple(failures),
        table=(
            ("database", "request", "without", "added", "middle half", "per cent"),
            *(_row(place, one) for place, all_of in found.items() for one in all_of.added),
        ),
    )


def _row(place: str, one: added.Added) -> tuple[str, ...]:
    low, high = one.spread
    return (
        place,
        one.request,
        f"{one.base:,.0f}",
        f"{one.added:+,.0f}",
        f"{low:+,.0f} to {high:+,.0f}",
        f"{one.percent:+.1f}",
    )
