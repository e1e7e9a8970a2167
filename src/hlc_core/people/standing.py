"""What a person may do here: from the rows to the layers, and from the layers to an actor."""

from __future__ import annotations

from hlc_core.access.api import Layers, Role, effective
from hlc_core.kernel.commands import ACROSS, Actor, ActorKind
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, UserId
from hlc_core.organizations.api import Organization
from hlc_core.people.errors import NotAPerson
from hlc_core.people.model import ClinicAssignment, OrganizationRole, User
from hlc_core.people.ports import Env


def layers_of(
    user: User, assignment: ClinicAssignment | None, custom: OrganizationRole | None, organization: Organization
) -> Layers | None:
    """All that decides for the person in the organization; None where they are nothing there.

    A super admin needs no assignment. A person or an assignment that is not active is nothing.
    """
    if not user.active:
        return None
    settings = organization.permissions
    if user.super_admin:
        return Layers(role=Role.SUPER_ADMIN)
    if assignment is None or not assignment.active or assignment.organization != organization.id:
        return None
    return Layers(
        role=assignment.role,
        off=frozenset(settings.off),
        plan=organization.plan,
        custom=_custom(assignment, custom),
        overrides=assignment.overrides,
        overrides_on=settings.overrides,
    )


def _custom(assignment: ClinicAssignment, custom: OrganizationRole | None) -> frozenset[str] | None:
    if assignment.custom_role is None:
        return None
    known = custom is not None and custom.id == assignment.custom_role
    return frozenset(custom.keys) if custom is not None and known else frozenset()


def actor_of(
    user: User, assignment: ClinicAssignment | None, custom: OrganizationRole | None, organization: Organization
) -> Actor | None:
    """The person as an actor of the organization, or None where they are nothing there."""
    layers = layers_of(user, assignment, custom, organization)
    if layers is None:
        return None
    assigned = assignment is not None and assignment.active and assignment.organization == organization.id
    return Actor(
        kind=ActorKind.PATIENT if layers.role is Role.PATIENT else ActorKind.STAFF,
        id=ActorId(user.id),
        organization=organization.id,
        permissions=effective(layers),
        role=layers.role,
        patient=None if assignment is None or layers.role is not Role.PATIENT else assignment.patient,
        scope="" if assigned else ACROSS,
    )


def actor_here(user: UserId, env: Env) -> Actor | None:
    """The person as an actor of this organization, read from its rows."""
    person = env.users.find(user)
    if person is None:
        return None
    assignment = env.assignments.of_user(user)
    actor = actor_of(person, assignment, custom_role_of(assignment, env), env.organization)
    if actor is None or actor.patient is None:
        return actor
    return evolve(actor, joined=tuple(one.id for one in env.patients.joined(actor.patient)))


def custom_role_of(assignment: ClinicAssignment | None, env: Env) -> OrganizationRole | None:
    """The custom role of the assignment, if it has one."""
    if assignment is None or assignment.custom_role is None:
        return None
    return env.organization_roles.find(assignment.custom_role)


def own_id(env: Env) -> UserId:
    """The person who acts, as a user; nobody's id where a key or HLC itself does."""
    return UserId(env.actor.id)


def acting_user(env: Env) -> User:
    """The person who acts. Refuses: NotAPerson."""
    found = env.users.find(own_id(env))
    if found is None:
        raise NotAPerson(
            "Only a person who is signed in can do this.", Fault("actor", "sign in; API keys are no persons")
        )
    return found


def member(user: UserId, env: Env) -> tuple[User, ClinicAssignment]:
    """The person and what they are here. Refuses: Missing (foreign and absent alike)."""
    assignment = env.assignments.of_user(user)
    found = None if assignment is None else env.users.find(user)
    if assignment is None or found is None:
        raise Missing("There is no such user here.", Fault("user", "one of `hlc users list`"))
    return found, assignment
