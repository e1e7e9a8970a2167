"""A corpus of hostile and broken requests over a real socket: always a clear refusal, never a 500, never a traceback.

Source: issue 2, Bad input; design/pains, G.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from attrs import frozen

from support.service import STAFF, Client, Shop, Told, serving
from support.worlds import opened

CREATE = "/api/public/cart/create"
PRODUCTS = "/api/v1/products"


@frozen
class Bad:
    """One broken body for opening a cart: what is sent, and what comes back."""

    name: str
    raw: bytes
    status: int
    code: str
    field: str | None = None
    content_type: str = "application/json"


def _nested(levels: int) -> bytes:
    return b'{"productIds":' + b"[" * levels + b"]" * levels + b"}"


BODIES = (
    Bad("nothing at all", b"", 400, "not_readable"),
    Bad("half an object", b'{"productIds":', 400, "malformed_body"),
    Bad("no object", b"[]", 400, "not_readable"),
    Bad("null", b"null", 400, "not_readable"),
    Bad("a bare word", b"hello", 400, "malformed_body"),
    Bad("trailing text", b'{"productIds":"p"} x', 400, "malformed_body"),
    Bad("comments", b'{"productIds":"p" /* hi */}', 400, "malformed_body"),
    Bad("a key twice", b'{"productIds":"p","productIds":"q"}', 400, "malformed_body", "productIds"),
    Bad("NaN", b'{"productIds":NaN}', 400, "malformed_body"),
    Bad("Infinity", b'{"productIds":-Infinity}', 400, "malformed_body"),
    Bad("a number beyond floats", b'{"productIds":1e999}', 400, "malformed_body"),
    Bad("5,000 digits", b'{"productIds":' + b"9" * 5000 + b"}", 400, "malformed_body"),
    Bad("65 levels", _nested(65), 400, "malformed_body"),
    Bad("50,000 levels", _nested(50_000), 400, "malformed_body"),
    Bad("50,000 objects deep", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400, "malformed_body"),
    Bad("invalid UTF-8", b'{"productIds":"\xff\xfe"}', 400, "malformed_body"),
    Bad("UTF-16", '{"productIds":"p"}'.encode("utf-16"), 400, "malformed_body"),
    Bad("a BOM", b'\xef\xbb\xbf{"productIds":"p"}', 400, "malformed_body"),
    Bad("half a surrogate pair", b'{"productIds":"\\ud800"}', 400, "malformed_body"),
    Bad("a NUL", b'{"productIds":"\\u0000"}', 400, "malformed_body"),
    Bad("an unknown field", b'{"productIds":"p","prize":1}', 400, "not_readable", "prize"),
    Bad("a thousand unknown fields", json.dumps({f"f{n}": n for n in range(1000)}).encode(), 400, "not_readable"),
    Bad("ids of a wrong type", b'{"productIds":[1]}', 400, "not_readable", "productIds"),
    Bad("ids that are an object", b'{"productIds":{}}', 400, "not_readable", "productIds"),
    Bad("no ids", b"{}", 400, "not_readable", "productIds"),
    Bad("an empty cart", b'{"productIds":[]}', 422, "cart_is_empty", "productIds"),
    Bad("an empty text", b'{"productIds":" , "}', 422, "cart_is_empty", "productIds"),
    Bad("too many ids", json.dumps({"productIds": ["p"] * 201}).encode(), 400, "not_readable", "productIds"),
    Bad("an unknown product", b'{"productIds":"prod_nope"}', 404, "product_not_offered", "productIds[0]"),
    Bad("a very long id", json.dumps({"productIds": "x" * 19_000}).encode(), 404, "product_not_offered"),
    Bad("a text beyond all measure", json.dumps({"sourcePath": "x" * 21_000, "productIds": "p"}).encode(), 400,
        "not_readable", "sourcePath"),
    Bad("a cart of nobody", b'{"productIds":"p","cartId":"cart_nope"}', 404, "cart_not_found", "cartId"),
    Bad("a number for a text", b'{"productIds":"p","temp":1}', 400, "not_readable", "temp"),
    Bad("markup", b'{"productIds":"<script>alert(1)</script>"}', 404, "product_not_offered"),
    Bad("SQL", b'{"productIds":"\' OR 1=1 --"}', 404, "product_not_offered"),
    Bad("a form", b"productIds=p", 415, "wrong_content_type", None, "application/x-www-form-urlencoded"),
    Bad("plain text", b"{}", 415, "wrong_content_type", None, "text/plain"),
    Bad("no type", b"{}", 415, "wrong_content_type", None, ""),
    Bad("an unknown charset", b"{}", 415, "wrong_content_type", None, "application/json; charset=klingon"),
    Bad("a charset of UTF-16", b"{}", 415, "wrong_content_type", None, "application/json; charset=utf-16"),
    Bad("300 kB", b'{"productIds":"' + b"x" * 300_000 + b'"}', 413, "body_too_large"),
)  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """One service for the whole corpus: nothing in it leaves a trace."""
    with opened() as world, serving(world.services, body_seconds=0.5, keepalive_seconds=1.0) as served:
        yield served


def _sound(told: Told) -> None:
    assert 400 <= told.status < 500, told
    assert b"Traceback" not in told.body
    assert b".py" not in told.body
    problem = told.json
    assert problem["status"] == told.status
    assert problem["code"]
    assert problem["detail"].endswith((".", "!"))


@pytest.mark.parametrize("bad", BODIES, ids=lambda bad: bad.name)
def test_a_broken_body_is_refused_by_name(client: Client, bad: Bad) -> None:
    """The code is stable, the sentence says what is wrong, and the field at fault is named."""
    told = client.ask("POST", CREATE, raw=bad.raw, Content_Type=bad.content_type)

    _sound(told)
    assert (bad.status, bad.code) == (told.status, told.code)
    if bad.field is not None:
        assert bad.field in [fault["field"] for fault in told.json["fields"]]


@pytest.mark.parametrize(
    ("offer", "path"),
    [
        ({"name": 1, "price": {"amount": 1, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.name"),
        ({"name": "a", "price": {"amount": 1.5, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.price.amount"),
        ({"name": "a", "price": {"amount": "1", "currency": "USD"}, "kind": "ONE_TIME"}, "offer.price.amount"),
        ({"name": "a", "price": {"amount": True, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.price.amount"),
        ({"name": "a", "price": {"amount": 2**63, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.price.amount"),
        ({"name": "a", "price": {"amount": 1, "currency": "usd"}, "kind": "ONE_TIME"}, "offer.price.currency"),
        ({"name": "a", "price": {"amount": 1, "currency": "EUR"}, "kind": "ONE_TIME"}, "offer.price"),
        ({"name": "a", "price": {"amount": -1, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.price"),
        ({"name": "a", "price": {"amount": 1, "currency": "USD"}, "kind": "GIFT"}, "offer.kind"),
        ({"name": "a", "price": {"amount": 1, "currency": "USD"}, "kind": "SUBSCRIPTION"}, "offer.interval"),
        ({"name": "a", "price": {"amount": 1, "currency": "USD"}, "kind": "ONE_TIME", "drugs": [{"nam": "x"}]},
         "offer.drugs[0].nam"),
        ({"name": "", "price": {"amount": 1, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.name"),
        ({"price": {"amount": 1, "currency": "USD"}, "kind": "ONE_TIME"}, "offer.name"),
    ],
)  # fmt: skip
def test_the_path_of_each_wrong_field_is_named(client: Client, offer: dict[str, object], path: str) -> None:
    """Wrong types, unknown fields and wrong currencies deep inside a body."""
    told = client.as_(STAFF).post(PRODUCTS, {"offer": offer})

    _sound(told)
    fields = [fault["field"] for fault in told.json["fields"]]
    assert any(field == path or field == path.removeprefix("offer.") for field in fields), fields


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/orders?limit=0", 422),
        ("GET", "/api/v1/orders?limit=201", 422),
        ("GET", "/api/v1/orders?limit=many", 400),
        ("GET", "/api/v1/orders?limit=1&limit=2", 400),
        ("GET", "/api/v1/orders?limit=99999999999999999999", 400),
        ("GET", "/api/v1/orders?colour=red", 400),
        ("GET", "/api/v1/orders?state=HOVERING", 400),
        ("GET", "/api/v1/orders?cursor=%00", 400),
        ("GET", "/api/v1/orders?late=maybe", 400),
        ("GET", "/api/v1/billing/plan?asOf=2026-02-30", 400),
        ("GET", "/api/v1/billing/plan?asOf=tomorrow", 400),
        ("GET", "/api/v1/billing/plan?lines=-1", 422),
        ("GET", "/api/v1/orders/%00", 404),
        ("GET", "/api/v1/orders/" + "x" * 3000, 404),
        ("GET", "/api/v1/orders/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/api/v1/orders/ord_nope", 404),
        ("GET", "/api/v1/subscriptions/sub_nope", 404),
        ("GET", "/api/v1/invoices/inv_nope/receipt", 404),
        ("GET", "/api/v1/payments/attempts/att_nope", 404),
        ("GET", "/api/v1/payments/attempts", 400),
        ("GET", "/api/v1/recovery/rec_nope", 404),
        ("GET", "/api/v1/patients/pat_nope", 404),
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/orders", 405),
        ("TRACE", "/api/v1/orders", 405),
        ("DELETE", "/api/v1/payment-methods/pm_nope", 404),
        ("GET", "/api/public/cart/cart_nope", 404),
        ("GET", "/api/public/cart/cart_nope/checkout", 404),
        ("GET", "/api/public/cart/cart_nope/checkout/chk_nope", 404),
        ("DELETE", "/api/public/cart/cart_nope/items/prod_nope", 404),
        ("GET", "/simulator/actions/nope", 404),
    ],
)
def test_a_wrong_path_query_or_method_is_refused(client: Client, method: str, path: str, status: int) -> None:
    """Whatever stands in the address."""
    told = client.as_(STAFF).ask(method, path)

    assert status == told.status, told
    if not path.startswith("/simulator"):
        _sound(told)


@pytest.mark.parametrize("key", ["", "x" * 201, "b\xe4d", "a\tb"])
def test_an_unusable_idempotency_key_is_refused(client: Client, key: str) -> None:
    """1 to 200 printable ASCII characters."""
    told = client.post("/api/public/cart/cart_x/checkout", {}, Idempotency_Key=key)

    _sound(told)
    assert "Idempotency-Key" == told.json["fields"][0]["field"]


def test_a_body_in_a_coding_is_not_unpacked(client: Client) -> None:
    """A bomb stays packed."""
    told = client.ask("POST", CREATE, raw=b"\x1f\x8b\x08", Content_Encoding="gzip")

    assert (415, "wrong_content_type") == (told.status, told.code)


def test_a_body_where_none_is_taken_is_refused(client: Client) -> None:
    """So that nobody believes that it was read."""
    assert "not_readable" == client.as_(STAFF).post("/api/v1/jobs/carts/run", {"at": "now"}).code


def test_a_body_that_drips_is_cut_off(client: Client) -> None:
    """408 after the deadline, while others are served."""
    head = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", client.port)) as slow:
        slow.sendall(head.encode())
        assert 200 == client.get("/healthz").status
        slow.settimeout(60)
        answer = slow.recv(4096)

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST /api/public/cart/create HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: a b\r\n c: d\r\n\r\n",
    ],
)
def test_what_is_no_http_is_cut_off_without_a_word_of_ours(client: Client, raw: bytes) -> None:
    """A plain 4xx or a closed connection, never a traceback; the others are served on."""
    with socket.create_connection(("127.0.0.1", client.port)) as stranger:
        stranger.settimeout(60)
        stranger.sendall(raw)
        answer = stranger.recv(65536)

    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer
    assert b"Traceback" not in answer
    assert 200 == client.get("/healthz").status


def test_a_refusal_cannot_split_headers(client: Client) -> None:
    """A request id of the caller is used only when it is plain."""
    assert "abc-1" == client.get("/healthz", X_Request_Id="abc-1").headers["x-request-id"]
    assert "a b" != client.get("/healthz", X_Request_Id="a b").headers["x-request-id"]


def test_what_nobody_foresaw_is_an_incident_with_a_number(shop: Shop) -> None:
    """500 tells a number and nothing else; the service lives on."""
    shop.world.close()
    object.__setattr__(shop.world.services.application, "_units", None)

    told = shop.staff.get("/api/v1/orders")

    assert (500, "incident") == (told.status, told.code)
    assert told.json["incident"]
    assert b"NoneType" not in told.body
    assert 200 == shop.client.get("/healthz").status
