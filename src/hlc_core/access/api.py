"""The face of the context."""

from hlc_core.access.permissions import (
    AUDIT,
    JOBS,
    JOBS_VIEW,
    KEYS,
    ORDER_STEPS,
    OWN,
    RULE,
    SETTINGS_VIEW,
    STAFF_KEYS,
    STOREFRONT,
)

__all__ = [
    "AUDIT",
    "JOBS",
    "JOBS_VIEW",
    "KEYS",
    "ORDER_STEPS",
    "OWN",
    "RULE",
    "SETTINGS_VIEW",
    "STAFF_KEYS",
    "STOREFRONT",
]
