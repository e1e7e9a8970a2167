"""From a refusal to an answer: the only place that knows status numbers."""

from __future__ import annotations

from collections.abc import Mapping

from hlc_adapters import wire
from hlc_adapters.wire.edge import NotReadable, camel
from hlc_core.identity.api import TooManyAtOnce, TooManyGuesses
from hlc_core.kernel.errors import Fault, HlcError, Invalid, Kind, Missing, Unauthenticated, Unavailable
from hlc_http.limits import TooManyRequests
from hlc_http.strict import MalformedBody


class RouteUnknown(Missing):
    """Nothing is served at that path."""

    remedy = Fault("path", "see /openapi.json for what is served")


class MethodNotAllowed(Invalid):
    """The path is served, but not by that method."""

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This path answers to {allowed}.", Fault("method", f"one of: {allowed}"))
        self.allowed = allowed


class BodyTooLarge(Invalid):
    """The body has more bytes than the route takes."""

    remedy = Fault("body", "send less at once")


class BodyCutOff(Invalid):
    """The connection ended in the middle of the body; nobody is there to read this."""

    remedy = Fault("body", "send it again, whole")


class BodyTooSlow(Invalid):
    """The body did not arrive in time."""

    remedy = Fault("body", "send it again, in one go")


class WrongContentType(Invalid):
    """The body is of a type, charset or coding that the route does not take."""

    remedy = Fault("Content-Type", "as the sentence says")


class ForeignOrigin(Invalid):
    """A form was posted from a page of somebody else."""

    remedy = Fault("Origin", "open the page of the clinic itself, and send the form from there")


class Busy(Unavailable):
    """All threads are taken and the queue is full."""


BY_KIND = {Kind.INVALID: 422, Kind.DENIED: 403, Kind.MISSING: 404, Kind.CONFLICT: 409, Kind.UNAVAILABLE: 503}
BY_CLASS: Mapping[type[HlcError], int] = {
    Unauthenticated: 401,
    NotReadable: 400,
    MalformedBody: 400,
    MethodNotAllowed: 405,
    BodyCutOff: 400,
    BodyTooSlow: 408,
    BodyTooLarge: 413,
    WrongContentType: 415,
    ForeignOrigin: 403,
    TooManyRequests: 429,
    TooManyAtOnce: 429,
    TooManyGuesses: 429,
}
TITLES = {
    400: "The request cannot be read",
    401: "Credentials are needed",
    402: "The payment was declined",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Not possible now",
    413: "Too large",
    415: "Content type not taken",
    422: "The request breaks a rule",
    429: "Too many requests",
    500: "Something went wrong on our side",
    503: "Not available now",
}
PROBLEM = "application/problem+json"
RETRY_AFTER = 2
"""Seconds named where a refusal of a passing kind names none."""


def status(error: HlcError) -> int:
    """The status number of a refusal: by its class, else by its kind."""
    return next((number for kind, number in BY_CLASS.items() if isinstance(error, kind)), BY_KIND[error.kind])


def headers(error: HlcError) -> dict[str, str]:
    """What goes beside the body: Retry-After, Allow, WWW-Authenticate."""
    made: dict[str, str] = {}
    if error.retry_after is not None or isinstance(error, Unavailable):
        made["Retry-After"] = str(error.retry_after or RETRY_AFTER)
    if isinstance(error, MethodNotAllowed):
        made["Allow"] = error.allowed
    if isinstance(error, Unauthenticated):
        made["WWW-Authenticate"] = 'Bearer realm="hlc"'
    return made


def problem(error: HlcError, faults: tuple[Fault, ...]) -> bytes:
    """The refusal as problem+json: a stable `code`, a sentence, and the fields at fault in camelCase."""
    number = status(error)
    return wire.encode(
        {
            "type": "about:blank",
            "title": TITLES[number],
            "status": number,
            "code": error.code,
            "detail": error.detail,
            "fields": [{"field": _shown(fault), "message": fault.message} for fault in faults],
        }
    ).encode()


def _shown(fault: Fault) -> str:
    """A field of a body in camelCase; the name of a setting, and of another system's field, as it is."""
    return fault.field if fault.theirs or fault.field.isupper() else camel(fault.field)


def unforeseen(incident: str) -> bytes:
    """The answer to what nobody foresaw: only the number under which the log tells more."""
    return wire.encode(
        {
            "type": "about:blank",
            "title": TITLES[500],
            "status": 500,
            "code": "incident",
            "detail": f"It was not your fault. If you ask us, name incident {incident}.",
            "incident": incident,
            "fields": [],
        }
    ).encode()
