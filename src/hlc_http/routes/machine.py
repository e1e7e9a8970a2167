"""The machine room: health, readiness, metrics, the API's own description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from hlc_adapters import wire
from hlc_core.access.api import JOBS_VIEW
from hlc_http.call import Call
from hlc_http.colours import theme
from hlc_http.metrics import Metrics
from hlc_http.readiness import require_ready
from hlc_http.reference import sections
from hlc_http.table import Content, Face, Nothing, Page, Routes, Who


@frozen(kw_only=True)
class Health:
    """How the process is."""

    status: str = "ok"


@frozen(kw_only=True)
class MachineRoom:
    """What these routes look at: the counters, and the document of the whole API."""

    metrics: Metrics
    document: Callable[[], Mapping[str, Any]]
    gauges: Callable[[], Mapping[str, float]]


def machine_routes(room: MachineRoom) -> Routes:
    """The routes of the machine room."""
    routes = Routes("machine room", who=Who.ANYONE, face=Face.MACHINE)

    @routes.get("/healthz", "Whether the process answers", answers=Health, inline=True)
    def healthz(call: Call[Nothing, Nothing]) -> Health:
        return Health()

    @routes.get("/readyz", "Whether the service can work", answers=Health)
    def readyz(call: Call[Nothing, Nothing]) -> Health:
        """503 while the database is away or a migration is missing."""
        require_ready(call.services)
        return Health()

    @routes.get("/metrics", "Counters for Prometheus", answers="text/plain", permission=JOBS_VIEW, who=Who.STAFF)
    def metrics(call: Call[Nothing, Nothing]) -> Content:
        text = room.metrics.text(room.gauges())
        return Content(body=text.encode(), content_type="text/plain; version=0.0.4; charset=utf-8")

    @routes.get("/openapi.json", "This description, as OpenAPI 3.1", answers="application/json")
    def openapi(call: Call[Nothing, Nothing]) -> Content:
        return Content(
            body=wire.encode(room.document()).encode(),
            content_type="application/json; charset=utf-8",
            headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=60"},
        )

    @routes.get("/docs", "This description, for people", face=Face.PAGE)
    def docs(call: Call[Nothing, Nothing]) -> Page:
        told = room.document()
        return Page(template="docs.html", shows={"info": told["info"], "sections": sections(told)})

    @routes.get("/theme/{colour}.css", "The accent of an organization, as a style sheet", answers="text/css")
    def accent(call: Call[Nothing, Nothing]) -> Content:
        return Content(
            body=theme(call.part("colour")),
            content_type="text/css; charset=utf-8",
            headers={"Cache-Control": "public, max-age=86400"},
        )

    return routes
