"""One try to pay for a cart: what was quoted, for whom, and how it ended."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from hlc_core.cart.api import Quote
from hlc_core.catalog.api import Product, Reduction
from hlc_core.checkout.machine import CHECKOUT, CheckoutState, CheckoutTrigger
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    AttemptId,
    CartId,
    CheckoutId,
    CouponId,
    MethodId,
    ObligationId,
    OrderId,
    OrganizationId,
    PatientId,
    SubscriptionId,
)
from hlc_core.kernel.machine import NoFacts
from hlc_core.patients.api import Address, Contact


@frozen(kw_only=True, slots=False)
class Checkout:
    """A numbered checkout attempt. The quote never changes; `attempt` is its payment (None: nothing to pay).

    `products` and `reduction` are what is sold, as it was offered at that instant: what comes of it is made from these.
    `text` is the sentence that the buyer and the API caller get about a decline.
    """

    id: CheckoutId
    organization: OrganizationId
    cart: CartId
    number: int
    state: CheckoutState
    quote: Quote
    products: tuple[Product, ...]
    patient: PatientId
    contact: Contact = field(repr=False)
    address: Address | None = field(repr=False)
    obligation: ObligationId
    opened_at: datetime
    gateway: str
    attempt: AttemptId | None = None
    method: MethodId | None = None
    coupon: CouponId | None = None
    reduction: Reduction | None = None
    text: str = ""
    order: OrderId | None = None
    order_number: str = ""
    subscriptions: tuple[SubscriptionId, ...] = ()
    source_path: str = ""
    source_domain: str = ""
    version: int = 0

    def move(self, trigger: CheckoutTrigger) -> Checkout:
        """The checkout after the trigger. Refuses: IllegalTransition."""
        return evolve(self, state=CHECKOUT.step(self.state, trigger, NoFacts()))

    @property
    def ended(self) -> bool:
        """Whether the buyer has an answer."""
        return self.state in (CheckoutState.SUCCEEDED, CheckoutState.DECLINED)


def obligation_of(cart: CartId) -> ObligationId:
    """The one name of the debt for a cart: all its checkouts share it, so that it is paid at most once."""
    return ObligationId(cart)
