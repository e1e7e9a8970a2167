"""What a renewal costs of CPU where nothing is stored: the core, its transactions, and rows in dictionaries."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time
from typing import Any

from bench import child
from bench.bank import YesBank
from bench.clinic import RENEWS, opened, subscribed
from bench.renewals import bill
from bench.report import Figure
from hlc_adapters.clock import VirtualClock
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.settings import MEMORY
from hlc_adapters.tuning import calm_collector


def measure(size: int) -> Iterator[Figure]:
    """One billing run over that many subscriptions, in a process of its own."""
    told = child.ask("bench.renewals_in_memory", size=size)
    yield Figure(
        group="Renewals in memory",
        place="memory",
        name=f"CPU of a renewal, {size:,} due, instant gateway",
        value=told["busy"] / size * 1e6,
        unit="us",
    )


def main(size: int) -> dict[str, Any]:
    """Seconds of CPU."""
    backend, clock = MemoryBackend(), VirtualClock(RENEWS)
    subscribed(MEMORY, size, backend)
    with opened(MEMORY, backend=backend, clock=clock, gateway=YesBank(clock=clock)) as clinic, calm_collector():
        busy = process_time()
        bill(clinic, size)
        return {"busy": process_time() - busy}


if __name__ == "__main__":
    child.answer(main)
