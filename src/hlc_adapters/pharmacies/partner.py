"""A partner pharmacy in a box: an HTTP server that keeps to the contract of the webhook adapter, for demos and trials.

It keeps fills in memory, each once; `tell` sends a status message back, as a real partner would.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field

from hlc_adapters.pharmacies.signing import HEADER, sign, verify
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.time import Clock

_MOST_BYTES = 256 * 1024


@define
class PartnerServer:
    """Listens on this machine while it is open. `acknowledges` is what it answers to a new fill, else it only accepts.

    `fills` are the documents that it has, by dispatch; `received` counts requests, also repeated ones.
    """

    secret: str
    clock: Clock
    acknowledges: bool = True
    fills: dict[str, Mapping[str, Any]] = field(factory=dict)
    received: int = 0
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where fills are to be sent."""
        return f"http://127.0.0.1:{self.port}/prescriptions"

    def open(self) -> None:
        """Begin to listen, on a free port unless one was given."""
        partner = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                partner._answer(self, partner._take)

            def do_GET(self) -> None:
                partner._answer(self, partner._tell_of)

            def log_message(self, format: str, *args: Any) -> None:
                """Paths hold ids, bodies health data: nothing is logged."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="partner-pharmacy", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def tell(self, base_url: str, name: str, message: Mapping[str, object]) -> int:
        """Send a status message to HLC under the pharmacy's name; answers the HTTP status."""
        parts = urlsplit(base_url)
        body = json.dumps(message).encode()
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=15)
        try:
            signature = sign(self.secret, body, int(self.clock.now().timestamp()))
            headers = {"Content-Type": "application/json", HEADER: signature}
            connection.request("POST", f"/api/webhooks/pharmacy/{name}", body=body, headers=headers)
            response = connection.getresponse()
            response.read(_MOST_BYTES)
            return response.status
        finally:
            connection.close()

    def _answer(
        self, request: BaseHTTPRequestHandler, take: Callable[[BaseHTTPRequestHandler, bytes], tuple[int, object]]
    ) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(min(length, _MOST_BYTES))
        signed = body if request.command == "POST" else request.path.encode()
        try:
            verify(self.secret, signed, request.headers.get(HEADER), int(self.clock.now().timestamp()))
            status, answer = take(request, body)
        except HlcError as refusal:
            status, answer = 401, {"status": "rejected", "reason": refusal.detail}
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def _take(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, object]:
        self.received += 1
        try:
            document = json.loads(body)
            dispatch = str(document["dispatch"])
        except (ValueError, KeyError, TypeError):
            return 422, {"status": "rejected", "reason": "That is no fill."}
        if request.headers.get("Idempotency-Key") != dispatch:
            return 422, {"status": "rejected", "reason": "The key is not the dispatch."}
        self.fills.setdefault(dispatch, document)
        return 202, self._standing(dispatch)

    def _tell_of(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, object]:
        dispatch = request.path.rsplit("/", 1)[-1]
        return (200, self._standing(dispatch)) if dispatch in self.fills else (404, {"status": "not_found"})

    def _standing(self, dispatch: str) -> dict[str, str]:
        return {"status": "acknowledged" if self.acknowledges else "accepted", "reference": f"partner-{dispatch[-8:]}"}
