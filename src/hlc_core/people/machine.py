"""The lifecycles of invitations, impersonations and broken glass."""

from __future__ import annotations

from enum import StrEnum

from hlc_core.access.api import CHART_REVIEW, ME, USERS
from hlc_core.kernel.machine import Machine, NoFacts, Note, Rule


class InvitationState(StrEnum):
    """Where an invitation stands."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"


class InvitationTrigger(StrEnum):
    """What moves an invitation."""

    ACCEPT = "accept"
    REVOKE = "revoke"
    EXPIRE = "expire"
    RESEND = "resend"


class ImpersonationState(StrEnum):
    """Where an impersonation stands."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    EXPIRED = "EXPIRED"


class ImpersonationTrigger(StrEnum):
    """What moves an impersonation."""

    END = "end"
    EXPIRE = "expire"


class ChartAccessState(StrEnum):
    """Where a broken glass stands."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    JUSTIFIED = "JUSTIFIED"
    OBJECTED = "OBJECTED"


class ChartAccessTrigger(StrEnum):
    """What moves a broken glass."""

    CLOSE = "close"
    JUSTIFY = "justify"
    OBJECT = "object"


_I, _J = InvitationState, InvitationTrigger

INVITATION = Machine[InvitationState, InvitationTrigger, NoFacts](
    name="invitation",
    initial=_I.PENDING,
    final=frozenset({_I.ACCEPTED, _I.REVOKED, _I.EXPIRED}),
    rules=(
        Rule(_I.PENDING, _J.ACCEPT, _I.ACCEPTED, causes="the person gets the assignment"),
        Rule(_I.PENDING, _J.RESEND, _I.PENDING, permission=USERS, causes="a new link, and the old one ends"),
        Rule(_I.PENDING, _J.REVOKE, _I.REVOKED, permission=USERS),
        Rule(_I.PENDING, _J.EXPIRE, _I.EXPIRED),
    ),
    notes={
        _I.PENDING: Note("the invited", "You are invited.", "Waits for the invited to follow the link.", 7),
        _I.ACCEPTED: Note("nobody", "You have joined.", "The person has joined."),
        _I.REVOKED: Note("nobody", "This invitation was withdrawn.", "Withdrawn; invite again if that was wrong."),
        _I.EXPIRED: Note("nobody", "This invitation is too old.", "Nobody followed the link in time; invite again."),
    },
)
"""Source: spec/access, Identity (invitations)."""

_A, _B = ImpersonationState, ImpersonationTrigger

IMPERSONATION = Machine[ImpersonationState, ImpersonationTrigger, NoFacts](
    name="impersonation",
    initial=_A.ACTIVE,
    final=frozenset({_A.ENDED, _A.EXPIRED}),
    rules=(
        Rule(_A.ACTIVE, _B.END, _A.ENDED, permission=ME, causes="the own session counts again"),
        Rule(_A.ACTIVE, _B.EXPIRE, _A.EXPIRED),
    ),
    notes={
        _A.ACTIVE: Note("the actor", "Support is looking with you.", "Everything done is kept under both names."),
        _A.ENDED: Note("nobody", "Support has left.", "Ended by hand."),
        _A.EXPIRED: Note("nobody", "Support has left.", "The quarter of an hour was over."),
    },
)
"""Source: spec/access, Identity (impersonation)."""

_C, _D = ChartAccessState, ChartAccessTrigger

CHART_ACCESS = Machine[ChartAccessState, ChartAccessTrigger, NoFacts](
    name="chart_access",
    initial=_C.OPEN,
    final=frozenset({_C.JUSTIFIED, _C.OBJECTED}),
    rules=(
        Rule(_C.OPEN, _D.CLOSE, _C.CLOSED, causes="the chart is shut again; a review is due"),
        Rule(_C.CLOSED, _D.JUSTIFY, _C.JUSTIFIED, permission=CHART_REVIEW),
        Rule(_C.CLOSED, _D.OBJECT, _C.OBJECTED, permission=CHART_REVIEW, causes="somebody has to answer for it"),
    ),
    notes={
        _C.OPEN: Note("the reader", "Your chart was opened in an emergency.", "Open until its time is over."),
        _C.CLOSED: Note("a reviewer", "An opening of your chart is looked at.", "Somebody else reviews the reason.", 3),
        _C.JUSTIFIED: Note("nobody", "The opening was in order.", "The reason held."),
        _C.OBJECTED: Note("nobody", "The opening was not in order.", "The reason did not hold."),
    },
)
"""Source: spec/access, Identity (break-glass)."""
