"""From the bytes of a request to the values that a route declares."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin
from urllib.parse import urlsplit

import attrs

from hlc_adapters.wire import edge
from hlc_adapters.wire.edge import NotReadable, camel
from hlc_core.kernel.errors import Fault
from hlc_http.call import Incoming
from hlc_http.refusals import ForeignOrigin, RouteUnknown, WrongContentType
from hlc_http.strict import form_value, json_value, unprintable
from hlc_http.table import Nothing, Route, Takes

LONGEST_PART = 2000
"""Letters that one part of a path may have; buy links that describe their products are the longest."""
_TYPES = {Takes.JSON: ("application/json",), Takes.FORM: ("application/x-www-form-urlencoded",)}


def body_of(route: Route, incoming: Incoming) -> Any:
    """The body as the route's class.

    Refuses: WrongContentType, MalformedBody, NotReadable, ForeignOrigin (a form from another site).
    """
    if route.takes is Takes.NOTHING:
        if incoming.body not in (b"", b"{}"):
            raise NotReadable("This request takes no body.", Fault("body", "send none"))
        return Nothing()
    _refuse_other_types(route, incoming.headers)
    if route.takes is Takes.BYTES:
        return incoming.body
    if route.takes is Takes.FORM:
        refuse_other_sites(incoming)
        return form_value(incoming.body)
    if not incoming.body:
        if all(item.default is not attrs.NOTHING for item in attrs.fields(route.body)):
            return route.body()
        raise NotReadable("A JSON body is needed.", *_required(route.body))
    return edge.read(json_value(incoming.body), route.body)


def query_of(route: Route, incoming: Incoming) -> Any:
    """The query as the route's class. Refuses: NotReadable (unknown, repeated or unreadable parameters)."""
    if route.query is Nothing:
        return Nothing()
    kinds = _kinds(route.query)
    given: dict[str, object] = {}
    for name, value in incoming.query:
        if name in given or unprintable(value):
            raise NotReadable(
                f"The parameter {name[:60]} is not usable.", Fault(name[:60], "give it once, as plain text")
            )
        given[name] = _converted(value, kinds.get(name))
    return edge.read(given, route.query)


def checked_path(path: Mapping[str, str]) -> dict[str, str]:
    """The variable parts of the path. Refuses: RouteUnknown (control characters, or far too long)."""
    for part in path.values():
        if len(part) > LONGEST_PART or unprintable(part):
            raise RouteUnknown("Nothing is served at that path.")
    return dict(path)


def checked_key(key: str | None) -> None:
    """Whether the Idempotency-Key is usable. Refuses: NotReadable."""
    if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise NotReadable(
            "That Idempotency-Key is not usable.", Fault("Idempotency-Key", "1 to 200 printable ASCII characters")
        )


def _refuse_other_types(route: Route, headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongContentType("Send the body without Content-Encoding.")
    wanted = _TYPES.get(route.takes)
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    if wanted and kind.strip() not in wanted and not (headers.get("content-length") == "0" and not kind):
        raise WrongContentType(f"Send the body as {wanted[0]}.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8", "us-ascii"):
            raise WrongContentType("Send the body in UTF-8.")


def refuse_other_sites(incoming: Incoming) -> None:
    """Refuses: ForeignOrigin (a browser says that the request comes from a page of another site)."""
    origin = incoming.headers.get("origin")
    if origin is not None:
        if urlsplit(origin).netloc.lower() != incoming.host.lower():
            raise ForeignOrigin("This form was sent from another site.")
    elif incoming.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignOrigin("This form was sent from another site.")


def _required(shape: type) -> Iterator[Fault]:
    for item in attrs.fields(shape):
        if item.default is attrs.NOTHING:
            yield Fault(camel(item.name), "is required")


@cache
def _kinds(shape: type) -> dict[str, Any]:
    attrs.resolve_types(shape)
    return {camel(item.name): _bare(item.type) for item in attrs.fields(shape)}


def _bare(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        return next(inner for inner in get_args(kind) if inner is not types.NoneType)
    return kind


def _converted(text: str, kind: Any) -> object:
    if kind is int:
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else text
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    if get_origin(kind) is tuple:
        return [part for part in text.split(",") if part]
    return text
