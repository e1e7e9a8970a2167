"""People, their roles, invitations, acting for others, broken glass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Op, Where, above, at_most, below, eq
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.people import (
    ASSIGNMENTS,
    CHART_ACCESSES,
    IMPERSONATIONS,
    INVITATIONS,
    ROLES,
    USERS,
)
from hlc_core.access.model import Role
from hlc_core.kernel.ids import (
    AssignmentId,
    ChartAccessId,
    ImpersonationId,
    InvitationId,
    PatientId,
    RoleId,
    UserId,
)
from hlc_core.people.machine import ChartAccessState, ImpersonationState, InvitationState
from hlc_core.people.model import (
    ChartAccess,
    ClinicAssignment,
    Impersonation,
    Invitation,
    OrganizationRole,
    User,
)


@frozen
class StoredUsers(Rows[UserId, User]):
    """All persons of the platform."""

    shape = USERS

    def with_key(self, email_key: str) -> User | None:
        """The person with that address."""
        found = self.unit.select(self.shape, eq("email_key", email_key), limit=1)
        return found[0] if found else None

    def page(self, after: UserId | None, limit: int, *, several: bool = False, strays: bool = False) -> Sequence[User]:
        """Persons by id; those of several clinics or strays only, where asked for."""
        behind = () if after is None else (above("id", after),)
        if not several and not strays:
            return self.unit.select(self.shape, *behind, limit=limit)
        found: dict[str, User] = {}
        if several:
            rows = self.unit.select(self.shape, Where("clinics", Op.GE, 2), *behind, limit=limit)
            found.update((user.id, user) for user in rows)
        if strays:
            rows = self.unit.select(self.shape, eq("strays", True), *behind, limit=limit)
            found.update((user.id, user) for user in rows)
        return sorted(found.values(), key=lambda user: user.id)[:limit]


@frozen
class StoredAssignments(Rows[AssignmentId, ClinicAssignment]):
    """Roles in one organization."""

    shape = ASSIGNMENTS

    def of_user(self, user: UserId) -> ClinicAssignment | None:
        """What the user is here."""
        return self._one(eq("user_id", user))

    def of_patient(self, patient: PatientId) -> ClinicAssignment | None:
        """The portal account of the patient."""
        found = self.unit.chunks(self.shape, "patient", (patient,), of=(PATIENTS,))
        return found[0] if found else None

    def owner(self) -> ClinicAssignment | None:
        """To whom the organization belongs."""
        return self._one(eq("owner", "owner"))

    def admins(self) -> Sequence[ClinicAssignment]:
        """The active administrators."""
        return self.unit.select(self.shape, eq("works_here", True), eq("role", Role.ORG_ADMIN), eq("active", True))

    def with_role(self, role: RoleId) -> Sequence[ClinicAssignment]:
        """Who has the custom role."""
        return self.unit.select(self.shape, eq("custom_role", role))

    def at_work(self) -> int:
        """How many work here and have access."""
        return self.unit.count(self.shape, eq("works_here", True), eq("active", True))

    def page(self, after: AssignmentId | None, limit: int, patients: bool) -> Sequence[ClinicAssignment]:
        """By id; the people who work here, or its patients' accounts."""
        behind = () if after is None else (above("id", after),)
        return self.unit.select(self.shape, eq("works_here", not patients), *behind, limit=limit)

    def _one(self, where: Where) -> ClinicAssignment | None:
        found = self.unit.select(self.shape, where, limit=1)
        return found[0] if found else None


@frozen
class StoredOrganizationRoles(Rows[RoleId, OrganizationRole]):
    """Custom roles of one organization."""

    shape = ROLES

    def all(self) -> Sequence[OrganizationRole]:
        """All of them, by id."""
        return self.unit.select(self.shape)


@frozen
class StoredInvitations(Rows[InvitationId, Invitation]):
    """Invitations into one organization."""

    shape = INVITATIONS

    def pending(self, email_key: str) -> Invitation | None:
        """The one that waits for that address."""
        found = self.unit.select(self.shape, eq("pending_key", email_key), limit=1)
        return found[0] if found else None

    def page(self, state: InvitationState | None, after: InvitationId | None, limit: int) -> Sequence[Invitation]:
        """Newest first."""
        where = (*(() if state is None else (eq("state", state),)), *(() if after is None else (below("id", after),)))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def to_work(self, now: datetime) -> int:
        """How many pending ones ask somebody to work here."""
        pending = eq("state", InvitationState.PENDING)
        return self.unit.count(self.shape, pending, above("expires_at", now), eq("works_here", True))

    def due(self, now: datetime, limit: int) -> Sequence[Invitation]:
        """Pending ones whose time is over."""
        where = (eq("state", InvitationState.PENDING), at_most("expires_at", now))
        return self.unit.select(self.shape, *where, order=("expires_at", "id"), limit=limit)


@frozen
class StoredImpersonations(Rows[ImpersonationId, Impersonation]):
    """Who acted for whom in one organization."""

    shape = IMPERSONATIONS

    def active(self, actor: UserId) -> Impersonation | None:
        """The one that the actor has not ended."""
        found = self.unit.select(self.shape, eq("busy_actor", actor), limit=1)
        return found[0] if found else None

    def page(self, after: ImpersonationId | None, limit: int) -> Sequence[Impersonation]:
        """Newest first."""
        where = () if after is None else (below("id", after),)
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def due(self, now: datetime, limit: int) -> Sequence[Impersonation]:
        """Active ones whose time is over."""
        where = (eq("state", ImpersonationState.ACTIVE), at_most("ends_at", now))
        return self.unit.select(self.shape, *where, order=("ends_at", "id"), limit=limit)


@frozen
class StoredChartAccesses(Rows[ChartAccessId, ChartAccess]):
    """Broken glass of one organization."""

    shape = CHART_ACCESSES

    def open_of(self, user: UserId, patient: PatientId) -> ChartAccess | None:
        """The one that the user has not closed."""
        found = self.unit.select(self.shape, eq("user_id", user), eq("open_chart", patient), limit=1)
        return found[0] if found else None

    def page(self, state: ChartAccessState | None, after: ChartAccessId | None, limit: int) -> Sequence[ChartAccess]:
        """Newest first."""
        where = (*(() if state is None else (eq("state", state),)), *(() if after is None else (below("id", after),)))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def due(self, now: datetime, limit: int) -> Sequence[ChartAccess]:
        """Open ones whose time is over."""
        where = (eq("state", ChartAccessState.OPEN), at_most("ends_at", now))
        return self.unit.select(self.shape, *where, order=("ends_at", "id"), limit=limit)
