"""Pages as a browser asks for them: how long the service takes for each, at eight clients."""

from __future__ import annotations

from collections.abc import Iterator

from bench import child
from bench.clinic import Clinic, found, opened
from bench.places import Place
from bench.report import Figure
from bench.service import running

GROUP = "Pages"
CLIENTS = 8


def measure(place: Place, seconds: float) -> Iterator[Figure]:
    """The 95th percentile of each page, in milliseconds."""
    url = place.copy(place.prepared(found))
    with opened(url) as clinic:
        pages = _pages(clinic)
    with running(url) as service:
        for name, path in pages.items():
            told = child.ask(
                "bench.client", port=service.port, journey="visit", clients=CLIENTS, seconds=seconds,
                warm=min(1.0, seconds / 2), products=[path], coupon="", mark="",
            )["requests"]  # fmt: skip
            yield Figure(
                group=GROUP, place=place.name, name=f"{name}: p95 at {CLIENTS} clients", value=told["p95"] * 1000,
                unit="ms", aim="under 50", note=f"p50 {told['p50'] * 1000:.1f} ms, {told['rate']:,.0f} a second",
            )  # fmt: skip
    place.drop(url)


def _pages(clinic: Clinic) -> dict[str, str]:
    """Names and paths."""
    cart, paid = clinic.cart(), clinic.buy("visitor")
    return {
        "what is sold": "/",
        "cart": f"/cart/{cart.id}",
        "checkout": f"/cart/{cart.id}/checkout",
        "thank you": f"/cart/{paid.checkout.cart}/status",
    }
