"""Paying a cart over HTTP: once, whoever presses how often. Source: spec/commerce, Checkout."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.catalog.api import AddCheckoutTemplate, AskedField, MakeTemplateDefault, PageDesign
from hlc_core.kernel.errors import Stale
from support.service import Shop, Told


def test_a_payment_answers_with_the_order(shop: Shop) -> None:
    """200, the order's number, the subscriptions, and a sentence for the buyer."""
    told = shop.buy(shop.world.plan(), shop.world.product())

    assert "succeeded" == told["state"]
    assert told["orderNumber"]
    assert 1 == len(told["subscriptionIds"])
    assert "Thank you; your order was placed." == told["message"]


def test_a_decline_names_the_gateways_reason_and_the_same_cart_pays_again(shop: Shop) -> None:
    """402 with a problem that holds the try; then another card on the same cart pays."""
    cart = shop.cart(shop.world.product())

    declined = shop.pay(cart, "tok_insufficient_funds")
    paid = shop.pay(cart, "tok_success")

    assert (402, "payment_declined") == (declined.status, declined.code)
    assert declined.json["detail"].startswith("Payment failed: ")
    assert declined.json["detail"].endswith("You can retry from this same cart link.")
    assert ("declined", ["checkout"]) == (declined.json["checkout"]["state"], declined.json["checkout"]["actions"])
    assert (200, 2) == (paid.status, paid.json["number"])


def test_a_key_repeats_its_answer_and_refuses_another_body(shop: Shop) -> None:
    """Same key and body: the stored answer. Same key, other body: 422. The key counts for its cart only."""
    cart, other = shop.cart(shop.world.product()), shop.cart(shop.world.product())

    first = shop.pay(cart, Idempotency_Key="k1")
    again = shop.pay(cart, Idempotency_Key="k1")
    changed = shop.pay(cart, "tok_mastercard", Idempotency_Key="k1")
    elsewhere = shop.pay(other, Idempotency_Key="k1")

    assert first.body == again.body
    assert (422, "key_reused") == (changed.status, changed.code)
    assert 200 == elsewhere.status
    assert 2 == len(shop.world.captured())


def test_fifty_identical_submissions_at_once_pay_once(any_shop: Shop) -> None:
    """One order, one charge, and fifty equal answers."""
    cart = any_shop.cart(any_shop.world.plan())

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(lambda _: any_shop.pay(cart, Idempotency_Key="same"), range(50)))

    assert {200} == {one.status for one in told}, {one.body for one in told}
    assert 1 == len({one.body for one in told})
    assert 1 == len(any_shop.world.rows(ORDERS))
    assert 1 == len(any_shop.world.captured())
    assert 0 == any_shop.world.double_charges()


def test_a_stale_quote_says_what_changed_and_charges_nothing(shop: Shop) -> None:
    """409 with the change; nothing was charged."""
    product = shop.world.product(1000)
    cart = shop.cart(product)
    shop.client.ask("PATCH", f"/api/public/cart/{cart['cartId']}/items/{product.id}", {"quantity": 2})

    told = shop.pay(cart)

    assert (409, "stale_quote") == (told.status, told.code)
    assert told.json["fields"]
    assert [] == shop.world.captured()


def test_an_unknown_outcome_is_being_checked_and_told_when_known(shop: Shop) -> None:
    """202 without an invitation to pay again; looking again tells the result once it is known."""
    cart = shop.cart(shop.world.product())

    told = shop.pay(cart, "tok_lost_answer")
    again = shop.pay(cart)
    edited = shop.client.ask("DELETE", f"/api/public/cart/{cart['cartId']}/coupon")
    shop.world.advance(minutes=10)
    path = f"/api/public/cart/{cart['cartId']}/checkout"
    later = shop.client.get(f"{path}/{told.json['checkoutId']}")

    assert (202, "checking") == (told.status, told.json["state"])
    assert told.headers["retry-after"]
    assert told.json["checkoutId"] == again.json["checkoutId"]
    assert (409, "cart_is_being_paid") == (edited.status, edited.code)
    assert "succeeded" == later.json["state"]
    assert later.json == shop.client.get(path).json
    assert 1 == len(shop.world.captured())


def test_the_bank_asks_on_a_page_and_the_buyer_comes_back_to_the_cart(shop: Shop) -> None:
    """3-D Secure is a state of the attempt: its page is served here, and confirming completes the checkout."""
    cart = shop.cart(shop.world.product())

    told = shop.pay(cart, "tok_action")
    page = f"/simulator/actions/{told.json['actionUrl'].rpartition('/')[2]}"
    shown = shop.client.get(page)
    back = shop.client.ask("POST", page, raw=b"answer=complete", Content_Type="application/x-www-form-urlencoded")
    after = shop.client.get(f"/api/public/cart/{cart['cartId']}/checkout")

    assert (202, "action") == (told.status, told.json["state"])
    assert b"Confirm the payment" in shown.body
    assert (303, f"/cart/{cart['cartId']}") == (back.status, back.headers["location"])
    assert "succeeded" == after.json["state"]
    added = "payment_intent=pi_1&payment_intent_client_secret=s&redirect_status=succeeded"
    assert 200 == shop.client.get(f"/cart/{cart['cartId']}/status?{added}").status


def test_test_cards_become_tokens(shop: Shop) -> None:
    """A test number gets a token that pays; any other number is refused and kept nowhere."""
    token = shop.client.post("/simulator/tokens", {"number": "4242 4242 4242 4242", "expMonth": 12, "expYear": 2030})
    refused = shop.client.post("/simulator/tokens", {"number": "4111111111111112"})

    assert 200 == shop.pay(shop.cart(shop.world.product()), token.json["token"]).status
    assert (422, "no_test_card") == (refused.status, refused.code)


