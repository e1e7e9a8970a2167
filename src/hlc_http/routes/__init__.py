"""Every route that is served, gathered from one file a context."""

from __future__ import annotations

from hlc_adapters.services import Services
from hlc_http.portal import PORTAL
from hlc_http.routes import (
    audit,
    auth,
    billing,
    cart,
    catalog,
    consultation,
    encryption,
    imports,
    intake,
    invoices,
    logins,
    notifications,
    operations,
    orders,
    organization,
    own,
    patients,
    payments,
    people,
    prescriptions,
    provider_queue,
    refills,
    reviews,
    storefront,
    subscriptions,
)
from hlc_http.routes.partners import partner_routes
from hlc_http.routes.simulator import simulator_of, simulator_routes
from hlc_http.routes.stripe import stripe_routes
from hlc_http.table import Route


def all_routes(services: Services) -> tuple[Route, ...]:
    """The routes of all contexts; those of the machine room are made beside them, by the server."""
    simulator = simulator_of(services)
    return (
        *cart.routes,
        *storefront.routes,
        *consultation.routes,
        *(route for part in PORTAL for route in part),
        *catalog.routes,
        *orders.routes,
        *subscriptions.routes,
        *invoices.routes,
        *payments.routes,
        *billing.routes,
        *own.routes,
        *patients.routes,
        *people.routes,
        *organization.routes,
        *provider_queue.routes,
        *intake.routes,
        *reviews.routes,
        *encryption.routes,
        *imports.routes,
        *auth.routes,
        *logins.routes,
        *notifications.routes,
        *operations.routes,
        *audit.routes,
        *prescriptions.routes,
        *refills.routes,
        *stripe_routes(services),
        *partner_routes(services),
        *(() if simulator is None else simulator_routes(simulator)),
    )
