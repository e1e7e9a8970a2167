"""Full checkouts, from the empty cart to the paid order: a second, over HTTP and in process, and their statements."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from attrs import evolve

from bench import child
from bench.clinic import COUPON, PUBLIC, Clinic, found, opened
from bench.places import Place, busy
from bench.report import Figure
from bench.service import running
from bench.tape import Script, counted, dealt, recorded, replay, script
from hlc_adapters.tuning import calm_collector

GROUP = "Checkouts"
CLIENTS = (1, 8, 32)
CONNECTIONS = (1, 8)


def measure(place: Place, checkouts: int, seconds: float, processes: tuple[int, ...]) -> Iterator[Figure]:
    """All figures of checkouts at one database, with so many processes of the service."""
    prepared = place.prepared(found)
    parts, counts = _recorded(place, prepared, checkouts)
    floors = {hands: _floor(place, prepared, parts, hands) for hands in CONNECTIONS}
    for several in processes:
        yield from _over_http(place, prepared, seconds, max(floors.values()), several)
    for threads in (1, 4):
        yield Figure(
            group=GROUP, place=place.name, name=f"checkouts a second in process, {threads} threads",
            value=_in_process(place, prepared, checkouts, threads), unit="/s", floor=floors[1 if threads == 1 else 8],
        )  # fmt: skip
    yield from counts


def _buy(clinic: Clinic, buyer: str) -> None:
    """As the HTTP service does: with an idempotency key."""
    cart = clinic.cart()
    keyed = evolve(PUBLIC, idempotency_key=f"{cart.id}|key-{buyer}")
    view = clinic.services.submit_checkout(clinic.submission(cart, buyer), keyed)
    if view.checkout.state != "succeeded":
        raise RuntimeError(f"The checkout is {view.checkout.state}: {view.checkout.text}")


def _recorded(place: Place, prepared: str, checkouts: int) -> tuple[list[Script], list[Figure]]:
    """What each checkout said to the database, and how much that is."""
    url = place.copy(prepared)
    tape = recorded(url)
    parts = []
    with opened(url, backend=tape) as clinic:
        tape.tape.cut()
        for number in range(checkouts):
            _buy(clinic, f"r{number}")
            said = tape.tape.cut()
            parts.append(script(said))
    place.drop(url)
    counts = counted(said)
    return parts, [
        Figure(group=GROUP, place=place.name, name="statements a checkout", value=counts.statements,
               unit="statements", aim="at most 25", note=f"{counts.writes} of them writing"),
        Figure(group=GROUP, place=place.name, name="transactions a checkout", value=counts.writing,
               unit="transactions", note=f"and {counts.transactions - counts.writing} that only read"),
    ]  # fmt: skip


def _floor(place: Place, prepared: str, parts: list[Script], hands: int) -> float:
    """Checkouts a second of a bare driver on so many connections."""
    bare = place.copy(prepared)
    rate = len(parts) / replay(bare, dealt(parts, hands))
    place.drop(bare)
    return rate


def _in_process(place: Place, prepared: str, checkouts: int, threads: int) -> float:
    url = place.copy(prepared)
    with opened(url) as clinic, calm_collector(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda number: _buy(clinic, f"w{number}"), range(20)))
        begun = perf_counter()
        list(pool.map(lambda number: _buy(clinic, f"p{number}"), range(checkouts)))
        rate = checkouts / (perf_counter() - begun)
    place.drop(url)
    return rate


def _over_http(place: Place, prepared: str, seconds: float, floor: float, processes: int) -> Iterator[Figure]:
    url = place.copy(prepared)
    with opened(url) as clinic:
        products = list(clinic.products[:1])
    with running(url, processes=processes) as service:
        for clients in CLIENTS:
            service_busy, database = busy(service.process), place.busy()
            told = child.ask(
                "bench.client", port=service.port, journey="checkout", clients=clients, seconds=seconds,
                warm=min(1.0, seconds / 2),
                products=products, coupon=COUPON, mark=f"h{clients}x",
            )  # fmt: skip
            spent = (busy(service.process) - service_busy, place.busy() - database, told["busy"])
            shares = [f"{1000 * seconds / told['all']:.1f}" for seconds in spent]
            several = "" if processes == 1 else f", {processes} processes"
            rate = told["journeys"]
            yield Figure(
                group=GROUP, place=place.name, name=f"checkouts a second over HTTP, {clients} clients{several}",
                value=rate["rate"], unit="/s", floor=floor, aim="300, p95 60 ms" if clients == 8 else "",
                note=f"p50 {rate['p50'] * 1000:.1f} ms, p95 {rate['p95'] * 1000:.1f} ms; "
                f"CPU of each: service {shares[0]} ms, database {shares[1]}, client {shares[2]}",
            )  # fmt: skip
    place.drop(url)
