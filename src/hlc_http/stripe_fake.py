"""A fake of Stripe's API for tests and local play: the real SDK talks to it over a socket."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from hashlib import sha256
from html import escape
from urllib.parse import parse_qsl, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from hlc_http.stripe_fake_books import FAKE_SECRET, Fields, Refused, StripeFake, StripeFault, invalid, missing
from hlc_http.stripe_fake_js import stripe_js

__all__ = ["FAKE_SECRET", "StripeFake", "StripeFault", "make_stripe_fake"]

FAKE = web.AppKey("stripe_fake", StripeFake)

Execute = Callable[[StripeFake, Fields], Fields]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_BROKEN = (StripeFault.LOST_REQUEST, StripeFault.LOST_ANSWER, StripeFault.LATE)
_QUERY = re.compile(r"metadata\['hlc_attempt'\]:'([^']*)'")


def _nested(pairs: list[tuple[str, str]]) -> Fields:
    form: Fields = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name) or [name]
        place = form
        for part in rest:
            inner = place.setdefault(first, {})
            if not isinstance(inner, dict):
                raise invalid("Invalid parameters.", param=name)
            place, first = inner, part
        place[first] = value
    return form


def _listed(value: object) -> list[str]:
    return [str(one) for one in value.values()] if isinstance(value, Mapping) else []


def _text(body: object) -> bytes:
    return json.dumps(body).encode()


def _response(status: int, body: bytes, replayed: bool = False) -> web.Response:
    headers = {"Request-Id": "req_fake"} | ({"Idempotent-Replayed": "true"} if replayed else {})
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def _error(status: int, kind: str, code: str, message: str) -> web.Response:
    return _response(status, _text({"error": {"type": kind, "code": code, "message": message}}))


def _unauthorized(request: web.Request) -> web.Response | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and token.startswith("sk_test_"):
        return None
    return _error(401, "invalid_request_error", "", f"Invalid API Key provided: {token[:8]}****")


def _broken(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _plain_fault(fault: StripeFault | None) -> web.Response | None:
    if fault is StripeFault.RATE_LIMIT:
        return _error(429, "invalid_request_error", "rate_limit", "Too many requests hit the API too quickly.")
    if fault is StripeFault.CONFLICT:
        return _error(409, "idempotency_error", "idempotency_key_in_use", "Another request with this key is running.")
    if fault is StripeFault.GARBAGE:
        return web.Response(body=b"<html>bad gateway", content_type="text/html")
    if fault is StripeFault.WRONG_SHAPE:
        return _response(200, b'{"object": "surprise"}')
    return None


def _execute(fake: StripeFake, work: Execute, form: Fields, key: str | None, print: str) -> tuple[int, bytes, bool]:
    kept = fake.kept(key) if key else None
    if kept is not None:
        if kept.print != print:
            error = {"type": "idempotency_error", "message": "Keys for idempotent requests need the same parameters."}
            return 400, _text({"error": error}), False
        return kept.status, kept.body, True
    try:
        status, body, stored = 200, _text(work(fake, form)), True
    except Refused as refused:
        status, body, stored = refused.status, _text(refused.body), refused.stored
    if key and stored:
        fake.keep(key, print, status, body)
    return status, body, False


def _posting(operation: str, work: Callable[[web.Request], Execute]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        refused = _unauthorized(request)
        if refused is not None:
            return refused
        raw = await request.read()
        fake, key = request.app[FAKE], request.headers.get("Idempotency-Key")
        print = sha256(request.path.encode() + b"?" + raw).hexdigest()
        execute = work(request)
        with fake.lock:
            fake.catch_up()
            try:
                form = _nested(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
            except Refused as bad:
                return _response(bad.status, _text(bad.body))
            subject = request.match_info.get("id") or f"{form.get('payment_method', '')} {key}"
            fault = fake.fault_for(operation, subject)
            plain = _plain_fault(fault)
            if plain is not None:
                return plain
            if fault is StripeFault.LOST_REQUEST:
                return _broken(request)
            if fault is StripeFault.LATE:
                fake.later(lambda: _execute(fake, execute, form, key, print))
                return _broken(request)
            trouble = {"type": "api_error", "message": "An unknown error occurred."}
            if fault is StripeFault.SERVER_ERROR:
                if key and fake.kept(key) is None:
                    fake.keep(key, print, 500, _text({"error": trouble}))
                return _response(500, _text({"error": trouble}))
            status, body, replayed = _execute(fake, execute, form, key, print)
            if fault is StripeFault.SERVER_ERROR_AFTER:
                if key:
                    fake.keep(key, print, 500, _text({"error": trouble}))
                return _response(500, _text({"error": trouble}))
        return _broken(request) if fault is StripeFault.LOST_ANSWER else _response(status, body, replayed)

    return handle


def _reading(operation: str, work: Callable[[web.Request, StripeFake, Fields], Fields]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        refused = _unauthorized(request)
        if refused is not None:
            return refused
        fake = request.app[FAKE]
        with fake.lock:
            fake.catch_up()
            fault = fake.fault_for(operation, "")
            plain = _plain_fault(fault)
            if plain is not None:
                return plain
            if fault in _BROKEN:
                return _broken(request)
            if fault is not None:
                return _error(500, "api_error", "", "An unknown error occurred.")
            try:
                return _response(200, _text(work(request, fake, _nested(list(request.query.items())))))
            except Refused as bad:
                return _response(bad.status, _text(bad.body))

    return handle


def _page(found: list[Fields], query: Fields, url: str, kind: str = "list") -> Fields:
    limit = int(query.get("limit", "10"))
    after = query.get("starting_after")
    if after is not None:
        ids = [one["id"] for one in found]
        found = found[ids.index(after) + 1 :] if after in ids else []
    return {"object": kind, "url": url, "has_more": len(found) > limit, "data": found[:limit]}


def _make_intent(request: web.Request) -> Execute:
    return lambda fake, form: fake.expanded(fake.make_intent(form), _listed(form.get("expand")))


def _make_setup(request: web.Request) -> Execute:
    base = f"{request.scheme}://{request.host}"
    return lambda fake, form: fake.expanded(fake.make_setup(form, base), _listed(form.get("expand")))


def _setup(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    found = fake.setups.get(request.match_info["id"])
    if found is None:
        raise missing("setup_intent", request.match_info["id"])
    return fake.expanded(found, _listed(query.get("expand")))


def _confirm(request: web.Request) -> Execute:
    id, base = request.match_info["id"], f"{request.scheme}://{request.host}"
    return lambda fake, form: fake.expanded(fake.confirm(id, form, base), _listed(form.get("expand")))


def _cancel(request: web.Request) -> Execute:
    id = request.match_info["id"]
    return lambda fake, form: fake.expanded(fake.cancel(id), _listed(form.get("expand")))


def _retrieve(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    found = fake.intents.get(request.match_info["id"])
    if found is None:
        raise missing("payment_intent", request.match_info["id"])
    return fake.expanded(found, _listed(query.get("expand")))


def _intents(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    found = [fake.expanded(intent, []) for intent in reversed(fake.intents.values())]
    return _page(found, query, "/v1/payment_intents")


def _search(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    asked = _QUERY.fullmatch(str(query.get("query", "")))
    if asked is None:
        raise invalid("The fake searches by hlc_attempt only.", param="query")
    found = [fake.expanded(intent, []) for intent in fake.searchable(asked[1])]
    return _page(found, query, "/v1/payment_intents/search", "search_result") | {"next_page": None}


def _charges(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    created = query.get("created", {})
    first, last = float(created.get("gte", "-inf")), float(created.get("lt", "inf"))
    found = [charge for charge in reversed(fake.charges.values()) if first <= charge["created"] < last]
    return _page(found, query, "/v1/charges")


def _refunds(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    intent = query.get("payment_intent")
    if intent is not None and intent not in fake.intents:
        raise missing("payment_intent", str(intent), "payment_intent")
    found = [refund for refund in reversed(fake.refunds.values()) if intent in (None, refund["payment_intent"])]
    return _page(found, query, "/v1/refunds")


def _customer(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    found = fake.customers.get(request.match_info["id"])
    if found is None:
        raise missing("customer", request.match_info["id"], "id")
    return found


def _method(request: web.Request, fake: StripeFake, query: Fields) -> Fields:
    found = fake.methods.get(request.match_info["id"])
    if found is None:
        raise missing("PaymentMethod", request.match_info["id"], "payment_method")
    return found


async def _action_page(request: web.Request) -> web.Response:
    id = request.match_info["id"]
    if id not in request.app[FAKE].intents and id not in request.app[FAKE].setups:
        return web.Response(status=404, text="There is no such payment.")
    return web.Response(
        text=f"<!doctype html><title>3-D Secure</title><h1>{escape(id)}</h1>"
        '<form method="post"><button name="answer" value="complete">Complete</button>'
        '<button name="answer" value="fail">Fail</button></form>',
        content_type="text/html",
    )


async def _action(request: web.Request) -> web.Response:
    fake, id = request.app[FAKE], request.match_info["id"]
    answer = (await request.post()).get("answer")
    found = fake.intents.get(id) or fake.setups.get(id)
    if found is None or answer not in ("complete", "fail"):
        return web.Response(status=404, text="There is no such payment.")
    action = found["next_action"] or {}
    back = str(action.get("redirect_to_url", {}).get("return_url") or "")
    fake.act(id, answer == "complete")
    if urlsplit(back).scheme in ("http", "https"):
        raise web.HTTPSeeOther(back)
    return web.Response(text="Done.")


def _delivering(url: str, every: float) -> Callable[[web.Application], AsyncIterator[None]]:
    async def deliver(app: web.Application) -> AsyncIterator[None]:
        async def run() -> None:
            sent = 0
            async with ClientSession(timeout=ClientTimeout(total=10)) as session:
                while True:
                    while sent < len(app[FAKE].events):
                        body, signature = app[FAKE].events[sent]
                        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
                        try:
                            async with session.post(url, data=body, headers=headers) as answer:
                                await answer.read()
                        except (ClientError, TimeoutError):
                            break
                        sent += 1
                    await asyncio.sleep(every)

        task = asyncio.create_task(run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return deliver


async def _script(_: web.Request) -> web.Response:
    return web.Response(text=stripe_js(), content_type="text/javascript")


def make_stripe_fake(
    fake: StripeFake, *, webhook_url: str | None = None, deliver_every: float = 0.2
) -> web.Application:
    """The API of one fake account. Webhooks are collected in `fake.events`, and posted to `webhook_url` if given.

    Any key that begins with `sk_test_` is let in. Not for the open network.
    """
    app = web.Application(client_max_size=1024 * 1024)
    app[FAKE] = fake
    if webhook_url is not None:
        app.cleanup_ctx.append(_delivering(webhook_url, deliver_every))
    route = app.router
    route.add_post("/v1/customers", _posting("customer", lambda request: lambda fake, form: fake.make_customer(form)))
    route.add_get("/v1/customers/{id}", _reading("customer", _customer))
    route.add_get("/v1/payment_methods/{id}", _reading("method", _method))
    route.add_post("/v1/payment_intents", _posting("create", _make_intent))
    route.add_get("/v1/payment_intents", _reading("list", _intents))
    route.add_get("/v1/payment_intents/search", _reading("search", _search))
    route.add_get("/v1/payment_intents/{id}", _reading("retrieve", _retrieve))
    route.add_post("/v1/payment_intents/{id}/confirm", _posting("confirm", _confirm))
    route.add_post("/v1/payment_intents/{id}/cancel", _posting("cancel", _cancel))
    route.add_post("/v1/setup_intents", _posting("store", _make_setup))
    route.add_get("/v1/setup_intents/{id}", _reading("read_store", _setup))
    route.add_post("/v1/refunds", _posting("refund", lambda request: lambda fake, form: fake.refund(form)))
    route.add_get("/v1/refunds", _reading("refunds", _refunds))
    route.add_get("/v1/charges", _reading("charges", _charges))
    route.add_get("/fake/actions/{id}", _action_page)
    route.add_get("/v3/", _script)
    route.add_post("/fake/actions/{id}", _action)
    return app
