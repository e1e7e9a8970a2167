"""A clinic's people for tests: an owner, colleagues, a second clinic, and envelopes to act as any of them."""

from __future__ import annotations

from hlc_adapters.storage.shapes.people import ASSIGNMENTS
from hlc_core.access.api import Role
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.ids import ActorId, OrganizationId, RoleId, UserId
from hlc_core.organizations.api import OpenOrganization
from hlc_core.people.api import CreateUser, Env, GetUser, Member, actor_here
from support.worlds import ORGANIZATION, World

OTHER = OrganizationId("org_other")
AT_OTHER = system(OTHER)
REASON = "asked for by the clinic"


def second_clinic(world: World) -> None:
    """Open it."""
    world.execute(OpenOrganization(slug="other", name="Other", zone="UTC", currency="USD"), AT_OTHER)


def person(
    world: World,
    email: str,
    role: Role = Role.STAFF,
    *,
    at: OrganizationId = ORGANIZATION,
    custom_role: RoleId | None = None,
    by: Envelope | None = None,
) -> Member:
    """Somebody new."""
    name = email.partition("@")[0].title()
    return world.execute(CreateUser(email=email, name=name, role=role, custom_role=custom_role), by or system(at))


def acting(world: World, user: UserId, at: OrganizationId = ORGANIZATION) -> Envelope:
    """The envelope of the person, as they stand here now; nobody where they are nothing."""
    with world.services.units.open(system(at), "test", write=False) as unit:
        env: Env = unit.env
        actor = actor_here(user, env)
    if actor is None:
        actor = Actor(kind=ActorKind.STAFF, id=ActorId(user), organization=at)
    return Envelope(actor=actor)


def member(world: World, user: UserId, at: OrganizationId = ORGANIZATION) -> Member:
    """The person as stored."""
    return world.ask(GetUser(user=user), system(at))


def owners(world: World) -> list[str]:
    """Who owns the clinic."""
    return [one.user for one in world.rows(ASSIGNMENTS) if one.owner]
