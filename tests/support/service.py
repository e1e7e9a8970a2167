"""The HTTP service over a world, on a loopback socket, with a small client."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from attrs import field, frozen

from hlc_adapters.services import Services
from hlc_core.catalog.api import Product
from hlc_core.kernel.evolve import evolve
from hlc_http.app import listening, make_app
from hlc_http.settings import HttpSettings, http_settings
from support.worlds import World

STAFF = "staff-key-staff-key-staff-key"
SYSTEM = "system-key-system-key-system"
PATIENT = "patient-key-patient-key-patient"
KEYS = (f"staff:clinic:{STAFF}:alice", f"system:clinic:{SYSTEM}")


@frozen(kw_only=True)
class Told:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()
    """The lines of Set-Cookie."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        assert self.headers["content-type"] == "application/problem+json", self
        return str(self.json["code"])


@frozen(kw_only=True)
class Client:
    """Asks one service; each request has a connection of its own, or they share a `line`.

    `key` is sent as a bearer token.
    """

    port: int
    key: str | None = None
    headers: Mapping[str, str] = field(factory=dict)
    line: http.client.HTTPConnection | None = field(default=None, eq=False, repr=False)

    def ask(self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **headers: str) -> Told:
        """Send a request; `body` goes as JSON, `raw` as it is; header names are written with underscores."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        payload = raw
        if body is not None:
            payload = json.dumps(body).encode()
        if payload is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = self.line or self._opened()
        try:
            connection.request(method, path, payload, sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            cookies = tuple(answer.headers.get_all("Set-Cookie", ()))
            return Told(status=answer.status, headers=told, body=answer.read(), cookies=cookies)
        finally:
            if self.line is None:
                connection.close()

    def _opened(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    @contextmanager
    def on_one_line(self) -> Iterator[Client]:
        """The same client on one connection, for very many requests one after the other."""
        with closing(self._opened()) as line:
            yield evolve(self, line=line)

    def get(self, path: str, **headers: str) -> Told:
        """GET."""
        return self.ask("GET", path, None, raw=None, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Told:
        """POST, as JSON."""
        return self.ask("POST", path, body, raw=None, **headers)

    def as_(self, key: str) -> Client:
        """The same client with a key."""
        return evolve(self, key=key)


@frozen
class Shop:
    """A clinic that is served."""

    world: World
    client: Client

    @property
    def staff(self) -> Client:
        """The client with a key of staff."""
        return self.client.as_(STAFF)

    def cart(self, *products: Product) -> dict[str, Any]:
        """A cart with these products, as the API answers it."""
        told = self.client.post("/api/public/cart/create", {"productIds": [one.id for one in products]})
        assert told.status == 201, told
        made: dict[str, Any] = told.json
        return made

    def submission(self, cart: dict[str, Any], token: str | None = "tok_success", **more: Any) -> dict[str, Any]:
        """The body that pays it."""
        return {
            "quoteHash": cart["quoteHash"],
            "patient": {"email": "buyer@example.com", "name": "Bea Buyer"},
            "address": {"address1": "1 Main St", "city": "Albany", "postalCode": "12207", "provinceCode": "NY"},
            "paymentToken": token,
            **more,
        }

    def pay(self, cart: dict[str, Any], token: str | None = "tok_success", **headers: str) -> Told:
        """Submit its checkout."""
        path = f"/api/public/cart/{cart['cartId']}/checkout"
        return self.client.post(path, self.submission(cart, token), **headers)

    def buy(self, *products: Product, token: str = "tok_success") -> dict[str, Any]:
        """A cart with these products, paid."""
        told = self.pay(self.cart(*products), token)
        assert told.status == 200, told
        made: dict[str, Any] = told.json
        return made


@contextmanager
def serving(services: Services, *keys: str, **settings: Any) -> Iterator[Client]:
    """Serve the installation; yields a client without a key. `settings` are those of HTTP."""
    known = evolve(services, settings=evolve(services.settings, api_keys=(*KEYS, *keys)))
    chosen: HttpSettings = evolve(http_settings(known.settings), **settings)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="service", daemon=True)
    thread.start()
    stop, port = asyncio.Event(), loop.create_future()

    async def run() -> None:
        async with listening(make_app(known, chosen), "127.0.0.1", 0) as opened:
            port.set_result(opened)
            await stop.wait()

    async def opened() -> int:
        number: int = await port
        return number

    running = asyncio.run_coroutine_threadsafe(run(), loop)
    try:
        yield Client(port=asyncio.run_coroutine_threadsafe(opened(), loop).result(60))
    finally:
        loop.call_soon_threadsafe(stop.set)
        running.result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
