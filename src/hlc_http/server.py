"""The HTTP service: `make_app` puts it together, `serve` runs it on a port until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from hlc_core.kernel.errors import Unavailable
from hlc_http import pages
from hlc_http.bridge import Bridge
from hlc_http.files import Static, statics
from hlc_http.guard import guard
from hlc_http.metrics import Metrics
from hlc_http.openapi import document
from hlc_http.routes import all_routes
from hlc_http.routes.machine import MachineRoom, machine_routes
from hlc_http.services import Services
from hlc_http.settings import HttpSettings
from hlc_http.table import Face, Route

SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
SETTINGS: web.AppKey[HttpSettings] = web.AppKey("settings", HttpSettings)
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
ROUTES: web.AppKey[tuple[Route, ...]] = web.AppKey("routes", tuple)

YEAR = "public, max-age=31536000, immutable"


class PortTaken(Unavailable):
    """Another program listens at that address."""


def make_app(services: Services, settings: HttpSettings) -> web.Application:
    """The application with all its routes; it opens no connection by itself."""
    metrics = Metrics()
    app = web.Application(middlewares=[guard(metrics, settings.access_log)], client_max_size=settings.import_limit)
    routes = _routes(metrics, services, settings)
    app[SERVICES], app[SETTINGS], app[METRICS], app[ROUTES] = services, settings, metrics, routes
    files = statics()
    _templates(app, files)
    bridge = Bridge(services, settings, metrics)
    public: set[str] = set()
    for route in routes:
        handler = bridge.handler(route)
        app.router.add_route(route.method, route.path, handler)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, handler)
        if route.face is Face.PUBLIC_API and route.path not in public:
            public.add(route.path)
            app.router.add_route("OPTIONS", route.path, bridge.preflight(route.face))
    app.router.add_get("/static/{path:.+}", _static(files))

    async def close(_: web.Application) -> None:
        await asyncio.to_thread(bridge.close)

    app.on_cleanup.append(close)
    return app


def _routes(metrics: Metrics, services: Services, settings: HttpSettings) -> tuple[Route, ...]:
    @cache
    def told() -> dict[str, Any]:
        return document(routes, services.permissions, settings.base_url)

    routes: tuple[Route, ...] = (*all_routes(), *machine_routes(MachineRoom(metrics=metrics, document=told)))
    return routes


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, *, reuse_port: bool = False, drain_seconds: float = 10.0
) -> AsyncIterator[int]:
    """Listen while the block runs; gives the port (useful with port 0). Leaving it lets running requests end.

    Refuses: PortTaken (the address is in use or not ours).
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=app[SETTINGS].keepalive_seconds,
        shutdown_timeout=drain_seconds,
        max_line_size=8190,
        max_field_size=8190,
    )
    await runner.setup()
    site = web.TCPSite(runner, host, port, reuse_port=reuse_port or None)
    try:
        try:
            await site.start()
        except OSError as error:
            reason = "is in use" if error.errno == errno.EADDRINUSE else "cannot be opened"
            raise PortTaken(f"{host}:{port} {reason}; choose another one with --port or HLC_PORT.") from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _templates(app: web.Application, files: dict[str, Static]) -> None:
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.PackageLoader("hlc_http"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = lambda path: f"/static/{path}?v={files[path].digest}"
    environment.filters.update(pages.FILTERS)


def _static(files: dict[str, Static]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        request["operation"] = "static"
        file = files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
        headers = {
            "Content-Type": file.content_type,
            "ETag": f'"{file.digest}"',
            "Cache-Control": YEAR if request.query.get("v") == file.digest else "public, max-age=300",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, headers=headers)

    return handle
