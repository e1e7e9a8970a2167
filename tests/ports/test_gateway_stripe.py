"""What only the Stripe adapter must prove: every error has a place, nothing leaks, odd answers are no answers."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.request import build_opener

import pytest
from aiohttp import web
from attrs import evolve

from hlc_adapters.gateways.stripe.client import StripeGateway
from hlc_adapters.gateways.stripe.inbound import StripeInbound
from hlc_adapters.gateways.stripe.mapping import charge, decline_class, from_stripe, intent, refund, shown, to_stripe
from hlc_core.kernel.errors import Invalid, Unavailable
from hlc_core.kernel.money import Money
from hlc_core.payments.model import DeclineClass, Result
from hlc_http.stripe_fake import FAKE_SECRET, StripeFake, StripeFault, make_stripe_fake
from ports.gateway_world import START, TurnedClock, charge_of, refund_of, usd
from support.servers import served

KEY = "sk_test_canary4242424242"


class Shop:
    """The gateway, the fake account behind it, and their clock."""

    def __init__(self, address: str, fake: StripeFake, clock: TurnedClock) -> None:
        self.address = address
        self.fake = fake
        self.clock = clock
        self.gateway = StripeGateway(KEY, base_url=address, timeout=30)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A fake account, served on a socket."""
    clock = TurnedClock()
    fake = StripeFake(clock=clock, search_lag=60)
    with served(make_stripe_fake(fake)) as address:
        yield Shop(address, fake, clock)


UNSURE = [
    StripeFault.LOST_REQUEST,
    StripeFault.LOST_ANSWER,
    StripeFault.SERVER_ERROR,
    StripeFault.SERVER_ERROR_AFTER,
    StripeFault.RATE_LIMIT,
    StripeFault.CONFLICT,
    StripeFault.GARBAGE,
    StripeFault.WRONG_SHAPE,
]


@pytest.mark.parametrize("fault", UNSURE)
def test_whatever_is_not_definite_is_no_answer(shop: Shop, fault: StripeFault) -> None:
    """Resets, 5xx, 429, 409 and unreadable answers are NO_ANSWER at every verb; Stripe is called once for each."""
    gateway = shop.gateway
    request = charge_of("pm_card_visa")
    object_id = str(gateway.create(request).object_id)
    other = charge_of("pm_card_visa", keep_method=False)
    refunding = refund_of(object_id, usd(1))
    for operation in ("customer", "create", "retrieve", "search", "confirm", "refund", "refunds"):
        shop.fake.misbehave(operation, fault)

    answers = [
        gateway.create(charge_of("pm_card_visa")),
        gateway.create(other),
        gateway.look_up(object_id),
        gateway.find(request.reference),
        gateway.confirm(object_id, request),
        gateway.find_refund(refunding),
        gateway.refund(refunding),
    ]

    assert [Result.NO_ANSWER] * 7 == [answer.result for answer in answers]


@pytest.mark.parametrize("fault", UNSURE)
def test_an_unsure_cancel_is_never_taken_for_a_fence(shop: Shop, fault: StripeFault) -> None:
    """When the cancel has no definite answer, only what Stripe then says of the object itself may count."""
    request = charge_of("pm_card_visa")
    object_id = str(shop.gateway.create(request).object_id)
    shop.fake.misbehave("cancel", fault)

    answer = shop.gateway.cancel(object_id, request.reference)

    assert Result.NO_ANSWER is answer.result
    assert answer.code


@pytest.mark.parametrize("fault", UNSURE)
def test_the_books_are_unavailable_rather_than_half_read(shop: Shop, fault: StripeFault) -> None:
    """An accident while the books are listed is Unavailable."""
    shop.fake.misbehave("charges", fault)

    with pytest.raises(Unavailable):
        list(shop.gateway.charges(START, START + timedelta(days=1)))


def test_the_books_are_read_to_the_last_page(shop: Shop) -> None:
    """More charges than one page holds are all listed."""
    requests = [charge_of("pm_card_visa", keep_method=False) for _ in range(105)]
    for request in requests:
        shop.gateway.confirm(str(shop.gateway.create(request).object_id), request)

    lines = list(shop.gateway.charges(START, START + timedelta(seconds=1)))

    assert {request.reference for request in requests} == {line.reference for line in lines}
    assert 105 == len(lines)


