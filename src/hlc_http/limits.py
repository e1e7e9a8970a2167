"""How much one caller may ask: token buckets in this process, by account, by address and by network.

A bucket holds a minute's worth of requests and fills at that rate. With several processes each has its own buckets, so
the limit of the installation is that of a process times their number. Source: spec/access, Further facts.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Lock

from attrs import define, field, frozen

from hlc_core.kernel.errors import Fault, Unavailable

_ROUNDING = 1e-6
"""Of a request: what sums of floating numbers may be short of."""
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
            enough = tokens > 1 - _ROUNDING  # who waited as long as was told is let through
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


@lru_cache(maxsize=4096)
def parsed(address: str) -> Address | None:
    """The address, an IPv4 one in IPv6 clothes as what it is; None where it is none (a socket in a file)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=4096)
def network_of(address: Address) -> str:
    """The network that one holder usually has: /24, or /48 of IPv6."""
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def part_of(path: str) -> str:
    """The first three parts of a route's pattern: `/api/v1/orders`."""
    return "/".join(path.split("/")[:4])


class ProxyHeader(StrEnum):
    """In which header the proxies in front tell whom they speak for. A stranger may send the other one."""

    X_FORWARDED_FOR = "X-Forwarded-For"
    FORWARDED = "Forwarded"


@frozen(kw_only=True)
class Proxies:
    """The reverse proxies in front, whose word on the caller's address is believed.

    With `networks`, only they are: who connects from elsewhere is the caller, whatever it sends. With `count` alone, so
    many are believed, whoever connects. Nothing is believed where neither is said.
    """

    count: int = 0
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    header: ProxyHeader = ProxyHeader.X_FORWARDED_FOR

    @property
    def declared(self) -> bool:
        """Whether there are any."""
        return bool(self.count or self.networks)

    def caller(self, peer: str | None, told: Sequence[str]) -> str:
        """The address of who asks, from the peer's and all lines of the header, read from the right.

        What stands further left was written by strangers; a line of their own comes before those of a proxy.
        """
        hops = [_hop(part, self.header) for line in told for part in line.split(",")]
        if self.networks:
            return self._outside(peer or "", hops)
        found = parsed(hops[-self.count]) if self.count and len(hops) >= self.count else None
        return str(found or parsed(peer or "") or peer or "")

    def _outside(self, peer: str, hops: Sequence[str]) -> str:
        """The first address, from here outwards, that is none of a proxy's; what cannot be read ends the walk."""
        here = parsed(peer)
        for hop in reversed(hops):
            if here is None or not self._ours(here):
                break
            further = parsed(hop)
            if further is None:
                break
            here = further
        return peer if here is None else str(here)

    def _ours(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def networks_of(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks parted by commas. Refuses: ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _hop(part: str, header: ProxyHeader) -> str:
    """The address that one proxy told, without its port; `for="[2001:db8::1]:4711"` in the newer header."""
    text = part.strip()
    if header is ProxyHeader.FORWARDED:
        pairs = (pair.partition("=") for pair in text.split(";"))
        text = next((value.strip() for name, _, value in pairs if name.strip().lower() == "for"), "").strip('"')
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
