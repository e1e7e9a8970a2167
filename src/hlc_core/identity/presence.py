"""As whom somebody acts who is signed in."""

from __future__ import annotations

from hlc_core.access.api import OUT_OF_REACH
from hlc_core.identity.errors import ClinicUnknown
from hlc_core.identity.ports import Env
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, UserId
from hlc_core.people.api import actor_here


def acting(user: UserId, env: Env, by: UserId | None = None) -> Actor:
    """The person as an actor here; or `by` acting for them, without what is out of reach then.

    Refuses: ClinicUnknown (nothing here, or not any more).
    """
    actor = actor_here(user, env)
    if actor is None:
        raise ClinicUnknown("You work at no clinic of that name.")
    if by is None:
        return actor
    permissions = actor.permissions - OUT_OF_REACH
    return evolve(actor, id=ActorId(by), on_behalf_of=ActorId(user), permissions=permissions)
