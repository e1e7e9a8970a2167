"""Shapes of carts and checkouts."""

from hlc_adapters.storage.shape import Index, Shape, Unique, instant, integer, text
from hlc_core.cart.machine import CART
from hlc_core.cart.model import Cart
from hlc_core.checkout.machine import CHECKOUT
from hlc_core.checkout.model import Checkout

CARTS: Shape[Cart] = Shape(
    "carts",
    Cart,
    (text("state"), instant("active_at"), text("paying")),
    indexes=(Index(("state", "active_at")),),
    machine=CART,
    kind="cart",
    listed="carts at /carts",
)

CHECKOUTS: Shape[Checkout] = Shape(
    "checkouts",
    Checkout,
    (
        text("cart"),
        integer("number"),
        text("state"),
        text("patient"),
        text("attempt"),
        text("order_id", "order"),
    ),
    uniques=(Unique("one_number_per_cart", ("cart", "number")),),
    indexes=(Index(("cart",)),),
    machine=CHECKOUT,
    sealed=True,
    refers=(("cart", "carts"),),
    kind="checkout attempt",
)

SHAPES = (CARTS, CHECKOUTS)
