"""Every route that is served, gathered from one file a context."""

from __future__ import annotations

from hlc_adapters.services import Services
from hlc_http.routes import cart, storefront
from hlc_http.table import Route


def all_routes(services: Services) -> tuple[Route, ...]:
    """The routes of all contexts; those of the machine room are made beside them, by the server."""
    return (*cart.routes, *storefront.routes)
