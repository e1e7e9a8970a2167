"""Every route that is served, gathered from one file a context."""

from __future__ import annotations

from hlc_http.table import Route


def all_routes() -> tuple[Route, ...]:
    """The routes of all contexts; those of the machine room are made beside them, by the server."""
    return ()
