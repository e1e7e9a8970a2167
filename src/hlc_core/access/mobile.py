"""The mobile app's modules: what a role may is shown there unless the organization turned it off for the role.

A second layer over the permission keys, for one face only: it hides, and grants nothing. Source: spec/access, Further
facts (organization, role, module; on unless said otherwise).
"""

from __future__ import annotations

from enum import StrEnum

from hlc_core.access import permissions as may
from hlc_core.access.model import Role


class MobileModule(StrEnum):
    """One part of the app."""

    DASHBOARD = "dashboard"
    PATIENTS = "patients"
    APPOINTMENTS = "appointments"
    CONSULTATIONS = "consultations"
    QUESTIONNAIRES = "questionnaires"
    PRESCRIPTIONS = "prescriptions"
    PROVIDER_QUEUE = "provider_queue"
    ORDERS = "orders"
    SUBSCRIPTIONS = "subscriptions"
    BILLING_INVOICES = "billing.invoices"
    ACCOUNT = "account"


SHOWS: dict[MobileModule, frozenset[str]] = {
    MobileModule.DASHBOARD: frozenset({may.EMR_DASHBOARD, may.OWN}),
    MobileModule.PATIENTS: frozenset({may.PATIENTS_VIEW}),
    MobileModule.APPOINTMENTS: frozenset({may.APPOINTMENTS_VIEW, may.OWN}),
    MobileModule.CONSULTATIONS: frozenset({may.CONSULTATIONS_VIEW, may.OWN}),
    MobileModule.QUESTIONNAIRES: frozenset({may.QUESTIONNAIRES_VIEW, may.OWN}),
    MobileModule.PRESCRIPTIONS: frozenset({may.PRESCRIPTIONS_VIEW, may.OWN}),
    MobileModule.PROVIDER_QUEUE: frozenset({may.QUEUE_VIEW}),
    MobileModule.ORDERS: frozenset({may.ORDERS_VIEW, may.OWN}),
    MobileModule.SUBSCRIPTIONS: frozenset({may.SUBSCRIPTIONS_VIEW, may.OWN}),
    MobileModule.BILLING_INVOICES: frozenset({may.INVOICES_VIEW, may.OWN}),
    MobileModule.ACCOUNT: frozenset({may.ME}),
}
"""The keys of which one is needed to see the module; without it there would be nothing in it."""


def toggle(role: Role, module: MobileModule) -> str:
    """How one toggle is written in the settings: `STAFF:orders`."""
    return f"{role}:{module}"


TOGGLES = frozenset(toggle(role, module) for role in Role for module in MobileModule)
"""All that can be turned off."""


def mobile_modules(role: Role, held: frozenset[str], off: frozenset[str]) -> tuple[MobileModule, ...]:
    """The modules that somebody of the role, who holds these keys, sees in the app."""
    return tuple(one for one in MobileModule if SHOWS[one] & held and toggle(role, one) not in off)
