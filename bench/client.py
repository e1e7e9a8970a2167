"""The load: keep-alive clients on raw sockets in one process of their own, each doing one journey after another.

Written by hand so that the client costs little beside the service that it shares the machine with.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
from collections.abc import Callable, Generator
from itertools import count
from time import perf_counter, process_time
from typing import Any

from attrs import define, field

from bench.child import answer

Journey = Generator[bytes, bytes, None]
"""Yields requests and is sent the bodies of their answers."""

_CART = re.compile(rb'"cartId":"([^"]+)"')
_HASH = re.compile(rb'"quoteHash":"([^"]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request(method: str, path: str, body: object = None, **headers: str) -> bytes:
    """One HTTP request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _found(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    if found is None:
        raise ValueError(f"The answer lacks {pattern.pattern!r}: {body[:300]!r}")
    return found[1].decode()


def checkout(buyer: str, products: list[str], _coupon: str) -> Journey:
    """A cart with the plan, paid by card."""
    made = yield request("POST", "/api/public/cart/create", {"productIds": products[:1]})
    cart, priced = _found(_CART, made), _found(_HASH, made)
    body = {
        "quoteHash": priced,
        "patient": {"email": f"{buyer}@example.com", "name": "Ada Buyer"},
        "address": {"address1": "1 Main St", "city": "Albany", "postalCode": "12207", "provinceCode": "NY"},
        "paymentToken": "tok_success",
    }
    paid = yield request("POST", f"/api/public/cart/{cart}/checkout", body, Idempotency_Key=f"key-{buyer}")
    if b'"state":"succeeded"' not in paid:
        raise ValueError(f"The checkout was not paid: {paid[:300]!r}")


def shopping(_buyer: str, products: list[str], coupon: str) -> Journey:
    """Five operations on a cart: create, add, change a quantity, use a coupon, remove."""
    made = yield request("POST", "/api/public/cart/create", {"productIds": products[:1]})
    path = f"/api/public/cart/{_found(_CART, made)}"
    yield request("POST", f"{path}/items", {"productIds": [products[1]]})
    yield request("PATCH", f"{path}/items/{products[1]}", {"quantity": 3})
    yield request("POST", f"{path}/coupon", {"code": coupon})
    yield request("DELETE", f"{path}/items/{products[0]}")


def visit(buyer: str, paths: list[str], cookie: str) -> Journey:
    """One of these pages, as a browser asks for it: the next visitor sees the next one."""
    yield request("GET", paths[int(buyer) % len(paths)], Accept_Encoding="gzip", Cookie=cookie)


JOURNEYS: dict[str, Callable[[str, list[str], str], Journey]] = {
    "checkout": checkout,
    "shopping": shopping,
    "visit": visit,
}
"""Each is given a name of its own for its buyer, what it is about (products, or paths), and a coupon or a cookie."""


@define
class _Client:
    """One connection: a journey under way, what it waits for, and when that began."""

    connection: socket.socket
    journey: Journey
    begun: float
    asked: float
    received: bytearray = field(factory=bytearray)


@define
class _Load:
    make: Callable[[], Journey]
    journeys: list[tuple[float, float]] = field(factory=list)
    requests: list[tuple[float, float]] = field(factory=list)

    def start(self, client: _Client) -> None:
        """The next journey of that client."""
        client.journey = self.make()
        client.begun = client.asked = perf_counter()
        client.connection.sendall(next(client.journey))

    def answered(self, client: _Client, body: bytes) -> None:
        """Note how long it took, and go on."""
        now = perf_counter()
        self.requests.append((now, now - client.asked))
        client.asked = now
        try:
            client.connection.sendall(client.journey.send(body))
        except StopIteration:
            self.journeys.append((now, now - client.begun))
            self.start(client)


def _body(received: bytearray) -> bytes | None:
    """The body of the answer that has arrived whole. Refuses: ValueError (an answer that is no success)."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(received, 0, end)
    size = int(length[1]) if length is not None else 0
    if len(received) < end + 4 + size:
        return None
    body = bytes(received[end + 4 : end + 4 + size])
    if received[9:10] != b"2":
        raise ValueError(f"{bytes(received[:end])!r} {body[:300]!r}")
    del received[: end + 4 + size]
    return body


def main(
    port: int, journey: str, clients: int, seconds: float, warm: float, products: list[str], coupon: str, mark: str
) -> dict[str, Any]:
    """Journeys and requests a second, and their p50 and p95 in seconds, after `warm` seconds that do not count.

    `all` are the journeys with those, and `busy` the seconds of CPU that they took here.
    """
    numbers = count()
    load = _Load(lambda: JOURNEYS[journey](f"{mark}{next(numbers)}", products, coupon))
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = _Client(connection, load.make(), 0.0, 0.0)
            selector.register(connection, selectors.EVENT_READ, client)
            load.start(client)
        counts_from = perf_counter() + warm
        until = counts_from + seconds
        while perf_counter() < until:
            for key, _ in selector.select(timeout=0.5):
                client = key.data
                client.received += client.connection.recv(65_536)
                body = _body(client.received)
                if body is not None:
                    load.answered(client, body)
        for key in list(selector.get_map().values()):
            key.data.connection.close()
    return {
        "all": len(load.journeys),
        "busy": process_time(),
        "journeys": _told([took for at, took in load.journeys if at >= counts_from], seconds),
        "requests": _told([took for at, took in load.requests if at >= counts_from], seconds),
    }


def _told(times: list[float], seconds: float) -> dict[str, float]:
    times.sort()
    if not times:
        raise ValueError("Nothing was answered in time.")
    return {
        "rate": len(times) / seconds,
        "p50": times[len(times) // 2],
        "p95": times[min(len(times) - 1, int(len(times) * 0.95))],
    }


if __name__ == "__main__":
    answer(main)
