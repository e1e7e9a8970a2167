"""What each built-in role holds, what no custom role may take from it, and what each plan leaves out."""

from __future__ import annotations

from hlc_core.access import permissions as may
from hlc_core.access.model import Plan, Role

ALL = frozenset(may.SENTENCES)
_PLATFORM = frozenset({may.ORGANIZATIONS, may.TOGGLES, may.PEOPLE, may.IMPERSONATE, may.AUDIT_IMPERSONATED})
_CLINICAL = frozenset(
    {
        may.PATIENTS_VIEW,
        may.PATIENTS_MEDICAL,
        may.CONSULTATIONS_VIEW,
        may.DRUGS_VIEW,
        may.ORDERS_MOVE,
        "orders.review.decide",
        "orders.labs.handle",
        "orders.prescription.handle",
        may.PRESCRIPTIONS_VIEW,
        may.PRESCRIPTIONS,
        may.DISPATCHES,
        may.REFILLS,
        may.QUEUE_VIEW,
        may.QUEUE,
    }
)

BUILT_IN: dict[Role, frozenset[str]] = {
    Role.SUPER_ADMIN: ALL - {may.OWN, may.OWN_MONEY},
    Role.ORG_ADMIN: ALL - _PLATFORM - {may.OWN, may.OWN_MONEY, may.CHART_OPEN},
    Role.CLINICIAN: _CLINICAL
    | {
        may.STOREFRONT,
        may.PAY,
        may.INTAKE,
        may.ME,
        may.SELF,
        may.EMR_DASHBOARD,
        may.PATIENTS,
        may.APPOINTMENTS_VIEW,
        may.QUESTIONNAIRES_VIEW,
        may.ORDERS_VIEW,
        may.SUBSCRIPTIONS_VIEW,
        may.CHART_OPEN,
    },
    Role.STAFF: frozenset(
        {
            may.STOREFRONT,
            may.PAY,
            may.INTAKE,
            may.DRUGS_VIEW,
            may.PRESCRIPTIONS_VIEW,
            may.DISPATCHES,
            may.ME,
            may.SELF,
            may.CATALOG_VIEW,
            may.CARTS,
            may.TEMPLATES,
            may.CRM_TEMPLATES,
            may.WORKFLOWS,
            may.COUPONS,
            may.EMR_DASHBOARD,
            may.PATIENTS_VIEW,
            may.PATIENTS,
            may.APPOINTMENTS_VIEW,
            may.CONSULTATIONS_VIEW,
            may.QUESTIONNAIRES_VIEW,
            may.ORDERS_VIEW,
            may.ORDERS,
            may.ORDERS_MOVE,
            may.SUBSCRIPTIONS_VIEW,
            may.SUBSCRIPTIONS,
            may.INVOICES_VIEW,
            may.INVOICES,
            may.INVOICES_PAY,
            may.METHODS,
            may.CHART_OPEN,
            may.MARKETPLACE_VIEW,
            "orders.order.submit",
            "orders.fulfillment.handle",
            "orders.order.cancel",
        }
    ),
    Role.PATIENT: frozenset({may.STOREFRONT, may.PAY, may.INTAKE, may.ME, may.SELF, may.OWN, may.OWN_MONEY}),
}
"""The first layer: nobody but a super admin ever holds more. Refunds, rulings, billing runs and settings are the
administrator's; so is nothing of the platform's own. A clinician moves an order along the clinical steps (review,
labs, prescription), staff along those of the desk and the parcel (submit, pack, ship, return, cancel): who waits for
whom is the order machine's table."""

FLOOR: dict[Role, frozenset[str]] = {
    Role.SUPER_ADMIN: frozenset(),
    Role.ORG_ADMIN: frozenset({may.ME, may.SELF}),
    Role.CLINICIAN: _CLINICAL | {may.ME, may.SELF},
    Role.STAFF: frozenset({may.ME, may.SELF}),
    Role.PATIENT: frozenset({may.ME, may.SELF, may.OWN, may.OWN_MONEY}),
}
"""What custom roles and overrides cannot take away: without it a clinician could not care for a patient (patients,
consultations with procedures, medications, prescriptions), nor anybody keep their own account safe."""

_NOT_IN_PRO = frozenset({may.WORKFLOWS, may.DOMAINS, may.ROLES, may.MARKETPLACE_REQUEST, may.MARKETPLACE_CANCEL})

PLAN: dict[Plan, dict[Role, frozenset[str]]] = {
    plan: {role: keys - without for role, keys in BUILT_IN.items()}
    for plan, without in (
        (Plan.NONE, frozenset[str]()),
        (Plan.PRO, _NOT_IN_PRO),
        (Plan.PRO_PLUS, frozenset[str]()),
        (Plan.ENTERPRISE, frozenset[str]()),
    )
}
"""What each plan leaves to each role. Enterprise has what Pro+ has."""

ALWAYS_ON = frozenset({may.ME, may.SELF})
"""Keys that no organization can turn off."""

OUT_OF_REACH = frozenset(
    {
        may.SELF,
        may.PAY,
        may.OWN_MONEY,
        may.METHODS,
        may.PAYMENT_GATEWAY,
        may.SECURITY,
        may.COMMUNICATION,
        may.USERS,
        may.ROLES,
        may.INVITATIONS,
        may.OWNERSHIP,
        may.CHART_OPEN,
        *_PLATFORM,
    }
)
"""What nobody may do while acting for somebody else: credentials, cards and paying, bank details, who may do what,
broken glass. The one place of this rule; what it closes is listed in tests/application/test_impersonation.py."""
