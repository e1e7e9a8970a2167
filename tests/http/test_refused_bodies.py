"""Every route with a JSON body is sent what does not fit it: each refusal names a place of the request, and a remedy.

Source: issue 2, Bad input; the served document says which fields there are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from attrs import frozen

from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.cart import CARTS
from hlc_adapters.storage.shapes.catalog import COUPONS, PRODUCTS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, SAVED_METHODS
from hlc_adapters.storage.shapes.subscriptions import SUBSCRIPTIONS
from hlc_http.limits import Rates
from support.service import STAFF, SYSTEM, Client, Told, serving
from support.worlds import World, opened

WORDS = frozenset(
    {"request", "permission", "Authorization", "Idempotency-Key", "X-HLC-Organization", "Content-Type", "actor"}
)
"""Where a fault may lie beside the fields of a request: what the caller is, and the headers."""
SETTINGS = re.compile(r"HLC_[A-Z_]+|[a-z]+\.[A-Za-z]+")
ODD = "e\u0301\u202e\U0001f480 \u00df\ufdfa" + "\u0336" * 40
LONG = "x" * 19_999
HUGE = 2**53


@frozen
class Operation:
    """One operation of the served document that takes JSON; `schema` is that of its body, with nothing left to look
    up."""

    method: str
    path: str
    schema: dict[str, Any]
    parameters: frozenset[str]

    @property
    def label(self) -> str:
        """What a report calls it."""
        return f"{self.method} {self.path}"

    def address(self, things: Mapping[str, str]) -> str:
        """Its path with these things; what is not among them is not there."""
        return re.sub(r"{(\w+)}", lambda part: things.get(part[1], f"{part[1].lower()}_none"), self.path)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One clinic with a subscription, its order and its invoice, a cart and a coupon."""
    with opened() as made:
        made.subscribe()
        made.coupon()
        made.cart(made.product())
        yield made


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[Client]:
    """One service for all."""
    with serving(world.services, rates=Rates(account=0)) as served:
        yield served


@pytest.fixture(scope="module")
def things(world: World) -> Mapping[str, str]:
    """An id of each sort of thing that there is, by the name that it has in paths."""
    shapes: dict[str, Shape[Any]] = {
        "cartId": CARTS,
        "couponId": COUPONS,
        "invoiceId": INVOICES,
        "methodId": SAVED_METHODS,
        "attemptId": PAYMENT_ATTEMPTS,
        "orderId": ORDERS,
        "patientId": PATIENTS,
        "productId": PRODUCTS,
        "subscriptionId": SUBSCRIPTIONS,
    }
    found = {name: world.rows(shape) for name, shape in shapes.items()}
    return {name: str(rows[-1].id) for name, rows in found.items() if rows}


@pytest.fixture(scope="module")
def operations(client: Client) -> tuple[Operation, ...]:
    """All operations of the served document that take JSON."""
    document = client.get("/openapi.json").json
    return tuple(_operations(document))


def test_what_does_not_fit_is_refused_where_it_stands(
    client: Client, operations: tuple[Operation, ...], things: Mapping[str, str]
) -> None:
    """Of every operation, on things that are there and on others: wrong types, nothing, unknown fields, too long,
    negative, odd letters."""
    told: Counter[int] = Counter()
    faults: dict[str, object] = {}
    asked = client.as_(STAFF)

    with asked.on_one_line() as line:
        for operation in operations:
            for on in ({}, things):
                for body in _bodies(operation.schema, on):
                    answer = line.ask(operation.method, operation.address(on), body)
                    told[answer.status] += 1
                    faults |= dict.fromkeys(_wrong(operation, body, answer), body)

    assert {} == faults, "\n".join(f"{fault} [{str(body)[:80]}]" for fault, body in faults.items())
    assert len(operations) > 100
    assert sum(told.values()) > 2000


def test_the_sweep_sees_a_field_that_was_not_sent(operations: tuple[Operation, ...]) -> None:
    """The check can fail: a name of nothing that the route takes is found."""
    operation = operations[0]
    problem = b'{"code":"x","detail":"It is so.","fields":[{"field":"nowhere","message":"mend it"}]}'
    told = Told(status=422, headers={"content-type": "application/problem+json"}, body=problem)

    (fault,) = _wrong(operation, {}, told)

    assert "nowhere" in fault


def test_no_credentials_are_answered_like_everything_else(client: Client, operations: tuple[Operation, ...]) -> None:
    """401 has a code, a sentence, and says where credentials go."""
    shut = [one for one in operations if client.ask(one.method, one.address({}), {}).status == 401]

    assert len(shut) > 80
    for operation in shut:
        told = client.ask(operation.method, operation.address({}), {})
        assert [] == list(_wrong(operation, {}, told))
        assert told.json["fields"]


