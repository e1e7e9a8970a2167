"""How much one caller may ask: by account, by address, by network; whom a proxy speaks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.settings import Settings, read_settings
from hlc_http.limits import MOST_BUCKETS, Buckets, Limits, Rates, TooManyRequests, caller, network_of, parsed
from hlc_http.settings import http_settings
from support.refusals import refused
from support.service import STAFF, serving
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
    ("forwarded", "proxies", "expected"),
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
def test_only_what_a_trusted_proxy_was_told_is_believed(forwarded: str | None, proxies: int, expected: str) -> None:
    """What a stranger wrote into the header stands further left."""
    assert expected == caller("10.0.0.1", forwarded, proxies)


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
    with serving(memory_world.services, rates=Rates(address=5), proxies=1) as client:
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

    assert (Rates(account=10, address=0, network=6000), 2) == (chosen.rates, chosen.proxies)
    assert 300 == http_settings(Settings()).rates.account
