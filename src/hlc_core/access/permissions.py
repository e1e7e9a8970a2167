"""All permission keys of the installation, in one place. Source: spec/access, Permission keys."""

from __future__ import annotations

from hlc_core.kernel.commands import ActorKind

STOREFRONT = "storefront.buy"
"""Filling a cart: everybody."""

PAY = "storefront.pay"
"""Paying what is in it, with a card: everybody, in their own name only."""

INTAKE = "intake.answers.give"
"""Answering the questions of one's own order, by the key of its link: everybody."""

OWN = "patient.own"
"""What belongs to the patient that acts."""

OWN_MONEY = "patient.own.money"
"""One's own cards, and paying what one owes: in one's own name only."""

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
ORDERS_MOVE = "emr.orders.move"
"""Pulling an edge of an order by hand; the edge asks for its own key besides."""
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
AUDIT_IMPERSONATED = "platform.audit.impersonated"
"""Seeing what was done on behalf of somebody else: super admins. Source: spec/access, Identity (impersonation)."""
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
BRANDING = "admin.settings.branding.edit"
DOMAINS = "admin.settings.domains.manage"
COMMUNICATION = "admin.settings.communication.edit"
PAYMENT_GATEWAY = "admin.settings.payment_gateway.edit"
SECURITY = "admin.settings.security.edit"
USERS = "admin.users.manage"
ROLES = "admin.roles.manage"
INVITATIONS = "admin.invitations.manage"
OWNERSHIP = "admin.ownership.transfer"
IMPERSONATE = "admin.users.impersonate"
CHART_REVIEW = "admin.chart_access.review"
EXPLAIN = "admin.permissions.explain"
CRM_TEMPLATES = "crm.templates.manage"
WORKFLOWS = "crm.workflows.manage"
EMR_DASHBOARD = "emr.dashboard.view"
APPOINTMENTS_VIEW = "emr.appointments.view"
CHART_OPEN = "emr.chart.break_glass"
MARKETPLACE_VIEW = "marketplace.view"
MARKETPLACE_REQUEST = "marketplace.request"
MARKETPLACE_CANCEL = "marketplace.cancel"
SELF = "self.account.manage"
ME = "self.account.view"
ORGANIZATIONS = "platform.organizations.open"
TOGGLES = "platform.permissions.manage"
PEOPLE = "platform.people.manage"
KEYS_VIEW = "platform.keys.view"
KEYS_MANAGE = "platform.keys.manage"

ORDER_STEPS = (
    "orders.order.submit",
    REVIEWS,
    "orders.labs.handle",
    "orders.prescription.handle",
    "orders.fulfillment.handle",
    "orders.order.cancel",
    "orders.order.correct",
)
"""Keys that the order machine's edges ask for."""