def test_another_key_is_answered_like_everything_else(client: Client, operations: tuple[Operation, ...]) -> None:
    """What the key may not do says which permission, or which key, it takes."""
    strange = client.as_(SYSTEM)
    for operation in operations:
        assert [] == list(_wrong(operation, {}, strange.ask(operation.method, operation.address({}), {})))


def _wrong(operation: Operation, body: object, told: Told) -> Iterator[str]:
    where = f"{operation.label}: {told.status}"
    if told.status < 400:
        return
    if told.status >= 500 and told.status != 503:
        yield f"{where} {told.body.decode()[:200]}"
        return
    problem = told.json
    if not problem["code"] or not problem["detail"].endswith((".", "!", "?")):
        yield f"{where} says {problem['detail']!r}"
    if not problem["fields"]:
        yield f"{where} {problem['code']} names no field: {problem['detail']}"
    known = operation.parameters | frozenset(_names(operation.schema, ""))
    for fault in problem["fields"]:
        plain = re.sub(r"\[\d+\]", "[]", fault["field"])
        free = any(plain.startswith(open_) for open_ in _free(operation.schema, ""))
        sent = plain.rpartition(".")[2] in str(body)
        if plain and plain not in known | WORDS and not SETTINGS.fullmatch(plain) and not free and not sent:
            yield f"{where} {problem['code']} names {fault['field']!r}: {fault['message']}"
        if not fault["message"]:
            yield f"{where} {problem['code']} has no remedy for {fault['field']!r}"


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    named = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield Operation(
                    method=method.upper(),
                    path=path,
                    schema=_whole(content["application/json"]["schema"], named, 0),
                    parameters=frozenset(one["name"] for one in operation.get("parameters", ())),
                )


def _whole(schema: dict[str, Any], named: dict[str, Any], depth: int) -> dict[str, Any]:
    if "$ref" in schema:
        return _whole(named[schema["$ref"].rpartition("/")[2]], named, depth + 1)
    if depth > 9:
        return {}
    made = dict(schema)
    if "items" in made:
        made["items"] = _whole(made["items"], named, depth + 1)
    if "anyOf" in made:
        made["anyOf"] = [_whole(one, named, depth + 1) for one in made["anyOf"]]
    if "properties" in made:
        made["properties"] = {name: _whole(one, named, depth + 1) for name, one in made["properties"].items()}
    return made


def _names(schema: dict[str, Any], path: str) -> Iterator[str]:
    if path:
        yield path
    for one in schema.get("anyOf", ()):
        yield from _names(one, path)
    if "items" in schema:
        yield from _names(schema["items"], f"{path}[]")
    for name, part in schema.get("properties", {}).items():
        yield from _names(part, f"{path}.{name}" if path else name)


def _free(schema: dict[str, Any], path: str) -> Iterator[str]:
    """Places whose inside the document leaves open."""
    if path and (not schema or schema.get("additionalProperties") not in (None, False)):
        yield path
    for one in schema.get("anyOf", ()):
        yield from _free(one, path)
    if "items" in schema:
        yield from _free(schema["items"], f"{path}[]")
    for name, part in schema.get("properties", {}).items():
        yield from _free(part, f"{path}.{name}" if path else name)


def _bodies(schema: dict[str, Any], things: Mapping[str, str]) -> Iterator[object]:
    """A body that fits, as poorly as it can; then with one thing wrong at a time."""
    sound = _fitting(schema) | {name: things[id] for name, id in _named(schema, things)}
    yield sound
    yield {}
    yield {**sound, "prize": 1}
    for name in schema.get("properties", {}):
        yield {key: value for key, value in sound.items() if key != name}
        wrong: object
        for wrong in (None, 7, -1, HUGE, 1.5, True, "", " ", ODD, LONG, [], [[]], {}, {"a": 1}):
            yield {**sound, name: wrong}
        for inner in _spoilt(schema["properties"][name]):
            yield {**sound, name: inner}


def _named(schema: dict[str, Any], things: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The fields that take the id of something that is there."""
    for name in schema.get("properties", {}):
        yield from ((name, id) for id in (name, f"{name}Id") if id in things)


def _spoilt(schema: dict[str, Any]) -> Iterator[object]:
    for one in schema.get("anyOf", ()):
        yield from _spoilt(one)
    for name in schema.get("properties", {}):
        sound = _fitting(schema)
        wrong: object
        for wrong in (None, -1, ODD, LONG, [], {}):
            yield {**sound, name: wrong}
    if "items" in schema and "properties" in schema["items"]:
        for inner in _spoilt(schema["items"]):
            yield [_fitting(schema["items"]), inner]


def _fitting(schema: dict[str, Any]) -> Any:
    if "anyOf" in schema:
        return _fitting(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _fitting(part) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [_fitting(schema["items"])]
        case "integer":
            return 1
        case "boolean":
            return False
        case _:
            dates = {"date": "2026-03-31", "date-time": "2026-03-31T12:00:00Z"}
            return dates.get(schema.get("format", ""), "text")
