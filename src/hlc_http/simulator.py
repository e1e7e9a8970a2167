"""The simulator as a server of its own: the port's verbs, the token form, the 3-D Secure page, the audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import escape
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from attrs import frozen

from hlc_adapters.gateways.simulator import SimulatorGateway
from hlc_adapters.gateways.simulator.wire import Cancel, Confirm, Find, LookUp, Said
from hlc_adapters.wire import decode, encode
from hlc_core.kernel.errors import Unavailable
from hlc_core.payments.api import Answer, ChargeRequest, RefundRequest, Result, StoreRequest

SIMULATOR = web.AppKey("simulator", SimulatorGateway)
POOL = web.AppKey("pool", ThreadPoolExecutor)

T = TypeVar("T")

_STATUS = {"unavailable": 503, "api_error": 500, "idempotency_error": 400}


@frozen(kw_only=True)
class CardForm:
    """Body of `POST /tokens`: what a browser form knows of a test card."""

    number: str
    exp_month: int | None = None
    exp_year: int | None = None


@frozen(kw_only=True)
class Token:
    """Answer of `POST /tokens`."""

    token: str


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(text=encode(value), status=status, content_type="application/json", headers=headers)


async def _body(request: web.Request, kind: type[T]) -> T:
    try:
        return decode(kind, await request.read())
    except ValueError as error:
        raise web.HTTPBadRequest(text=encode(Said(code="unreadable")), content_type="application/json") from error


async def _in_thread(request: web.Request, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(request.app[POOL], work)


async def _answered(request: web.Request, ask: Callable[[], Answer]) -> web.StreamResponse:
    answer = await _in_thread(request, ask)
    if answer.result is not Result.NO_ANSWER:
        return _json(answer)
    if answer.code == "timeout" and request.transport is not None:
        # A lost answer is lost on the wire too: the caller sees a broken connection, not a polite message.
        request.transport.abort()
    return _json(Said(code=answer.code), _STATUS.get(answer.code, 409))


async def _create(request: web.Request) -> web.StreamResponse:
    charge = await _body(request, ChargeRequest)
    return await _answered(request, lambda: request.app[SIMULATOR].create(charge))


async def _confirm(request: web.Request) -> web.StreamResponse:
    body = await _body(request, Confirm)
    return await _answered(request, lambda: request.app[SIMULATOR].confirm(body.object_id, body.request))


async def _look_up(request: web.Request) -> web.StreamResponse:
    body = await _body(request, LookUp)
    return await _answered(request, lambda: request.app[SIMULATOR].look_up(body.object_id))


async def _find(request: web.Request) -> web.StreamResponse:
    body = await _body(request, Find)
    return await _answered(request, lambda: request.app[SIMULATOR].find(body.reference))


async def _cancel(request: web.Request) -> web.StreamResponse:
    body = await _body(request, Cancel)
    return await _answered(request, lambda: request.app[SIMULATOR].cancel(body.object_id, body.reference))


async def _refund(request: web.Request) -> web.StreamResponse:
    body = await _body(request, RefundRequest)
    return await _answered(request, lambda: request.app[SIMULATOR].refund(body))


async def _find_refund(request: web.Request) -> web.StreamResponse:
    body = await _body(request, RefundRequest)
    return await _answered(request, lambda: request.app[SIMULATOR].find_refund(body))


async def _store(request: web.Request) -> web.StreamResponse:
    body = await _body(request, StoreRequest)
    return await _answered(request, lambda: request.app[SIMULATOR].store(body))


async def _charges(request: web.Request) -> web.Response:
    try:
        since, until = (datetime.fromisoformat(request.query[name]) for name in ("since", "until"))
        if since.tzinfo is None or until.tzinfo is None:
            raise ValueError("naive")
    except (KeyError, ValueError):
        return _json(Said(code="unreadable"), 400)
    try:
        return _json(await _in_thread(request, lambda: tuple(request.app[SIMULATOR].charges(since, until))))
    except Unavailable:
        return _json(Said(code="unavailable"), 503)


async def _audit_charges(request: web.Request) -> web.Response:
    return _json(await _in_thread(request, request.app[SIMULATOR].audit.charges))


async def _tokens(request: web.Request) -> web.Response:
    form = await _body(request, CardForm)
    expires = None
    if form.exp_month is not None and form.exp_year is not None:
        if not (1 <= form.exp_month <= 12 and 2000 <= form.exp_year <= 9999):
            return _json(Said(code="invalid_expiry"), 402, _ANY_ORIGIN)
        expires = (form.exp_month, form.exp_year)
    token = await _in_thread(request, lambda: request.app[SIMULATOR].tokenize(form.number, expires))
    if token is None:
        return _json(Said(code="invalid_number"), 402, _ANY_ORIGIN)
    return _json(Token(token=token), headers=_ANY_ORIGIN)


_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type"}
"""A checkout page of any origin may turn a test card number into a token."""


async def _tokens_preflight(request: web.Request) -> web.Response:
    return web.Response(status=204, headers=_ANY_ORIGIN)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Your bank asks</title></head>
<body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>
"""
_FORM = (
    '<form method="post"><button name="answer" value="complete">Confirm the payment</button> '
    '<button name="answer" value="fail">Do not confirm</button></form>'
)


