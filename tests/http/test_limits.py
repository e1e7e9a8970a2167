"""How much one caller may ask: by account, by address, by network; whom a proxy speaks for."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.settings import Settings, read_settings
from hlc_adapters.storage.shapes.identity import LOGIN_ATTEMPTS
from hlc_core.kernel.errors import Invalid
from hlc_http.app import listening, make_app
from hlc_http.connections import Connections
from hlc_http.limits import (
    MOST_BUCKETS,
    Buckets,
    Limits,
    Proxies,
    ProxyHeader,
    Rates,
    TooManyRequests,
    network_of,
    networks_of,
    parsed,
)
from hlc_http.settings import http_settings
from support.refusals import refused
from support.service import STAFF, serving
from support.signing import Reception
from support.worlds import World


class Watch:
    """A clock that tests turn."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_at_once_and_then_at_the_rate() -> None:
    """The refusal says when the next one is let in; one that was refused does not count."""
    watch = Watch()
    buckets = Buckets(60, "for one account", watch)
    for _ in range(60):
        buckets.take("a")
    for _ in range(5):
        with refused(TooManyRequests) as told:
            buckets.take("a")
    assert 1 == told.retry_after
    assert "at most 60 a minute for one account" == told.faults[0].message
    buckets.take("b")

    watch.now += 1.0
    buckets.take("a")
    with refused(TooManyRequests):
        buckets.take("a")


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 20))
def test_no_window_of_a_minute_lets_more_than_two_minutes_worth_through(gaps: list[float], rate: int) -> None:
    """A full bucket and what flows in; and waiting as long as was told always helps."""
    watch = Watch()
    buckets = Buckets(rate, "for one account", watch)
    passed: list[float] = []
    for gap in gaps:
        watch.now += gap
        try:
            buckets.take("a")
        except TooManyRequests as told:
            watch.now += told.retry_after or 0
            buckets.take("a")
        passed.append(watch.now)

    for start in passed:
        assert len([at for at in passed if start <= at < start + 60]) <= 2 * rate


def test_many_callers_do_not_fill_the_memory() -> None:
    """Who was silent longest is forgotten, and starts with a full bucket."""
    buckets = Buckets(1, "from one address", Watch())
    for number in range(MOST_BUCKETS + 10):
        buckets.take(str(number))

    assert MOST_BUCKETS == len(buckets._kept)
    buckets.take("0")


def test_no_rate_is_no_limit() -> None:
    """0 switches it off."""
    buckets = Buckets(0, "for one account", Watch())
    for _ in range(1000):
        buckets.take("a")


def test_addresses_of_one_holder_share_the_networks_bucket() -> None:
    """/24, or /48 of IPv6; this machine itself is not counted."""
    limits = Limits(Rates(account=0, address=5, network=8), Watch())
    for number in range(8):
        limits.visitor(f"192.0.2.{number}")
    with refused(TooManyRequests) as told:
        limits.visitor("192.0.2.99")
    assert "from one network" in told.faults[0].message
    limits.visitor("192.0.3.1")
    for _ in range(5):
        limits.visitor("198.51.100.1")
    with refused(TooManyRequests) as told:
        limits.visitor("::ffff:198.51.100.1")
    assert "from one address" in told.faults[0].message
    for _ in range(100):
        for here in ("127.0.0.1", "::1", "", "socket"):
            limits.visitor(here)


def test_accounts_of_two_clinics_do_not_share() -> None:
    """Nor do two parts of the API; two things in one part do."""
    limits = Limits(Rates(account=1), Watch())
    limits.account("org_a", "key-1", "/api/v1/orders/{order}")
    limits.account("org_b", "key-1", "/api/v1/orders")
    limits.account("org_a", "key-1", "/api/v1/patients")
    with refused(TooManyRequests):
        limits.account("org_a", "key-1", "/api/v1/orders")


@pytest.mark.parametrize(
    ("forwarded", "count", "expected"),
    [
        (None, 1, "10.0.0.1"),
        ("203.0.113.9", 0, "10.0.0.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.0.0.7", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),
        ("nonsense", 1, "10.0.0.1"),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("", 1, "10.0.0.1"),
    ],
)
def test_only_what_a_trusted_proxy_was_told_is_believed(forwarded: str | None, count: int, expected: str) -> None:
    """What a stranger wrote into the header stands further left, whether in one line or in one of its own before it."""
    together = () if forwarded is None else (forwarded,)
    apart = () if forwarded is None else tuple(forwarded.split(", "))

    assert expected == Proxies(count=count).caller("10.0.0.1", together)
    assert expected == Proxies(count=count).caller("10.0.0.1", apart)


