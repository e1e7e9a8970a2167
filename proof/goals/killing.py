"""The goals about real processes: killed, deprived of their database, and stormed by buyers."""

from __future__ import annotations

from proof import killing
from proof.goal import Result, Run, told
from support.postgres import server
from support.worlds import prepare

KILLS, STOPS, ROUNDS = 50, 10, 25
"""In one clinic; then the next one, with the next seed."""


def killed_processes(run: Run) -> Result:
    """SIGKILL during checkouts and billing runs over an SQLite file: it stays whole, 0 double, no lost paid order.

    A served clinic is killed at random moments while people buy, fifty times, and a billing run five times while
    another one runs beside it; then the next clinic.
    """
    groups = range(run.seed, run.seed + max(1, run.part(run.full) // (KILLS + KILLS // 10)))
    done = list(run.spread(_killed, groups))
    count = sum(one.count for one in done)
    return Result(
        count=count,
        seeds=told(run.seed, len(done)),
        through=f"{sum(one.hits for one in done):,} of the kills met a process at work",
        failures=tuple(text for one in done for text in one.failures),
    )


def _killed(seed: int) -> killing.Endured:
    services, runs = killing.killed_services(KILLS, seed), killing.killed_runs(KILLS // 10, seed)
    return killing.Endured(
        count=services.count + runs.count,
        failures=(*services.failures, *runs.failures),
        hits=services.hits + runs.hits,
    )


def stopped_databases(run: Run) -> Result:
    """Immediate stops of PostgreSQL while people buy: the pool heals within two seconds, no paid order is lost."""
    groups = range(run.seed, run.seed + max(1, run.part(run.full) // STOPS))
    done = list(run.spread(_stopped, groups))
    return Result(
        count=sum(one.count for one in done),
        seeds=told(run.seed, len(done)),
        through=f"healed after {max((one.longest for one in done), default=0.0):.2f} s at the longest",
        failures=tuple(text for one in done for text in one.failures),
    )


def _stopped(seed: int) -> killing.Endured:
    with server() as own:
        prepare(own.url)
        return killing.stopped(own, own.url, STOPS, seed)


def double_clicks(run: Run) -> Result:
    """Double-click storms: fifty posts at once on one cart, from two tabs: 1 order, 1 charge, 50 equal answers.

    Over HTTP, at a served clinic, in turn over an SQLite file and over PostgreSQL.
    """
    groups = range(run.seed, run.seed + max(2, run.part(run.full) // ROUNDS))
    done = list(run.spread(_stormed, groups))
    count = sum(one.count for one in done)
    return Result(
        count=count,
        seeds=told(run.seed, len(done)),
        through=f"{killing.CLICKS * count:,} posts",
        failures=tuple(text for one in done for text in one.failures),
    )


def _stormed(seed: int) -> killing.Endured:
    if seed % 2:
        return killing.stormed("", ROUNDS, seed)
    with server() as own:
        prepare(own.url)
        return killing.stormed(own.url, ROUNDS, seed)
