"""The face of the context."""

from hlc_core.organizations.model import (
    BillingSettings,
    Branding,
    CartSettings,
    Domains,
    FinalFailure,
    MissedPeriods,
    OrderSettings,
    Organization,
    PaymentSettings,
    PrescriptionSettings,
    RecoverySettings,
    RenewalGate,
)
from hlc_core.organizations.ports import Env, Organizations
from hlc_core.organizations.usecases import (
    ChangeSettings,
    GetOrganization,
    OpenOrganization,
    change_settings,
    get_organization,
    open_organization,
)

__all__ = [
    "BillingSettings",
    "Branding",
    "CartSettings",
    "ChangeSettings",
    "Domains",
    "Env",
    "FinalFailure",
    "GetOrganization",
    "MissedPeriods",
    "OpenOrganization",
    "OrderSettings",
    "Organization",
    "Organizations",
    "PaymentSettings",
    "PrescriptionSettings",
    "RecoverySettings",
    "RenewalGate",
    "change_settings",
    "get_organization",
    "open_organization",
]