@pytest.mark.parametrize(
    ("peer", "told", "expected"),
    [
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("6.6.6.6, 203.0.113.9, 10.0.0.7",), "203.0.113.9"),
        ("10.0.0.1", ("6.6.6.6", "203.0.113.9"), "203.0.113.9"),
        ("10.0.0.1", ("10.0.0.5, 10.0.0.6",), "10.0.0.5"),
        ("10.0.0.1", ("203.0.113.9, nonsense",), "10.0.0.1"),
        ("192.0.2.1", ("203.0.113.9",), "192.0.2.1"),
        ("::ffff:192.0.2.1", ("203.0.113.9",), "192.0.2.1"),
        ("::ffff:10.0.0.1", ("203.0.113.9:5555",), "203.0.113.9"),
        ("", ("203.0.113.9",), ""),
    ],
)
def test_proxies_of_named_networks_are_believed_and_nobody_else(
    peer: str, told: tuple[str, ...], expected: str
) -> None:
    """From here outwards, past all of them; who connects from elsewhere is the caller, whatever it sends."""
    assert expected == Proxies(networks=networks_of("10.0.0.0/8")).caller(peer, told)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("for=203.0.113.9", "203.0.113.9"),
        ('by=10.0.0.2;For="[2001:db8::1]:4711";proto=https', "2001:db8::1"),
        ("for=6.6.6.6, for=203.0.113.9;host=clinic", "203.0.113.9"),
        ("for=_hidden", "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ("203.0.113.9", "10.0.0.1"),
    ],
)
def test_the_newer_header_is_read_as_the_older_one(told: str, expected: str) -> None:
    """From the right, without ports; what hides itself is not guessed."""
    assert expected == Proxies(count=1, header=ProxyHeader.FORWARDED).caller("10.0.0.1", (told,))


def test_addresses_of_one_client_are_one_however_they_are_written() -> None:
    """So that lanes of guesses and limits count the same caller."""
    written = ("192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201")

    assert {"192.0.2.1"} == {Proxies().caller(peer, ()) for peer in written}


def test_networks_are_those_of_one_holder() -> None:
    """As registries give them out."""
    addresses = ("192.0.2.7", "2001:db8:1:2::3", "::ffff:192.0.2.7")
    found = [network_of(one) for text in addresses if (one := parsed(text)) is not None]

    assert ["192.0.2.0/24", "2001:db8:1::/48", "192.0.2.0/24"] == found


# over a socket


def test_too_many_requests_are_429_with_a_time_to_come_back(memory_world: World) -> None:
    """One account on one part of the API; another part, another account and visitors are served on."""
    with serving(memory_world.services, rates=Rates(account=3)) as client:
        staff = client.as_(STAFF)
        assert [200, 200, 200] == [staff.get("/api/v1/orders").status for _ in range(3)]
        told = staff.get("/api/v1/orders")
        assert (429, "too_many_requests") == (told.status, told.code)
        assert 1 <= int(told.headers["retry-after"]) <= 60
        assert "rate" == told.json["fields"][0]["field"]
        assert 200 == staff.get("/api/v1/invoices").status
        assert 200 == client.get("/healthz").status


def test_a_flood_of_one_address_is_stopped_before_its_body_is_read(memory_world: World) -> None:
    """Told apart by what the trusted proxy says; the other addresses are served on."""
    with serving(memory_world.services, rates=Rates(address=5), proxies=Proxies(count=1)) as client:
        path, body = "/api/public/cart/create", {"productIds": ["prod_nope"]}
        found = [client.ask("POST", path, body, X_Forwarded_For="203.0.113.9").status for _ in range(7)]
        assert [429, 429] == found[5:]
        assert 429 not in found[:5]
        assert 429 == client.ask("POST", path, {"productIds": []}, X_Forwarded_For="1.2.3.4, 203.0.113.9").status
        assert 429 != client.ask("POST", path, {"productIds": []}, X_Forwarded_For="203.0.113.10").status


def test_the_rates_are_settings() -> None:
    """With those of the spec where nothing is said."""
    read = read_settings({"HLC_RATE_ACCOUNT": "10", "HLC_RATE_ADDRESS": "0", "HLC_TRUSTED_PROXIES": "2"})
    chosen = http_settings(read)

    assert (Rates(account=10, address=0, network=6000), Proxies(count=2)) == (chosen.rates, chosen.proxies)
    assert 300 == http_settings(Settings()).rates.account


