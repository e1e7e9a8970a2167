"""Clients that say little, slowly or too much hold nobody else up, and are let go of."""

from __future__ import annotations

import json
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from proof.slow import slow_crowd

from support.service import Client, serving
from support.worlds import World

CREATE = "/api/public/cart/create"


@pytest.fixture
def client(memory_world: World) -> Iterator[Client]:
    """A service that is quick to let go."""
    memory_world.product()
    with serving(memory_world.services, keepalive_seconds=1.0, body_seconds=1.0) as found:
        yield found


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /heal",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\n",
    ],
    ids=["nothing", "half a line", "half the headers", "one request", "one request and a half"],
)
def test_a_silent_connection_is_closed(client: Client, said: bytes) -> None:
    """Whether it said nothing, a half, or one whole request before."""
    with socket.create_connection(("127.0.0.1", client.port)) as slow:
        slow.sendall(said)
        slow.settimeout(60)
        while slow.recv(4096):
            pass


def test_headers_that_drip_do_not_keep_a_connection(client: Client) -> None:
    """A letter now and then is no request."""
    with socket.create_connection(("127.0.0.1", client.port)) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        letters = 0
        while letters < 600 and _said(slow, b"y"):
            letters += 1
            time.sleep(0.1)

    assert letters < 600


def test_a_crowd_of_slow_clients_holds_up_nobody(memory_world: World) -> None:
    """Two hundred that may stay for a minute; nobody waits for one to go. `proof` has five hundred and the figure."""
    with serving(memory_world.services, keepalive_seconds=60.0, body_seconds=60.0) as served:
        measured = slow_crowd(served.port, crowd=200, healthy=100)

    assert 0 == measured.failed
    assert measured.worst < 50


def test_who_hangs_up_in_the_middle_is_no_incident(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing went wrong on our side: no number, no line of the log that wakes somebody."""
    head = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", client.port)) as rude:
            rude.sendall(head.encode())
            assert 200 == client.get("/healthz").status
    time.sleep(0.3)
    assert 200 == client.get("/healthz").status

    assert [] == [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


def test_a_flood_of_pipelined_requests_is_answered_in_order(client: Client) -> None:
    """A thousand at once on one connection; the others are served meanwhile."""
    with socket.create_connection(("127.0.0.1", client.port)) as flood:
        flood.settimeout(60)
        flood.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        assert 200 == client.get("/healthz").status
        answers = 0
        while answers < 1000:
            got = flood.recv(1 << 20)
            assert got
            answers += got.count(b"HTTP/1.1 200 OK")


def test_a_bomb_stays_packed(client: Client) -> None:
    """A gigabyte of spaces in a megabyte, under the names of several codings: refused for its coding, unread."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(100)) + packer.flush()
    for coding in ("gzip", "deflate", "br", "gzip, gzip", "x-nonsense"):
        told = client.ask("POST", CREATE, raw=bomb[:200_000], Content_Encoding=coding)
        assert (415, "wrong_content_type") == (told.status, told.code), coding


def test_a_body_without_an_end_is_cut_off(client: Client) -> None:
    """Chunks for ever: 413 as soon as it is too much."""
    head = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", client.port)) as endless:
        endless.settimeout(60)
        endless.sendall(head.encode())
        try:
            for _ in range(10_000):
                endless.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
        except OSError:
            """It was cut off while it was still talking."""
        answer = endless.recv(4096) if _readable(endless) else b"HTTP/1.1 413 "

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert 200 == client.get("/healthz").status


def _said(connection: socket.socket, letters: bytes) -> bool:
    """Whether the other side still listens."""
    try:
        connection.sendall(letters)
    except OSError:
        return False
    return True


def _readable(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":1,"a":2}',
        b'{"a":"\xff\xfe"}',
        json.dumps({f"f{n}": n for n in range(20_000)}).encode(),
    ],
    ids=["deep list", "deep object", "NaN", "Infinity", "1e999", "long number", "key twice", "no UTF-8", "many fields"],
)  # fmt: skip
def test_a_hard_body_stalls_nobody(client: Client, body: bytes) -> None:
    """4xx, and who was connected before is answered."""
    with ExitStack() as stack:
        other = stack.enter_context(socket.create_connection(("127.0.0.1", client.port)))
        told = client.ask("POST", CREATE, raw=body)
        other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert other.recv(4096).startswith(b"HTTP/1.1 200")

    assert 400 <= told.status < 500
