"""Seats: how many may work in an organization. Patients take none, nor do super admins who have no role there."""

from __future__ import annotations

from hlc_core.access.api import Role
from hlc_core.kernel.errors import Fault
from hlc_core.people.errors import SeatsTaken
from hlc_core.people.ports import Env


def seats_taken(env: Env) -> int:
    """By those who work here and have access, and by those who are asked to."""
    return env.assignments.at_work() + env.invitations.to_work(env.clock.now())


def refuse_without_seat(role: Role, env: Env, *, asked: bool = False) -> None:
    """Whether one more may work here in that role; somebody `asked` has kept a seat since then. Refuses: SeatsTaken.

    A limit that was lowered below what is taken throws nobody out.
    """
    most = env.organization.limits.portal_seats
    if not most or role is Role.PATIENT:
        return
    if (env.assignments.at_work() if asked else seats_taken(env)) >= most:
        remedy = f"{most}: disable somebody who has left, revoke an invitation, or have the limit raised"
        raise SeatsTaken("All seats of the clinic are taken.", Fault("limits.portalSeats", remedy))
