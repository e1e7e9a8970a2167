"""The face of the context."""

from hlc_core.people.events import (
    ChartAccessReviewed,
    GlassBroken,
    ImpersonationEnded,
    ImpersonationStarted,
    InvitationAccepted,
    InvitationIssued,
    OwnershipTransferred,
    UserAssigned,
    UserCreated,
    UserExpelled,
)
from hlc_core.people.machine import (
    CHART_ACCESS,
    IMPERSONATION,
    INVITATION,
    ChartAccessState,
    ImpersonationState,
    InvitationState,
)
from hlc_core.people.model import (
    ChartAccess,
    ClinicAssignment,
    Impersonation,
    Invitation,
    Membership,
    OrganizationRole,
    Switch,
    User,
)
from hlc_core.people.ports import Assignments, Env, Users

__all__ = [
    "CHART_ACCESS",
    "IMPERSONATION",
    "INVITATION",
    "Assignments",
    "ChartAccess",
    "ChartAccessReviewed",
    "ChartAccessState",
    "ClinicAssignment",
    "Env",
    "GlassBroken",
    "Impersonation",
    "ImpersonationEnded",
    "ImpersonationStarted",
    "ImpersonationState",
    "Invitation",
    "InvitationAccepted",
    "InvitationIssued",
    "InvitationState",
    "Membership",
    "OrganizationRole",
    "OwnershipTransferred",
    "Switch",
    "User",
    "UserAssigned",
    "UserCreated",
    "UserExpelled",
    "Users",
]
