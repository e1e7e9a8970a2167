"""How much one caller may ask: token buckets in this process, by account, by address and by network.

A bucket holds a minute's worth of requests and fills at that rate. With several processes each has its own buckets, so
the limit of the installation is that of a process times their number. Source: spec/access, Further facts.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Lock

from attrs import define, field, frozen

from hlc_core.kernel.errors import Fault, Unavailable

MOST_BUCKETS = 50_000
"""So many callers are remembered; the one that was silent longest is forgotten first."""

Address = IPv4Address | IPv6Address


class TooManyRequests(Unavailable):
    """The caller asked more than its share; `retry_after` says when to go on."""


@frozen(kw_only=True)
class Rates:
    """Requests a minute; 0 is no limit. By account and part of the API, by address, by network (/24, /48)."""

    account: int = 300
    address: int = 1200
    network: int = 6000


@define
class Buckets:
    """Token buckets of one kind, by key. Thread-safe."""

    per_minute: int
    what: str
    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[str, tuple[float, float]] = field(factory=OrderedDict, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def take(self, key: str) -> None:
        """Count one request. Refuses: TooManyRequests, which is not counted."""
        if not self.per_minute:
            return
        now = self.clock()
        with self._lock:
            tokens, at = self._kept.pop(key, (float(self.per_minute), now))
            tokens = min(float(self.per_minute), tokens + (now - at) * self.per_minute / 60)
            enough = tokens >= 1
            self._kept[key] = (tokens - 1 if enough else tokens, now)
            if len(self._kept) > MOST_BUCKETS:
                self._kept.popitem(last=False)
        if not enough:
            raise TooManyRequests(
                "That were too many requests.",
                Fault("rate", f"at most {self.per_minute} a minute {self.what}"),
                retry_after=max(1, math.ceil((1 - tokens) * 60 / self.per_minute)),
            )


class Limits:
    """All limits of one service."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._account = Buckets(rates.account, "for one account and part of the API", clock)
        self._address = Buckets(rates.address, "from one address", clock)
        self._network = Buckets(rates.network, "from one network", clock)

    def visitor(self, address: str) -> None:
        """Count a request from an address. Refuses: TooManyRequests.

        This machine's own address is not counted: behind a proxy that is not declared everybody has it.
        """
        found = parsed(address)
        if found is None or found.is_loopback:
            return
        self._network.take(network_of(found))
        self._address.take(str(found))

    def account(self, organization: str, actor: str, path: str) -> None:
        """Count a request of an account on a part of the API. Refuses: TooManyRequests."""
        self._account.take(f"{organization}|{actor}|{part_of(path)}")


def parsed(address: str) -> Address | None:
    """The address, an IPv4 one in IPv6 clothes as what it is; None where it is none (a socket in a file)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def network_of(address: Address) -> str:
    """The network that one holder usually has: /24, or /48 of IPv6."""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def part_of(path: str) -> str:
    """The first three parts of a route's pattern: `/api/v1/orders`."""
    return "/".join(path.split("/")[:4])


def caller(peer: str | None, forwarded: str | None, proxies: int) -> str:
    """The address of who asks: the peer's, or what the nearest of so many trusted proxies was told.

    What stands further left in X-Forwarded-For was written by strangers, and is not believed.
    """
    if not proxies or forwarded is None:
        return peer or ""
    told = [part.strip() for part in forwarded.split(",")]
    found = parsed(told[-proxies]) if len(told) >= proxies else None
    return str(found) if found is not None else (peer or "")
