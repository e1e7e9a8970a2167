"""What stands around every answer: protective headers, types, nothing of ours; and that reading changes nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from hlc_adapters.storage.shapes.all import ALL
from hlc_http.app import ROUTES, make_app
from hlc_http.journal import JsonLines
from hlc_http.limits import Rates
from hlc_http.table import Face
from support.service import STAFF, Client, Shop, Told, serving
from support.worlds import World

ABSENT = "x_absent"


@pytest.fixture
def client(memory_world: World) -> Iterator[Client]:
    """A service with rows, which browsers reach by https."""
    memory_world.subscribe()
    with serving(memory_world.services, base_url="https://clinic.example", rates=Rates(account=0)) as found:
        yield found


def answers(world: World, client: Client) -> Iterator[tuple[str, Face, Told]]:
    """An answer of every route: as staff and as nobody, with a body that is none."""
    for route in make_app(world.services)[ROUTES]:
        path = "/".join(ABSENT if part.startswith("{") else part for part in route.path.split("/"))
        for asked in (client, client.as_(STAFF)):
            raw = b"{" if route.method != "GET" else None
            yield f"{route.method} {path}", route.face, asked.ask(route.method, path, raw=raw)


def test_every_answer_has_its_protection(memory_world: World, client: Client) -> None:
    """Refusals and pages as well as data: on every route, and where there is none."""
    seen = 0
    found = [*answers(memory_world, client), ("GET /nowhere", Face.PAGE, client.get("/nowhere"))]
    for where, face, told in found:
        headers, policy = told.headers, told.headers["content-security-policy"]
        assert "nosniff" == headers["x-content-type-options"], where
        assert "max-age=31536000; includeSubDomains" == headers["strict-transport-security"], where
        assert "same-origin" == headers["referrer-policy"], where
        assert "same-origin" == headers["cross-origin-opener-policy"], where
        assert headers["cross-origin-resource-policy"] == (
            "cross-origin" if face is Face.PUBLIC_API else "same-origin"
        ), where
        assert "default-src 'none'" in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert "unsafe" not in policy, where
        assert "base-uri 'none'" in policy or face is not Face.PAGE, where
        assert headers["cache-control"], where
        assert "hlc" == headers["server"], where
        assert headers["x-request-id"], where
        assert 500 != told.status, where
        seen += 1

    assert seen > 200


def test_every_body_has_a_type_and_a_charset(memory_world: World, client: Client) -> None:
    """JSON and text in UTF-8; problem+json is UTF-8 by its own definition."""
    for where, _, told in answers(memory_world, client):
        if told.body:
            kind = told.headers["content-type"]
            assert "charset=utf-8" in kind or kind == "application/problem+json" or kind.startswith("image/"), where


def test_data_is_not_kept_by_caches(memory_world: World, client: Client) -> None:
    """Neither of patients nor of anybody: `no-store` on what the API answers."""
    for where, face, told in answers(memory_world, client):
        if face is Face.API:
            assert "no-store" == told.headers["cache-control"], where


def test_plain_http_gets_no_strict_transport(shop: Shop) -> None:
    """A trial on one's own machine must not lock itself out."""
    assert "strict-transport-security" not in shop.client.get("/healthz").headers


def test_reading_changes_nothing(memory_world: World, client: Client) -> None:
    """No GET writes a row, but for the audit of reads; a buy link only makes its cart."""
    kept = [shape for shape in ALL if shape.name != "audit_entries"]
    before = {shape.name: memory_world.rows(shape) for shape in kept}
    for route in make_app(memory_world.services)[ROUTES]:
        if route.method == "GET" and not route.path.startswith("/buy/"):
            path = "/".join(ABSENT if part.startswith("{") else part for part in route.path.split("/"))
            client.as_(STAFF).get(path)

    assert before == {shape.name: memory_world.rows(shape) for shape in kept}


@pytest.mark.parametrize("text", ["a\nb", 'a"}\n{"level":"error"}', "a\r\nb", "\u2028", "\x00", "\x1b[31m"])
def test_a_log_line_cannot_be_forged(text: str) -> None:
    """One record is one line of JSON, whatever stands in it."""
    record = logging.LogRecord("hlc.http", logging.INFO, "x", 1, text, (), None)
    record.facts = {"operation": text}
    line = JsonLines().format(record)

    assert 1 == len(line.splitlines())
    assert text == json.loads(line)["operation"]
