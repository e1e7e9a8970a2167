"""Between the event loop and the synchronous core: bounded threads, bounded bodies, one encoder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import aiohttp_jinja2
from aiohttp import web
from attrs import field, frozen

from hlc_adapters.services import Services
from hlc_adapters.wire import edge
from hlc_core.kernel.commands import ActorKind
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_http import refusals
from hlc_http.call import Call, Incoming
from hlc_http.door import Door, SignInFirst
from hlc_http.limits import Limits
from hlc_http.located import located
from hlc_http.marks import CORRELATION, FACE, OPERATION, RENEWED
from hlc_http.metrics import Metrics
from hlc_http.pool import Pool
from hlc_http.reading import body_of, checked_key, checked_path, query_of
from hlc_http.refusals import BodyCutOff, BodyTooLarge, BodyTooSlow
from hlc_http.returning import sent_to_sign_in
from hlc_http.security import cors
from hlc_http.settings import HttpSettings
from hlc_http.table import Content, Cookie, Face, Page, Redirect, Reply, Route

JSON = "application/json; charset=utf-8"
READING = ("GET", "HEAD")
CLINIC_PARAMETER = "clinicId"
"""For streams, which cannot send a header; everything else says `X-Clinic-Id`."""
HTML_FACES = frozenset({Face.PAGE})


@frozen(kw_only=True)
class Outcome:
    """What goes out: bytes, or a page that is still to be rendered."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(factory=dict)
    cookies: Mapping[str, str | Cookie] = field(factory=dict)
    page: Page | None = None


class Bridge:
    """Turns a declared route into a handler of aiohttp."""

    def __init__(self, services: Services, door: Door, settings: HttpSettings, metrics: Metrics) -> None:
        self._services, self._door, self._settings, self._metrics = services, door, settings, metrics
        self._limits = Limits(settings.rates)
        self._quick = Pool[Outcome]("hlc-use-case", settings.threads, settings.queue)
        self._slow = Pool[Outcome]("hlc-gateway", settings.waiting_threads, settings.queue)

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler: read, then decode, run and encode in one visit to a thread."""
        limit = self._settings.import_limit if route.large else self._settings.body_limit
        pool = self._slow if route.waits else self._quick

        async def handle(request: web.Request) -> web.StreamResponse:
            request[OPERATION], request[FACE] = route.name, route.face
            renewed = request[RENEWED] = {}
            refusal: HlcError | None = None
            body, caller = b"", self._caller(request)
            try:
                self._limits.visitor(caller)
                if request.can_read_body:
                    body = await _read(request, limit, self._settings.body_seconds)
            except HlcError as error:
                refusal = error
            incoming = _incoming(request, body, caller)
            if route.inline:
                return respond(request, self.perform(route, incoming, renewed, refusal))
            outcome = await pool.run(lambda: self.perform(route, incoming, renewed, refusal))
            return respond(request, outcome)

        return handle

    def perform(
        self, route: Route, incoming: Incoming, renewed: dict[str, Cookie], refusal: HlcError | None = None
    ) -> Outcome:
        """Decode, run and encode one request; a refusal becomes its answer. Runs in a thread.

        `renewed` takes the cookies of a sign-in that was renewed on the way: the guard sends them whatever comes of it.
        """
        headers: dict[str, str] = {}
        try:
            if route.face is Face.PUBLIC_API and "origin" in incoming.headers:
                headers |= cors(self._door.meant(incoming), incoming.headers["origin"])
            if refusal is not None:
                raise refusal
            made = self._endpoint(route, self._renewed(route, incoming, renewed))
        except SignInFirst:
            return _outcome(route, sent_to_sign_in(route.sign_in, incoming, self._door.jar), headers)
        except HlcError as error:
            self._metrics.refused(error.code)
            return refused(error, route.face, headers, located(error.faults, route, incoming))
        return _outcome(route, made, headers)

    def _endpoint(self, route: Route, incoming: Incoming) -> object:
        checked_path(incoming.path)
        key = incoming.headers.get("idempotency-key")
        checked_key(key)
        passed = self._door.pass_through(route, incoming)
        sender = passed.sender
        if sender is not None and sender.kind is not ActorKind.PUBLIC:
            self._limits.account(sender.organization, sender.id, route.path)
        call = Call(
            services=self._services,
            settings=self._settings,
            incoming=incoming,
            body=body_of(route, incoming),
            query=query_of(route, incoming),
            sender=passed.sender,
            tenant=passed.tenant,
            presence=passed.presence,
            key=key if route.idempotent else None,
        )
        return route.endpoint(call)

    def _renewed(self, route: Route, incoming: Incoming, renewed: dict[str, Cookie]) -> Incoming:
        tickets = self._door.renewed(route, incoming)
        if tickets is None:
            return incoming
        jar = self._door.jar
        renewed.update(jar.issued(tickets, self._services.clock.now()))
        return evolve(incoming, cookies={**incoming.cookies, jar.access: tickets.access})

    def preflight(self, face: Face) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler that tells browsers whether a page of another origin may call."""

        async def handle(request: web.Request) -> web.StreamResponse:
            request[OPERATION], request[FACE] = "preflight", face
            incoming = _incoming(request, b"", self._caller(request))
            outcome = await self._quick.run(lambda: self._preflight(incoming))
            return respond(request, outcome)

        return handle

    def _preflight(self, incoming: Incoming) -> Outcome:
        try:
            allowed = cors(self._door.meant(incoming), incoming.headers.get("origin", ""))
        except HlcError as error:
            return refused(error, Face.PUBLIC_API, {})
        return Outcome(status=204, content_type="", headers=allowed)

    def _caller(self, request: web.Request) -> str:
        proxies = self._settings.proxies
        return proxies.caller(request.remote, request.headers.getall(proxies.header, ()))

    def close(self) -> None:
        """Wait for the requests that are running, and end the threads."""
        self._quick.close()
        self._slow.close()


