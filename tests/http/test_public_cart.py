"""The public cart API. Source: spec/commerce, Cart and Public cart API."""

from __future__ import annotations

import pytest

from hlc_core.organizations.api import CartSettings, Domains
from support.service import Shop


def test_a_cart_is_opened_with_an_array_or_a_csv_of_products(shop: Shop) -> None:
    """Both spellings open the same cart, priced, with its page's address."""
    one, two = shop.world.product(1000), shop.world.plan(2000)

    array = shop.client.post("/api/public/cart/create", {"productIds": [one.id, two.id], "temp": "default"})
    text = shop.client.post("/api/public/cart/create", {"productIds": f"{one.id}, {two.id}"})

    assert (201, 201) == (array.status, text.status)
    assert [one.id, two.id] == [item["productId"] for item in array.json["items"]]
    assert {"amount": 3000, "currency": "USD"} == array.json["total"] == text.json["total"]
    assert f"http://127.0.0.1:3200/cart/{array.json['cartId']}" == array.json["checkoutUrl"]
    assert "simulator" == array.json["paymentGateway"]
    assert "checkout" in array.json["actions"]


def test_adding_what_is_there_keeps_its_quantity(shop: Shop) -> None:
    """A second click on the same button does not buy two."""
    product = shop.world.product()
    cart = shop.cart(product)

    told = shop.client.post(f"/api/public/cart/{cart['cartId']}/items", {"productIds": [product.id]})
    merged = shop.client.post("/api/public/cart/create", {"productIds": [product.id], "cartId": cart["cartId"]})

    assert [1] == [item["quantity"] for item in told.json["items"]]
    assert cart["cartId"] == merged.json["cartId"]


def test_quantities_change_and_the_last_removal_deletes_the_cart(shop: Shop) -> None:
    """PATCH sets a quantity; DELETE of the last item answers a cart that is gone."""
    product = shop.world.product(1000)
    base = f"/api/public/cart/{shop.cart(product)['cartId']}"

    changed = shop.client.ask("PATCH", f"{base}/items/{product.id}", {"quantity": 3})
    too_many = shop.client.ask("PATCH", f"{base}/items/{product.id}", {"quantity": 100})
    gone = shop.client.ask("DELETE", f"{base}/items/{product.id}")

    assert 3000 == changed.json["total"]["amount"]
    assert (422, "quantity_out_of_range", "quantity") == (
        too_many.status,
        too_many.code,
        too_many.json["fields"][0]["field"],
    )
    assert ("DELETED", []) == (gone.json["state"], gone.json["items"])
    assert 404 == shop.client.get(base).status


def test_a_coupon_is_used_and_dropped(shop: Shop) -> None:
    """The totals follow; an unknown code is refused by name."""
    shop.world.coupon("TEN")
    base = f"/api/public/cart/{shop.cart(shop.world.product(1000))['cartId']}"

    used = shop.client.post(f"{base}/coupon", {"code": "ten"})
    unknown = shop.client.post(f"{base}/coupon", {"code": "nope"})
    dropped = shop.client.ask("DELETE", f"{base}/coupon")

    assert (100, 900) == (used.json["discount"]["amount"], used.json["total"]["amount"])
    assert "unknown_coupon" == unknown.code
    assert 1000 == dropped.json["total"]["amount"]


def test_a_quote_is_made_anew_on_request(shop: Shop) -> None:
    """What the tax rate is now, is in the next quote."""
    base = f"/api/public/cart/{shop.cart(shop.world.product(1000))['cartId']}"
    shop.world.change(carts=CartSettings(tax_basis_points=1000))

    before, after = shop.client.get(base), shop.client.post(f"{base}/quote")

    assert (1000, 1100) == (before.json["total"]["amount"], after.json["total"]["amount"])
    assert before.json["quoteHash"] != after.json["quoteHash"]


def test_unknown_products_create_nothing(shop: Shop) -> None:
    """The refusal names the product; no cart is left behind."""
    known = shop.world.product()

    told = shop.client.post("/api/public/cart/create", {"productIds": [known.id, "prod_nope"]})

    assert (404, "product_not_offered") == (told.status, told.code)
    assert [] == shop.staff.get("/api/v1/carts").json["items"]


@pytest.mark.parametrize("origins", [(), ("https://clinic.example",)])
def test_a_page_of_an_allowed_origin_may_call(shop: Shop, origins: tuple[str, ...]) -> None:
    """No origins configured means any; else only those; never with credentials."""
    shop.world.change(domains=Domains(embed_origins=origins))
    with_new_settings = shop.client
    path = f"/api/public/cart/{shop.cart(shop.world.product())['cartId']}"

    allowed = with_new_settings.ask("OPTIONS", path, Origin="https://clinic.example")
    stranger = with_new_settings.get(path, Origin="https://evil.example")

    assert 204 == allowed.status
    assert ("*" if not origins else "https://clinic.example") == allowed.headers["access-control-allow-origin"]
    assert ("*" if not origins else None) == stranger.headers.get("access-control-allow-origin")
    assert "access-control-allow-credentials" not in allowed.headers


def test_answers_carry_protective_headers(shop: Shop) -> None:
    """Nothing is sniffed, framed or cached, and every answer has a number."""
    told = shop.client.get("/healthz")

    assert "nosniff" == told.headers["x-content-type-options"]
    assert "no-store" == told.headers["cache-control"]
    assert "hlc" == told.headers["server"]
    assert told.headers["x-request-id"]
