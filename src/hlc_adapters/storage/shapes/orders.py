"""Shapes of orders and invoices."""

from hlc_adapters.storage.shape import Index, Shape, Unique, boolean, day, instant, integer, text
from hlc_core.invoicing.machine import INVOICE
from hlc_core.invoicing.model import Invoice
from hlc_core.orders.machine import ORDER
from hlc_core.orders.model import Order


def _series(invoice: Invoice) -> str | None:
    return invoice.kind


def _awaits_script(invoice: Invoice) -> bool | None:
    return True if invoice.awaits_script else None


def _single_subscription(order: Order) -> str | None:
    return order.subscriptions[0] if len(order.subscriptions) == 1 else None


def _queued(order: Order) -> bool | None:
    return True if order.queued_for_provider is not None else None


INVOICES: Shape[Invoice] = Shape(
    "invoices",
    Invoice,
    (
        text("kind"),
        integer("number"),
        text("state"),
        text("patient"),
        text("obligation"),
        text("order_id", "order"),
        text("subscription"),
        integer("cycle"),
        integer("total", "total.amount"),
        integer("amount_paid", "amount_paid.amount"),
        text("currency", "total.currency"),
        day("due_on"),
        boolean("awaits_script", _awaits_script),
    ),
    uniques=(
        Unique("one_invoice_per_obligation", ("obligation",)),
        Unique("one_invoice_per_cycle", ("subscription", "cycle")),
        Unique("one_number_per_kind", ("kind", "number")),
    ),
    indexes=(Index(("patient",)), Index(("state", "due_on")), Index(("awaits_script",))),
    machine=INVOICE,
    numbered=_series,
    refers=(("patient", "patients"),),
    sealed=True,
    kind="invoice",
    listed="invoices at /invoices",
)

ORDERS: Shape[Order] = Shape(
    "orders",
    Order,
    (
        text("number"),
        text("state"),
        text("patient"),
        text("invoice"),
        text("subscription", _single_subscription),
        integer("total", "amounts.total.amount"),
        text("currency", "amounts.total.currency"),
        text("source_context", "source.context"),
        text("external_id"),
        instant("placed_at"),
        instant("deadline"),
        boolean("queued", _queued),
    ),
    uniques=(
        Unique("one_order_per_number", ("number",)),
        Unique("one_order_per_invoice", ("invoice",)),
        Unique("one_order_per_external_id", ("external_id",)),
    ),
    indexes=(
        Index(("patient",)),
        Index(("subscription",)),
        Index(("state",)),
        Index(("deadline",)),
        Index(("queued",)),
    ),
    machine=ORDER,
    sealed=True,
    refers=(("invoice", "invoices"), ("patient", "patients")),
    kind="order",
    listed="orders at /orders",
)

SHAPES = (INVOICES, ORDERS)
