"""The recorded past over HTTP: filters, verifying, the checkpoint, export."""

from __future__ import annotations

import json

from hlc_core.audit.api import SealAudit
from support.service import Shop


def test_the_record_is_filtered(shop: Shop) -> None:
    """By who, what, on which and when; what cannot be read is refused."""
    product = shop.world.product()
    shop.world.subscribe()

    def commands(**query: str) -> list[str]:
        told = shop.staff.get("/api/v1/audit?" + "&".join(f"{name}={value}" for name, value in query.items()))
        assert 200 == told.status, told
        return [one["command"] for one in told.json["items"]]

    assert ["AddProduct"] == commands(subject=product.id)
    assert {"CreateCart"} == set(commands(command="CreateCart"))
    assert {"SubmitCheckout", "CreateCart"} == set(commands(actor="public"))
    assert [] == commands(outcome="denied")
    assert [] == commands(since="2027-01-01T00:00:00Z")
    assert [] == commands(until="2020-01-01T00:00:00Z")
    assert 400 == shop.staff.get("/api/v1/audit?since=yesterday").status
    assert 400 == shop.staff.get("/api/v1/audit?outcome=lost").status
    assert 403 == shop.staff.get("/api/v1/audit/all").status


def test_the_record_is_verified_and_its_end_is_told(shop: Shop) -> None:
    """Nothing is sealed at first; then there is a checkpoint, and verifying holds against it."""
    assert 404 == shop.staff.get("/api/v1/audit/checkpoint").status
    shop.world.product()
    shop.world.advance(minutes=3)
    shop.world.execute(SealAudit())
    told = shop.staff.get("/api/v1/audit/checkpoint").json
    line = f"{told['number']}:{told['hash']}:{told['signature']}"

    found = shop.staff.get(f"/api/v1/audit/verify?checkpoint={line}").json
    assert (True, 1, 0, []) == (found["sound"], found["seals"], found["waiting"], found["broken"])
    wrong = shop.staff.get(f"/api/v1/audit/verify?checkpoint=7:{'0' * 64}:").json
    assert ["checkpoint missing"] == [one["breach"] for one in wrong["broken"]]
    assert 422 == shop.staff.get("/api/v1/audit/verify?checkpoint=nonsense").status


def test_the_record_is_exported(shop: Shop) -> None:
    """As a table or as JSON lines, under a name of ours; not to everybody."""
    shop.world.product()
    table = shop.staff.get("/api/v1/audit/export?command=AddProduct")
    lines = shop.staff.get("/api/v1/audit/export?format=jsonl&command=AddProduct")

    assert 'attachment; filename="audit-clinic.csv"' == table.headers["content-disposition"]
    assert "text/csv; charset=utf-8" == table.headers["content-type"]
    assert 2 == len(table.body.splitlines())
    assert ["AddProduct"] == [json.loads(line)["command"] for line in lines.body.splitlines()]
    assert 403 == shop.staff.get("/api/v1/audit/export?impersonated=true").status
    assert 403 == shop.staff.get("/api/v1/audit/export?all=true").status
    assert 401 == shop.client.get("/api/v1/audit/export").status
    assert 400 == shop.staff.get("/api/v1/audit/export?format=pdf").status


def test_entries_say_from_where_they_came(shop: Shop) -> None:
    """The channel, and the address of the caller."""
    shop.staff.post("/api/v1/coupons", {"code": "TEN", "terms": {"percent": 1000}})
    (entry,) = shop.staff.get("/api/v1/audit?command=AddCoupon").json["items"]

    assert ("http", "127.0.0.1", "alice") == (entry["channel"], entry["address"], entry["actor"])
