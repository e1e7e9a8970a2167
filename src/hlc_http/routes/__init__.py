"""Every route that is served, gathered from one file a context."""

from __future__ import annotations

from hlc_adapters.services import Services
from hlc_http.routes import (
    billing,
    cart,
    catalog,
    encryption,
    imports,
    invoices,
    operations,
    orders,
    patients,
    payments,
    storefront,
    subscriptions,
)
from hlc_http.routes.simulator import simulator_of, simulator_routes
from hlc_http.routes.stripe import stripe_routes
from hlc_http.table import Route


def all_routes(services: Services) -> tuple[Route, ...]:
    """The routes of all contexts; those of the machine room are made beside them, by the server."""
    simulator = simulator_of(services)
    return (
        *cart.routes,
        *storefront.routes,
        *catalog.routes,
        *orders.routes,
        *subscriptions.routes,
        *invoices.routes,
        *payments.routes,
        *billing.routes,
        *patients.routes,
        *encryption.routes,
        *imports.routes,
        *operations.routes,
        *stripe_routes(services),
        *(() if simulator is None else simulator_routes(simulator)),
    )
