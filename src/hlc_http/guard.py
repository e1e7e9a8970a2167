"""The one middleware: names every request, times it, and lets nothing out but answers with protective headers."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from hlc_core.kernel.errors import HlcError
from hlc_http import journal, refusals
from hlc_http.bridge import Outcome, put, refused, respond
from hlc_http.marks import CORRELATION, FACE, OPERATION, RENEWED
from hlc_http.metrics import Metrics
from hlc_http.refusals import MethodNotAllowed, RouteUnknown, WrongContentType
from hlc_http.security import API_POLICY, EVERYWHERE, PAGE_POLICY, STRICT_TRANSPORT
from hlc_http.table import Face, Page

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_CORRELATION = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PROGRAMS = ("/api/", "/metrics", "/healthz", "/readyz", "/openapi.json")


def guard(metrics: Metrics, access_log: bool, secure: bool = False) -> Middleware:
    """The middleware, counting into `metrics`; `secure` where browsers reach the service by https."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        correlation = given if _CORRELATION.fullmatch(given) else secrets.token_hex(8)
        request[CORRELATION] = correlation
        try:
            response = await handler(request)
        except HlcError as error:
            metrics.refused(error.code)
            response = respond(request, refused(error, _face(request), {}))
        except web.HTTPException as error:
            known = _refusal(error)
            metrics.refused(known.code)
            response = respond(request, refused(known, _face(request), {}))
        except Exception as error:  # whatever nobody foresaw becomes an incident with a number, never a traceback
            response = _incident(request, error, metrics, correlation)
        _protect(request, response, correlation)
        for name, cookie in request.get(RENEWED, {}).items():
            if name not in response.cookies:  # signing out takes away what was just renewed
                put(response, name, cookie)
        if secure:
            response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        seconds = time.perf_counter() - started
        operation = request.get(OPERATION, "unknown")
        metrics.served(operation, request.method, response.status, seconds)
        if access_log:
            journal.served(operation, request.method, response.status, seconds, correlation)
        return response

    return answer


def _incident(request: web.Request, error: Exception, metrics: Metrics, correlation: str) -> web.Response:
    number = secrets.token_hex(6)
    metrics.incidents += 1
    journal.incident(error, incident=number, operation=request.get(OPERATION, "unknown"), correlation=correlation)
    if _face(request) is Face.PAGE:
        shows = {
            "title": refusals.TITLES[500],
            "detail": f"It was not your fault, and nothing was charged twice. If you ask us, name incident {number}.",
            "faults": (),
            "code": "incident",
        }
        return respond(request, Outcome(status=500, page=Page(template="refusal.html", shows=shows, status=500)))
    return respond(request, Outcome(status=500, body=refusals.unforeseen(number), content_type=refusals.PROBLEM))


def _refusal(error: web.HTTPException) -> HlcError:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return MethodNotAllowed(", ".join(sorted(error.allowed_methods)))
    if error.status in (413, 415, 417):
        return WrongContentType("The request asks for something that is not done here.")
    return RouteUnknown("Nothing is served at that path.")


def _face(request: web.Request) -> Face:
    known = request.get(FACE)
    if isinstance(known, Face):
        return known
    return Face.API if request.path.startswith(_PROGRAMS) else Face.PAGE


def _protect(request: web.Request, response: web.StreamResponse, correlation: str) -> None:
    headers, face = response.headers, _face(request)
    headers.update(EVERYWHERE)
    headers["X-Request-Id"] = correlation
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if face is Face.PAGE else API_POLICY)
    headers.setdefault("Cache-Control", "no-store")
    shared = face is Face.PUBLIC_API
    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
