"""Refusals of people."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Invalid


class KnownElsewhere(Conflict):
    """The address belongs to a person of another organization: such a person is asked, not made."""


class AlreadyMember(Conflict):
    """The person is here already."""


class AlreadyInvited(Conflict):
    """The address has an invitation that waits, into another role."""


class SeatsTaken(Conflict):
    """As many people work here, or are asked to, as the organization may have (`limits.portalSeats`)."""


class InvitationTooOld(Conflict):
    """The time of the invitation is over."""


class RoleNotAssignable(Invalid):
    """That role is not given here."""


class BeyondOwnReach(Denied):
    """Nobody gives away more than they hold, or widens what narrows themselves."""


class OwnerStays(Conflict):
    """The owner stays administrator until the organization is handed over."""


class RoleNameTaken(Conflict):
    """A custom role of the organization has that name."""


class RoleInUse(Conflict):
    """Somebody has the custom role."""


class OverridesAreOff(Conflict):
    """The organization has not turned the layer of overrides on."""


class UnknownKey(Invalid):
    """There is no such permission key."""


class NotAPerson(Denied):
    """Only a person who is signed in does this: a key or HLC itself cannot."""


class NotImpersonable(Conflict):
    """Nobody acts for this person."""


class StillImpersonating(Conflict):
    """One acts for one person at a time."""


class GlassIsWhole(Denied):
    """The chart is shut: nothing opens it to this person now."""


class OwnReview(Denied):
    """Nobody reviews their own emergency."""
