"""The real service in a process of its own, with the simulator inside and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection, socket
from time import perf_counter, sleep
from typing import Any

from attrs import frozen

from bench.clinic import MASTER
from hlc_adapters import composition
from hlc_adapters.settings import Settings
from hlc_http.server import serve

_PATIENCE = 30.0


@frozen
class Running:
    """A service that answers at 127.0.0.1, and how long it took to get there."""

    port: int
    process: int
    ready_after: float


@contextmanager
def running(url: str, **settings: Any) -> Iterator[Running]:
    """The service over that database while the block runs. Refuses: RuntimeError (it does not answer)."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    asked = json.dumps({"database_url": url, "port": port, **settings})
    begun = perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "bench.service", asked])
    try:
        _wait(port, process)
        yield Running(port, process.pid, perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = perf_counter() + _PATIENCE
    while perf_counter() < until and process.poll() is None:
        try:
            with create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                if connection.recv(64).startswith(b"HTTP/1.1 "):
                    return
        except OSError:
            sleep(0.01)
    raise RuntimeError("The service does not answer.")


if __name__ == "__main__":
    keys = {"organization": "bench", "encryption_key": MASTER, "auth_key": "b" * 32}
    services = composition.build(Settings(**{**keys, **json.loads(sys.argv[1])}))
    try:
        serve(services)
    finally:
        services.close()
