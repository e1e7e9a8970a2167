"""Stripe's webhooks: verified, stored once, then the payment is looked up. Source: spec/billing, Payments."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_core.kernel.evolve import evolve
from hlc_core.relay import DeliveryState
from support.service import STAFF, Client, Shop, Told, serving
from support.worlds import World

SECRET = "whsec_0123456789abcdef"
PATH = "/api/stripe/webhook"


def signed(world: World, body: bytes, secret: str = SECRET) -> str:
    """Stripe's signature over the body, now."""
    stamp = str(int(world.clock.now().timestamp()))
    return f"t={stamp},v1=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def event(object_id: str = "pi_1", number: int = 1, kind: str = "payment_intent.succeeded") -> bytes:
    """An event as Stripe sends it."""
    inner = {"id": object_id, "object": "payment_intent", "metadata": {}}
    return json.dumps({"id": f"evt_{number}", "object": "event", "type": kind, "data": {"object": inner}}).encode()


def send(client: Client, world: World, body: bytes, secret: str = SECRET) -> Told:
    """Post it, signed."""
    return client.ask("POST", PATH, raw=body, Stripe_Signature=signed(world, body, secret))


@pytest.fixture
def hooked(world: World) -> Iterator[Shop]:
    """A service that takes webhooks, on memory, SQLite and PostgreSQL."""
    settings = evolve(world.services.settings, stripe_webhook_secret=SECRET)
    with serving(evolve(world.services, settings=settings)) as client:
        yield Shop(world, client)


def test_a_webhook_is_stored_once_however_often_it_comes(hooked: Shop) -> None:
    """200 each time; one row; the relay works it off."""
    first, again = (send(hooked.client, hooked.world, event()) for _ in range(2))
    other = send(hooked.client, hooked.world, event(number=2))

    assert [(200, True), (200, False), (200, True)] == [(t.status, t.json["new"]) for t in (first, again, other)]
    assert 2 == len(hooked.world.rows(DELIVERIES))
    assert 2 == hooked.world.services.relay()
    assert {DeliveryState.DONE} == {row.state for row in hooked.world.rows(DELIVERIES)}


def test_what_stripe_did_not_sign_is_not_stored(hooked: Shop) -> None:
    """No, wrong or old signature; and what is signed but no event."""
    body = event()
    bare = hooked.client.ask("POST", PATH, raw=body)
    wrong = send(hooked.client, hooked.world, body, "whsec_another_secret")
    header = signed(hooked.world, body)
    hooked.world.advance(minutes=6)
    old = hooked.client.ask("POST", PATH, raw=body, Stripe_Signature=header)
    nothing = send(hooked.client, hooked.world, b"[]")

    assert [401, 401, 401] == [told.status for told in (bare, wrong, old)]
    assert (422, "unreadable_event") == (nothing.status, nothing.code)
    assert [] == hooked.world.rows(DELIVERIES)


def test_while_stripe_is_switched_off_webhooks_wait(memory_world: World) -> None:
    """200 and held; an operator has them worked off later."""
    settings = evolve(memory_world.services.settings, stripe_webhook_secret=SECRET, stripe_disabled=True)
    with serving(evolve(memory_world.services, settings=settings)) as client:
        told = send(client, memory_world, event())
        idle = memory_world.services.relay()
        (held,) = client.as_(STAFF).get("/api/v1/webhooks/messages?state=held").json["items"]
        replayed = client.as_(STAFF).post(f"/api/v1/webhooks/messages/{held['message']['id']}/replay", {})

        assert (200, 0) == (told.status, idle)
        assert ("stripe", "stripe_disabled") == (held["message"]["source"], held["message"]["code"])
        assert (200, "received") == (replayed.status, replayed.json["message"]["state"])
        assert 1 == memory_world.services.relay()
        assert "processed" == client.as_(STAFF).get("/api/v1/webhooks/messages").json["items"][0]["message"]["state"]


def test_without_a_secret_stripe_is_asked_to_come_again(shop: Shop) -> None:
    """503, naming the setting: nothing that cannot be verified is taken."""
    told = send(shop.client, shop.world, event())

    assert (503, "HLC_STRIPE_WEBHOOK_SECRET") == (told.status, told.json["fields"][0]["field"])