def _page(title: str, text: str, form: str = "", status: int = 200) -> web.Response:
    body = _PAGE.format(title=escape(title), text=escape(text), form=form)
    return web.Response(text=body, content_type="text/html", status=status)


async def _action_page(request: web.Request) -> web.Response:
    object_id = request.match_info["id"]
    back = await _in_thread(request, lambda: request.app[SIMULATOR].return_url(object_id))
    if back is None:
        return _page("Nothing to confirm", "There is no such payment.", status=404)
    return _page("Simulated bank", "Is this payment yours?", _FORM)


async def _action(request: web.Request) -> web.Response:
    object_id = request.match_info["id"]
    form = await request.post()
    if form.get("answer") not in ("complete", "fail"):
        return _page("Not understood", "Answer with complete or fail.", status=400)
    simulator = request.app[SIMULATOR]
    answer = await _in_thread(request, lambda: simulator.act(object_id, form.get("answer") == "complete"))
    if answer.result is Result.NOT_FOUND:
        return _page("Nothing to confirm", "There is no such payment.", status=404)
    back = await _in_thread(request, lambda: simulator.return_url(object_id))
    if back and urlsplit(back).scheme in ("http", "https"):
        raise web.HTTPSeeOther(back)
    return _page("Thank you", "You can close this page.")


async def _health(request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _pool(app: web.Application) -> AsyncIterator[None]:
    yield
    app[POOL].shutdown(wait=False)


def make_simulator_app(simulator: SimulatorGateway, *, threads: int = 16) -> web.Application:
    """The server of one simulator. It has no authentication: bind it to a loopback address.

    `simulator.public_url` should be where this server is reached, so that action addresses lead here.
    """
    app = web.Application(client_max_size=64 * 1024)
    app[SIMULATOR] = simulator
    app[POOL] = ThreadPoolExecutor(threads, thread_name_prefix="simulator")
    app.cleanup_ctx.append(_pool)
    app.router.add_post("/v1/create", _create)
    app.router.add_post("/v1/confirm", _confirm)
    app.router.add_post("/v1/look_up", _look_up)
    app.router.add_post("/v1/find", _find)
    app.router.add_post("/v1/cancel", _cancel)
    app.router.add_post("/v1/refund", _refund)
    app.router.add_post("/v1/find_refund", _find_refund)
    app.router.add_post("/v1/store", _store)
    app.router.add_get("/v1/charges", _charges)
    app.router.add_get("/audit/charges", _audit_charges)
    app.router.add_post("/tokens", _tokens)
    app.router.add_options("/tokens", _tokens_preflight)
    app.router.add_get("/actions/{id}", _action_page)
    app.router.add_post("/actions/{id}", _action)
    app.router.add_get("/health", _health)
    return app
