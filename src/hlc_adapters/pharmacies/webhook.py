"""A partner pharmacy over HTTP: signed requests with deadlines and bounds, no redirects, no proxies."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from hlc_adapters.pharmacies.documents import as_json
from hlc_adapters.pharmacies.signing import HEADER, sign
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import DispatchId
from hlc_core.kernel.time import Clock
from hlc_core.prescriptions.ports import PharmacyAnswer, PharmacyResult, Script

DEADLINE = 15.0
"""Seconds that one request may take in all."""
MOST_BYTES = 64 * 1024
"""What is read of an answer at most."""

_R = PharmacyResult
_WORDS: Mapping[str, PharmacyResult] = {
    "accepted": _R.SENT,
    "acknowledged": _R.ACKNOWLEDGED,
    "rejected": _R.REFUSED,
    "not_found": _R.NOT_FOUND,
}
_REFUSALS = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})
"""Definite refusals of a request that was read; everything else that is no success leaves it in doubt."""


@frozen(kw_only=True)
class WebhookPharmacy:
    """POSTs each fill to `url` under its dispatch id, and GETs `url/<dispatch id>` to ask about one.

    Refuses at construction: Invalid (an address that is neither https nor this machine; a secret below 16 letters).
    """

    name: str
    url: str
    secret: str = field(repr=False)
    clock: Clock = field(repr=False)
    certified: bool = False
    deadline: float = DEADLINE

    def __attrs_post_init__(self) -> None:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and _this_machine(parts.hostname or ""))
        faults = []
        if not secure or not parts.hostname or parts.username or parts.query or parts.fragment:
            faults.append(Fault("url", "https://host/path, without a query or a password"))
        if len(self.secret) < 16:
            faults.append(Fault("secret", "at least 16 letters"))
        if faults:
            raise Invalid(f"The pharmacy {self.name!r} cannot be reached like that.", *faults)

    def send(self, script: Script) -> PharmacyAnswer:
        """See the port. 409 means that it has the dispatch already."""
        status, found = self._ask("POST", "", as_json(script), {"Idempotency-Key": script.dispatch})
        if status is None:
            return found
        if status in (200, 201, 202):
            return found if found.result in (_R.SENT, _R.ACKNOWLEDGED, _R.REFUSED) else _in_doubt("unreadable_answer")
        if status == 409:
            return PharmacyAnswer(result=_R.SENT, reference=found.reference)
        if status in _REFUSALS:
            return PharmacyAnswer(result=_R.REFUSED, code=f"http_{status}", text=found.text)
        return _in_doubt(f"http_{status}")

    def look_up(self, dispatch: DispatchId) -> PharmacyAnswer:
        """See the port. Only a 404 that says `not_found` counts as that."""
        status, found = self._ask("GET", f"/{quote(dispatch, safe='')}", b"", {})
        if status is None:
            return found if found.result is _R.NO_ANSWER else _in_doubt(found.code)
        if status == 200 and found.result is not _R.NOT_FOUND:
            return found
        if status in (200, 404) and found.result is _R.NOT_FOUND:
            return found
        return _in_doubt(f"http_{status}")

    def _ask(
        self, method: str, behind: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int | None, PharmacyAnswer]:
        """The status and the answer in the body; no status: nothing came back, or nothing went out."""
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.deadline)
        path = parts.path.rstrip("/") + behind or "/"
        at = int(self.clock.now().timestamp())
        signed = body if method == "POST" else path.encode()
        try:
            connection.connect()
        except (OSError, HTTPException) as fault:
            connection.close()
            return None, PharmacyAnswer(result=_R.NOT_SENT, code=type(fault).__name__)
        over = threading.Timer(self.deadline, _cut, (connection.sock,))
        over.daemon = True
        over.start()
        try:
            connection.request(
                method,
                path,
                body=body or None,
                headers={
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    HEADER: sign(self.secret, signed, at),
                    **headers,
                },
            )
            response = connection.getresponse()
            return response.status, _read(response)
        except (OSError, HTTPException, ValueError) as fault:
            return None, _in_doubt(type(fault).__name__)
        finally:
            over.cancel()
            connection.close()


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _read(response: HTTPResponse) -> PharmacyAnswer:
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return _in_doubt("answer_too_long")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return _in_doubt("unreadable_answer")
    if not isinstance(found, Mapping):
        return _in_doubt("unreadable_answer")
    result = _WORDS.get(str(found.get("status", "")), _R.NO_ANSWER)
    return PharmacyAnswer(
        result=result,
        code="rejected" if result is _R.REFUSED else "",
        text=_short(found.get("reason"), 300),
        reference=_short(found.get("reference"), 120),
    )


def _short(value: object, most: int) -> str:
    """A line that can be stored: printed letters only, and not too many."""
    return "".join(letter for letter in value if letter.isprintable())[:most] if isinstance(value, str) else ""


def _in_doubt(code: str) -> PharmacyAnswer:
    return PharmacyAnswer(result=_R.NO_ANSWER, code=code)


def _this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
