"""Whether the service can work, and what it shows of itself to the metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from hlc_adapters.services import Services
from hlc_adapters.sql.migrate import require_migrated
from hlc_adapters.sql.rows import SqlBackend

SECONDS = 2.0
"""How long an answer may be repeated, so that probes and scrapes cost the database next to nothing."""


def require_ready(services: Services) -> None:
    """Refuses: Unavailable (the database is away, or a migration is missing)."""
    if isinstance(services.backend, SqlBackend):
        require_migrated(services.backend.engine)
    services.directory.all()


def gauges(services: Services) -> Callable[[], Mapping[str, float]]:
    """Measures of the moment, read at most every two seconds."""
    lock = Lock()
    kept: dict[str, float] = {}
    until = 0.0

    def read() -> Mapping[str, float]:
        nonlocal until
        with lock:
            if time.monotonic() >= until:
                kept["hlc_relay_pending"] = float(services.deliveries.depth())
                until = time.monotonic() + SECONDS
            return dict(kept)

    return read