SENTENCES: dict[str, str] = {
    STOREFRONT: "fill a cart",
    PAY: "pay a cart, in one's own name",
    OWN: "see and change what is one's own as a patient",
    OWN_MONEY: "keep one's own cards, and pay what one owes",
    ME: "see who one is here, and what one may do",
    SELF: "see and change one's own account: password, second factor, sessions",
    CATALOG_VIEW: "see products, coupons and checkout templates",
    CATALOG: "add, change and withdraw products",
    COUPONS: "add, change and withdraw coupons",
    TEMPLATES: "design the checkout page",
    CARTS: "see carts",
    CRM_TEMPLATES: "write message templates",
    WORKFLOWS: "build workflows",
    PATIENTS_VIEW: "see patients",
    PATIENTS: "confirm and change patients",
    PATIENTS_MEDICAL: "read the medical record of patients, for a stated purpose",
    KEYS_VIEW: "see which encryption keys are in use",
    KEYS_MANAGE: "replace and destroy encryption keys",
    ORDERS_VIEW: "see orders",
    ORDERS: "make orders for patients, and say how parcels are followed",
    ORDERS_MOVE: "move orders along the steps that are one's own",
    SUBSCRIPTIONS_VIEW: "see subscriptions",
    SUBSCRIPTIONS: "pause, switch, cancel and retry subscriptions",
    INVOICES_VIEW: "see invoices",
    INVOICES: "draft and issue invoices",
    INVOICES_VOID: "void invoices",
    INVOICES_GIVE_UP: "give invoices up",
    INVOICES_PAY: "record money that came in by other ways",
    PROCESSOR_LOGS: "see what the gateways said",
    REFUND: "give money back",
    RULE: "rule on payments that nobody is sure of",
    METHODS: "keep and remove patients' cards",
    BILLING_VIEW: "see billing runs and what they would bill",
    BILLING: "start billing runs",
    IMPORTS: "import files",
    JOBS_VIEW: "see jobs and parked events",
    JOBS: "run jobs and retry parked events",
    AUDIT: "read the audit log",
    SETTINGS_VIEW: "see settings",
    SETTINGS: "change settings that have no key of their own",
    BRANDING: "change how pages and messages look",
    DOMAINS: "change domains and who may embed",
    COMMUNICATION: "change how mail and text messages leave",
    PAYMENT_GATEWAY: "choose the payment gateway and its credentials",
    SECURITY: "change sign-in rules and session lengths",
    USERS: "add, assign, disable and enable people",
    ROLES: "make custom roles and assign them",
    INVITATIONS: "invite people",
    OWNERSHIP: "hand the organization over to another administrator",
    IMPERSONATE: "act for somebody else for a quarter of an hour",
    CHART_OPEN: "open one chart in an emergency",
    CHART_REVIEW: "review emergency openings of charts",
    EXPLAIN: "ask why somebody may or may not do something",
    EMR_DASHBOARD: "see the EMR's first page",
    APPOINTMENTS_VIEW: "see appointments",
    CONSULTATIONS_VIEW: "see consultations",
    DRUGS_VIEW: "see drugs and medications",
    QUESTIONNAIRES_VIEW: "see questionnaires",
    INTAKE: "answer the questions of one's own order",
    QUESTIONNAIRES: "write and publish questionnaires",
    LICENCES: "keep and verify clinicians' licences",
    DRUGS: "change the drug catalog",
    PRESCRIPTIONS_VIEW: "see prescriptions, dispatches and refills",
    PRESCRIPTIONS: "write, sign and end prescriptions",
    DISPATCHES: "send fills to the pharmacy and settle what is in the way",
    REFILLS: "approve, send, complete and decline refills",
    QUEUE_VIEW: "see what waits for a prescriber",
    QUEUE: "say of what waits that it was prescribed, or decline it",
    QUEUE_ADMIN: "queue orders by hand, take items off, settle what withholds them",
    WEBHOOKS_VIEW: "see which messages of other systems came and failed",
    WEBHOOKS: "read such messages and have them tried again",
    MARKETPLACE_VIEW: "see the marketplace",
    MARKETPLACE_REQUEST: "request modules and add-ons",
    MARKETPLACE_CANCEL: "cancel modules and add-ons",
    ORGANIZATIONS: "open organizations",
    TOGGLES: "set an organization's plan and turn its features off",
    AUDIT_IMPERSONATED: "see in the audit log what was done in impersonation",
    PEOPLE: "see and disable persons of all organizations",
    "orders.order.submit": "submit orders",
    REVIEWS: "decide reviews",
    "orders.labs.handle": "handle lab work",
    "orders.prescription.handle": "handle prescriptions",
    "orders.fulfillment.handle": "fulfil and ship orders",
    "orders.order.cancel": "cancel orders",
    "orders.order.correct": "correct the state of an order by hand",
}
"""What each key lets somebody do. All keys that there are stand here."""

STAFF_KEYS = frozenset(
    {
        STOREFRONT,
        PAY,
        INTAKE,
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
        ORDERS_MOVE,
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
        BRANDING,
        DOMAINS,
        COMMUNICATION,
        PAYMENT_GATEWAY,
        SECURITY,
        USERS,
        ROLES,
        INVITATIONS,
        EXPLAIN,
        ME,
        KEYS_VIEW,
        KEYS_MANAGE,
        *ORDER_STEPS,
    }
)
"""What a key of the settings for staff holds: the operation of one clinic."""

OPERATOR_KEYS = frozenset(SENTENCES) - {OWN, OWN_MONEY, SELF, IMPERSONATE, CHART_OPEN}
"""What the operator at the command line holds: all but what only a person who is signed in can do."""

KEYS: dict[ActorKind, frozenset[str]] = {
    ActorKind.PUBLIC: frozenset({STOREFRONT, PAY, INTAKE}),
    ActorKind.PATIENT: frozenset({STOREFRONT, PAY, INTAKE, OWN, OWN_MONEY, ME, SELF}),
    ActorKind.STAFF: STAFF_KEYS,
    ActorKind.SYSTEM: frozenset(),
}
"""What each kind of actor holds until roles refine it. The system actor passes everywhere."""