def test_a_search_that_lags_is_no_proof_of_absence(shop: Shop) -> None:
    """`find` says NOT_FOUND for a minute, the look-up by id knows at once."""
    request = charge_of("pm_card_visa")
    object_id = str(shop.gateway.create(request).object_id)
    shop.gateway.confirm(object_id, request)

    early = shop.gateway.find(request.reference).result
    shop.clock.forward(seconds=61)

    assert Result.NOT_FOUND is early
    assert Result.CAPTURED is shop.gateway.look_up(object_id).result
    assert Result.CAPTURED is shop.gateway.find(request.reference).result


def test_of_several_objects_the_one_with_the_money_counts(shop: Shop) -> None:
    """Where a key expired between two creates, `find` answers the captured object."""
    request = charge_of("pm_card_visa")
    first = str(shop.gateway.create(request).object_id)
    shop.clock.forward(hours=25)
    second = str(shop.gateway.create(request).object_id)
    shop.gateway.confirm(first, request)
    shop.clock.forward(minutes=2)

    answer = shop.gateway.find(request.reference)

    assert first != second
    assert (Result.CAPTURED, first) == (answer.result, answer.object_id)


def test_a_declined_intent_cannot_be_confirmed_by_a_late_request(shop: Shop) -> None:
    """After a decline the intent holds no card any more: a confirm beyond the key's life still moves no money."""
    request = charge_of("pm_card_chargeDeclinedInsufficientFunds")
    object_id = str(shop.gateway.create(request).object_id)
    shop.gateway.confirm(object_id, request)
    shop.clock.forward(hours=25)

    answer = shop.gateway.confirm(object_id, request)

    assert Result.DECLINED is answer.result
    assert [] == shop.fake.captured(request.reference)


def test_the_buyer_needs_an_address_to_come_back_to(shop: Shop) -> None:
    """Without a return address Stripe names no page; the gateway's own address is used where the request has none."""
    plain = evolve(charge_of("pm_card_authenticationRequired"), return_url="")
    again = evolve(charge_of("pm_card_authenticationRequired"), return_url="")
    homely = StripeGateway(KEY, base_url=shop.address, return_url="https://clinic.example/back")

    without = shop.gateway.confirm(str(shop.gateway.create(plain).object_id), plain)
    with_one = homely.confirm(str(homely.create(again).object_id), again)

    assert (Result.ACTION, None) == (without.result, without.action_url)
    assert str(with_one.action_url).startswith(shop.address)


def test_only_ids_travel_in_the_metadata(shop: Shop) -> None:
    """Stripe is told our attempt and organization, nothing about a person."""
    request = charge_of("pm_card_visa")
    object_id = str(shop.gateway.create(request).object_id)
    customer = shop.fake.customers[shop.fake.intents[object_id]["customer"]]

    marks = {"hlc_attempt": request.reference, "hlc_organization": request.organization}
    assert marks == shop.fake.intents[object_id]["metadata"] == customer["metadata"]


def test_a_refused_amount_is_a_definite_refusal(shop: Shop) -> None:
    """Below Stripe's minimum, or in a fraction Stripe does not count, the charge is declined at creation."""
    answers = [shop.gateway.create(charge_of("pm_card_visa", money)) for money in (usd(1), Money(150, "MGA"))]

    assert [(Result.DECLINED, "amount_too_small"), (Result.DECLINED, "amount_not_representable")] == [
        (answer.result, answer.code) for answer in answers
    ]


def test_a_legacy_card_token_is_accepted(shop: Shop) -> None:
    """A `tok_…` of Stripe's older forms is charged like a payment method."""
    request = charge_of("tok_visa")

    assert Result.CAPTURED is shop.gateway.confirm(str(shop.gateway.create(request).object_id), request).result


