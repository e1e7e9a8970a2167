"""All permission keys of the installation, in one place. Source: spec/access, Permission keys."""

from __future__ import annotations

from hlc_core.kernel.commands import ActorKind

STOREFRONT = "storefront.buy"
"""Filling a cart and paying it: everybody."""

OWN = "patient.own"
"""What belongs to the patient that acts."""

CATALOG_VIEW = "crm.catalog.view"
CATALOG = "crm.catalog.manage"
COUPONS = "crm.coupons.manage"
TEMPLATES = "crm.checkout_template.manage"
CARTS = "crm.carts.view"
PATIENTS_VIEW = "emr.patients.view"
PATIENTS = "emr.patients.manage"
PATIENTS_MEDICAL = "emr.patients.medical"
"""Reading what patients tell of their health."""
ORDERS_VIEW = "emr.orders.view"
ORDERS = "emr.orders.manage"
SUBSCRIPTIONS_VIEW = "emr.subscriptions.view"
SUBSCRIPTIONS = "emr.subscriptions.manage"
INVOICES_VIEW = "invoicing.invoice.view"
INVOICES = "invoicing.invoice.issue"
INVOICES_VOID = "invoicing.invoice.void"
INVOICES_GIVE_UP = "invoicing.invoice.give_up"
INVOICES_PAY = "invoicing.payment.record"
PROCESSOR_LOGS = "emr.processor_logs.view"
REFUND = "payments.refund.request"
RULE = "payments.quarantine.rule"
METHODS = "payments.methods.manage"
BILLING_VIEW = "billing.run.view"
BILLING = "billing.run.start"
IMPORTS = "platform.imports.run"
JOBS_VIEW = "platform.jobs.view"
JOBS = "platform.jobs.run"
AUDIT = "admin.audit_logs.view"
SETTINGS_VIEW = "admin.settings.view"
SETTINGS = "admin.settings.edit"
KEYS_VIEW = "platform.keys.view"
KEYS_MANAGE = "platform.keys.manage"

ORDER_STEPS = (
    "orders.order.submit",
    "orders.review.decide",
    "orders.labs.handle",
    "orders.prescription.handle",
    "orders.fulfillment.handle",
    "orders.order.cancel",
    "orders.order.correct",
)
"""Keys that the order machine's edges ask for."""

STAFF_KEYS = frozenset(
    {
        STOREFRONT,
        CATALOG_VIEW,
        CATALOG,
        COUPONS,
        TEMPLATES,
        CARTS,
        PATIENTS_VIEW,
        PATIENTS,
        PATIENTS_MEDICAL,
        ORDERS_VIEW,
        ORDERS,
        SUBSCRIPTIONS_VIEW,
        SUBSCRIPTIONS,
        INVOICES_VIEW,
        INVOICES,
        INVOICES_VOID,
        INVOICES_GIVE_UP,
        INVOICES_PAY,
        PROCESSOR_LOGS,
        REFUND,
        RULE,
        METHODS,
        BILLING_VIEW,
        BILLING,
        IMPORTS,
        JOBS_VIEW,
        JOBS,
        AUDIT,
        SETTINGS_VIEW,
        SETTINGS,
        KEYS_VIEW,
        KEYS_MANAGE,
        *ORDER_STEPS,
    }
)

KEYS: dict[ActorKind, frozenset[str]] = {
    ActorKind.PUBLIC: frozenset({STOREFRONT}),
    ActorKind.PATIENT: frozenset({STOREFRONT, OWN}),
    ActorKind.STAFF: STAFF_KEYS,
    ActorKind.SYSTEM: frozenset(),
}
"""What each kind of actor holds until roles refine it. The system actor passes everywhere."""
