"""What people need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hlc_core.kernel.ids import (
    AssignmentId,
    ChartAccessId,
    ImpersonationId,
    InvitationId,
    PatientId,
    RoleId,
    UserId,
)
from hlc_core.kernel.repository import Repository
from hlc_core.patients.api import Env as PatientsEnv
from hlc_core.people.machine import ChartAccessState, InvitationState
from hlc_core.people.model import (
    ChartAccess,
    ClinicAssignment,
    Impersonation,
    Invitation,
    OrganizationRole,
    User,
)


class Users(Repository[UserId, User], Protocol):
    """All persons of the platform: rows of no clinic. Refuses when written: AlreadyExists (the address)."""

    def with_key(self, email_key: str) -> User | None:
        """The person with that address."""
        ...

    def page(self, after: UserId | None, limit: int, *, several: bool = False, strays: bool = False) -> Sequence[User]:
        """Persons by id; `several`: of two or more clinics, `strays`: whose global role is none of theirs (either)."""
        ...


class Assignments(Repository[AssignmentId, ClinicAssignment], Protocol):
    """Roles in this organization. Refuses when written: AlreadyExists (a second one of a user, a second owner)."""

    def of_user(self, user: UserId) -> ClinicAssignment | None:
        """What the user is here."""
        ...

    def of_patient(self, patient: PatientId) -> ClinicAssignment | None:
        """The portal account of the patient."""
        ...

    def owner(self) -> ClinicAssignment | None:
        """To whom the organization belongs."""
        ...

    def admins(self) -> Sequence[ClinicAssignment]:
        """The active administrators."""
        ...

    def with_role(self, role: RoleId) -> Sequence[ClinicAssignment]:
        """Who has the custom role."""
        ...

    def at_work(self) -> int:
        """How many work here and have access."""
        ...

    def page(self, after: AssignmentId | None, limit: int, patients: bool) -> Sequence[ClinicAssignment]:
        """By id; the people who work here, or its patients' accounts."""
        ...


class OrganizationRoles(Repository[RoleId, OrganizationRole], Protocol):
    """Custom roles of this organization. Refuses when written: AlreadyExists (the name)."""

    def all(self) -> Sequence[OrganizationRole]:
        """All of them, by id."""
        ...

    def remove(self, aggregate: OrganizationRole) -> None:
        """Take it away."""
        ...


class Invitations(Repository[InvitationId, Invitation], Protocol):
    """Invitations into this organization. Refuses when written: AlreadyExists (two pending ones for an address)."""

    def pending(self, email_key: str) -> Invitation | None:
        """The one that waits for that address."""
        ...

    def page(self, state: InvitationState | None, after: InvitationId | None, limit: int) -> Sequence[Invitation]:
        """Newest first."""
        ...

    def to_work(self, now: datetime) -> int:
        """How many pending ones ask somebody to work here."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Invitation]:
        """Pending ones whose time is over."""
        ...


class Impersonations(Repository[ImpersonationId, Impersonation], Protocol):
    """Who acted for whom. Refuses when written: AlreadyExists (two at once by one actor)."""

    def active(self, actor: UserId) -> Impersonation | None:
        """The one that the actor has not ended."""
        ...

    def page(self, after: ImpersonationId | None, limit: int) -> Sequence[Impersonation]:
        """Newest first."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Impersonation]:
        """Active ones whose time is over."""
        ...


class ChartAccesses(Repository[ChartAccessId, ChartAccess], Protocol):
    """Broken glass. Refuses when written: AlreadyExists (two open ones of a user for a patient)."""

    def open_of(self, user: UserId, patient: PatientId) -> ChartAccess | None:
        """The one that the user has not closed."""
        ...

    def page(self, state: ChartAccessState | None, after: ChartAccessId | None, limit: int) -> Sequence[ChartAccess]:
        """Newest first."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[ChartAccess]:
        """Open ones whose time is over."""
        ...


class Env(PatientsEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def users(self) -> Users: ...
    @property
    def assignments(self) -> Assignments: ...
    @property
    def organization_roles(self) -> OrganizationRoles: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def impersonations(self) -> Impersonations: ...
    @property
    def chart_accesses(self) -> ChartAccesses: ...
