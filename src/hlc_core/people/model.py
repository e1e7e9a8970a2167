"""Who a person is on the platform, and what they are in each organization."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.access.api import Override, Portal, Role
from hlc_core.kernel.ids import (
    PLATFORM,
    AssignmentId,
    ChartAccessId,
    ImpersonationId,
    InvitationId,
    OrganizationId,
    PatientId,
    RoleId,
    UserId,
)
from hlc_core.people.machine import ChartAccessState, ImpersonationState, InvitationState


class Switch(StrEnum):
    """One person's answer to a setting of the organization: as it says, always, never."""

    FOLLOW = "follow"
    ALWAYS = "always"
    NEVER = "never"


@frozen(kw_only=True)
class Membership:
    """What the person's own row says of one clinic assignment: enough to offer the choice at a login."""

    organization: OrganizationId
    role: Role
    active: bool = True


@frozen(kw_only=True)
class User:
    """A person, once on the whole platform, however many clinics they work in. Personal: the body is sealed.

    `email_key` finds the address without storing it in a column. `role` is the global role, given when the person was
    made; what counts in an organization is the assignment there. `memberships` mirror the assignments. `generation`
    is raised when everything that was issued to the person must end: sessions and tokens carry the one they were made
    under. `second_factor`: force or exempt, whatever the organization asks for.
    """

    id: UserId
    organization: OrganizationId = PLATFORM
    email: str = field(repr=False)
    email_key: str
    name: str = field(repr=False)
    role: Role
    portal: Portal
    primary: OrganizationId
    created_at: datetime
    super_admin: bool = False
    active: bool = True
    generation: int = 1
    memberships: tuple[Membership, ...] = ()
    login_alert: Switch = Switch.FOLLOW
    device_alert: Switch = Switch.FOLLOW
    second_factor: Switch = Switch.FOLLOW
    version: int = 0

    def membership(self, organization: OrganizationId) -> Membership | None:
        """What the person is there."""
        return next((one for one in self.memberships if one.organization == organization), None)

    @property
    def clinics(self) -> tuple[Membership, ...]:
        """The active ones, the primary organization first."""
        held = [one for one in self.memberships if one.active]
        return tuple(sorted(held, key=lambda one: (one.organization != self.primary, one.organization)))

    @property
    def strays(self) -> bool:
        """Whether there are assignments and the global role is none of theirs."""
        return bool(self.memberships) and all(one.role is not self.role for one in self.memberships)


@frozen(kw_only=True)
class ClinicAssignment:
    """A person's role in this organization. `owner`: the administrator to whom the organization belongs.

    `custom_role` narrows the role. `patient` is whom a patient's portal account stands for.
    """

    id: AssignmentId
    organization: OrganizationId
    user: UserId
    role: Role
    created_at: datetime
    custom_role: RoleId | None = None
    overrides: tuple[Override, ...] = ()
    active: bool = True
    owner: bool = False
    patient: PatientId | None = None
    version: int = 0


@frozen(kw_only=True)
class OrganizationRole:
    """A custom role: the keys that are left to whoever is assigned it. It never changes a built-in role."""

    id: RoleId
    organization: OrganizationId
    name: str
    keys: tuple[str, ...]
    description: str = ""
    created_at: datetime
    version: int = 0


@frozen(kw_only=True)
class Invitation:
    """One address asked to join, in a role. The secret of its link is kept by identity, not here."""

    id: InvitationId
    organization: OrganizationId
    state: InvitationState
    email: str = field(repr=False)
    email_key: str
    name: str = field(repr=False)
    role: Role
    invited_by: UserId | None
    created_at: datetime
    expires_at: datetime
    custom_role: RoleId | None = None
    patient: PatientId | None = None
    user: UserId | None = None
    """Who accepted it."""
    version: int = 0


@frozen(kw_only=True)
class Impersonation:
    """Somebody acts as somebody else for a quarter of an hour: `actor` on behalf of `target`."""

    id: ImpersonationId
    organization: OrganizationId
    state: ImpersonationState
    actor: UserId
    target: UserId
    reason: str = field(repr=False)
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    version: int = 0

    def running(self, now: datetime) -> bool:
        """Whether it still counts; its time runs out by itself."""
        return self.state is ImpersonationState.ACTIVE and now < self.ends_at


@frozen(kw_only=True)
class ChartAccess:
    """The glass broken before one chart: who, why, until when, and what the reviewer said."""

    id: ChartAccessId
    organization: OrganizationId
    state: ChartAccessState
    user: UserId
    patient: PatientId
    reason: str = field(repr=False)
    opened_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None
    reviewed_by: UserId | None = None
    review: str = field(default="", repr=False)
    version: int = 0

    def running(self, now: datetime) -> bool:
        """Whether it still opens the chart; its time runs out by itself."""
        return self.state is ChartAccessState.OPEN and now < self.ends_at
