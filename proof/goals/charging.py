"""The goal about histories of charges."""

from __future__ import annotations

from proof import histories
from proof.goal import Result, Run, chunks, told


def charge_histories(run: Run) -> Result:
    """Charge histories: 0 double charges, 0 disagreements with the bank's books, 0 stuck once the faults stop.

    Swarm faults (lost, late and doubled messages, outages, lag, declines, 3-D Secure, wrong amounts, expired keys),
    crashes and second processes over virtual weeks, at gateways with a fence, with keys, and with neither.
    """
    done = list(run.spread(histories.run, chunks(run.seeds)))
    through = (
        f"{sum(one.captures for one in done):,} captures, {sum(one.refunds for one in done):,} refunds, "
        f"{sum(one.crashes for one in done):,} crashes, {sum(one.quarantined for one in done):,} rulings"
    )
    count = sum(one.count for one in done)
    failures = tuple(text for one in done for text in one.failures)
    return Result(count=count, seeds=told(run.seed, count), through=through, failures=failures)
