"""What the pages show: small frozen views in words, made from the core's answers by the routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from hlc_adapters.documents import words
from hlc_core.kernel.time import Interval
from hlc_core.organizations.api import Organization
from hlc_http.colours import accent_name

money, day = words.money, words.day
"""Amounts and days as the clinic's locale writes them."""

LABELS = {
    "firstName": "First name",
    "lastName": "Last name",
    "email": "Email",
    "phone": "Phone",
    "address1": "Street and number",
    "address2": "Apartment, floor",
    "city": "City",
    "provinceCode": "State or province",
    "postalCode": "Postal code",
    "countryCode": "Country",
    "paymentToken": "Payment",
    "terms": "Terms",
}
"""The fields of the checkout form as people read them."""
ADDRESS = frozenset({"address1", "address2", "city", "provinceCode", "postalCode", "countryCode"})


def every(interval: Interval) -> str:
    """`every month`, `every 3 months`."""
    return str(interval)


FILTERS: Mapping[str, Any] = {"money": money, "day": day, "words": words.words}


@frozen(kw_only=True)
class Brand:
    """The head of a page."""

    title: str
    logo: str
    accent: str


def brand_of(organization: Organization, title: str = "", logo: str = "", accent: str = "") -> Brand:
    """The organization's brand; a checkout template may say otherwise. Only https and own paths are shown as logo."""
    shown = logo or organization.branding.logo_url
    return Brand(
        title=organization.branding.title or organization.name,
        logo=shown if safe_image(shown) else "",
        accent=accent_name(accent or organization.branding.accent),
    )


def safe_image(url: str) -> bool:
    """Whether the address may stand in an image: https, or a path of our own."""
    return url.startswith("https://") or (url.startswith("/") and not url.startswith(("//", "/\\")))


@frozen(kw_only=True)
class LineShown:
    """One line of a cart."""

    product: str
    name: str
    image: str
    price: str
    quantity: int
    was: str = ""
    terms: str = ""
    needs_prescription: bool = False

    @property
    def quantities(self) -> tuple[int, ...]:
        """What the quantity field offers: 1 to 10 and whatever it is now."""
        return tuple(sorted({*range(1, 11), self.quantity}))


@frozen(kw_only=True)
class Message:
    """A sentence above the lines; tone is good, bad, wait or info."""

    tone: str
    text: str


@frozen(kw_only=True)
class CartShown:
    """A cart page, or the summary beside the checkout form. `path` is where its forms post to."""

    path: str
    title: str
    lines: tuple[LineShown, ...]
    subtotal: str
    discount: str
    tax: str
    total: str
    recurring: tuple[str, ...] = ()
    coupon: str = ""
    coupon_fault: str = ""
    coupon_entered: str = ""
    editable: bool = True
    payable: bool = True
    message: Message | None = None


@frozen(kw_only=True)
class TestCard:
    """A card of the simulator, and what it does."""

    __test__ = False

    token: str
    number: str
    title: str
    meaning: str


@frozen(kw_only=True)
class CardFields:
    """Where the gateway's own card fields come from: they are its frames, so that no card number reaches HLC."""

    script: str
    key: str


@frozen(kw_only=True)
class FormShown:
    """The checkout form: what was entered, what is at fault, and the key that makes a second press harmless."""

    title: str
    submission: str
    quote_hash: str
    terms: str
    cards: tuple[TestCard, ...]
    simulated: bool
    card_fields: CardFields | None = None
    asks_address: bool = True
    needs_address: bool = True
    values: Mapping[str, str] = field(factory=dict)
    faults: Mapping[str, str] = field(factory=dict)
    failure: str = ""
    notice: str = ""

    def value(self, name: str) -> str:
        """What was entered."""
        return self.values.get(name, "")

    def fault(self, name: str) -> str:
        """What is wrong with it, or nothing."""
        return self.faults.get(name, "")

    def asks(self, name: str) -> bool:
        """Whether the field must be filled in."""
        return name != "phone" and (self.needs_address or name not in ADDRESS)

    def known(self, name: str) -> bool:
        """Whether the form has that field."""
        return name in LABELS and name != "paymentToken"

    def label(self, name: str) -> str:
        """The field as people read it."""
        return LABELS.get(name, "The form")

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        """All faults, in the order of the form."""
        order = [*LABELS]
        return tuple(
            sorted(self.faults.items(), key=lambda pair: order.index(pair[0]) if pair[0] in LABELS else len(order))
        )

    @property
    def chosen(self) -> str:
        """The test card that is ticked."""
        return self.value("paymentToken") or (self.cards[0].token if self.cards else "")


@frozen(kw_only=True)
class Link:
    """Where a page leads on."""

    to: str
    label: str
    outside: bool = False


@frozen(kw_only=True)
class StatusShown:
    """One big state: paid, being checked, asks for the bank's step. `watch` answers the state as JSON."""

    state: str
    tone: str
    title: str
    sentences: tuple[str, ...]
    link: Link | None = None
    facts: tuple[tuple[str, str], ...] = ()
    small: str = ""
    watch: str = ""