def test_the_proxies_are_settings() -> None:
    """Those that cannot be used are named at the start, all at once."""
    chosen = http_settings(read_settings({"HLC_PROXY_NETWORKS": "10.0.0.0/8, ::1", "HLC_PROXY_HEADER": "forwarded"}))
    assert (2, ProxyHeader.FORWARDED) == (len(chosen.proxies.networks), chosen.proxies.header)

    with refused(Invalid) as told:
        read_settings({"HLC_PROXY_NETWORKS": "10.0.0.0/99", "HLC_PROXY_HEADER": "X-Real-IP"})
    assert ["HLC_PROXY_NETWORKS", "HLC_PROXY_HEADER"] == [fault.field for fault in told.faults]


def test_what_a_stranger_says_of_itself_is_no_way_around_the_lanes_of_guesses(memory_world: World) -> None:
    """Without declared proxies the record, the limits and the lanes have the address of the connection."""
    with serving(memory_world.services) as client:
        wish = {"email": "nobody@example.com", "password": "wrong wrong wrong"}
        client.post("/api/v1/auth/login", wish, X_Forwarded_For="198.51.100.1", Forwarded="for=198.51.100.1")

    seen = Reception(memory_world).platform_rows(LOGIN_ATTEMPTS)
    assert ["127.0.0.1"] == [attempt.origin.address for attempt in seen]


def test_lanes_of_guesses_and_limits_have_the_caller_of_the_proxy(memory_world: World) -> None:
    """Two lines of one header: the stranger's own, then the proxy's."""
    with serving(memory_world.services, proxies=Proxies(networks=networks_of("127.0.0.0/8"))) as client:
        raw = socket.create_connection(("127.0.0.1", client.port), timeout=60)
        body = b'{"email": "nobody@example.com", "password": "wrong wrong wrong"}'
        lines = (
            b"POST /api/v1/auth/login HTTP/1.1", b"Host: x", b"Content-Type: application/json",
            b"X-Forwarded-For: 6.6.6.6", b"X-Forwarded-For: 203.0.113.9", b"Connection: close",
            b"Content-Length: %d" % len(body), b"", body,
        )  # fmt: skip
        with raw:
            raw.sendall(b"\r\n".join(lines))
            assert b"401" in raw.makefile("rb").readline()

    seen = Reception(memory_world).platform_rows(LOGIN_ATTEMPTS)
    assert ["203.0.113.9"] == [attempt.origin.address for attempt in seen]


# connections


def test_connections_are_counted_by_address() -> None:
    """One too many is refused; one that ends makes room; other addresses and this machine are not touched."""
    held = Connections(2)

    assert ["192.0.2.1", "192.0.2.1", None] == [held.enter("192.0.2.1") for _ in range(3)]
    assert ["192.0.2.2", "", "", ""] == [held.enter(peer) for peer in ("::ffff:192.0.2.2", "127.0.0.1", "::1", "")]
    held.leave("192.0.2.1")
    assert "192.0.2.1" == held.enter("192.0.2.1")
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        held.leave(address)
    assert {} == held.counts
    unlimited = Connections(0)
    assert {""} == {unlimited.enter("192.0.2.1") for _ in range(1000)}


def test_one_address_cannot_take_all_connections(memory_world: World) -> None:
    """What is too much is cut at once, unread; the ones that stand are served, and one that ends makes room."""
    held = Connections(3, own=True)
    services = memory_world.services

    async def crowd() -> None:
        async with listening(make_app(services), "127.0.0.1", 0, connections=held) as port:
            opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError):
                assert b"" == await asyncio.wait_for(reader.read(), 5)
            writer.close()
            assert b"200" in await _asked(*opened[0])
            opened[1][1].close()
            async with asyncio.timeout(5):
                while held.counts != {"127.0.0.1": 2}:
                    await asyncio.sleep(0.01)
            later = await asyncio.open_connection("127.0.0.1", port)
            assert b"200" in await _asked(*later)
            for _, one in (*opened, later):
                one.close()
            async with asyncio.timeout(5):
                while held.counts:
                    await asyncio.sleep(0.01)

    asyncio.run(crowd())


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    return await asyncio.wait_for(reader.readline(), 5)
