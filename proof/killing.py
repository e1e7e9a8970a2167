"""Real processes that are killed, real databases that are stopped, and buyers who press fifty times at once."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

from attrs import frozen

from hlc_adapters.gateways.simulator import FileLedger, SimulatorGateway
from hlc_core.billing.api import RunWish
from proof.house import ME, PATIENCE, House
from support.postgres import Server
from support.worlds import prepare

HEALED = 2.0
"""Seconds within which the pool must be whole again after the database is back, beside ten times what a cart takes
anyway: on a machine that is busy with other things even that may be long."""

CLICKS = 50
"""Posts at once, from two tabs."""


@frozen(kw_only=True)
class Endured:
    """How often it was done, and what was wrong afterwards.

    `hits` are the kills that met a process at work, `longest` the seconds that a pool took to heal.
    """

    count: int
    failures: tuple[str, ...]
    hits: int = 0
    longest: float = 0.0


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hlc-killed-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def on_sqlite() -> Iterator[House]:
    """A clinic over a file of its own."""
    with _folder() as folder:
        url = f"sqlite:///{folder}/hlc.sqlite"
        prepare(url)
        yield House(url, folder)


@contextmanager
def on_server(url: str) -> Iterator[House]:
    """A clinic over a database of a server, which has its tables."""
    with _folder() as folder:
        yield House(url, folder)


def killed_services(kills: int, seed: int, longest: float = 0.25) -> Endured:
    """SIGKILL at random moments while people buy; whoever buys comes back with the same key until there is an answer.

    Then every buyer has one order, one charge, one invoice, and the file is whole.
    """
    chance = random.Random(seed)
    with on_sqlite() as house:
        with _buyers(house, 4 * kills) as buyers:
            process = house.serve()
            for number in range(kills):
                for buyer in buyers[4 * number : 4 * number + 4]:
                    buyer.start()
                time.sleep(chance.uniform(0.01, longest))
                _kill(process)
                process = house.serve()
            waited = _waited(buyers)
        _end(process)
        failures = (*waited, *_whole(house), *_judged(house, 4 * kills, f"seed {seed}"))
        return Endured(count=kills, failures=failures, hits=kills)


def killed_runs(kills: int, seed: int, subscriptions: int = 60) -> Endured:
    """Month after month two billing runs at once, one of them killed at a random moment, and a third to end it.

    Then every subscription was charged once for each month, and the file is whole.
    """
    chance, hits = random.Random(seed), 0
    with on_sqlite() as house:
        house.subscribe(subscriptions)
        day = datetime.now(UTC).date()
        for _ in range(kills):
            day += timedelta(days=32)
            command = ("billing", "run", "--as-of", day.isoformat(), "--override-bound")
            first, second = house.start(*command), house.start(*command)
            time.sleep(chance.uniform(0.05, 0.6))
            _kill(first)
            hits += first.exitcode == -signal.SIGKILL
            second.join(PATIENCE)
        failures = (*_whole(house), *_billed(house, day, subscriptions * (kills + 1), f"seed {seed}"))
        return Endured(count=kills, failures=failures, hits=hits)


def _billed(house: House, day: date, charges: int, told: str) -> Iterator[str]:
    services = house.settle()
    try:
        services.run_billing(RunWish(as_of=day, override_bound=True), ME)
        bank = SimulatorGateway(clock=services.clock, ledger=FileLedger(house.settings.simulator_ledger)).audit
        made = len(bank.charges())
        if made != charges:
            yield f"{told}: {made} charges instead of {charges}"
        yield from (f"{told}: {one.invariant}: {one.means}" for one in services.check_invariants(ME, settle_seconds=0))
    finally:
        services.close()


def stopped(server: Server, url: str, stops: int, seed: int) -> Endured:
    """The database is stopped at once, as by a power cut, while people buy; it is started again, and the pool heals.

    `url` is a database of the server that has its tables. The service stays up all the time.
    """
    chance, slow, longest = random.Random(seed), [], 0.0
    with on_server(url) as house:
        with _buyers(house, 4 * stops) as buyers:
            process = house.serve()
            most = HEALED + 10 * _healed(house)
            for number in range(stops):
                for buyer in buyers[4 * number : 4 * number + 4]:
                    buyer.start()
                time.sleep(chance.uniform(0.05, 0.4))
                server.crash()
                time.sleep(chance.uniform(0.0, 0.3))
                server.start()
                healed = _healed(house)
                longest = max(longest, healed)
                if healed > most:
                    slow.append(f"seed {seed}: stop {number}: the pool healed after {healed:.1f} s")
            waited = _waited(buyers)
        _end(process)
        failures = (*slow, *waited, *_judged(house, 4 * stops, f"seed {seed}"))
        return Endured(count=stops, failures=failures, longest=longest)


def _healed(house: House) -> float:
    """Seconds until a cart is written."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if "cartId" in house.patiently("POST", "/api/public/cart/create", {"productIds": [house.product]}):
            break
    return time.monotonic() - began


def storms(house: House, rounds: int, seed: int) -> Endured:
    """Rounds of fifty posts at once on one cart, from two tabs, one with a key and one with another.

    Each round is 1 order, 1 charge, 50 equal answers. The service has to be up.
    """
    failures: list[str] = []
    stop = threading.Event()
    with ThreadPoolExecutor(CLICKS) as pool:
        for number in range(rounds):
            name = f"storm{seed}-{number}"
            cart = house.cart(stop)
            body, path = house.submission(cart, name), f"/api/public/cart/{cart['cartId']}/checkout"

            def press(
                click: int, path: str = path, body: dict[str, object] = body, name: str = name
            ) -> tuple[int, bytes]:
                return house.ask("POST", path, body, f"{name}-tab{click % 2}")

            told = set(pool.map(press, range(CLICKS)))
            if len(told) != 1 or next(iter(told))[0] != 200:
                failures.append(f"round {number} of seed {seed}: {len(told)} answers: {sorted(told)[:3]}")
    return Endured(count=rounds, failures=tuple(failures[:20]))


def stormed(url: str, rounds: int, seed: int) -> Endured:
    """Storms on a service over that database, or over a file (empty), and the books afterwards."""
    with on_server(url) if url else on_sqlite() as house:
        process = house.serve()
        done = storms(house, rounds, seed)
        _end(process)
        return Endured(count=rounds, failures=(*done.failures, *_judged(house, rounds, f"seed {seed}")))


@contextmanager
def _buyers(house: House, count: int) -> Iterator[list[threading.Thread]]:
    stop = threading.Event()
    try:
        yield [threading.Thread(target=house.buy, args=(f"b{n}", stop)) for n in range(count)]
    finally:
        stop.set()


def _waited(buyers: list[threading.Thread]) -> tuple[str, ...]:
    until = time.monotonic() + PATIENCE
    for buyer in buyers:
        buyer.join(max(0.0, until - time.monotonic()))
    left = sum(buyer.is_alive() for buyer in buyers)
    return (f"{left} buyers got no answer",) if left else ()


def _kill(process: BaseProcess) -> None:
    process.kill()
    process.join(10)


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(30)
    if process.exitcode not in (0, -signal.SIGTERM):
        _kill(process)


def _whole(house: House) -> Iterator[str]:
    """What SQLite itself says of the file."""
    with closing(sqlite3.connect(house.folder / "hlc.sqlite")) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        yield f"the file is not whole: {said}"


def _judged(house: House, buyers: int, told: str) -> Iterator[str]:
    services = house.settle()
    try:
        yield from (f"{told}: {text}" for text in house.wrong(services, buyers))
    finally:
        services.close()
