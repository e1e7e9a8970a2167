"""As whom somebody acts who is signed in: kind, permission keys, on whose behalf."""

from __future__ import annotations

from hlc_core.access.api import KEYS, SELF, STAFF_KEYS, Role
from hlc_core.identity.ports import Env
from hlc_core.kernel.commands import Actor, ActorKind
from hlc_core.kernel.ids import ActorId
from hlc_core.people.api import User


def acting(user: User, role: Role, env: Env, on_behalf_by: User | None = None) -> Actor:
    """The actor. With `on_behalf_by`, that person acts for the user, and cannot reach the user's own credentials."""
    assignment = env.assignments.of_user(user.id)
    patient = role is Role.PATIENT
    keys = KEYS[ActorKind.PATIENT] if patient else STAFF_KEYS
    own = frozenset[str]() if on_behalf_by is not None else frozenset({SELF})
    return Actor(
        kind=ActorKind.PATIENT if patient else ActorKind.STAFF,
        id=ActorId(user.id if on_behalf_by is None else on_behalf_by.id),
        organization=env.organization.id,
        permissions=(keys - {SELF}) | own,
        on_behalf_of=None if on_behalf_by is None else ActorId(user.id),
        role=role,
        patient=None if assignment is None else assignment.patient,
    )
