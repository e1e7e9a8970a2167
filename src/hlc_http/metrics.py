"""Counters for Prometheus, as its text format; no client library, no labels with personal data."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from threading import Lock

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What the process has served since its start."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._refusals: Counter[str] = Counter()
        self._slots: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()
        self.incidents = 0

    def served(self, operation: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests[operation, method, status] += 1
        slots = self._slots.setdefault(operation, [0] * (len(BUCKETS) + 1))
        slots[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[operation] += seconds  # type: ignore[assignment]  # a sum of seconds is no whole number

    def refused(self, code: str) -> None:
        """One request was refused, with the refusal's stable code."""
        with self._lock:
            self._refusals[code] += 1

    def text(self, gauges: Mapping[str, float]) -> str:
        """Everything, with the gauges of the application beside it."""
        lines = ["# HELP hlc_http_requests_total Requests answered.", "# TYPE hlc_http_requests_total counter"]
        lines += [
            f'hlc_http_requests_total{{operation="{operation}",method="{method}",status="{status}"}} {count}'
            for (operation, method, status), count in sorted(self._requests.items())
        ]
        lines += ["# HELP hlc_http_request_seconds Time to answer.", "# TYPE hlc_http_request_seconds histogram"]
        for operation, slots in sorted(self._slots.items()):
            running = 0
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), slots, strict=True):
                running += count
                lines.append(f'hlc_http_request_seconds_bucket{{operation="{operation}",le="{bound}"}} {running}')
            lines.append(f'hlc_http_request_seconds_sum{{operation="{operation}"}} {self._seconds[operation]:.6f}')
            lines.append(f'hlc_http_request_seconds_count{{operation="{operation}"}} {running}')
        lines += ["# HELP hlc_refusals_total Refusals by code.", "# TYPE hlc_refusals_total counter"]
        lines += [f'hlc_refusals_total{{code="{code}"}} {count}' for code, count in sorted(self._refusals.items())]
        lines += ["# TYPE hlc_incidents_total counter", f"hlc_incidents_total {self.incidents}"]
        for name, value in sorted(gauges.items()):
            lines += [f"# TYPE {name} gauge", f"{name} {value:g}"]
        return "\n".join(lines) + "\n"
