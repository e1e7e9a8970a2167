"""What happened to people; by id only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import (
    AssignmentId,
    ChartAccessId,
    ImpersonationId,
    InvitationId,
    PatientId,
    UserId,
)


@frozen(kw_only=True)
class UserCreated(Event):
    """A person is known to the platform for the first time; the welcome mail goes out once for it."""

    name: ClassVar[str] = "user.created"
    user: UserId
    assignment: AssignmentId

    @property
    def subject(self) -> str:
        """The user."""
        return self.user


@frozen(kw_only=True)
class UserAssigned(Event):
    """A person, known before or not, has a role in this organization."""

    name: ClassVar[str] = "user.assigned"
    user: UserId
    assignment: AssignmentId

    @property
    def subject(self) -> str:
        """The user."""
        return self.user


@frozen(kw_only=True)
class UserExpelled(Event):
    """What was issued to the person under an older generation counts no more: disabled, or another role."""

    name: ClassVar[str] = "user.expelled"
    user: UserId
    generation: int

    @property
    def subject(self) -> str:
        """The user."""
        return self.user


@frozen(kw_only=True)
class InvitationIssued(Event):
    """An invitation needs a link with a fresh secret; older links of it end."""

    name: ClassVar[str] = "invitation.issued"
    invitation: InvitationId

    @property
    def subject(self) -> str:
        """The invitation."""
        return self.invitation


@frozen(kw_only=True)
class InvitationAccepted(Event):
    """The invited has joined."""

    name: ClassVar[str] = "invitation.accepted"
    invitation: InvitationId
    user: UserId

    @property
    def subject(self) -> str:
        """The invitation."""
        return self.invitation


@frozen(kw_only=True)
class OwnershipTransferred(Event):
    """The organization belongs to another administrator."""

    name: ClassVar[str] = "ownership.transferred"
    assignment: AssignmentId
    to: AssignmentId

    @property
    def subject(self) -> str:
        """The assignment of the new owner."""
        return self.to


@frozen(kw_only=True)
class ImpersonationStarted(Event):
    """Somebody acts for somebody else from now on."""

    name: ClassVar[str] = "impersonation.started"
    impersonation: ImpersonationId

    @property
    def subject(self) -> str:
        """The impersonation."""
        return self.impersonation


@frozen(kw_only=True)
class ImpersonationEnded(Event):
    """Nobody acts for anybody else any more."""

    name: ClassVar[str] = "impersonation.ended"
    impersonation: ImpersonationId

    @property
    def subject(self) -> str:
        """The impersonation."""
        return self.impersonation


@frozen(kw_only=True)
class GlassBroken(Event):
    """A chart was opened in an emergency: the administrators are alerted."""

    name: ClassVar[str] = "chart.glass_broken"
    access: ChartAccessId
    patient: PatientId

    @property
    def subject(self) -> str:
        """The access."""
        return self.access


@frozen(kw_only=True)
class ChartAccessReviewed(Event):
    """Somebody judged whether the emergency was one."""

    name: ClassVar[str] = "chart.access_reviewed"
    access: ChartAccessId

    @property
    def subject(self) -> str:
        """The access."""
        return self.access


class Alarm(StrEnum):
    """What administrators are told of at once, by mail."""

    GLASS_BROKEN = "glass_broken"
    IMPERSONATION = "impersonation"


@frozen(kw_only=True)
class AdministratorAlerted(Event):
    """One administrator is to be told; each is told alone, so that one dead box keeps nobody else waiting.

    `about` is the emergency access or the impersonation, which lasts until `until`.
    """

    name: ClassVar[str] = "administrator.alerted"
    administrator: UserId
    alarm: Alarm
    about: str
    until: datetime

    @property
    def subject(self) -> str:
        """The administrator."""
        return self.administrator
