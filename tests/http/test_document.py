"""The route table is the one source: what is declared is served, documented and permitted, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from hlc_core.registry import QUESTIONS, USE_CASES
from hlc_http.app import PERMISSIONS, ROUTES, make_app
from hlc_http.openapi import document, template
from hlc_http.reference import markdown
from hlc_http.table import Face, Route, Who
from support.service import Shop
from support.worlds import World, opened

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "http.md"

OPEN = re.compile(r"/api/stripe/webhook|/simulator/.*|/api/v1/auth/[a-z/-]+")
"""Routes of the API that ask for no permission: a signature vouches for a webhook, and the simulator is a toy."""


def table(world: World) -> tuple[Route, ...]:
    """Every declared route."""
    return make_app(world.services)[ROUTES]


def test_every_route_served_is_in_the_document_and_the_other_way_round(memory_world: World) -> None:
    """Apart from files, HEAD and OPTIONS."""
    app = make_app(memory_world.services)
    told = document(app[ROUTES], PERMISSIONS, "http://x")
    served = {
        (route.method.lower(), template(route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
    }

    documented = {(method, path) for path, methods in told["paths"].items() for method in methods}

    assert served - {("get", "/static/{path}"), ("get", "/embed/hlc-cart-drawer.js")} == documented


def test_every_route_declares_its_permission(memory_world: World) -> None:
    """By the command or query that it runs, or by a key asked for at the door; pages and the machine room apart."""
    for route in table(memory_world):
        declared = route.permission or (PERMISSIONS.get(route.uses) if route.uses else None)
        if route.who is Who.ANYONE and (route.face in (Face.PAGE, Face.MACHINE) or OPEN.fullmatch(route.path)):
            continue
        if route.path.startswith("/cart/"):
            continue
        assert declared, f"{route.method} {route.path}"


def test_names_and_docstrings_are_there(memory_world: World) -> None:
    """Each operation has a name of its own and a summary."""
    routes = table(memory_world)

    assert len(routes) == len({route.name for route in routes})
    assert all(route.summary and route.tag for route in routes)


def test_whatever_an_operator_may_do_can_be_done_over_http(memory_world: World) -> None:
    """Every command and query that some permission opens is behind a route, but for those named here with a reason."""
    behind = {route.uses for route in table(memory_world)}
    elsewhere = {
        "ApplyBilling", "EndRun", "SetSubscriptionAside",  # steps of a run
        "CompareQueue",  # a step of rebuilding the queue
        "ImportPatients", "ImportCoupons", "ImportSubscriptions", "ImportDrugs",  # behind the one route of imports
        "RetellPayment", "WakePayment", "RetellInvoice",  # steps of a repair
        "LateOrders", "SubscriptionNumbered", "SubscriptionsOfPatient",  # parameters of lists and paths
        "IndexPatients",  # the job's
        "NoteRefusedMethod", "PlanStoring", "RetriesUnderWay",  # steps of keeping a card
        "ProductsByIds", "CheckCoupon", "GetPageDesign", "OwnStrays",  # for the pages
        "OrdersOfSubscription", "InvoicesOfSubscription", "MarkDisputed",
    }  # fmt: skip

    missing = {
        kind.__name__
        for kind, permission in PERMISSIONS.items()
        if permission is not None and kind not in behind and kind.__name__ not in elsewhere
    }

    assert set() == missing
    assert len(PERMISSIONS) == len(USE_CASES) + len(QUESTIONS)


def test_the_document_is_served_and_browsable(shop: Shop) -> None:
    """OpenAPI 3.1 at /openapi.json, whose references all lead somewhere, and pages for people at /docs."""
    told = shop.client.get("/openapi.json")
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', told.body.decode()))
    page = shop.client.get("/docs")

    assert "3.1.0" == told.json["openapi"]
    assert names <= set(told.json["components"]["schemas"])
    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
    assert b"/api/public/cart/create" in page.body


def test_the_written_reference_is_the_table() -> None:
    """docs/reference/http.md is generated: run this file to write it anew."""
    assert _written() == REFERENCE.read_text(encoding="utf-8")


def _written() -> str:
    with opened() as world:
        return markdown(document(table(world), PERMISSIONS, "http://127.0.0.1:3200"))


if __name__ == "__main__":
    REFERENCE.parent.mkdir(exist_ok=True)
    REFERENCE.write_text(_written(), encoding="utf-8")
