"""Making people, and changing what they are in this organization."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from hlc_core.access.api import PORTALS, SENTENCES, Override, Portal, Role, effective
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AssignmentId, PatientId, RoleId, UserId
from hlc_core.kernel.text import email as checked_email
from hlc_core.kernel.text import folded, line
from hlc_core.people.errors import (
    AlreadyMember,
    BeyondOwnReach,
    KnownElsewhere,
    OverridesAreOff,
    OwnerStays,
    RoleNotAssignable,
    UnknownKey,
)
from hlc_core.people.events import OwnershipTransferred, UserAssigned, UserCreated, UserExpelled
from hlc_core.people.model import ClinicAssignment, Membership, Switch, User
from hlc_core.people.ports import Env
from hlc_core.people.seats import refuse_without_seat
from hlc_core.people.standing import custom_role_of, layers_of, member, own_id


@frozen(kw_only=True)
class Member:
    """A person and what they are in this organization."""

    user: User
    assignment: ClinicAssignment


def address_key(email: str, env: Env) -> str:
    """By what a person is found platform-wide."""
    return env.fingerprints.of(folded(email))


@frozen(kw_only=True)
class CreateUser(Command[Member]):
    """Somebody new works here, or is a patient with an account. They get a welcome and choose a password."""

    email: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    portal: Portal | None = None
    custom_role: RoleId | None = None


def create_user(command: CreateUser, env: Env) -> Member:
    """The person. A repetition answers who stands.

    Refuses: Invalid, KnownElsewhere, AlreadyMember, Missing, SeatsTaken.
    """
    email, name = checked_email(command.email), line(command.name, "name", most=120, least=1)
    refuse_role(command.role, command.custom_role, env)
    portal = checked_portal(command.portal, command.role)
    known = env.users.with_key(address_key(email, env))
    if known is not None:
        held = env.assignments.of_user(known.id)
        if held is None:
            raise KnownElsewhere(
                "That address belongs to somebody who is known already.", Fault("email", "invite them instead")
            )
        if (held.role, held.active, held.custom_role) != (command.role, True, command.custom_role):
            raise AlreadyMember("That person is here already.", Fault("email", f"see user {known.id}"))
        return Member(user=known, assignment=held)
    refuse_without_seat(command.role, env)
    user = new_user(email, name, command.role, portal, env)
    return assign(user, command.role, env, custom_role=command.custom_role, new=True)


def new_user(email: str, name: str, role: Role, portal: Portal, env: Env) -> User:
    """A person whom the platform does not know yet; not stored yet."""
    return User(
        id=UserId(env.ids.new("usr")),
        email=email,
        email_key=address_key(email, env),
        name=name,
        role=role,
        portal=portal,
        primary=env.organization.id,
        created_at=env.clock.now(),
    )


def assign(
    user: User,
    role: Role,
    env: Env,
    *,
    custom_role: RoleId | None = None,
    patient: PatientId | None = None,
    new: bool = False,
) -> Member:
    """Give the person a role here; the first administrator owns the organization."""
    made = ClinicAssignment(
        id=AssignmentId(env.ids.new("asg")),
        organization=env.organization.id,
        user=user.id,
        role=role,
        created_at=env.clock.now(),
        custom_role=custom_role,
        patient=patient,
        owner=role is Role.ORG_ADMIN and env.assignments.owner() is None,
    )
    env.assignments.add(made)
    mirrored = mirrored_in(user, made)
    if new:
        env.users.add(mirrored)
        env.outbox.put(UserCreated(user=user.id, assignment=made.id))
    else:
        env.users.save(mirrored)
    env.outbox.put(UserAssigned(user=user.id, assignment=made.id))
    return Member(user=mirrored, assignment=made)


def mirrored_in(user: User, assignment: ClinicAssignment) -> User:
    """The person's row, saying of the assignment what stands."""
    says = Membership(organization=assignment.organization, role=assignment.role, active=assignment.active)
    others = tuple(one for one in user.memberships if one.organization != assignment.organization)
    return evolve(user, memberships=tuple(sorted((*others, says), key=lambda one: one.organization)))


