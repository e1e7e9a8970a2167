"""Pages as a browser asks for them: how long the service takes for each, at eight clients."""

from __future__ import annotations

from collections.abc import Iterator

from bench import child
from bench.clinic import SYSTEM, Clinic, found, opened
from bench.places import Place
from bench.report import Figure
from bench.service import running
from hlc_core.identity.api import set_password
from hlc_core.people.api import ListUsers
from hlc_core.subscriptions.api import GetSubscription
from support.portal import Visitor
from support.service import Client

GROUP = "Pages"
CLIENTS = 8
_PASSWORD = "forty seven quiet benches"


def measure(place: Place, seconds: float) -> Iterator[Figure]:
    """The 95th percentile of each page, in milliseconds; the portal's as a patient who is signed in."""
    url = place.copy(place.prepared(found))
    with opened(url, auth_key="b" * 32) as clinic:
        pages, patient = _pages(clinic), _patient(clinic)
    with running(url, plain_cookies=True, rate_account=0) as service:
        visitor = Visitor(Client(port=service.port))
        visitor.signs_in(patient, _PASSWORD)
        if not visitor.at.startswith("/patient/dashboard"):
            raise RuntimeError(f"The patient is at {visitor.at}, {visitor.status}.")
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        for name, paths in pages.items():
            told = child.ask(
                "bench.client", port=service.port, journey="visit", clients=CLIENTS, seconds=seconds,
                warm=min(1.0, seconds / 2), products=paths, coupon=cookie, mark="",
            )["requests"]  # fmt: skip
            yield Figure(
                group=GROUP, place=place.name, name=f"{name}: p95 at {CLIENTS} clients", value=told["p95"] * 1000,
                unit="ms", aim="under 50", note=f"p50 {told['p50'] * 1000:.1f} ms, {told['rate']:,.0f} a second",
            )  # fmt: skip
    place.drop(url)


def _patient(clinic: Clinic) -> str:
    """The address of the one who has bought, with a password from now on."""
    services = clinic.services
    (one,) = services.application.ask(ListUsers(patients=True), SYSTEM).items
    set_password(one.user.id, _PASSWORD, services.porter)
    return one.user.email


def _pages(clinic: Clinic) -> dict[str, list[str]]:
    """Names and paths: to each visitor their own cart, which a checkout page quotes anew."""
    carts = [clinic.cart() for _ in range(8 * CLIENTS)]
    paid = clinic.buy("visitor")
    bought = GetSubscription(subscription=paid.checkout.subscriptions[0])
    subscription = clinic.services.application.ask(bought, SYSTEM)
    return {
        "what is sold": ["/"],
        "cart": [f"/cart/{cart.id}" for cart in carts],
        "checkout": [f"/cart/{cart.id}/checkout" for cart in carts],
        "thank you": [f"/cart/{paid.checkout.cart}/status"],
        "portal, first page": ["/patient/dashboard"],
        "portal, orders": ["/patient/orders"],
        "portal, subscription": [f"/patient/subscriptions/{subscription.number}"],
        "portal, invoices": ["/patient/invoices"],
    }
