"""All permission keys of the installation, in one place. Source: spec/access, Permission keys."""

from __future__ import annotations

from hlc_core.kernel.commands import ActorKind

STOREFRONT = "storefront.buy"
"""Filling a cart and paying it: everybody."""

INTAKE = "intake.answers.give"
"""Answering the questions of one's own order, by the key of its link: everybody."""

OWN = "patient.own"
"""What belongs to the patient that acts."""

CATALOG_VIEW = "crm.catalog.view"
CATALOG = "crm.catalog.manage"
COUPONS = "crm.coupons.manage"
TEMPLATES = "crm.checkout_template.manage"
CARTS = "crm.carts.view"
PATIENTS_VIEW = "emr.patients.view"
PATIENTS = "emr.patients.manage"
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
QUESTIONNAIRES_VIEW = "emr.questionnaires.view"
QUESTIONNAIRES = "emr.questionnaires.manage"
CONSULTATIONS_VIEW = "emr.consultations.view"
LICENCES = "emr.licences.manage"
REVIEWS = "orders.review.decide"
IMPORTS = "platform.imports.run"
JOBS_VIEW = "platform.jobs.view"
JOBS = "platform.jobs.run"
AUDIT = "admin.audit_logs.view"
SETTINGS_VIEW = "admin.settings.view"
SETTINGS = "admin.settings.edit"
DRUGS_VIEW = "emr.drugs.view"
DRUGS = "emr.drugs.manage"
PRESCRIPTIONS_VIEW = "emr.prescriptions.view"
PRESCRIPTIONS = "emr.prescriptions.write"
DISPATCHES = "emr.dispatches.manage"
REFILLS = "emr.refills.manage"

QUEUE_VIEW = "emr.provider_queue.view"
QUEUE = "emr.provider_queue.decide"
QUEUE_ADMIN = "emr.provider_queue.manage"
WEBHOOKS_VIEW = "platform.webhooks.view"
WEBHOOKS = "platform.webhooks.replay"

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
        INTAKE,
        CATALOG_VIEW,
        CATALOG,
        COUPONS,
        TEMPLATES,
        CARTS,
        PATIENTS_VIEW,
        PATIENTS,
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
        QUESTIONNAIRES_VIEW,
        QUESTIONNAIRES,
        CONSULTATIONS_VIEW,
        LICENCES,
        REVIEWS,
        IMPORTS,
        JOBS_VIEW,
        JOBS,
        AUDIT,
        SETTINGS_VIEW,
        SETTINGS,
        QUEUE_VIEW,
        QUEUE,
        QUEUE_ADMIN,
        WEBHOOKS_VIEW,
        WEBHOOKS,
        DRUGS_VIEW,
        DRUGS,
        PRESCRIPTIONS_VIEW,
        PRESCRIPTIONS,
        DISPATCHES,
        REFILLS,
        *ORDER_STEPS,
    }
)

KEYS: dict[ActorKind, frozenset[str]] = {
    ActorKind.PUBLIC: frozenset({STOREFRONT, INTAKE}),
    ActorKind.PATIENT: frozenset({STOREFRONT, INTAKE, OWN}),
    ActorKind.STAFF: STAFF_KEYS,
    ActorKind.SYSTEM: frozenset(),
}
"""What each kind of actor holds until roles refine it. The system actor passes everywhere."""
