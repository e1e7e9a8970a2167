"""Refusals as programs read them: the name of the field as it was sent, and what can be done instead."""

from __future__ import annotations

from support.service import Shop, Told


def fields(told: Told) -> dict[str, str]:
    """Field and remedy of each fault; of several of one field the first."""
    found: dict[str, str] = {}
    for fault in told.json["fields"]:
        found.setdefault(fault["field"], fault["message"])
    return found


def test_a_move_that_is_not_possible_names_the_trigger_and_those_that_are(shop: Shop) -> None:
    """The word of the body, not the one of the answer."""
    number = shop.buy(shop.world.product(needs_prescription=True))["orderNumber"]

    told = shop.staff.post(f"/api/v1/orders/{number}/move", {"trigger": "ship"})

    assert (409, "illegal_transition") == (told.status, told.code)
    assert fields(told)["trigger"].startswith("possible now: ")
    assert "cancel" in fields(told)["trigger"]


def test_a_move_without_a_body_names_what_the_path_names(shop: Shop) -> None:
    """There is no trigger to be named."""
    subscription = shop.world.subscribe()
    path = f"/api/v1/subscriptions/{subscription.id}"
    shop.staff.post(f"{path}/cancel", {"reason": "asked", "when": "now"})

    told = shop.staff.post(f"{path}/pause", {})

    assert (409, {"subscriptionId": "nothing more: CANCELLED is an end"}) == (told.status, fields(told))


def test_shipping_without_tracking_says_how_the_parcel_is_tracked(shop: Shop) -> None:
    """By a command and by a path; or without tracking, with a reason."""
    number = shop.buy(shop.world.product())["orderNumber"]
    path = f"/api/v1/orders/{number}"
    assert 200 == shop.staff.post(f"{path}/move", {"trigger": "pack"}).status

    told = shop.staff.post(f"{path}/move", {"trigger": "ship"})

    assert (409, "guard_refused") == (told.status, told.code)
    assert "`hlc orders track`" in fields(told)["trigger"]
    assert "/api/v1/orders/{orderId}/tracking" in fields(told)["trigger"]


def test_tracking_before_there_is_a_parcel_names_the_order(shop: Shop) -> None:
    """And where to see what is possible."""
    number = shop.buy(shop.world.product(needs_prescription=True))["orderNumber"]

    told = shop.staff.post(f"/api/v1/orders/{number}/tracking", {"carrier": "UPS", "trackingNumber": "1Z"})

    assert (409, "tracking_not_possible") == (told.status, told.code)
    assert "`hlc orders show`" in fields(told)["orderId"]


def test_carts_and_coupons_name_what_was_sent(shop: Shop) -> None:
    """A cart that is not there, one that was paid, a coupon that nobody knows; in a draft it has another name."""
    paid = shop.cart(shop.world.product())
    assert 200 == shop.pay(paid).status
    gone = shop.client.get("/api/public/cart/cart_none")
    closed = shop.client.post(f"/api/public/cart/{paid['cartId']}/coupon", {"code": "TEN"})
    unknown = shop.client.post(f"/api/public/cart/{shop.cart(shop.world.product())['cartId']}/coupon", {"code": "NO"})
    patient, product = shop.world.subscribe().patient, shop.world.product().id
    body = {"patient": patient, "items": [{"product": product}], "coupon": "NO"}

    assert ("cart_not_found", ["cartId"]) == (gone.code, list(fields(gone)))
    assert ("cart_is_completed", ["cartId"]) == (closed.code, list(fields(closed)))
    assert ("unknown_coupon", ["code"]) == (unknown.code, list(fields(unknown)))
    assert ["coupon"] == list(fields(shop.staff.post("/api/v1/orders", body)))


def test_what_is_not_there_is_named_where_it_was_sent(shop: Shop) -> None:
    """In the body with its path, or in the path."""
    draft = {"patient": "pat_none", "items": [{"product": "prod_none"}]}
    patient = shop.world.subscribe().patient

    nobody = shop.staff.post("/api/v1/orders", draft)
    nothing = shop.staff.post("/api/v1/orders", {**draft, "patient": patient})
    nowhere = shop.staff.ask("PATCH", "/api/v1/coupons/coup_none", {"terms": {"percent": 1}})

    assert (404, ["patient"]) == (nobody.status, list(fields(nobody)))
    assert (422, ["items[0].product"]) == (nothing.status, list(fields(nothing)))
    assert (404, ["couponId"]) == (nowhere.status, list(fields(nowhere)))


def test_a_checkout_names_the_fields_of_its_own_body(shop: Shop) -> None:
    """Of the patient inside it, of the token, of the saved method; of prices that changed the quote."""
    product = shop.world.product()
    cart = shop.cart(product)
    path = f"/api/public/cart/{cart['cartId']}/checkout"

    unnamed = shop.client.post(path, shop.submission(cart, patient={"email": "no", "name": "", "phone": "1" * 40}))
    unpaid = shop.client.post(path, shop.submission(cart, None))
    unsaved = shop.client.post(path, shop.submission(cart, None, paymentMethodId="pm_none"))
    stale = shop.client.post(path, {**shop.submission(cart), "quoteHash": "no"})

    assert ["patient.email", "patient.name", "patient.phone"] == list(fields(unnamed))
    assert ["paymentToken"] == list(fields(unpaid))
    assert ["paymentMethodId"] == list(fields(unsaved))
    assert ["quoteHash"] == list(fields(stale))


def test_prices_that_changed_are_told_of_the_quote_with_the_remedy(shop: Shop) -> None:
    """What changed, in words; at the end what to do."""
    product = shop.world.product()
    cart = shop.cart(product)
    offer = shop.staff.get(f"/api/v1/products/{product.id}").json["product"]["offer"]
    dearer = {**offer, "price": {"amount": 5900, "currency": "USD"}}
    assert 200 == shop.staff.ask("PATCH", f"/api/v1/products/{product.id}", {"offer": dearer}).status

    told = shop.pay(cart)

    messages = [fault["message"] for fault in told.json["fields"]]
    assert (409, {"quoteHash"}) == (told.status, set(fields(told)))
    assert f"{product.offer.name} cost 49.00 USD, now 59.00 USD: the product's price changed" == messages[0]
    assert "ask for the quote again and show it to the buyer" == messages[-1]


def test_a_decline_has_the_shape_of_every_refusal(shop: Shop) -> None:
    """402: a code, the gateway's reason, the field, and what to do."""
    told = shop.pay(shop.cart(shop.world.product()), "tok_declined")

    assert (402, "payment_declined") == (told.status, told.code)
    assert told.json["detail"].endswith(".")
    assert [{"field", "message"}] == [set(fault) for fault in told.json["fields"]]
    assert ["paymentToken"] == list(fields(told))


def test_who_is_not_known_learns_where_credentials_go(shop: Shop) -> None:
    """401 without a key, with a wrong one, with two, and with a scheme that is not ours."""
    wrong = (
        shop.client.get("/api/v1/orders"),
        shop.client.as_("wrong").get("/api/v1/orders"),
        shop.staff.get("/api/v1/orders", X_API_Key="another"),
        shop.client.get("/api/v1/orders", Authorization="Basic YTpi"),
    )

    for told in wrong:
        assert (401, "unauthenticated") == (told.status, told.code)
        assert "Bearer" in fields(told)["Authorization"]
