"""The goals about orders: of processes that meet, and of webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from proof import interleavings, webhooks
from proof.goal import Result, Run, chunks, told


def few_processes(run: Run) -> Result:
    """Few processes at one cart, debt or subscription: no order with at most two interruptions does harm.

    Two submits, a second tab, return page and webhooks, a doubtful answer, two billing runs, cancellation against
    renewal, three retries, two refunds; a gateway with a fence, and for the first ones also those without.
    """
    scenes = [(scene.__name__, kind) for scene in interleavings.SMALL for kind in _kinds(scene.__name__)]
    most = None if run.scale >= 1 else max(50, round(20_000 * run.scale))
    done = list(run.spread(_played, [(name, kind, most) for name, kind in run.drawn(scenes, len(scenes))]))
    cut = sum(1 for one in done if most is not None and one.count >= most)
    whole = not cut and len(done) == len(scenes)
    return Result(
        count=sum(one.count for one in done),
        of=None if whole else -1,
        seeds="-" if len(done) == len(scenes) else str(run.seed),
        through=f"{len(done)} of {len(scenes)} scenes" + (f", {cut} of them cut at {most} orders" if cut else ""),
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
    done = list(run.spread(_crowded, chunks(run.seeds, 100)))
    count = sum(one.count for one in done)
    failures = tuple(text for one in done for text in one.failures)
    return Result(count=count, seeds=told(run.seed, count), failures=failures)


def _crowded(seeds: range) -> interleavings.Tally:
    return interleavings.drawn(interleavings.crowd, seeds)


def webhooks_in_disorder(run: Run) -> Result:
    """Webhooks permuted, repeated up to five times, dropped, early and late: the same final state as in order."""
    done = list(run.spread(webhooks.run, chunks(run.seeds, 500)))
    count = sum(one.count for one in done)
    return Result(
        count=count,
        seeds=told(run.seed, count),
        through=f"{sum(one.webhooks for one in done):,} webhooks",
        failures=tuple(text for one in done for text in one.failures),
    )
