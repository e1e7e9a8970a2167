"""Buy links: a redirect whose cart id is signed and says what is in the cart, so that following one writes nothing."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Sequence
from hashlib import sha256

from attrs import frozen

from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import CartId, ProductId, TemplateId


class LinkNotValid(Missing):
    """The cart address was not made by this clinic, or was cut off."""


@frozen(kw_only=True)
class Promise:
    """What a followed buy link promises: a cart under this id with these products."""

    cart: CartId
    products: tuple[ProductId, ...]
    template: TemplateId | None = None
    coupon: str = ""
    source_path: str = ""
    source_domain: str = ""


def signed(promise: Promise, organization: str, key: str) -> str:
    """The last part of `/cart/<…>`: id, description and signature, joined by dots."""
    facts = [
        list(promise.products),
        promise.template,
        promise.coupon,
        promise.source_path[:200],
        promise.source_domain[:120],
    ]
    body = base64.urlsafe_b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{promise.cart}.{body}.{_signature(f'{promise.cart}.{body}', organization, key)}"


def read(text: str, organization: str, key: str) -> Promise | None:
    """The promise of a signed id, None for a plain one. Refuses: LinkNotValid."""
    if "." not in text:
        return None
    told, _, signature = text.rpartition(".")
    if not hmac.compare_digest(_signature(told, organization, key).encode(), signature.encode()):
        raise _not_valid()
    cart, _, body = told.partition(".")
    try:
        products, template, coupon, path, domain = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error) as error:
        raise _not_valid() from error
    return Promise(
        cart=CartId(cart),
        products=tuple(ProductId(product) for product in _texts(products)),
        template=None if template is None else TemplateId(template),
        coupon=coupon,
        source_path=path,
        source_domain=domain,
    )


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _signature(told: str, organization: str, key: str) -> str:
    digest = hmac.new(key.encode(), f"{organization}|{told}".encode(), sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def _not_valid() -> LinkNotValid:
    return LinkNotValid("This cart link is not valid.", Fault("cartId", "follow the clinic's link again"))
