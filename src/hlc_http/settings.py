"""What the HTTP service can be told; every value has a default that works on one machine."""

from __future__ import annotations

import secrets

from attrs import field, frozen

from hlc_adapters.settings import Settings
from hlc_http.limits import Proxies, ProxyHeader, Rates, networks_of


@frozen(kw_only=True)
class HttpSettings:
    """`secret` signs buy links and must be kept between restarts. Sizes in bytes, times in seconds."""

    secret: bytes = field(repr=False)
    base_url: str = "http://127.0.0.1:3200"
    threads: int = 4
    """Threads that run use cases; more than 8 a process make PostgreSQL slower."""
    waiting_threads: int = 16
    """Threads that may wait for a gateway, apart from the others so that a slow gateway stops nobody else."""
    queue: int = 256
    """Requests that may wait for a thread; the next one is asked to come back."""
    body_limit: int = 256 * 1024
    import_limit: int = 16 * 1024 * 1024
    body_seconds: float = 10.0
    keepalive_seconds: float = 75.0
    drain_seconds: float = 10.0
    access_log: bool = False
    rates: Rates = field(factory=Rates)
    proxies: Proxies = field(factory=Proxies)
    """Reverse proxies in front whose word on the caller's address is believed."""
    connections: int = 500
    """Connections that one address may hold open at a time; 0 is no limit. Where proxies are declared they have to."""


def http_settings(settings: Settings) -> HttpSettings:
    """Those that the settings of the installation imply. Without a link key, links end with the process."""
    return HttpSettings(
        secret=settings.link_key.encode() or secrets.token_bytes(32),
        base_url=settings.base_url.rstrip("/"),
        threads=settings.threads,
        rates=Rates(account=settings.rate_account, address=settings.rate_address, network=settings.rate_network),
        proxies=Proxies(
            count=settings.trusted_proxies,
            networks=networks_of(settings.proxy_networks),
            header=ProxyHeader(settings.proxy_header),
        ),
        connections=settings.connections,
    )
