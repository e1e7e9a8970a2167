"""Lines being bought, and the immutable, hashed price of them at one instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from hlc_core.cart.errors import CartIsBeingPaid, CartIsCompleted, QuantityOutOfRange, TooManyLines
from hlc_core.cart.machine import CART, CartFacts, CartState, CartTrigger
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CartId, CheckoutId, OrganizationId, ProductId, TemplateId
from hlc_core.kernel.money import Money

MOST_QUANTITY = 99
MOST_LINES = 50


@frozen(kw_only=True)
class CartLine:
    """One product and how many of it, 1 to 99."""

    product: ProductId
    quantity: int = 1


@frozen(kw_only=True)
class QuotedLine:
    """One line as priced. `price` is of one piece; the rest is of the whole line. `terms` says what recurs, `ships`
    whether there is a parcel."""

    product: ProductId
    name: str
    image: str
    quantity: int
    price: Money
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    terms: str = ""
    ships: bool = False


@frozen(kw_only=True)
class Quote:
    """The price of a cart at one instant; never changed. `hash` covers all that is paid and when."""

    hash: str
    lines: tuple[QuotedLine, ...]
    subtotal: Money
    discount: Money
    tax: Money
    total: Money
    coupon: str
    quoted_at: datetime
    expires_at: datetime

    @property
    def needs_address(self) -> bool:
        """Whether anything in it is shipped, so that it cannot be paid without an address."""
        return any(line.ships for line in self.lines)

    def expired(self, now: datetime) -> bool:
        """Whether it may no longer be paid."""
        return now >= self.expires_at


@frozen(kw_only=True, slots=False)
class Cart:
    """A cart. `paying` is the checkout whose payment may still succeed; while it is set nothing can be edited.

    `active_at` is when the buyer last did something: reading does not count.
    """

    id: CartId
    organization: OrganizationId
    state: CartState
    lines: tuple[CartLine, ...]
    created_at: datetime
    active_at: datetime
    quote: Quote | None = None
    coupon: str = ""
    template: TemplateId | None = None
    source_path: str = ""
    source_domain: str = ""
    paying: CheckoutId | None = None
    checkouts: int = 0
    version: int = 0

    @property
    def facts(self) -> CartFacts:
        """What the guards read."""
        return CartFacts(money_in_doubt=self.paying is not None)

    def move(self, trigger: CartTrigger) -> Cart:
        """The cart after the trigger. Refuses: IllegalTransition, GuardRefused."""
        return evolve(self, state=CART.step(self.state, trigger, self.facts))

    def edited(self, now: datetime) -> Cart:
        """The cart, open for a change. Refuses: CartIsCompleted, CartIsBeingPaid."""
        if self.state is CartState.COMPLETED:
            raise CartIsCompleted("This cart was paid; open a new one.")
        if self.paying is not None:
            raise CartIsBeingPaid(
                "This cart is being paid; it can be changed when the payment has ended.", retry_after=5
            )
        opened = self
        if self.state is CartState.ABANDONED:
            opened = self.move(CartTrigger.REOPEN)
        elif self.state is CartState.FAILED:
            opened = self.move(CartTrigger.TRY_AGAIN)
        return evolve(opened, active_at=now)

    def with_products(self, products: tuple[ProductId, ...]) -> Cart:
        """The cart with those that it did not have; one that is there keeps its quantity. Refuses: TooManyLines."""
        have = {line.product for line in self.lines}
        new = tuple(CartLine(product=p) for p in dict.fromkeys(products) if p not in have)
        if len(self.lines) + len(new) > MOST_LINES:
            raise TooManyLines(f"A cart holds at most {MOST_LINES} products.", Fault("productIds", "send fewer"))
        return evolve(self, lines=(*self.lines, *new)) if new else self

    def with_quantity(self, product: ProductId, quantity: int) -> Cart:
        """The cart with another quantity of a product that it has. Refuses: QuantityOutOfRange."""
        if not 1 <= quantity <= MOST_QUANTITY:
            raise QuantityOutOfRange("That quantity cannot be bought.", Fault("quantity", f"1 to {MOST_QUANTITY}"))
        lines = tuple(evolve(ln, quantity=quantity) if ln.product == product else ln for ln in self.lines)
        return evolve(self, lines=lines)

    def without(self, product: ProductId) -> Cart:
        """The cart without the product."""
        return evolve(self, lines=tuple(line for line in self.lines if line.product != product))

    @property
    def gone(self) -> bool:
        """Whether its last product was removed."""
        return not self.lines and self.state is not CartState.COMPLETED

    def has(self, product: ProductId) -> bool:
        """Whether the product is in it."""
        return any(line.product == product for line in self.lines)

    def idle_since(self, now: datetime, idle: timedelta) -> bool:
        """Whether the buyer did nothing for that long."""
        return now - self.active_at >= idle