def expel(user: User, env: Env) -> User:
    """End all that was issued to the person: its generation is over. Answers the saved row."""
    gone = evolve(user, generation=user.generation + 1)
    env.users.save(gone)
    env.outbox.put(UserExpelled(user=user.id, generation=gone.generation))
    return gone


def _changed(user: User, assignment: ClinicAssignment, env: Env) -> Member:
    env.assignments.save(assignment)
    return Member(user=expel(mirrored_in(user, assignment), env), assignment=assignment)


def refuse_role(role: Role, custom_role: RoleId | None, env: Env) -> None:
    """Whether the actor may give that role. Refuses: RoleNotAssignable, BeyondOwnReach, Missing (custom role)."""
    if role is Role.SUPER_ADMIN:
        raise RoleNotAssignable(
            "Super admins are made for the platform, not for one organization.",
            Fault("role", f"one of: {', '.join(one for one in Role if one is not Role.SUPER_ADMIN)}"),
        )
    if custom_role is not None:
        env.organization_roles.get(custom_role)
    if role is Role.ORG_ADMIN:
        given = ClinicAssignment(
            id=AssignmentId("asg_wish"),
            organization=env.organization.id,
            user=UserId(""),
            role=role,
            created_at=env.clock.now(),
            custom_role=custom_role,
        )
        refuse_more_than_own(given, env)


def refuse_more_than_own(given: ClinicAssignment, env: Env) -> None:
    """An administrator whom something narrows makes no administrator whom less narrows. Refuses: BeyondOwnReach."""
    if env.actor.role != Role.ORG_ADMIN:
        return
    someone = new_user("", "", given.role, Portal.ADMIN, env)
    layers = layers_of(someone, evolve(given, active=True), custom_role_of(given, env), env.organization)
    beyond = frozenset() if layers is None else effective(layers) - env.actor.permissions
    if beyond:
        raise BeyondOwnReach(
            "Nobody gives away more than they hold.", Fault("role", f"this would give: {', '.join(sorted(beyond))}")
        )


def refuse_self(user: UserId, env: Env) -> None:
    """Nobody changes what they are themselves. Refuses: BeyondOwnReach."""
    if own_id(env) == user:
        raise BeyondOwnReach("Nobody changes their own role.", Fault("user", "ask another administrator"))


def checked_portal(portal: Portal | None, role: Role) -> Portal:
    """The portal on which the role lands. Refuses: Invalid."""
    allowed = PORTALS[role]
    if portal is not None and portal not in allowed:
        raise Invalid(f"{role} does not enter that portal.", Fault("portal", f"one of: {', '.join(allowed)}"))
    return portal or allowed[0]


def _refuse_owner(assignment: ClinicAssignment) -> None:
    if assignment.owner:
        raise OwnerStays(
            "The owner of the organization stays its administrator.",
            Fault("user", "hand the organization over to another administrator first"),
        )


@frozen(kw_only=True)
class ChangeRole(Command[Member]):
    """The person is something else here from now on; whatever was issued to them ends."""

    user: UserId
    role: Role
    custom_role: RoleId | None = None


def change_role(command: ChangeRole, env: Env) -> Member:
    """Refuses: Missing, RoleNotAssignable, BeyondOwnReach, OwnerStays, SeatsTaken (a patient is to work here)."""
    user, held = member(command.user, env)
    if (held.role, held.custom_role) == (command.role, command.custom_role):
        return Member(user=user, assignment=held)
    refuse_self(user.id, env)
    refuse_role(command.role, command.custom_role, env)
    if held.role is not command.role:
        _refuse_owner(held)
    if held.role is Role.PATIENT and held.active:
        refuse_without_seat(command.role, env)
    owner = command.role is Role.ORG_ADMIN and (held.owner or env.assignments.owner() is None)
    lands = user.portal if user.portal in PORTALS[command.role] else PORTALS[command.role][0]
    only = all(one.organization == held.organization for one in user.memberships)
    person = evolve(user, portal=lands, role=command.role) if only else user
    changed = evolve(held, role=command.role, custom_role=command.custom_role, owner=owner)
    return _changed(person, changed, env)


