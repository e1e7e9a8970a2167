"""Keys: one per kind of actor, kept as digests. Source: issue 2, HTTP."""

from __future__ import annotations

import pytest

from hlc_core.kernel.errors import Invalid
from hlc_http.auth import holders_of
from support.service import STAFF, SYSTEM, Shop, serving
from support.worlds import World

SECRET = "patient-key-patient-key-patient"


def test_operators_need_a_key(shop: Shop) -> None:
    """Without one 401 with the scheme; with a wrong one the same; two ways at once are refused."""
    path = "/api/v1/orders"

    bare = shop.client.get(path)
    wrong = shop.client.as_("staff-key-of-somebody-else").get(path)
    odd = shop.client.get(path, Authorization="Basic abc")
    both = shop.staff.get(path, X_API_Key=STAFF)

    assert [401] * 4 == [one.status for one in (bare, wrong, odd, both)]
    assert "unauthenticated" == bare.code == wrong.code
    assert bare.headers["www-authenticate"].startswith("Bearer")


def test_a_key_goes_in_either_header(shop: Shop) -> None:
    """`Authorization: Bearer` and `X-API-Key` are the same."""
    assert 200 == shop.staff.get("/api/v1/orders").status
    assert 200 == shop.client.get("/api/v1/orders", X_API_Key=STAFF).status
    assert 200 == shop.client.as_(SYSTEM).get("/api/v1/orders").status


def test_a_patient_sees_only_what_is_theirs(memory_world: World) -> None:
    """Their own orders, subscriptions and invoices; of others nothing, not even that they exist."""
    mine, other = memory_world.subscribe(), memory_world.subscribe()
    with serving(memory_world.services, f"patient:clinic:{SECRET}:{mine.patient}") as client:
        patient, staff = client.as_(SECRET), client.as_(STAFF)

        orders, held = patient.get("/api/v1/orders").json, patient.get("/api/v1/subscriptions").json
        invoices = patient.get("/api/v1/invoices").json
        all_orders, all_invoices = staff.get("/api/v1/orders").json, staff.get("/api/v1/invoices").json
        foreign_invoice = next(i for i in all_invoices["items"] if i["invoice"]["patient"] == other.patient)

        assert ([mine.order], 2) == ([card["order"]["id"] for card in orders["items"]], len(all_orders["items"]))
        assert [mine.id] == [one["id"] for one in held["items"]]
        assert [mine.patient] == [card["invoice"]["patient"] for card in invoices["items"]]
        assert 200 == patient.get(f"/api/v1/orders/{mine.order}").status
        assert 200 == patient.get(f"/api/v1/orders/{mine.order}/explain").status
        assert 200 == patient.get(f"/api/v1/subscriptions/{mine.number}/explain").status
        assert 200 == patient.get(f"/api/v1/patients/{mine.patient}").status
        for path in (
            f"/api/v1/orders/{other.order}",
            f"/api/v1/orders/{other.order}/explain",
            f"/api/v1/subscriptions/{other.id}",
            f"/api/v1/subscriptions/{other.number}/explain",
            f"/api/v1/patients/{other.patient}",
            f"/api/v1/invoices/{foreign_invoice['invoice']['id']}/receipt",
            f"/api/v1/invoices/{foreign_invoice['invoice']['id']}/receipt/pdf",
            f"/api/v1/invoices/{foreign_invoice['invoice']['id']}/pdf",
        ):
            foreign, unknown = patient.get(path), patient.get(path.replace(other.id, "sub_nope"))
            assert 404 == foreign.status, path
            assert foreign.json["detail"] == unknown.json["detail"]
        own = invoices["items"][0]["invoice"]["id"]
        assert patient.get(f"/api/v1/invoices/{own}/pdf").body.startswith(b"%PDF-")
        assert patient.get(f"/api/v1/invoices/{own}/receipt/pdf").body.startswith(b"%PDF-")
        assert 403 == patient.get("/api/v1/audit").status
        assert 403 == patient.post(f"/api/v1/subscriptions/{mine.id}/keep").status


def test_staff_may_not_do_what_only_hlc_does(shop: Shop) -> None:
    """A refusal by permission names the key that is missing, and stands in the audit trail."""
    told = shop.client.get("/metrics")

    assert 401 == told.status
    assert 200 == shop.staff.get("/metrics").status


@pytest.mark.parametrize(
    "entry",
    [
        "staff:clinic:short",
        "robot:clinic:0123456789abcdef",
        "patient:clinic:0123456789abcdef",
        "0123456789abcdef",
        "staff:clinic:0123456789abcdef:a:b",
    ],
)
def test_a_wrong_entry_is_named_by_its_place_never_by_its_content(entry: str) -> None:
    """The refusal holds no secret."""
    with pytest.raises(Invalid) as refusal:
        holders_of(["staff:clinic:0123456789abcdef", entry])

    assert ["HLC_API_KEYS, entry 2"] == [fault.field for fault in refusal.value.faults]
    assert "0123456789abcdef" not in str(refusal.value.faults)


def test_a_bare_key_of_the_command_line_works(memory_world: World) -> None:
    """`hlc keys new` prints `hlc_<kind>_…`: it lets in for the only organization."""
    key = "hlc_staff_abcdefghijklmnopqrstuvwxyz"
    with serving(memory_world.services, key) as client:
        assert 200 == client.as_(key).get("/api/v1/orders").status


def test_another_organization_cannot_be_named_with_a_key(shop: Shop) -> None:
    """The key says which organization it is for."""
    assert 404 == shop.staff.get("/api/v1/orders", X_HLC_Organization="other").status
    assert 404 == shop.client.get("/api/public/cart/x", X_HLC_Organization="other").status
