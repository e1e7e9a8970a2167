"""The goals about the served clinic: requests of any kind, slow clients, and a second clinic beside it."""

from __future__ import annotations

from random import Random

from hlc_http.limits import Rates
from proof import slow, tenancy
from proof.fuzz import Fuzzed, fuzz
from proof.goal import Result, Run, told
from proof.places import own
from support.service import PATIENT, STAFF, serving
from support.tenants import known, open_stranger, served
from support.worlds import MEMORY, opened

CASES, PARTS = 500, 8
"""Cases of one seed, over one of so many parts of the operations."""

CROWD, HEALTHY, MOST = 500, 400, 0.5
"""Slow connections, healthy requests among them, and the seconds within which 99 of a hundred of those are answered."""

STEPS, STORAGES = 6, 3


def http_fuzz(run: Run) -> Result:
    """HTTP fuzz: no request drawn from the served OpenAPI gets a 500, and none that it calls invalid is accepted.

    Half of them are valid and half invalid, over a socket; each seed has an eighth of the operations, the next seed
    the next eighth.
    """
    done = list(run.spread(_fuzzed, range(run.seed, run.seed + max(1, run.part(run.full) // CASES))))
    return Result(
        count=sum(one.cases for one in done),
        seeds=told(run.seed, len(done)),
        through=f"{sum(one.invalid for one in done):,} invalid ones",
        failures=tuple(text for one in done for text in one.faults),
    )


def _fuzzed(seed: int) -> Fuzzed:
    with opened() as world:
        world.subscribe()
        world.coupon()
        with serving(world.services, rates=Rates(account=0)) as client:
            return fuzz(f"http://127.0.0.1:{client.port}", STAFF, count=CASES, chance=seed, step=PARTS)


def slow_clients(run: Run) -> Result:
    """Slow clients: five hundred that are idle, half way or do not read hold up nobody: 99 of 100 within half a second.

    Healthy requests are counted, each on a connection of its own, while the crowd stands there.
    """
    done = list(run.spread(_crowded, range(max(1, run.part(run.full) // HEALTHY))))
    failures = [f"{one.failed} were not answered" for one in done if one.failed]
    failures += [f"99 of 100 took {one.p99:.2f} s" for one in done if one.p99 >= MOST]
    p99, worst = max((one.p99 for one in done), default=0.0), max((one.worst for one in done), default=0.0)
    return Result(
        count=HEALTHY * len(done),
        through=f"p99 {1000 * p99:.0f} ms, at the longest {1000 * worst:.0f} ms",
        failures=tuple(failures),
    )


def _crowded(_: int) -> slow.Waited:
    with opened() as world:
        world.product()
        with serving(world.services) as client:
            return slow.slow_crowd(client.port, CROWD, HEALTHY)


def two_clinics(run: Run) -> Result:
    """Two clinics in one installation: what belongs to the other looks exactly as what does not exist.

    Every route with a variable part, as visitor, patient, staff and system: a foreign id beside an absent one; the same
    status, words and headers, and not one word of the other clinic. In memory, on SQLite and on PostgreSQL.
    """
    with run.postgres() as url:
        done = list(run.spread(_compared, run.drawn(("", str(run.folder), url))))
    count = sum(one.pairs for one in done)
    return Result(
        count=count,
        of=count if len(done) == STORAGES else -1,
        through=f"{len(done)} of {STORAGES} kinds of storage",
        failures=tuple(text for one in done for text in (*one.differences, *one.leaks)),
    )


def _compared(where: str) -> tenancy.Compared:
    with opened(own(where) if where else MEMORY) as world, served(world) as clinics:
        return tenancy.every_route(world, clinics.client, PATIENT, known(world), clinics.own)


def clinics_beside(run: Run) -> Result:
    """Clinics beside each other: whatever the other one does, no row of ours changes.

    Histories of six random steps: purchases, declines, challenges, billing, resolving and telling, refused ones among
    them; all of ours is compared after each.
    """
    done = list(run.spread(_undisturbed, run.seeds))
    return Result(
        count=len(done),
        seeds=told(run.seed, len(done)),
        through=f"{STEPS * len(done):,} steps",
        failures=tuple(text for text in done if text),
    )


def _undisturbed(seed: int) -> str:
    with opened() as world:
        world.subscribe()
        world.services.relay()
        open_stranger(world)
        try:
            tenancy.undisturbed(world, Random(seed), STEPS)
        except AssertionError as told_wrong:
            return f"seed {seed}: {told_wrong}"
    return ""
