"""Prescribing over HTTP: from an approved order to a parcel that was delivered, and everything that is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core.intake.forms import bought, order_of, publish
from core.prescriptions.shelf import OFFERED, approved, carry, drug, refills, reviewed
from core.refills.test_refills import due, plan
from hlc_adapters.clock import VirtualClock
from hlc_adapters.pharmacies.partner import PartnerServer
from hlc_adapters.pharmacies.signing import sign
from hlc_adapters.pharmacies.webhook import WebhookPharmacy
from hlc_adapters.settings import PharmacyWebhook
from hlc_adapters.storage.shapes.partners import INBOUND_MESSAGES
from hlc_core.orders.api import OrderState
from support.service import PATIENT, Shop, Told, serving
from support.worlds import START, World

SECRET = "a-shared-secret-of-24-chars"
LABEL = {"name": "Doxepin 3 mg", "compound": "doxepin", "strength": "3 mg", "form": "tablet", "directions": "At night."}


@pytest.fixture
def partnered() -> Iterator[tuple[Shop, PartnerServer]]:
    """A clinic whose fills go to a partner over HTTP, served."""
    clock = VirtualClock(START)
    partner = PartnerServer(secret=SECRET, clock=clock)
    partner.open()
    told = PharmacyWebhook(name="acme", url=partner.url, secret=SECRET, certified=True)
    pharmacy = WebhookPharmacy(name="acme", url=partner.url, secret=SECRET, clock=clock, certified=True)
    world = World(clock=clock, pharmacies=(pharmacy,), settings={"pharmacy_webhooks": (told,)})
    try:
        with serving(world.services) as client:
            yield Shop(world, client), partner
    finally:
        world.close()
        partner.close()


def webhook(shop: Shop, message: dict[str, Any], secret: str = SECRET, name: str = "acme", off: int = 0) -> Told:
    """What a partner sends."""
    body = json.dumps(message).encode()
    signature = sign(secret, body, int(shop.world.clock.now().timestamp()) + off)
    return shop.client.ask("POST", f"/api/webhooks/pharmacy/{name}", raw=body, HLC_Signature=signature)


def test_the_road_from_an_approved_order_to_a_delivered_parcel(partnered: tuple[Shop, PartnerServer]) -> None:
    """Prescribed, carried to the partner, packed, shipped with tracking, delivered: every step over HTTP."""
    shop, partner = partnered
    world, staff = shop.world, shop.staff
    drug(world)
    order = approved(world)
    proposal = staff.get(f"/api/v1/orders/{order.id}/prescriptions/proposal").json
    made = staff.post(f"/api/v1/orders/{order.id}/prescribe", {"prescriber": "Dr. Ada Rivera"}).json
    assert (True, "ACTIVE") == (proposal["approved"], made[0]["state"])
    carry(world)
    dispatch = made[0]["dispatches"][0]["id"]
    told = staff.get(f"/api/v1/orders/{order.number}/explain").json["tried"]
    assert staff.get(f"/api/v1/orders/{order.number}/fills").json == told[-2:]
    assert "fill 0 of RX-" in told[-1]
    assert "ACKNOWLEDGED" in told[-1]
    document = partner.fills[dispatch]
    assert ("Dr. Ada Rivera", "NY") == (document["prescriber"]["name"], document["prescriber"]["licence"]["state"])
    steps = [
        {"status": "packed"},
        {"status": "shipped", "carrier": "UPS", "trackingNumber": "1Z9", "trackingUrl": "https://ups.example/1Z9"},
        {"status": "shipped", "carrier": "UPS", "trackingNumber": "1Z9", "trackingUrl": "https://ups.example/1Z9"},
        {"status": "delivered"},
    ]
    for place, step in enumerate(steps):
        told = webhook(shop, {"id": f"m{place}", "organization": "clinic", "dispatch": dispatch, **step})
        assert (201, step["status"]) == (told.status, told.json["outcome"])
    again = webhook(shop, {"id": "m0", "organization": "clinic", "dispatch": dispatch, **steps[0]})
    assert (200, False, "packed") == (again.status, again.json["new"], again.json["outcome"])
    health = {one["source"]: one for one in staff.get("/api/v1/webhooks/monitor").json}
    assert 4 == health["pharmacy"]["processed"]
    shown = staff.get(f"/api/v1/orders/{order.id}").json["order"]

    assert ("COMPLETED", "1Z9") == (shown["state"], shown["tracking"]["number"])
    assert "delivered" == staff.get(f"/api/v1/dispatches/{dispatch}").json["progress"]
    assert staff.get(f"/api/v1/dispatches/{dispatch}/print").body.startswith(b"%PDF-")
    world.sound()


def test_what_is_not_from_the_pharmacy_changes_nothing(partnered: tuple[Shop, PartnerServer]) -> None:
    """Wrong secret, unknown name, old time, another clinic, no JSON, unknown words: never 500, nothing parsed first."""
    shop, _ = partnered
    world = shop.world
    drug(world)
    order = approved(world)
    made = shop.staff.post(f"/api/v1/orders/{order.id}/prescribe", {}).json
    carry(world)
    good = {"id": "m", "organization": "clinic", "dispatch": made[0]["dispatches"][0]["id"], "status": "shipped"}
    raw = shop.client.ask("POST", "/api/webhooks/pharmacy/acme", raw=b"[" * 50_000, HLC_Signature="t=1,v1=" + "0" * 64)

    assert {401} == {
        webhook(shop, good, "another secret of 24 chars").status,
        webhook(shop, good, name="x").status,
    }
    assert {401} == {webhook(shop, good, off=-400).status, webhook(shop, good, off=400).status, raw.status}
    assert [] == world.rows(INBOUND_MESSAGES)
    assert 404 == webhook(shop, {**good, "organization": "elsewhere"}).status
    assert 404 == webhook(shop, {**good, "dispatch": "dsp_none"}).status
    for place, wrong in enumerate(
        ({"status": "eaten"}, {"id": ""}, {"dispatch": ""}, {"trackingUrl": "javascript:alert(1)"})
    ):
        assert 422 == webhook(shop, {**good, "id": f"w{place}", **wrong}).status
    assert 404 == webhook(shop, {**good, "id": "n", "pharmacy": "other", "dispatch": "dsp_none"}).status
    assert OrderState.AWAITING_FULFILLMENT is order_of(world, order.id).state
    parked = shop.staff.get("/api/v1/webhooks/messages?source=pharmacy&state=parked").json["items"]
    assert 4 == len(parked)


def test_a_message_that_came_before_its_dispatch_was_known_is_replayed(partnered: tuple[Shop, PartnerServer]) -> None:
    """Kept with its reason, listed, and worked off later: like what any other system tells."""
    shop, _ = partnered
    early = webhook(shop, {"id": "e", "organization": "clinic", "dispatch": "dsp_none", "status": "packed"})
    (card,) = shop.staff.get("/api/v1/webhooks/messages?source=pharmacy&state=failed").json["items"]
    replayed = shop.staff.post(f"/api/v1/webhooks/messages/{card['message']['id']}/replay", {})

    assert (404, "missing") == (early.status, early.code)
    assert (200, "received") == (replayed.status, replayed.json["message"]["state"])


def test_drugs_are_managed(shop: Shop) -> None:
    """Added, changed, withdrawn, restored; the same name, strength and form only once."""
    staff = shop.staff
    made = staff.post("/api/v1/drugs", {"label": LABEL})
    again = staff.post("/api/v1/drugs", {"label": {**LABEL, "name": " doxepin 3 MG"}})
    id = made.json["id"]
    changed = staff.ask("PATCH", f"/api/v1/drugs/{id}", {"label": {**LABEL, "refills": 5}})
    bad = staff.post(
        "/api/v1/drugs", {"label": {**LABEL, "name": "X", "schedule": "II", "refills": 1, "daysSupply": 0}}
    )

    assert (201, 409) == (made.status, again.status)
    assert 5 == changed.json["label"]["refills"]
    assert {"label.refills", "label.daysSupply"} == {fault["field"] for fault in bad.json["fields"]}
    assert not staff.post(f"/api/v1/drugs/{id}/withdraw", {}).json["active"]
    assert [] == staff.get("/api/v1/drugs?active=true").json["items"]
    assert staff.post(f"/api/v1/drugs/{id}/restore", {}).json["active"]


def test_a_prescription_is_drafted_signed_held_blocked_and_cancelled(any_shop: Shop) -> None:
    """Each step answers the card with what can be done next."""
    world, staff = any_shop.world, any_shop.staff
    medicine = drug(world)
    order = approved(world)
    draft = staff.post("/api/v1/prescriptions", {"order": order.id, "drug": medicine.id, "quantity": 4})
    number = draft.json["prescription"]["number"]
    path = f"/api/v1/prescriptions/{number}"
    assert (201, "DRAFT", ["sign", "cancel"]) == (draft.status, draft.json["state"], draft.json["actions"])
    assert "ACTIVE" == staff.post(f"{path}/sign", {}).json["state"]
    assert 422 == staff.post(f"{path}/hold", {}).status
    assert "ON_HOLD" == staff.post(f"{path}/hold", {"reason": "Labs."}).json["state"]
    assert "ACTIVE" == staff.post(f"{path}/release", {}).json["state"]
    blocked = staff.post(f"{path}/blocks", {"kind": "clarification", "note": "Which dose?"}).json
    assert [1] == [block["number"] for block in blocked["openBlocks"]]
    assert 422 == staff.post(f"{path}/blocks/x/close", {}).status
    assert [] == staff.post(f"{path}/blocks/1/close", {"answer": "0.25 mg."}).json["openBlocks"]
    queued = staff.post(f"{path}/dispatch", {})
    assert (202, "QUEUED") == (queued.status, queued.json["status"])
    cancelled = staff.post(f"{path}/cancel", {"reason": "Allergy."}).json

    assert ("CANCELLED", "CANCELLED") == (cancelled["state"], cancelled["dispatches"][0]["status"])
    assert 409 == staff.post(f"{path}/sign", {}).status
    told = staff.get(f"{path}/careportals").json
    assert {"_id", "organization", "customer._id", "customer.firstName", "customer.lastName", "customer.email",
            "customer.phone"} == set(told)  # fmt: skip


def test_a_patient_sees_their_own_prescriptions_and_refills_only(memory_world: World) -> None:
    """Another's is as missing as none."""
    world = memory_world
    order = plan(world)
    stranger = world.subscribe().patient
    refill, subscription = refills(world)[0].id, order.subscriptions[0]
    keys = [f"patient:clinic:{PATIENT}{name}:{id}" for name, id in (("mine", order.patient), ("other", stranger))]
    with serving(world.services, *keys) as client:
        mine, other = client.as_(f"{PATIENT}mine"), client.as_(f"{PATIENT}other")
        number = mine.get("/api/v1/prescriptions").json["items"][0]["prescription"]["number"]

        assert 200 == mine.get(f"/api/v1/prescriptions/{number}").status
        assert 404 == other.get(f"/api/v1/prescriptions/{number}").status
        assert [] == other.get(f"/api/v1/prescriptions?order={order.id}").json["items"]
        assert 200 == mine.get(f"/api/v1/refills/{refill}").status
        assert 404 == other.get(f"/api/v1/refills/{refill}").status
        assert 403 == mine.post(f"/api/v1/prescriptions/{number}/hold", {"reason": "No."}).status
        assert mine.get(f"/api/v1/subscriptions/{subscription}/renewal").json["permitted"]
        assert 404 == other.get(f"/api/v1/subscriptions/{subscription}/renewal").status


