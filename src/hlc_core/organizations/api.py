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
    RecoverySettings,
)
from hlc_core.organizations.ports import Env, Organizations

__all__ = [
    "BillingSettings",
    "Branding",
    "CartSettings",
    "Domains",
    "Env",
    "FinalFailure",
    "MissedPeriods",
    "OrderSettings",
    "Organization",
    "Organizations",
    "PaymentSettings",
    "RecoverySettings",
]