@frozen(kw_only=True)
class AssignCustomRole(Command[Member]):
    """A custom role narrows the person's role; None takes it off."""

    user: UserId
    custom_role: RoleId | None


def assign_custom_role(command: AssignCustomRole, env: Env) -> Member:
    """Refuses: Missing, BeyondOwnReach, OwnerStays (nothing narrows the owner)."""
    user, held = member(command.user, env)
    if held.custom_role == command.custom_role:
        return Member(user=user, assignment=held)
    refuse_self(user.id, env)
    if command.custom_role is not None:
        env.organization_roles.get(command.custom_role)
        _refuse_owner(held)
    changed = evolve(held, custom_role=command.custom_role)
    if held.role is Role.ORG_ADMIN:
        refuse_more_than_own(changed, env)
    return _changed(user, changed, env)


@frozen(kw_only=True)
class SetOverride(Command[Member]):
    """One key, refused to one person (or expressly left), with a reason."""

    user: UserId
    key: str
    granted: bool
    reason: str


def set_override(command: SetOverride, env: Env) -> Member:
    """Refuses: OverridesAreOff (the organization has not turned the layer on), UnknownKey, Invalid, Missing."""
    _refuse_without_layer(env)
    refuse_unknown((command.key,))
    user, held = member(command.user, env)
    reason = line(command.reason, "reason", most=500, least=3)
    wish = Override(key=command.key, granted=command.granted, reason=reason)
    if wish in held.overrides:
        return Member(user=user, assignment=held)
    refuse_self(user.id, env)
    others = tuple(one for one in held.overrides if one.key != command.key)
    changed = evolve(held, overrides=tuple(sorted((*others, wish), key=lambda one: one.key)))
    if held.role is Role.ORG_ADMIN:
        refuse_more_than_own(changed, env)
    return _changed(user, changed, env)


@frozen(kw_only=True)
class DeleteOverride(Command[Member]):
    """Take the override of a key away."""

    user: UserId
    key: str


def delete_override(command: DeleteOverride, env: Env) -> Member:
    """Nothing to take away is the answer that stands. Refuses: OverridesAreOff, Missing, BeyondOwnReach."""
    _refuse_without_layer(env)
    user, held = member(command.user, env)
    left = tuple(one for one in held.overrides if one.key != command.key)
    if left == held.overrides:
        return Member(user=user, assignment=held)
    refuse_self(user.id, env)
    changed = evolve(held, overrides=left)
    if held.role is Role.ORG_ADMIN:
        refuse_more_than_own(changed, env)
    return _changed(user, changed, env)


def _refuse_without_layer(env: Env) -> None:
    if not env.organization.permissions.overrides:
        raise OverridesAreOff(
            "Overrides of single persons are turned off here.",
            Fault("permissions.overrides", "a super admin turns the layer on; or use a custom role"),
        )


def refuse_unknown(keys: Iterable[str]) -> None:
    """Refuses: UnknownKey, naming all that do not exist."""
    unknown = sorted(frozenset(keys) - SENTENCES.keys())
    if unknown:
        raise UnknownKey(
            "There is no such permission key.",
            *(Fault("key", f"{key[:80]} is none; `hlc roles keys` lists them") for key in unknown[:20]),
        )


@frozen(kw_only=True)
class DisableUser(Command[Member]):
    """The person has no access to this organization any more; their rows stay, and so does their past."""

    user: UserId


def disable_user(command: DisableUser, env: Env) -> Member:
    """Refuses: Missing, OwnerStays, BeyondOwnReach (oneself)."""
    user, held = member(command.user, env)
    if not held.active:
        return Member(user=user, assignment=held)
    refuse_self(user.id, env)
    _refuse_owner(held)
    return _changed(user, evolve(held, active=False), env)