def refused(
    error: HlcError, face: Face, headers: Mapping[str, str], faults: tuple[Fault, ...] | None = None
) -> Outcome:
    """The refusal as the face shows it: a page for people, problem+json for programs. `faults`: as the request names
    them; else as the refusal does."""
    told = error.faults if faults is None else faults
    number = refusals.status(error)
    beside = {**headers, **refusals.headers(error)}
    if face in HTML_FACES:
        shows = {"title": refusals.TITLES[number], "detail": error.detail, "faults": told, "code": error.code}
        page = Page(template="refusal.html", shows=shows, status=number, headers=beside)
        return Outcome(status=number, page=page, headers=beside)
    return Outcome(status=number, body=refusals.problem(error, told), content_type=refusals.PROBLEM, headers=beside)


def respond(request: web.Request, outcome: Outcome) -> web.Response:
    """The outcome as a response."""
    if outcome.page is not None:
        response = aiohttp_jinja2.render_template(
            outcome.page.template, request, dict(outcome.page.shows), status=outcome.status
        )
        response.headers.update(outcome.headers)
    else:
        headers = dict(outcome.headers)
        if outcome.content_type:
            headers["Content-Type"] = outcome.content_type
        response = web.Response(status=outcome.status, body=outcome.body, headers=headers)
    for name, given in outcome.cookies.items():
        days = 30 * 86400
        put(
            response,
            name,
            Cookie(value=given, seconds=days, secure=request.secure) if isinstance(given, str) else given,
        )
    return response


def put(response: web.StreamResponse, name: str, cookie: Cookie) -> None:
    """The cookie goes out with the response."""
    response.set_cookie(
        name,
        cookie.value,
        httponly=True,
        samesite="Strict" if cookie.strict else "Lax",
        secure=cookie.secure,
        max_age=cookie.seconds,
        path="/",
    )


def _outcome(route: Route, made: object, headers: Mapping[str, str]) -> Outcome:
    match made:
        case Page():
            return Outcome(status=made.status, page=made, headers={**headers, **made.headers}, cookies=made.cookies)
        case Redirect():
            return Outcome(status=303, content_type="", headers={**headers, "Location": made.to}, cookies=made.cookies)
        case Content():
            return Outcome(
                status=200, body=made.body, content_type=made.content_type, headers={**headers, **made.headers}
            )
        case Reply():
            return Outcome(
                status=made.status or route.status,
                body=edge.write(made.value),
                content_type=made.content_type,
                headers={**headers, **made.headers},
                cookies=made.cookies,
            )
        case None:
            return Outcome(status=204, content_type="", headers=headers)
        case _:
            return Outcome(status=route.status, body=edge.write(made), headers=headers)


def _incoming(request: web.Request, body: bytes, address: str) -> Incoming:
    asked = tuple(request.query.items()) if request.query_string else ()
    return Incoming(
        method=request.method,
        host=request.headers.get("Host", ""),
        scheme=request.scheme,
        path=request.match_info,
        query=tuple(pair for pair in asked if pair[0] != CLINIC_PARAMETER or request.method not in READING),
        headers={name.lower(): value for name, value in request.headers.items()},
        cookies=request.cookies if "Cookie" in request.headers else {},
        body=body,
        correlation=request[CORRELATION],
        address=address,
        target=request.path_qs,
        clinic=next((value for name, value in asked if name == CLINIC_PARAMETER and request.method in READING), ""),
    )


async def _read(request: web.Request, limit: int, seconds: float) -> bytes:
    length = request.content_length
    if length is not None and length > limit:
        raise BodyTooLarge(f"A body may have at most {limit} bytes here.")
    if request.content.is_eof():
        whole = request.content.read_nowait()
        if len(whole) > limit:
            raise BodyTooLarge(f"A body may have at most {limit} bytes here.")
        return whole
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise BodyTooLarge(f"A body may have at most {limit} bytes here.")
                chunks.append(chunk)
    except ConnectionError:
        raise BodyCutOff("The connection ended before the body was whole.") from None
    except TimeoutError:
        raise BodyTooSlow(f"The body did not arrive within {seconds:g} seconds.") from None
    return b"".join(chunks)
