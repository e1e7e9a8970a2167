"""Questions about people."""

from __future__ import annotations

from attrs import frozen

from hlc_core.access.api import (
    EXPLAIN,
    PORTALS,
    SENTENCES,
    Explanation,
    Layer,
    MobileModule,
    Portal,
    Role,
    Verdict,
    explain,
    landing,
    mobile_modules,
)
from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Denied, Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    AssignmentId,
    ChartAccessId,
    ImpersonationId,
    InvitationId,
    RoleId,
    UserId,
)
from hlc_core.kernel.paging import Page, limited
from hlc_core.people.machine import ChartAccessState, InvitationState
from hlc_core.people.model import ChartAccess, Impersonation, Invitation, OrganizationRole, User
from hlc_core.people.ports import Env
from hlc_core.people.standing import custom_role_of, layers_of, member, own_id
from hlc_core.people.users import Member, refuse_unknown


@frozen(kw_only=True)
class GetUser(Query[Member]):
    """One person of this organization."""

    user: UserId


def get_user(query: GetUser, env: Env) -> Member:
    """Refuses: Missing."""
    user, held = member(query.user, env)
    return Member(user=user, assignment=held)


@frozen(kw_only=True)
class ListUsers(Query[Page[Member]]):
    """The people who work here, or with `patients` its patients' accounts; in the order in which they came."""

    patients: bool = False
    cursor: str | None = None
    limit: int = 50


def list_users(query: ListUsers, env: Env) -> Page[Member]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else AssignmentId(query.cursor)
    found = env.assignments.page(after, limited(query.limit) + 1, query.patients)
    page = found[: query.limit]
    people = {user.id: user for user in env.users.many([one.user for one in page])}
    members = tuple(Member(user=people[one.user], assignment=one) for one in page)
    return Page(members, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListPeople(Query[Page[User]]):
    """Persons of all organizations. `several`: of two or more clinics; `strays`: the global role is none of them."""

    several: bool = False
    strays: bool = False
    cursor: str | None = None
    limit: int = 50


def list_people(query: ListPeople, env: Env) -> Page[User]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else UserId(query.cursor)
    found = env.users.page(after, limited(query.limit) + 1, several=query.several, strays=query.strays)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListRoles(Query[tuple[OrganizationRole, ...]]):
    """The custom roles."""


def list_roles(query: ListRoles, env: Env) -> tuple[OrganizationRole, ...]:
    """All of them."""
    return tuple(env.organization_roles.all())


@frozen(kw_only=True)
class GetRole(Query[OrganizationRole]):
    """One custom role."""

    role: RoleId


def get_role(query: GetRole, env: Env) -> OrganizationRole:
    """Refuses: Missing."""
    return env.organization_roles.get(query.role)


@frozen(kw_only=True)
class GetInvitation(Query[Invitation]):
    """One invitation."""

    invitation: InvitationId


def get_invitation(query: GetInvitation, env: Env) -> Invitation:
    """Refuses: Missing."""
    return env.invitations.get(query.invitation)


@frozen(kw_only=True)
class ListInvitations(Query[Page[Invitation]]):
    """Invitations of one state, or all, newest first."""

    state: InvitationState | None = None
    cursor: str | None = None
    limit: int = 50


def list_invitations(query: ListInvitations, env: Env) -> Page[Invitation]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else InvitationId(query.cursor)
    found = env.invitations.page(query.state, after, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListImpersonations(Query[Page[Impersonation]]):
    """Who acted for whom, newest first."""

    cursor: str | None = None
    limit: int = 50


def list_impersonations(query: ListImpersonations, env: Env) -> Page[Impersonation]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else ImpersonationId(query.cursor)
    found = env.impersonations.page(after, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListChartAccesses(Query[Page[ChartAccess]]):
    """Emergency accesses of one state, or all, newest first; CLOSED ones wait for their review."""

    state: ChartAccessState | None = None
    cursor: str | None = None
    limit: int = 50


def list_chart_accesses(query: ListChartAccesses, env: Env) -> Page[ChartAccess]:
    """Refuses: Invalid (limit)."""
    after = None if query.cursor is None else ChartAccessId(query.cursor)
    found = env.chart_accesses.page(query.state, after, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ExplainPermission(Query[Explanation]):
    """Why a person of this organization may or may not use a key."""

    user: UserId
    key: str


def explain_permission(query: ExplainPermission, env: Env) -> Explanation:
    """Which layer refuses, and what would have to change. Refuses: Missing, UnknownKey; Denied (another's)."""
    if query.user != own_id(env) and not env.actor.may(EXPLAIN):
        raise Denied("You may not do this.", Fault("permission", f"needs {EXPLAIN}"))
    refuse_unknown((query.key,))
    user, held = member(query.user, env)
    layers = layers_of(user, held, custom_role_of(held, env), env.organization)
    if layers is not None:
        return explain(query.key, layers)
    whose = "person's login" if not user.active else "person's access to this organization"
    off = Verdict(layer=Layer.ROLE, passes=False, because=f"the {whose} is disabled", remedy=f"enable the {whose}")
    stands = layers_of(
        evolve(user, active=True), evolve(held, active=True), custom_role_of(held, env), env.organization
    )
    beneath = () if stands is None else explain(query.key, stands).layers
    return Explanation(
        key=query.key,
        means=SENTENCES[query.key],
        allowed=False,
        refused_by=off.layer,
        because=off.because,
        remedy=off.remedy,
        layers=(off, *beneath),
    )


@frozen(kw_only=True)
class Rights:
    """What whoever asks is here, where they land, and what they may."""

    role: str
    portals: tuple[Portal, ...]
    landing: str
    permissions: tuple[str, ...]
    on_behalf_of: UserId | None
    mobile: tuple[MobileModule, ...] = ()
    """The modules of the mobile app that are shown to them."""


@frozen(kw_only=True)
class OwnRights(Query[Rights]):
    """Everything by which a portal hides what is blocked; a key has neither role nor portals."""


def own_rights(query: OwnRights, env: Env) -> Rights:
    """While somebody acts for another, the other's, without what is out of reach."""
    actor = env.actor
    user = env.users.find(UserId(actor.on_behalf_of or actor.id))
    role = Role(actor.role) if actor.role else None
    return Rights(
        role=actor.role,
        portals=() if role is None else PORTALS[role],
        landing="" if user is None or role is None else landing(role, user.portal),
        permissions=tuple(sorted(actor.permissions)),
        on_behalf_of=None if actor.on_behalf_of is None else UserId(actor.on_behalf_of),
        mobile=() if role is None else mobile_modules(role, actor.permissions, _mobile_off(role, env)),
    )


def _mobile_off(role: Role, env: Env) -> frozenset[str]:
    """A super admin passes these toggles, too."""
    return frozenset() if role is Role.SUPER_ADMIN else frozenset(env.organization.permissions.mobile_off)


def why_refused(key: str, env: Env) -> str:
    """Why the actor lacks the key, for those who may know; nothing for others."""
    if not env.actor.may(EXPLAIN) or env.actor.impersonates:
        return ""
    user = env.users.find(own_id(env))
    held = env.assignments.of_user(own_id(env))
    layers = None if user is None else layers_of(user, held, custom_role_of(held, env), env.organization)
    if layers is None:
        return ""
    told = explain(key, layers)
    return "" if told.allowed else f"{told.because}; {told.remedy}"