@frozen(kw_only=True)
class EnableUser(Command[Member]):
    """The person has access to this organization again."""

    user: UserId


def enable_user(command: EnableUser, env: Env) -> Member:
    """Refuses: Missing, BeyondOwnReach, SeatsTaken."""
    user, held = member(command.user, env)
    if held.active:
        return Member(user=user, assignment=held)
    refuse_without_seat(held.role, env)
    changed = evolve(held, active=True)
    if held.role is Role.ORG_ADMIN:
        refuse_more_than_own(changed, env)
    env.assignments.save(changed)
    mirrored = mirrored_in(user, changed)
    env.users.save(mirrored)
    return Member(user=mirrored, assignment=changed)


@frozen(kw_only=True)
class ChangeUser(Command[Member]):
    """Where the person lands, and their own answers to the organization's sign-in settings; None leaves it."""

    user: UserId
    portal: Portal | None = None
    login_alert: Switch | None = None
    device_alert: Switch | None = None
    second_factor: Switch | None = None


def change_user(command: ChangeUser, env: Env) -> Member:
    """Refuses: Missing, Invalid (portal)."""
    user, held = member(command.user, env)
    portal = user.portal if command.portal is None else checked_portal(command.portal, held.role)
    changed = evolve(
        user,
        portal=portal,
        login_alert=command.login_alert or user.login_alert,
        device_alert=command.device_alert or user.device_alert,
        second_factor=command.second_factor or user.second_factor,
    )
    env.users.save(changed)
    return Member(user=changed, assignment=held)


@frozen(kw_only=True)
class TransferOwnership(Command[Member]):
    """The organization belongs to another of its administrators."""

    user: UserId


def transfer_ownership(command: TransferOwnership, env: Env) -> Member:
    """The new owner. Refuses: Missing, RoleNotAssignable (no active administrator)."""
    user, heir = member(command.user, env)
    if heir.owner:
        return Member(user=user, assignment=heir)
    if heir.role is not Role.ORG_ADMIN or not heir.active or not user.active:
        raise RoleNotAssignable(
            "Only an active administrator can own the organization.", Fault("user", "make them ORG_ADMIN first")
        )
    owner = env.assignments.owner()
    if owner is not None:
        if env.actor.role == Role.ORG_ADMIN and own_id(env) != owner.user:
            raise BeyondOwnReach("Only the owner hands the organization over.", Fault("user", "ask the owner"))
        env.assignments.save(evolve(owner, owner=False))
        env.outbox.put(OwnershipTransferred(assignment=owner.id, to=heir.id))
    crowned = evolve(heir, owner=True)
    env.assignments.save(crowned)
    return Member(user=user, assignment=crowned)


@frozen(kw_only=True)
class DisablePerson(Command[User]):
    """The person has no access to any organization: their login is off. For super admins."""

    user: UserId


def disable_person(command: DisablePerson, env: Env) -> User:
    """Refuses: Missing, BeyondOwnReach (oneself)."""
    user = env.users.get(command.user)
    if not user.active:
        return user
    refuse_self(user.id, env)
    return expel(evolve(user, active=False), env)


@frozen(kw_only=True)
class EnablePerson(Command[User]):
    """The person's login is on again."""

    user: UserId


def enable_person(command: EnablePerson, env: Env) -> User:
    """Refuses: Missing."""
    user = env.users.get(command.user)
    if user.active:
        return user
    enabled = evolve(user, active=True)
    env.users.save(enabled)
    return enabled


@frozen(kw_only=True)
class MakeSuperAdmin(Command[User]):
    """A person of this organization is a super admin of the platform, too; `granted` false takes it back."""

    user: UserId
    granted: bool = True


def make_super_admin(command: MakeSuperAdmin, env: Env) -> User:
    """Refuses: Missing, BeyondOwnReach (oneself)."""
    user, held = member(command.user, env)
    if user.super_admin is command.granted:
        return user
    refuse_self(user.id, env)
    return expel(
        evolve(user, super_admin=command.granted, role=Role.SUPER_ADMIN if command.granted else held.role), env
    )