def test_missing_details_are_named_all_at_once(shop: Shop) -> None:
    """Each field at fault is named with the remedy; nothing is half done."""
    cart = shop.cart(shop.world.product())
    body = shop.submission(cart, patient={"email": "nobody", "name": ""})

    told = shop.client.post(f"/api/public/cart/{cart['cartId']}/checkout", body)
    bare = shop.pay(cart, None)

    assert (422, ["patient.email", "patient.name"]) == (told.status, [fault["field"] for fault in told.json["fields"]])
    assert "no_payment_token" == bare.code
    assert "OPEN" == shop.client.get(f"/api/public/cart/{cart['cartId']}").json["state"]


def test_a_state_that_is_none_is_refused_before_anything_is_charged(shop: Shop) -> None:
    """Nobody could be licensed for it; codes and names of the USA and Canada are taken, other countries' words, too."""
    home = {"address1": "1 Main St", "city": "New York", "postalCode": "10001", "countryCode": "US"}

    def paid(state: str, country: str = "US") -> tuple[int, list[str]]:
        cart = shop.cart(shop.world.product())
        address = {**home, "provinceCode": state, "countryCode": country}
        told = shop.client.post(f"/api/public/cart/{cart['cartId']}/checkout", shop.submission(cart, address=address))
        return told.status, [fault["field"] for fault in told.json.get("fields", ())]

    assert (422, ["address.provinceCode"]) == paid("ZZ")
    assert (422, ["address.provinceCode"]) == paid("NY", "CA")
    assert [] == shop.world.rows(ORDERS)
    assert [200] * 4 == [paid(*one)[0] for one in (("NY",), ("new york",), ("ON", "CA"), ("Lazio", "IT"))]


def test_a_parcel_without_an_address_is_refused_and_the_cart_says_so_before(shop: Shop) -> None:
    """The cart's `needsAddress` and each item's `ships` tell the page what to ask; the page of our own asks it."""

    def paid(cart: dict[str, Any]) -> Told:
        path = f"/api/public/cart/{cart['cartId']}/checkout"
        return shop.client.post(path, shop.submission(cart, address=None))

    parcel, visit = shop.cart(shop.world.product()), shop.cart(shop.world.product(ships=False))

    told = paid(parcel)
    page = shop.client.get(f"/cart/{visit['cartId']}/checkout").body.decode()

    assert (422, "address_needed", ["address"]) == (
        told.status,
        told.code,
        [one["field"] for one in told.json["fields"]],
    )
    assert ([True, True], [False, False]) == (
        [parcel["needsAddress"], parcel["items"][0]["ships"]],
        [visit["needsAddress"], visit["items"][0]["ships"]],
    )
    assert 200 == paid(visit).status
    assert "Your address" in page
    assert "Shipping address" in shop.client.get(f"/cart/{parcel['cartId']}/checkout").body.decode()


def test_the_form_asks_where_a_parcel_goes(shop: Shop) -> None:
    """Even where the clinic's checkout page leaves the address out: each field is named, and nothing is charged."""
    design = PageDesign(fields=(AskedField.NAME,))
    shop.world.execute(
        MakeTemplateDefault(template=shop.world.execute(AddCheckoutTemplate(name="x", design=design)).id)
    )
    cart = shop.cart(shop.world.product())
    form = {"firstName": "Bea", "lastName": "Buyer", "email": "bea@example.com", "terms": "yes"}
    sent = {**form, "paymentToken": "tok_success", "quoteHash": cart["quoteHash"], "submission": "s1"}

    def sends(fields: dict[str, str]) -> Told:
        headers = {"Content_Type": "application/x-www-form-urlencoded"}
        return shop.client.ask("POST", f"/cart/{cart['cartId']}/checkout", raw=urlencode(fields).encode(), **headers)

    bare = sends(sent)
    half = sends({**sent, "address1": "1 Main St", "city": "Albany", "postalCode": "12207"})

    assert (422, 422) == (bare.status, half.status)
    assert all(
        f'id="{name}-fault"' in bare.body.decode() for name in ("address1", "city", "postalCode", "provinceCode")
    )
    assert 'id="provinceCode-fault"' in half.body.decode()
    assert [] == shop.world.rows(ORDERS)


def test_a_free_trial_keeps_the_card(shop: Shop) -> None:
    """Nothing is charged, the subscription begins, and its card is saved."""
    told: dict[str, Any] = shop.buy(shop.world.plan(trial_days=14))

    subscription = shop.staff.get(f"/api/v1/subscriptions/{told['subscriptionIds'][0]}").json

    assert ("TRIALING", True) == (subscription["state"], subscription["method"] is not None)
    assert [] == shop.world.captured()


def test_looking_at_the_form_is_never_a_conflict(shop: Shop) -> None:
    """Whoever else has written the cart at each commit of it: the form is shown, with the quote that stands."""
    cart = shop.cart(shop.world.product())

    def others_are_quicker(point: str) -> None:
        if point == "commit.before":
            raise Stale("Somebody else wrote it.")

    shop.world.probe = others_are_quicker
    seen = shop.client.get(f"/cart/{cart['cartId']}/checkout")

    assert 200 == seen.status
    assert f'name="quoteHash" value="{cart["quoteHash"]}"' in seen.body.decode()
