"""Stripe's webhooks: only a genuine, fresh one is read, and anything else is a refusal of the house."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256

import pytest

from hlc_adapters.gateways.stripe.inbound import InboundEvent, NotFromStripe, StripeInbound, UnreadableEvent
from hlc_core.kernel.errors import HlcError, Invalid
from ports.gateway_world import START, TurnedClock

SECRET = "whsec_0123456789abcdef"
BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": {"object": "payment_intent", "id": "pi_1", "metadata": {"hlc_attempt": "att_1"}}},
    }
).encode()


def signed(body: bytes = BODY, offset: float = 0, secret: str = SECRET) -> str:
    """The header that Stripe would send at that many seconds from now."""
    stamp = str(int(START.timestamp() + offset))
    return f"t={stamp},v1={hmac.new(secret.encode(), stamp.encode() + b'.' + body, sha256).hexdigest()}"


@pytest.fixture
def inbound() -> StripeInbound:
    """The reader with its secret, at a time that stands still."""
    return StripeInbound([SECRET], TurnedClock())


def test_a_genuine_event_is_a_small_value(inbound: StripeInbound) -> None:
    """The event says which object to look at and names our attempt."""
    expected = InboundEvent(id="evt_1", type="payment_intent.succeeded", object_id="pi_1", reference="att_1")

    assert expected == inbound.read(BODY, signed())


def test_every_single_bit_counts(inbound: StripeInbound) -> None:
    """A flipped bit anywhere in the body or in the header's time or signature is refused."""
    header = signed()
    for position in range(len(BODY) * 8):
        flipped = bytearray(BODY)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(NotFromStripe):
            inbound.read(bytes(flipped), header)
    for position in range(len(header) * 7):
        letters = [ord(letter) for letter in header]
        letters[position // 7] ^= 1 << position % 7
        with pytest.raises(HlcError):
            inbound.read(BODY, "".join(map(chr, letters)))


@pytest.mark.parametrize(("offset", "fresh"), [(-300, True), (-301, False), (300, True), (301, False)])
def test_five_minutes_is_the_limit(inbound: StripeInbound, offset: int, fresh: bool) -> None:
    """Five minutes old or ahead is accepted, a second more is refused."""
    if fresh:
        assert "evt_1" == inbound.read(BODY, signed(offset=offset)).id
    else:
        with pytest.raises(NotFromStripe):
            inbound.read(BODY, signed(offset=offset))


@pytest.mark.parametrize("years", [-10, -1, 1, 10])
def test_years_ago_and_years_ahead_are_refused(inbound: StripeInbound, years: int) -> None:
    """A valid signature of another year is refused, in the future too."""
    with pytest.raises(NotFromStripe):
        inbound.read(BODY, signed(offset=years * 31_557_600))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=",
        "v1=",
        "t=,v1=",
        "t=now,v1=" + "0" * 64,
        "t=-5,v1=" + "0" * 64,
        "t=٣,v1=" + "0" * 64,
        "t=" + "9" * 400 + ",v1=" + "0" * 64,
        "t=1,t=2,v1=" + "0" * 64,
        f"t={int(START.timestamp())}",
        f"t={int(START.timestamp())},v1=é",
        f"t={int(START.timestamp())},v1=" + "0" * 64,
        f"t={int(START.timestamp())},v0=" + "0" * 64,
        "," * 1000,
        "=" * 1000,
        "v1=" + "0" * 5000,
    ],
)
def test_a_malformed_header_is_a_refusal(inbound: StripeInbound, header: str | None) -> None:
    """No header that anybody can think of is more than a refusal."""
    with pytest.raises(NotFromStripe):
        inbound.read(BODY, header)


def test_another_secret_does_not_vouch(inbound: StripeInbound) -> None:
    """A signature with a different secret is refused."""
    with pytest.raises(NotFromStripe):
        inbound.read(BODY, signed(secret="whsec_fedcba9876543210"))


def test_one_of_several_signatures_may_match(inbound: StripeInbound) -> None:
    """While Stripe rolls a secret it sends two signatures, and we may know two secrets."""
    stamp, _, genuine = signed().partition(",")
    rolled = StripeInbound(["whsec_fedcba9876543210", SECRET], TurnedClock())

    assert "evt_1" == inbound.read(BODY, f"{stamp},v1={'0' * 64},{genuine}").id
    assert "evt_1" == rolled.read(BODY, signed()).id


@pytest.mark.parametrize("secrets", [[], [""], ["   "], [SECRET, ""], ["whsec_"], "", "short"])
def test_without_a_secret_there_is_no_reader(secrets: list[str] | str) -> None:
    """Empty and stub secrets are refused at construction."""
    with pytest.raises(Invalid):
        StripeInbound(secrets, TurnedClock())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"object": "event"}',
        b'{"object": "event", "id": 7, "type": "x", "data": {"object": {}}}',
        b'{"object": "event", "id": "evt", "type": "x", "data": []}',
        b'{"object": "event", "id": "evt", "type": "x y", "data": {"object": {}}}',
        b'{"object": "v2.core.event", "id": "evt", "type": "x", "data": {"object": {}}}',
    ],
)
def test_a_signed_body_that_is_no_event_is_a_refusal(inbound: StripeInbound, body: bytes) -> None:
    """Even with a valid signature, nonsense is refused as unreadable."""
    with pytest.raises(UnreadableEvent):
        inbound.read(body, signed(body))


@pytest.mark.parametrize(
    ("subject", "object_id", "reference"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_2"}, "pi_2", None),
        ({"object": "charge", "payment_intent": {"id": "pi_3"}, "metadata": {"hlc_attempt": "att_3"}}, "pi_3", "att_3"),
        ({"object": "dispute", "id": "du_1", "payment_intent": "pi_4"}, "pi_4", None),
        ({"object": "customer", "id": "cus_1"}, None, None),
        ({"object": "payment_intent", "id": {"$ne": 1}, "metadata": []}, None, None),
        ({"object": "payment_intent", "id": "pi_5", "metadata": {"hlc_attempt": "x" * 999}}, "pi_5", None),
    ],
)
def test_the_object_to_look_at_is_named(
    inbound: StripeInbound, subject: dict[str, object], object_id: str | None, reference: str | None
) -> None:
    """Charges, refunds and disputes lead to their intent; what is no id is no id."""
    body = json.dumps({"id": "evt_2", "object": "event", "type": "any.thing", "data": {"object": subject}}).encode()

    event = inbound.read(body, signed(body))

    assert (object_id, reference) == (event.object_id, event.reference)


def test_refusals_hold_no_content(inbound: StripeInbound) -> None:
    """Neither the body, the header nor the secret appears in a refusal."""
    with pytest.raises(NotFromStripe) as refused:
        inbound.read(b"canary" + BODY, signed())

    assert not {"canary", "evt_1", SECRET, "v1="} & set(str(vars(refused.value)).split())
    assert refused.value.__cause__ is None
