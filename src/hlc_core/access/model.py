"""The words of access: roles, portals and where people land, plans, overrides. Nothing here is stored by itself."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid


class Role(StrEnum):
    """What a person is in one organization. Source: spec/access, Roles."""

    SUPER_ADMIN = "SUPER_ADMIN"
    ORG_ADMIN = "ORG_ADMIN"
    CLINICIAN = "CLINICIAN"
    STAFF = "STAFF"
    PATIENT = "PATIENT"


class Portal(StrEnum):
    """The four faces that people work in. A user's portal field says where they land."""

    ADMIN = "ADMIN"
    CRM = "CRM"
    EMR = "EMR"
    PATIENT = "PATIENT"


class Plan(StrEnum):
    """What an organization bought. NONE narrows nothing: an installation that sells no plans."""

    NONE = "none"
    PRO = "pro"
    PRO_PLUS = "pro_plus"
    ENTERPRISE = "enterprise"


PORTALS: dict[Role, tuple[Portal, ...]] = {
    Role.SUPER_ADMIN: (Portal.ADMIN, Portal.CRM, Portal.EMR),
    Role.ORG_ADMIN: (Portal.ADMIN, Portal.CRM, Portal.EMR),
    Role.CLINICIAN: (Portal.EMR,),
    Role.STAFF: (Portal.CRM, Portal.EMR),
    Role.PATIENT: (Portal.PATIENT,),
}
"""The portals that each role may enter; the first is where it lands by default."""

LANDING: dict[Portal, str] = {
    Portal.ADMIN: "/admin/dashboard",
    Portal.CRM: "/crm/dashboard",
    Portal.EMR: "/emr/dashboard",
    Portal.PATIENT: "/patient/dashboard",
}
"""The first page of each portal."""

_PLANS = {
    "": Plan.NONE,
    "none": Plan.NONE,
    "pro": Plan.PRO,
    "pro+": Plan.PRO_PLUS,
    "proplus": Plan.PRO_PLUS,
    "proplus_paid": Plan.PRO_PLUS,
    "pro_plus": Plan.PRO_PLUS,
    "pro_plus_paid": Plan.PRO_PLUS,
    "enterprise": Plan.ENTERPRISE,
}


@frozen(kw_only=True)
class Override:
    """One key said for one user: refused, or expressly left as it is. It never grants. Source: spec/access."""

    key: str
    granted: bool
    reason: str


def landing(role: Role, portal: Portal) -> str:
    """The page a person lands on: their portal's, or the role's own where the role may not enter that one."""
    allowed = PORTALS[role]
    return LANDING[portal if portal in allowed else allowed[0]]


def plan_named(spelling: str) -> Plan:
    """The plan of any of its spellings: `pro+`, `pro plus`, `pro-plus`, `pro_plus_paid` are one. Refuses: Invalid."""
    word = "_".join(spelling.strip().casefold().replace("-", " ").replace("_", " ").split())
    found = _PLANS.get(word)
    if found is None:
        raise Invalid("There is no such plan.", Fault("plan", f"one of: {', '.join(Plan)}"))
    return found
