"""Shapes of people. Persons are rows of no clinic; what they are in a clinic belongs to it."""

from __future__ import annotations

from hlc_adapters.storage.shape import Index, Shape, Unique, boolean, instant, integer, text
from hlc_core.access.model import Role
from hlc_core.kernel.text import folded
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
    OrganizationRole,
    User,
)


def _pending_key(invitation: Invitation) -> str | None:
    return invitation.email_key if invitation.state is InvitationState.PENDING else None


def _busy_actor(impersonation: Impersonation) -> str | None:
    return impersonation.actor if impersonation.state is ImpersonationState.ACTIVE else None


def _open_chart(access: ChartAccess) -> str | None:
    return access.patient if access.state is ChartAccessState.OPEN else None


USERS: Shape[User] = Shape(
    "users",
    User,
    (
        text("email_key"),
        boolean("active"),
        boolean("super_admin"),
        integer("clinics", lambda user: len(user.memberships)),
        boolean("strays"),
    ),
    uniques=(Unique("one_user_per_address", ("email_key",)),),
    indexes=(Index(("clinics",)), Index(("strays", "id"))),
    sealed=True,
    kind="user",
    listed="users at /users",
    platform=True,
    tracked=True,
    hidden=frozenset({"email", "email_key", "name", "memberships"}),
)

ASSIGNMENTS: Shape[ClinicAssignment] = Shape(
    "clinic_assignments",
    ClinicAssignment,
    (
        text("user_id", "user"),
        text("role"),
        boolean("active"),
        boolean("works_here", lambda assignment: assignment.role is not Role.PATIENT),
        text("custom_role"),
        text("patient"),
        text("owner", lambda assignment: "owner" if assignment.owner else None),
    ),
    uniques=(
        Unique("one_assignment_per_user", ("user_id",)),
        Unique("one_portal_account_per_patient", ("patient",)),
        Unique("one_owner", ("owner",)),
    ),
    indexes=(Index(("works_here", "id")), Index(("custom_role",))),
    kind="assignment",
    tracked=True,
)

ROLES: Shape[OrganizationRole] = Shape(
    "organization_roles",
    OrganizationRole,
    (text("name_key", lambda role: folded(role.name)),),
    uniques=(Unique("one_role_per_name", ("name_key",)),),
    kind="role",
    listed="roles at /roles",
    tracked=True,
)

INVITATIONS: Shape[Invitation] = Shape(
    "invitations",
    Invitation,
    (
        text("state"),
        text("pending_key", _pending_key),
        instant("expires_at"),
        boolean("works_here", lambda invitation: invitation.role is not Role.PATIENT),
    ),
    uniques=(Unique("one_pending_invitation_per_address", ("pending_key",)),),
    indexes=(Index(("state", "expires_at")),),
    machine=INVITATION,
    sealed=True,
    kind="invitation",
    listed="invitations at /invitations",
)

IMPERSONATIONS: Shape[Impersonation] = Shape(
    "impersonations",
    Impersonation,
    (text("state"), text("busy_actor", _busy_actor), instant("ends_at")),
    uniques=(Unique("one_impersonation_per_actor", ("busy_actor",)),),
    indexes=(Index(("state", "ends_at")),),
    machine=IMPERSONATION,
    sealed=True,
    kind="impersonation",
)

CHART_ACCESSES: Shape[ChartAccess] = Shape(
    "chart_accesses",
    ChartAccess,
    (text("state"), text("user_id", "user"), text("open_chart", _open_chart), instant("ends_at")),
    uniques=(Unique("one_open_access_per_chart", ("user_id", "open_chart")),),
    indexes=(Index(("state", "ends_at")),),
    machine=CHART_ACCESS,
    sealed=True,
    kind="chart_access",
)

SHAPES = (USERS, ASSIGNMENTS, ROLES, INVITATIONS, IMPERSONATIONS, CHART_ACCESSES)