def test_a_refill_is_sent_declined_and_explained(shop: Shop) -> None:
    """As a provider does it."""
    world, staff = shop.world, shop.staff
    plan(world)
    world.advance(days=181)
    due(world)
    first, second, third = (one.id for one in refills(world))
    sent = staff.post(f"/api/v1/refills/{first}/send", {})
    assert (202, "APPROVED") == (sent.status, sent.json["state"])
    carry(world)

    assert "COMPLETED" == staff.get(f"/api/v1/refills/{first}").json["state"]
    assert 422 == staff.post(f"/api/v1/refills/{second}/decline", {}).status
    assert "DECLINED" == staff.post(f"/api/v1/refills/{second}/decline", {"reason": "Too much."}).json["state"]
    assert "CANCELLED" == staff.post(f"/api/v1/refills/{third}/cancel", {"reason": "Moved."}).json["state"]
    assert 409 == staff.post(f"/api/v1/refills/{third}/approve", {}).status
    assert 3 == len(staff.get("/api/v1/refills").json["items"])


def test_nothing_clinical_is_in_a_refusal(shop: Shop) -> None:
    """Names, drugs and directions stay out of problems."""
    world, staff = shop.world, shop.staff
    publish(world)
    drug(world)
    waiting = bought(world, drugs=OFFERED)
    early = staff.post(f"/api/v1/orders/{waiting.id}/prescribe", {})
    order = reviewed(world, waiting)
    staff.post(f"/api/v1/orders/{order.id}/prescribe", {})
    unknown = staff.post(f"/api/v1/orders/{order.id}/prescribe", {"items": [{"drug": "drug_none"}]})
    wrong = staff.post("/api/v1/prescriptions", {"order": order.id, "drug": "drug_none", "quantity": "many"})

    assert (409, 422, 400) == (early.status, unknown.status, wrong.status)
    assert not any(b"emaglutide" in told.body for told in (early, unknown, wrong))
