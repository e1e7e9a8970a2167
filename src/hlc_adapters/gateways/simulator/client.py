"""The simulator in another process: the port over HTTP, with a small pool of connections."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from typing import TypeVar
from urllib.parse import quote, urlsplit

from hlc_adapters.gateways.simulator.bank import no_answer
from hlc_adapters.gateways.simulator.gateway import FENCING
from hlc_adapters.gateways.simulator.ledger import Line
from hlc_adapters.gateways.simulator.wire import Body, Cancel, Confirm, Find, LookUp, Said
from hlc_adapters.wire import decode, encode
from hlc_core.kernel.errors import Unavailable
from hlc_core.kernel.ids import AttemptId
from hlc_core.payments.model import Answer, Capabilities, Charge, ChargeRequest, RefundRequest, StoreRequest

T = TypeVar("T")

_IDLE = 10.0
"""Seconds after which a kept connection is not trusted: the server may be closing it."""


class HttpSimulatorGateway:
    """The gateway port over the simulator's HTTP server. A broken connection is NO_ANSWER, never repeated."""

    def __init__(
        self,
        base_url: str,
        *,
        capabilities: Capabilities = FENCING,
        timeout: float = 20.0,
        connections: int = 16,
        name: str = "simulator",
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("The simulator's address begins with http:// or https:// and names a host.")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")
        self._capabilities = capabilities
        self._timeout = timeout
        self._connections = connections
        self._name = name
        self._lock = Lock()
        self._idle: list[tuple[float, HTTPConnection]] = []

    @property
    def name(self) -> str:
        """See `Gateway.name`."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """See `Gateway.capabilities`; what the server was started with is the operator's to match."""
        return self._capabilities

    def create(self, request: ChargeRequest) -> Answer:
        """See `Gateway.create`."""
        return self._ask("create", request)

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """See `Gateway.confirm`."""
        return self._ask("confirm", Confirm(object_id=object_id, request=request))

    def look_up(self, object_id: str) -> Answer:
        """See `Gateway.look_up`."""
        return self._ask("look_up", LookUp(object_id=object_id))

    def find(self, reference: AttemptId) -> Answer:
        """See `Gateway.find`."""
        return self._ask("find", Find(reference=reference))

    def cancel(self, object_id: str, reference: AttemptId) -> Answer:
        """See `Gateway.cancel`."""
        return self._ask("cancel", Cancel(object_id=object_id, reference=reference))

    def refund(self, request: RefundRequest) -> Answer:
        """See `Gateway.refund`."""
        return self._ask("refund", request)

    def find_refund(self, request: RefundRequest) -> Answer:
        """See `Gateway.find_refund`."""
        return self._ask("find_refund", request)

    def store(self, request: StoreRequest) -> Answer:
        """See `Gateway.store`."""
        return self._ask("store", request)

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """See `Gateway.charges`."""
        span = f"since={quote(since.isoformat())}&until={quote(until.isoformat())}"
        return iter(self._read(f"/v1/charges?{span}", tuple[Charge, ...]))

    def audit_charges(self) -> tuple[Line, ...]:
        """What the server's own ledger has captured, free of all faults. Refuses: Unavailable."""
        return self._read("/audit/charges", tuple[Line, ...])

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _ask(self, verb: str, body: Body) -> Answer:
        try:
            status, text = self._exchange("POST", f"/v1/{verb}", encode(body).encode())
            if status == 200:
                return decode(Answer, text)
            return no_answer(decode(Said, text).code)
        except TimeoutError:
            return no_answer("timeout")
        except (OSError, HTTPException):
            return no_answer("no_connection")
        except ValueError:
            return no_answer("unreadable")

    def _read(self, path: str, kind: type[T]) -> T:
        try:
            status, text = self._exchange("GET", path, None)
            if status == 200:
                return decode(kind, text)
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable("The simulated gateway cannot be asked now.", retry_after=60) from error
        raise Unavailable("The simulated gateway cannot be asked now.", retry_after=60)

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = self._taken()
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, self._path + path, body, headers)
            response = connection.getresponse()
            text = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._keep(connection)
        return response.status, text

    def _taken(self) -> HTTPConnection:
        stale: list[HTTPConnection] = []
        try:
            with self._lock:
                while self._idle:
                    since, connection = self._idle.pop()
                    if time.monotonic() - since < _IDLE:
                        return connection
                    stale.append(connection)
        finally:
            for connection in stale:
                connection.close()
        made = HTTPSConnection if self._secure else HTTPConnection
        return made(self._host, self._port, timeout=self._timeout)

    def _keep(self, connection: HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < self._connections:
                self._idle.append((time.monotonic(), connection))
                return
        connection.close()
