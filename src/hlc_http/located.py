"""Where a fault stands in the request that was sent: the core names its own fields, the caller sent a route's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hlc_adapters.wire.edge import camel
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_http.call import Incoming
from hlc_http.schemas import Schema, Schemas
from hlc_http.table import Nothing, Route, Takes

MOVE = "trigger"
"""What a lifecycle calls the move that it refuses."""
_PART = re.compile(r"{([a-z_]+)")
_INDEX = re.compile(r"\[\d+\]")
_DEEPEST = 8


def located(faults: tuple[Fault, ...], route: Route, incoming: Incoming) -> tuple[Fault, ...]:
    """The faults, each with the name of the place where it stands in the body, the query or the path.

    What stands nowhere in the request (a permission, a setting, a header) keeps its name.
    """
    if route.takes in (Takes.FORM, Takes.BYTES):
        return faults
    return tuple(fault if fault.theirs else evolve(fault, field=_place(fault, route, incoming)) for fault in faults)


def _place(fault: Fault, route: Route, incoming: Incoming) -> str:
    name = camel(fault.field)
    known, parts = places(route), _parts(route)
    name = _renamed(name, route.names)
    if _INDEX.sub("[]", name) in known or fault.field.isupper():
        return name
    found = None if fault.sent is None else _sent(fault.sent, incoming)
    if found is not None:
        return found
    for wanted in (name, f"{name}Id"):
        inside = [place for place in known if _same(place, wanted)]
        if len(inside) == 1:
            return _indexed(inside[0], name, wanted)
    if name in (MOVE, "id") and parts:
        return parts[-1]
    return name


def _renamed(name: str, names: Mapping[str, str]) -> str:
    first = re.match(r"\w+", name)
    return name if first is None or first[0] not in names else names[first[0]] + name[first.end() :]


def _same(place: str, wanted: str) -> bool:
    plain = _INDEX.sub("[]", wanted)
    return place == plain or (place.endswith(f".{plain}") and "[]" not in place.removesuffix(plain))


def _indexed(place: str, name: str, wanted: str) -> str:
    before = place.removesuffix(_INDEX.sub("[]", wanted))
    return before + name + wanted.removeprefix(name)


@cache
def places(route: Route) -> frozenset[str]:
    """The names of all that the route takes: fields of the body with their paths (`items[].product`), parameters."""
    schemas = Schemas()
    found = set(_parts(route))
    for shape in (route.body, route.query):
        if shape is not Nothing and (shape is route.query or route.takes is Takes.JSON):
            found.update(_walk(schemas.of(shape, strict=True), schemas, "", 0))
    return frozenset(found)


def _parts(route: Route) -> tuple[str, ...]:
    return tuple(camel(part) for part in _PART.findall(route.path))


def _walk(schema: Schema, schemas: Schemas, path: str, depth: int) -> Iterator[str]:
    if path:
        yield path
    if depth > _DEEPEST:
        return
    if "$ref" in schema:
        yield from _walk(schemas.named[schema["$ref"].rpartition("/")[2]], schemas, path, depth + 1)
    for one in schema.get("anyOf", ()):
        yield from _walk(one, schemas, path, depth + 1)
    if "items" in schema:
        yield from _walk(schema["items"], schemas, f"{path}[]", depth + 1)
    for name, part in schema.get("properties", {}).items():
        yield from _walk(part, schemas, f"{path}.{name}" if path else name, depth + 1)


def _sent(value: str, incoming: Incoming) -> str | None:
    """Where the value stands, if it stands in one place."""
    found = [camel(name) for name, part in incoming.path.items() if part == value]
    found += [name for name, text in incoming.query if text == value]
    try:
        body: Any = json.loads(incoming.body) if incoming.body else None
    except ValueError:
        body = None
    found += _holding(value, body, "")
    return found[0] if len(found) == 1 else None


def _holding(value: str, here: Any, path: str) -> Iterator[str]:
    if here == value and path:
        yield path
    elif isinstance(here, dict):
        for name, part in here.items():
            yield from _holding(value, part, f"{path}.{name}" if path else name)
    elif isinstance(here, list):
        for place, part in enumerate(here):
            yield from _holding(value, part, f"{path}[{place}]")
