"""Custom roles: named sets of keys to which a built-in role is narrowed."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import RoleId, UserId
from hlc_core.kernel.text import folded, line
from hlc_core.people.errors import BeyondOwnReach, RoleInUse, RoleNameTaken
from hlc_core.people.model import OrganizationRole
from hlc_core.people.ports import Env
from hlc_core.people.users import expel, refuse_unknown


@frozen(kw_only=True)
class AddRole(Command[OrganizationRole]):
    """A role of the organization's own, such as Billing, Care Coordinator, EMR Read Only."""

    name: str
    keys: tuple[str, ...]
    description: str = ""


def add_role(command: AddRole, env: Env) -> OrganizationRole:
    """Refuses: Invalid, UnknownKey, RoleNameTaken."""
    refuse_unknown(command.keys)
    _refuse_taken(command.name, None, env)
    made = OrganizationRole(
        id=RoleId(env.ids.new("role")),
        organization=env.organization.id,
        name=line(command.name, "name", most=60, least=1),
        keys=tuple(sorted(frozenset(command.keys))),
        description=line(command.description, "description", most=300),
        created_at=env.clock.now(),
    )
    env.organization_roles.add(made)
    return made


@frozen(kw_only=True)
class ChangeRoleKeys(Command[OrganizationRole]):
    """Another name, other keys, another description; None leaves it. Everybody who has it signs in anew."""

    role: RoleId
    name: str | None = None
    keys: tuple[str, ...] | None = None
    description: str | None = None


def change_role_keys(command: ChangeRoleKeys, env: Env) -> OrganizationRole:
    """Refuses: Missing, Invalid, UnknownKey, RoleNameTaken, BeyondOwnReach (the actor's own role)."""
    held = env.organization_roles.get(command.role)
    keys = held.keys if command.keys is None else tuple(sorted(frozenset(command.keys)))
    refuse_unknown(keys)
    if command.name is not None:
        _refuse_taken(command.name, held.id, env)
    changed = evolve(
        held,
        name=held.name if command.name is None else line(command.name, "name", most=60, least=1),
        keys=keys,
        description=held.description if command.description is None else line(command.description, "description", 300),
    )
    if keys != held.keys:
        _refuse_own(held, env)
        for assignment in env.assignments.with_role(held.id):
            expel(env.users.get(assignment.user), env)
    env.organization_roles.save(changed)
    return changed


def _refuse_taken(name: str, besides: RoleId | None, env: Env) -> None:
    wanted = folded(name)
    if any(folded(one.name) == wanted and one.id != besides for one in env.organization_roles.all()):
        raise RoleNameTaken("A custom role has that name already.", Fault("name", "another one, or change that role"))


@frozen(kw_only=True)
class RemoveRole(Command[None]):
    """Take a custom role away that nobody has."""

    role: RoleId


def remove_role(command: RemoveRole, env: Env) -> None:
    """Refuses: Missing, RoleInUse."""
    held = env.organization_roles.get(command.role)
    having = len(env.assignments.with_role(held.id))
    if having:
        raise RoleInUse(
            f"{having} {'person has' if having == 1 else 'people have'} this role.",
            Fault("role", "give them another one first"),
        )
    env.organization_roles.remove(held)


def _refuse_own(role: OrganizationRole, env: Env) -> None:
    own = env.assignments.of_user(UserId(env.actor.id))
    if own is not None and own.custom_role == role.id:
        raise BeyondOwnReach("Nobody changes the role that narrows themselves.", Fault("role", "ask another one"))