def test_a_reference_that_cannot_be_searched_is_no_answer(shop: Shop) -> None:
    """Quotes never reach Stripe's query language."""
    assert Result.NO_ANSWER is shop.gateway.find(charge_of("x", reference="a' OR 'b").reference).result


def test_the_key_and_stripes_errors_leak_nowhere(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Neither answers, refusals, logs nor the gateway's own text hold the key, the token or a body."""
    caplog.set_level(logging.DEBUG)
    outsider = StripeGateway("sk_live_canary9999", base_url=shop.address)
    gone = StripeGateway("sk_live_canary9999", base_url="http://127.0.0.1:1", timeout=1)
    request = charge_of("pm_card_canary", customer="cus_canary")

    texts = [repr(gateway.create(request)) for gateway in (outsider, gone, shop.gateway)]
    for gateway in (outsider, gone):
        texts += [repr(gateway), repr(vars(gateway)), repr(gateway.confirm("pi_1", request))]
        with pytest.raises(Unavailable) as refused:
            list(gateway.charges(START, START))
        texts += [str(refused.value), repr(refused.value.__cause__)]
    texts += [record.getMessage() for record in caplog.records]

    assert [] == [text for text in texts if "canary" in text or "sk_live" in text]


def test_an_empty_key_is_refused_at_construction() -> None:
    """No key, no gateway."""
    for broken in ("", "   ", "sk", "sk test with blanks"):
        with pytest.raises(Invalid):
            StripeGateway(broken)


def test_a_server_that_never_answers_is_a_timeout() -> None:
    """A connection that is taken and then silent ends after our timeout as NO_ANSWER."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        gateway = StripeGateway(KEY, base_url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)
        answer = gateway.look_up("pi_1")  # the SDK itself would wait for eighty seconds, and try again

    assert Result.NO_ANSWER is answer.result


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, {"error": {"type": "other_error", "code": "card_declined"}}),
        (402, {"error": {}}),
        (400, {"error": {"type": "invalid_request_error", "code": "something_new"}}),
        (400, {"error": "text"}),
        (404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "customer"}}),
        (400, {"error": {"type": "x", "code": "payment_intent_unexpected_state", "payment_intent": {"id": 7}}}),
        (403, {"error": {"type": "invalid_request_error"}}),
        (418, {"error": {"type": "invalid_request_error"}}),
        (200, {"id": "pi_1", "object": "payment_intent", "status": "requires_capture"}),
        (200, {"id": "pi_1", "object": "payment_intent", "status": "brand_new"}),
        (200, {"id": "pi_1", "object": "payment_intent", "status": "succeeded"}),
        (200, {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount_received": "5"}),
        (200, {"id": None, "object": "payment_intent", "status": "succeeded"}),
        (200, [1, 2]),
        (200, "text"),
        (204, None),
        (302, {"error": {}}),
    ],
)
def test_what_is_not_listed_is_no_answer(status: int, body: object) -> None:
    """Statuses, codes and shapes outside the tables are NO_ANSWER, never an exception and never a success."""

    async def odd(request: web.Request) -> web.Response:
        return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", odd)
    with served(app) as address:
        gateway = StripeGateway(KEY, base_url=address, timeout=30)
        request = charge_of("pm_card_visa", keep_method=False)
        answers = [gateway.confirm("pi_1", request), gateway.look_up("pi_1"), gateway.cancel("pi_1", request.reference)]

    assert {Result.NO_ANSWER} == {answer.result for answer in answers}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("lost_card", DeclineClass.HARD),
        ("stolen_card", DeclineClass.HARD),
        ("expired_card", DeclineClass.HARD),
        ("do_not_try_again", DeclineClass.HARD),
        ("insufficient_funds", DeclineClass.SOFT),
        ("generic_decline", DeclineClass.SOFT),
        ("do_not_honor", DeclineClass.SOFT),
        ("a_code_of_tomorrow", DeclineClass.SOFT),
        ("", DeclineClass.SOFT),
        ("authentication_required", DeclineClass.NEEDS_ACTION),
        ("payment_intent_authentication_failure", DeclineClass.NEEDS_ACTION),
        ("processing_error", DeclineClass.OUTAGE),
        ("issuer_not_available", DeclineClass.OUTAGE),
    ],
)
def test_every_decline_code_has_a_class(code: str, expected: DeclineClass) -> None:
    """The table is total: what it does not name is soft."""
    assert expected is decline_class(code)


@pytest.mark.parametrize(
    ("money", "there"),
    [
        (usd(4999), (4999, "usd")),
        (Money(500, "JPY"), (500, "jpy")),
        (Money(1230, "KWD"), (1230, "kwd")),
        (Money(7, "ISK"), (700, "isk")),
        (Money(7, "UGX"), (700, "ugx")),
        (Money(700, "MGA"), (7, "mga")),
    ],
)
def test_money_goes_there_and_back(money: Money, there: tuple[int, str]) -> None:
    """Stripe's units of a currency are its own; what comes back is what went."""
    assert there == to_stripe(money)
    assert money == from_stripe(*there)


def test_the_gateways_text_is_one_clean_line() -> None:
    """Keys and card numbers in Stripe's sentences are blotted out, length is bounded."""
    text = shown("No\nsuch key: sk_live_abc123****9Z, card 4242424242424242 " + "x" * 500)

    assert text.startswith("No such key: …, card … x")
    assert 200 == len(text)
    assert shown(None) == ""


def test_unreadable_objects_are_refused_by_the_mapping() -> None:
    """Objects without the fields that money needs are not guessed."""
    for read, found in [
        (intent, {}),
        (intent, {"id": "pi", "status": "succeeded", "amount_received": 1.5, "currency": "usd"}),
        (intent, {"id": "pi", "status": "succeeded", "amount_received": True, "currency": "usd"}),
        (refund, {"status": "succeeded"}),
        (refund, {"id": "re", "amount": None, "currency": "usd"}),
        (charge, {"status": "succeeded", "captured": True, "id": "ch", "created": None}),
    ]:
        with pytest.raises(ValueError):
            read(found)
    assert charge({"status": "failed"}) is None


def test_the_fake_refuses_what_stripe_no_longer_knows(shop: Shop) -> None:
    """The fake follows the API version of the SDK: intents are made with allowed types only."""
    shop.gateway.create(charge_of("pm_card_visa"))

    assert ["card"] == next(iter(shop.fake.intents.values()))["payment_method_types"]


def test_the_fakes_page_completes_an_action(shop: Shop) -> None:
    """The buyer's page of the fake can be opened and answered."""
    request = evolve(charge_of("pm_card_authenticationRequired"), return_url=f"{shop.address}/fake/back")
    object_id = str(shop.gateway.create(request).object_id)
    page = str(shop.gateway.confirm(object_id, request).action_url)
    with build_opener().open(page, timeout=30) as shown_page:
        assert b"Complete" in shown_page.read()

    shop.fake.act(object_id, True)

    assert Result.CAPTURED is shop.gateway.look_up(object_id).result


def test_webhooks_are_delivered_and_verified() -> None:
    """The fake posts its signed events to an address; each is genuine and names our attempt."""
    seen: list[tuple[bytes, str]] = []

    async def hook(request: web.Request) -> web.Response:
        seen.append((await request.read(), request.headers["Stripe-Signature"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    clock = TurnedClock()
    fake = StripeFake(clock=clock)
    with served(app) as ours, served(make_stripe_fake(fake, webhook_url=f"{ours}/hook", deliver_every=0.01)) as theirs:
        gateway = StripeGateway(KEY, base_url=theirs)
        request = charge_of("pm_card_visa")
        object_id = str(gateway.create(request).object_id)
        gateway.confirm(object_id, request)
        fake.dispute(object_id)
        deadline = time.monotonic() + 60
        while len(seen) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    events = [StripeInbound(FAKE_SECRET, clock).read(*one) for one in seen]

    assert ["payment_intent.created", "payment_intent.succeeded", "charge.dispute.created"] == [
        event.type for event in events
    ]
    assert {object_id} == {event.object_id for event in events}
    assert [request.reference, request.reference, None] == [event.reference for event in events]
