"""Running the service: ports, signals, processes, readiness, limits."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from hlc_adapters.composition import build
from hlc_adapters.gateways.simulator import Faults, SimulatorGateway
from hlc_adapters.settings import Settings
from hlc_core.kernel.errors import Invalid
from hlc_http.app import PortTaken
from hlc_http.server import serve
from support.refusals import refused
from support.service import Client, Shop, serving
from support.worlds import MASTER, MEMORY, World, prepare

PROGRAM = """
import os
from hlc_adapters.composition import build
from hlc_adapters.settings import read_settings
from hlc_http.server import serve
if __name__ == "__main__":
    services = build(read_settings({k: v for k, v in os.environ.items() if k.startswith("HLC_S") or k in KEYS}))
    serve(services)
    services.close()
    print("ended well")
"""


def test_a_taken_port_is_refused_with_the_remedy(memory_world: World) -> None:
    """Before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = {"port": port}
        world = World(settings=settings)

        with pytest.raises(PortTaken) as refusal:
            serve(world.services)
        world.close()

    assert f"127.0.0.1:{port} is taken by another program." == refusal.value.detail
    assert "port" == refusal.value.faults[0].field


def test_a_database_that_is_kept_is_not_served_without_a_key_for_sign_ins(tmp_path: Path) -> None:
    """Links and sessions would end with the process; the refusal names the remedy."""
    services = build(Settings(database_url=f"sqlite:///{tmp_path / 'hlc.sqlite'}", encryption_key=MASTER))
    try:
        with refused(Invalid) as told:
            serve(services)
    finally:
        services.close()

    assert [("HLC_AUTH_KEY", True)] == [(fault.field, "hlc keys auth" in fault.message) for fault in told.faults]


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_gently(tmp_path: Path, number: int, processes: int) -> None:
    """It listens, answers, and ends by itself with exit code 0, alone or with siblings on one port."""
    url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
    prepare(url)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = tmp_path / "serve.py"
    chosen = {
        "HLC_AUTH_KEY": "k" * 32,
        "HLC_ENCRYPTION_KEY": MASTER,
        "HLC_DATABASE_URL": url,
        "HLC_PORT": str(port),
        "HLC_PROCESSES": str(processes),
    }
    program.write_text(PROGRAM.replace("KEYS", repr(sorted(chosen))))
    environment = {**os.environ, **chosen, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = subprocess.Popen([sys.executable, str(program)], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        client = Client(port=port)
        _until_ready(client)
        running.send_signal(number)
        said, _ = running.communicate(timeout=60)
    finally:
        running.kill()

    assert (0, "ended well") == (running.returncode, said.strip())
    with pytest.raises(OSError, match="refused"):
        client.get("/healthz")


def test_readiness_names_a_missing_migration(tmp_path: Path) -> None:
    """503 with the remedy, while the process is healthy."""
    services = build(Settings(database_url=f"sqlite:///{tmp_path / 'empty.sqlite'}", encryption_key=MASTER))
    try:
        with serving(services) as client:
            told = client.get("/readyz")

            assert 200 == client.get("/healthz").status
            assert 503 == told.status
            assert "hlc db migrate" in told.json["fields"][0]["message"]
    finally:
        services.close()


def test_a_slow_gateway_stops_nobody_else(memory_world: World) -> None:
    """While checkouts wait for it, carts are served."""
    asked, answers = threading.Semaphore(0), threading.Event()

    def wait(_seconds: float) -> None:
        asked.release()
        answers.wait(60)

    slow = SimulatorGateway(clock=memory_world.clock, faults=Faults(latency_ms=1500), sleep=wait)
    settings, backend = memory_world.services.settings, memory_world.services.backend
    services = build(settings, clock=memory_world.clock, backend=backend, gateways=[slow])
    with serving(services) as client, ThreadPoolExecutor(6) as pool:
        shop = Shop(memory_world, client)
        product = memory_world.product()
        cart, *others = [shop.cart(product) for _ in range(7)]
        paying = [pool.submit(shop.pay, one) for one in others]
        for _ in others:
            assert asked.acquire(timeout=60)
        told = shop.client.get(f"/api/public/cart/{cart['cartId']}")

        assert 200 == told.status
        assert [False] * 6 == [one.done() for one in paying]
        answers.set()
        assert {200} == {one.result().status for one in paying}


def test_metrics_count_what_was_served(shop: Shop) -> None:
    """Requests by operation, refusals by code, the depth of the relay's queue; no personal data."""
    shop.buy(shop.world.product())
    shop.client.get("/api/public/cart/cart_nope")
    text = shop.staff.get("/metrics").body.decode()

    assert 'hlc_http_requests_total{operation="submit_checkout",method="POST",status="200"} 1' in text
    assert 'hlc_refusals_total{code="cart_not_found"} 1' in text
    assert "hlc_relay_pending" in text
    assert "buyer@example.com" not in text


def test_when_all_threads_are_taken_the_next_is_asked_to_come_back(memory_world: World) -> None:
    """503 with Retry-After, at once; health answers all the same."""
    with serving(memory_world.services, threads=1, queue=0) as client:
        session = memory_world.services.backend.begin(write=True)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(client.get, "/api/public/cart/x") for _ in range(2)]
            told = next(as_completed(both)).result()
            health = client.get("/healthz")
            session.rollback()
            waited = {one.result().status for one in both}

    assert (503, "busy", "1") == (told.status, told.code, told.headers["retry-after"])
    assert 200 == health.status
    assert {404, 503} == waited
    assert MEMORY == memory_world.url


def _until_ready(client: Client) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert 200 == client.get("/readyz").status
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
