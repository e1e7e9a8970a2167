"""The application of the HTTP service: routes, pages, files and the one middleware, put together."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from hlc_adapters.services import Services
from hlc_core.kernel.errors import Fault, Unavailable
from hlc_core.registry import QUESTIONS, USE_CASES
from hlc_http import pages
from hlc_http.auth import Authentication, Chain, HashedKeys, StoredKeys, holders_of
from hlc_http.bridge import Bridge
from hlc_http.connections import Connections, Make
from hlc_http.cookies import Jar
from hlc_http.door import Door
from hlc_http.files import Static, statics
from hlc_http.guard import guard
from hlc_http.marks import OPERATION
from hlc_http.metrics import Metrics
from hlc_http.openapi import document
from hlc_http.readiness import gauges
from hlc_http.routes import all_routes
from hlc_http.routes.machine import MachineRoom, machine_routes
from hlc_http.settings import HttpSettings, http_settings
from hlc_http.table import Face, Route
from hlc_http.tenants import Tenants

SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
SETTINGS: web.AppKey[HttpSettings] = web.AppKey("settings", HttpSettings)
METRICS: web.AppKey[Metrics] = web.AppKey("metrics", Metrics)
ROUTES: web.AppKey[tuple[Route, ...]] = web.AppKey("routes", tuple)

YEAR = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"
DRAWER = "embed/hlc-cart-drawer.js"
"""The script for strangers' pages. Source: spec/commerce, Embeddable cart drawer."""

PERMISSIONS: Mapping[type, str | None] = {
    **{row.command: row.permission for row in USE_CASES},
    **{row.query: row.permission for row in QUESTIONS},
}
"""The key that each command and query asks for."""


class PortTaken(Unavailable):
    """Another program listens at that address."""


def make_app(
    services: Services, settings: HttpSettings | None = None, authentication: Authentication | None = None
) -> web.Application:
    """The application with all its routes; it opens no connection by itself. Refuses: Invalid (API keys)."""
    settings = settings or http_settings(services.settings)
    metrics = Metrics()
    app = web.Application(
        middlewares=[guard(metrics, settings.access_log, settings.base_url.startswith("https://"))],
        client_max_size=settings.import_limit,
    )
    tenants = Tenants(services.directory.all, services.settings.organization)
    porter, jar = services.porter, Jar(plain=services.settings.plain_cookies)
    fixed = authentication or HashedKeys(holders_of(services.settings.api_keys), tenants)
    door = Door(authentication=Chain(fixed, StoredKeys(porter, tenants)), tenants=tenants, porter=porter, jar=jar)
    routes = _routes(metrics, services, settings)
    app[SERVICES], app[SETTINGS], app[METRICS], app[ROUTES] = services, settings, metrics, routes
    files = statics()
    _templates(app, files)
    bridge = Bridge(services, door, settings, metrics)
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
    app.router.add_get(f"/{DRAWER}", _drawer(files[DRAWER]))

    async def close(_: web.Application) -> None:
        await asyncio.to_thread(bridge.close)

    app.on_cleanup.append(close)
    return app


def _routes(metrics: Metrics, services: Services, settings: HttpSettings) -> tuple[Route, ...]:
    @cache
    def told() -> dict[str, Any]:
        return document(routes, PERMISSIONS, settings.base_url)

    room = MachineRoom(metrics=metrics, document=told, gauges=gauges(services))
    routes: tuple[Route, ...] = (*all_routes(services), *machine_routes(room))
    return routes


@asynccontextmanager
async def listening(
    app: web.Application,
    host: str,
    port: int,
    *,
    reuse_port: bool = False,
    connections: Connections | None = None,
) -> AsyncIterator[int]:
    """Listen while the block runs; gives the port (useful with port 0). Leaving it lets running requests end.

    `connections` counts those of each address instead of what the settings say.
    Refuses: PortTaken (the address is in use or not ours).
    """
    settings = app[SETTINGS]
    most = 0 if settings.proxies.declared else settings.connections
    counting = connections or Connections(most)
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=settings.keepalive_seconds,
        shutdown_timeout=settings.drain_seconds,
        max_line_size=8190,
        max_field_size=8190,
    )
    await runner.setup()
    protocol = runner.server
    if protocol is None:
        raise RuntimeError("The service was not set up.")
    try:
        server = await _opened(counting.counted(protocol), host, port, reuse_port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _opened(protocol: Make, host: str, port: int, reuse_port: bool) -> asyncio.Server:
    """Refuses: PortTaken."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(protocol, host, port, backlog=1024, reuse_port=reuse_port or None)
    except OSError as error:
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "cannot be opened"
        raise PortTaken(
            f"{host}:{port} {reason}.", Fault("port", "choose another one with --port or HLC_PORT")
        ) from None


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
        request[OPERATION] = "static"
        file = files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
        return _file(request, file, YEAR if request.query.get("v") == file.digest else A_WHILE)

    return handle


def _drawer(file: Static) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[OPERATION] = "drawer"
        response = _file(request, file, A_WHILE)
        response.headers["Access-Control-Allow-Origin"] = "*"  # a page may pin it by `integrity`, which asks for this
        return response

    return handle


def _file(request: web.Request, file: Static, kept: str) -> web.Response:
    headers = {
        "Content-Type": file.content_type,
        "ETag": f'W/"{file.digest}"',
        "Cache-Control": kept,
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    if file.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.packed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=file.body, headers=headers)
