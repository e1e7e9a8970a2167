"""A crowd of slow clients, and how long a healthy one waits meanwhile."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import ExitStack
from itertools import cycle, islice

from attrs import frozen

_MANNERS = (
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST /api/public/cart/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 99\r\n\r\n{",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
)
"""Idle, half the headers, a body that stops, a flood whose answers nobody reads."""


@frozen(kw_only=True)
class Waited:
    """Seconds that healthy requests took while the crowd stood there, and how many of them failed."""

    p50: float
    p99: float
    worst: float
    failed: int


def slow_crowd(port: int, crowd: int = 500, healthy: int = 400) -> Waited:
    """So many slow connections at once, and so many healthy requests among them."""
    with ExitStack() as stack:
        for manner in islice(cycle(_MANNERS), crowd):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(manner)
        seconds, failed = [], 0
        for _ in range(healthy):
            began = time.perf_counter()
            failed += _status(port) != 200
            seconds.append(time.perf_counter() - began)
    seconds.sort()
    return Waited(
        p50=seconds[len(seconds) // 2], p99=seconds[int(len(seconds) * 0.99)], worst=seconds[-1], failed=failed
    )


def _status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()
