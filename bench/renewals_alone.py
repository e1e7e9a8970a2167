"""One billing run in a process of its own, so that its memory is nobody else's."""

from __future__ import annotations

import resource
from pathlib import Path
from time import process_time
from typing import Any

from bench.bank import YesBank
from bench.child import answer
from bench.clinic import RENEWS, opened
from bench.renewals import bill
from hlc_adapters.clock import VirtualClock
from hlc_adapters.tuning import calm_collector


def main(url: str, size: int, latency: float, workers: int, ahead: int) -> dict[str, Any]:
    """Seconds, seconds of CPU in this process, and megabytes before the run and at its peak."""
    clock = VirtualClock(RENEWS)
    bank = YesBank(clock=clock, seconds=latency)
    settings: dict[str, Any] = {"gateway_workers": workers, "gateway_threads": latency > 0, "billing_ahead": ahead}
    with opened(url, clock=clock, gateway=bank, **settings) as clinic, calm_collector():
        before = peak_mb()
        busy = process_time()
        seconds = bill(clinic, size)
        busy = process_time() - busy
    return {"seconds": seconds, "busy": busy, "before_mb": before, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """The most memory that this process has held so far.

    Linux tells it apart from that of the process which started this one; elsewhere the larger of both is what is known.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    answer(main)
