"""Shapes of subscriptions, recovery and billing."""

from hlc_adapters.storage.shape import Index, Shape, Unique, boolean, day, instant, integer, text
from hlc_core.billing.model import BillingRun, ExpiryReminder, HeldRenewal, SetAside
from hlc_core.recovery.machine import RECOVERY
from hlc_core.recovery.model import RecoveryCase
from hlc_core.subscriptions.machine import MACHINE
from hlc_core.subscriptions.model import Subscription

SUBSCRIPTIONS: Shape[Subscription] = Shape(
    "subscriptions",
    Subscription,
    (
        text("number"),
        text("state"),
        text("patient"),
        text("order_id", "order"),
        integer("line"),
        text("product"),
        integer("cycle"),
        day("next_due"),
        text("method"),
        text("external_id"),
    ),
    uniques=(
        Unique("one_subscription_per_number", ("number",)),
        Unique("one_subscription_per_external_id", ("external_id",)),
        Unique("one_subscription_per_order_line", ("order_id", "line")),
    ),
    indexes=(Index(("next_due",)), Index(("patient",)), Index(("state",))),
    machine=MACHINE,
    refers=(("patient", "patients"), ("order_id", "orders"), ("product", "products")),
    kind="subscription",
    listed="subscriptions at /subscriptions",
)

RECOVERY_CASES: Shape[RecoveryCase] = Shape(
    "recovery_cases",
    RecoveryCase,
    (
        text("state"),
        text("invoice"),
        text("subscription"),
        text("patient"),
        integer("amount", "amount.amount"),
        text("currency", "amount.currency"),
        day("due_on"),
    ),
    uniques=(Unique("one_case_per_invoice", ("invoice",)),),
    indexes=(Index(("due_on",)), Index(("patient",)), Index(("subscription",)), Index(("state",))),
    machine=RECOVERY,
    refers=(("invoice", "invoices"), ("subscription", "subscriptions")),
    kind="recovery case",
    listed="recovery at /recovery",
)

BILLING_RUNS: Shape[BillingRun] = Shape(
    "billing_runs", BillingRun, (day("as_of"), instant("started_at"), instant("finished_at")), kind="billing run"
)

SET_ASIDES: Shape[SetAside] = Shape(
    "set_asides",
    SetAside,
    (boolean("waiting", lambda s: s.released_at is None),),
    indexes=(Index(("waiting",)),),
    kind="set-aside subscription",
)

HELD_RENEWALS: Shape[HeldRenewal] = Shape(
    "held_renewals",
    HeldRenewal,
    (boolean("standing", lambda one: one.ended_at is None), text("why"), text("patient")),
    indexes=(Index(("standing", "id")), Index(("patient",))),
    sealed=True,
    kind="held renewal",
)

EXPIRY_REMINDERS: Shape[ExpiryReminder] = Shape("expiry_reminders", ExpiryReminder, (text("method"),))

SHAPES = (SUBSCRIPTIONS, RECOVERY_CASES, BILLING_RUNS, SET_ASIDES, HELD_RENEWALS, EXPIRY_REMINDERS)
