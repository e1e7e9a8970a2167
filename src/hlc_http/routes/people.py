"""People of an organization: members, custom roles, overrides, invitations, ownership, emergencies; all persons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from hlc_core.access.api import EXPLAIN, PORTALS, SENTENCES, Explanation, Override, Portal, Role, landing
from hlc_core.kernel.ids import (
    AssignmentId,
    ChartAccessId,
    ImpersonationId,
    InvitationId,
    OrganizationId,
    PatientId,
    RoleId,
    UserId,
)
from hlc_core.kernel.paging import Page
from hlc_core.patients.api import Patient
from hlc_core.people.api import (
    AddRole,
    AssignCustomRole,
    BreakGlass,
    ChangeRole,
    ChangeRoleKeys,
    ChangeUser,
    ChartAccess,
    ChartAccessState,
    CloseChart,
    CreateUser,
    DeleteOverride,
    DisablePerson,
    DisableUser,
    EnablePerson,
    EnableUser,
    ExplainPermission,
    GetInvitation,
    GetRole,
    GetUser,
    Impersonation,
    ImpersonationState,
    Invitation,
    InvitationState,
    InviteUser,
    Judgement,
    ListChartAccesses,
    ListImpersonations,
    ListInvitations,
    ListPeople,
    ListRoles,
    ListUsers,
    MakeSuperAdmin,
    Member,
    Membership,
    OrganizationRole,
    OwnRights,
    ReadChart,
    RemoveRole,
    ResendInvitation,
    ReviewChartAccess,
    RevokeInvitation,
    Rights,
    SetOverride,
    StartImpersonation,
    Switch,
    TransferOwnership,
    User,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("people", who=Who.STAFF)


@frozen(kw_only=True)
class UserAnswer:
    """A person and what they are in this organization; personal. What they are elsewhere is not shown."""

    id: UserId
    assignment: AssignmentId
    email: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    custom_role: RoleId | None
    overrides: tuple[Override, ...]
    active: bool
    owner: bool
    patient: PatientId | None
    portal: Portal
    portals: tuple[Portal, ...]
    landing: str
    login_alert: Switch
    device_alert: Switch
    second_factor: Switch
    created_at: datetime
    actions: tuple[str, ...]


@frozen(kw_only=True)
class PersonAnswer:
    """A person of the platform; for super admins."""

    id: UserId
    email: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    super_admin: bool
    active: bool
    memberships: tuple[Membership, ...]
    primary: OrganizationId
    strays: bool
    created_at: datetime
    actions: tuple[str, ...]


@frozen(kw_only=True)
class RoleAnswer:
    """A custom role."""

    role: OrganizationRole
    actions: tuple[str, ...]


@frozen(kw_only=True)
class InvitationAnswer:
    """An invitation; personal."""

    id: InvitationId
    state: InvitationState
    email: str = field(repr=False)
    name: str = field(repr=False)
    role: Role
    custom_role: RoleId | None
    patient: PatientId | None
    user: UserId | None
    invited_by: UserId | None
    created_at: datetime
    expires_at: datetime
    actions: tuple[str, ...]


@frozen(kw_only=True)
class ChartAccessAnswer:
    """A broken glass."""

    id: ChartAccessId
    state: ChartAccessState
    user: UserId
    patient: PatientId
    reason: str = field(repr=False)
    opened_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    reviewed_by: UserId | None
    review: str = field(repr=False)
    actions: tuple[str, ...]


@frozen(kw_only=True)
class ImpersonationAnswer:
    """Somebody acted for somebody else."""

    id: ImpersonationId
    state: ImpersonationState
    actor: UserId
    target: UserId
    reason: str = field(repr=False)
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class KeyAnswer:
    """A permission key and what it lets somebody do."""

    key: str
    means: str


@frozen(kw_only=True)
class UsersQuery(Paged):
    """The people who work here, or the accounts of its patients."""

    patients: bool = False


@frozen(kw_only=True)
class PeopleQuery(Paged):
    """All persons, or those of several clinics, or strays; both: either."""

    several: bool = False
    strays: bool = False


@frozen(kw_only=True)
class InvitationsQuery(Paged):
    """Of one state, or all."""

    state: InvitationState | None = None


@frozen(kw_only=True)
class ChartsQuery(Paged):
    """Of one state, or all; CLOSED ones wait for their review."""

    state: ChartAccessState | None = None


@frozen(kw_only=True)
class ChangeUserBody:
    """What is left out stays."""

    portal: Portal | None = None
    login_alert: Switch | None = None
    device_alert: Switch | None = None
    second_factor: Switch | None = None


@frozen(kw_only=True)
class RoleBody:
    """A built-in role, and the custom role that narrows it."""

    role: Role
    custom_role: RoleId | None = None


@frozen(kw_only=True)
class CustomRoleBody:
    """The custom role; null takes it off."""

    custom_role: RoleId | None


@frozen(kw_only=True)
class OverrideBody:
    """Refused, or expressly left; why."""

    granted: bool
    reason: str


@frozen(kw_only=True)
class ChangeRoleBody:
    """What is left out stays."""

    name: str | None = None
    keys: tuple[str, ...] | None = None
    description: str | None = None


@frozen(kw_only=True)
class SuperAdminBody:
    """Given, or taken back."""

    granted: bool = True


@frozen(kw_only=True)
class GlassBody:
    """Why this chart, now."""

    reason: str


@frozen(kw_only=True)
class ReviewBody:
    """What the reviewer finds."""

    judgement: Judgement
    review: str


@routes.get("/api/v1/me/permissions", "What one may do here", answers=Rights, uses=OwnRights, who=Who.PATIENT)
def show_own_rights(call: Call[Nothing, Nothing]) -> Rights:
    """Pages leave out what is not among them; the API refuses it alike."""
    return call.ask(OwnRights())


@routes.get("/api/v1/permissions", "All permission keys", answers=tuple[KeyAnswer, ...], permission=EXPLAIN)
def list_permissions(call: Call[Nothing, Nothing]) -> tuple[KeyAnswer, ...]:
    return tuple(KeyAnswer(key=key, means=SENTENCES[key]) for key in sorted(SENTENCES))


@routes.get("/api/v1/users", "List people", query=UsersQuery, answers=Page[UserAnswer], uses=ListUsers)
def list_users(call: Call[Nothing, UsersQuery]) -> Page[UserAnswer]:
    """In the order in which they came."""
    asked = call.query
    page = call.ask(ListUsers(patients=asked.patients, cursor=asked.cursor, limit=asked.limit))
    return Page(tuple(_user(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/users", "Add somebody", body=CreateUser, answers=UserAnswer, uses=CreateUser, status=201, idempotent=True
)
def create_user(call: Call[CreateUser, Nothing]) -> UserAnswer:
    """Who is known in another organization is invited instead. A welcome mail goes out once."""
    return _user(call.execute(call.body), call)


@routes.get("/api/v1/users/{user_id}", "Show a person", answers=UserAnswer, uses=GetUser)
def show_user(call: Call[Nothing, Nothing]) -> UserAnswer:
    return _user(call.ask(GetUser(user=_id(call))), call)


@routes.patch(
    "/api/v1/users/{user_id}", "Change where a person lands, their alerts and second factor", body=ChangeUserBody,
    answers=UserAnswer, uses=ChangeUser, idempotent=True,
)  # fmt: skip
def change_user(call: Call[ChangeUserBody, Nothing]) -> UserAnswer:
    body = call.body
    wish = ChangeUser(
        user=_id(call),
        portal=body.portal,
        login_alert=body.login_alert,
        device_alert=body.device_alert,
        second_factor=body.second_factor,
    )
    return _user(call.execute(wish), call)


@routes.post(
    "/api/v1/users/{user_id}/role", "Give another role", body=RoleBody, answers=UserAnswer, uses=ChangeRole,
    idempotent=True,
)  # fmt: skip
def change_role(call: Call[RoleBody, Nothing]) -> UserAnswer:
    """Everything issued to the person ends."""
    wish = ChangeRole(user=_id(call), role=call.body.role, custom_role=call.body.custom_role)
    return _user(call.execute(wish), call)


@routes.post(
    "/api/v1/users/{user_id}/custom-role", "Narrow by a custom role, or take it off", body=CustomRoleBody,
    answers=UserAnswer, uses=AssignCustomRole, idempotent=True,
)  # fmt: skip
def assign_custom_role(call: Call[CustomRoleBody, Nothing]) -> UserAnswer:
    return _user(call.execute(AssignCustomRole(user=_id(call), custom_role=call.body.custom_role)), call)


@routes.get(
    "/api/v1/users/{user_id}/permission-overrides", "The person's overrides", answers=tuple[Override, ...], uses=GetUser
)
def list_overrides(call: Call[Nothing, Nothing]) -> tuple[Override, ...]:
    return call.ask(GetUser(user=_id(call))).assignment.overrides


@routes.put(
    "/api/v1/users/{user_id}/permission-overrides/{key}", "Refuse a key to one person", body=OverrideBody,
    answers=UserAnswer, uses=SetOverride, idempotent=True,
)  # fmt: skip
def set_override(call: Call[OverrideBody, Nothing]) -> UserAnswer:
    """Only where the organization turned this layer on. It never grants."""
    body = call.body
    wish = SetOverride(user=_id(call), key=call.part("key"), granted=body.granted, reason=body.reason)
    return _user(call.execute(wish), call)


@routes.delete(
    "/api/v1/users/{user_id}/permission-overrides/{key}", "Take an override away", answers=UserAnswer,
    uses=DeleteOverride, idempotent=True,
)  # fmt: skip
def delete_override(call: Call[Nothing, Nothing]) -> UserAnswer:
    return _user(call.execute(DeleteOverride(user=_id(call), key=call.part("key"))), call)


@routes.get(
    "/api/v1/users/{user_id}/permissions/{key}/explain", "Why may they, or may they not?", answers=Explanation,
    uses=ExplainPermission,
)  # fmt: skip
def explain_permission(call: Call[Nothing, Nothing]) -> Explanation:
    """Which layer refuses, and what would have to change."""
    return call.ask(ExplainPermission(user=_id(call), key=call.part("key")))


@routes.post("/api/v1/users/{user_id}/disable", "Disable", answers=UserAnswer, uses=DisableUser, idempotent=True)
def disable_user(call: Call[Nothing, Nothing]) -> UserAnswer:
    """In this organization only. Their past stays."""
    return _user(call.execute(DisableUser(user=_id(call))), call)


@routes.post("/api/v1/users/{user_id}/enable", "Enable again", answers=UserAnswer, uses=EnableUser, idempotent=True)
def enable_user(call: Call[Nothing, Nothing]) -> UserAnswer:
    return _user(call.execute(EnableUser(user=_id(call))), call)


@routes.post(
    "/api/v1/users/{user_id}/make-owner", "Hand the organization over", answers=UserAnswer, uses=TransferOwnership,
    idempotent=True,
)  # fmt: skip
def transfer_ownership(call: Call[Nothing, Nothing]) -> UserAnswer:
    """To another active administrator. Answers the new owner."""
    return _user(call.execute(TransferOwnership(user=_id(call))), call)


@routes.get("/api/v1/roles", "List custom roles", answers=tuple[RoleAnswer, ...], uses=ListRoles)
def list_roles(call: Call[Nothing, Nothing]) -> tuple[RoleAnswer, ...]:
    return tuple(_role(one, call) for one in call.ask(ListRoles()))


@routes.post("/api/v1/roles", "Add a custom role", body=AddRole, answers=RoleAnswer, uses=AddRole, status=201,
             idempotent=True)  # fmt: skip
def add_role(call: Call[AddRole, Nothing]) -> RoleAnswer:
    """It narrows whoever gets it; it never changes a built-in role."""
    return _role(call.execute(call.body), call)


@routes.get("/api/v1/roles/{role_id}", "Show a custom role", answers=RoleAnswer, uses=GetRole)
def show_role(call: Call[Nothing, Nothing]) -> RoleAnswer:
    return _role(call.ask(GetRole(role=_role_id(call))), call)


@routes.patch(
    "/api/v1/roles/{role_id}", "Change a custom role", body=ChangeRoleBody, answers=RoleAnswer, uses=ChangeRoleKeys,
    idempotent=True,
)  # fmt: skip
def change_role_keys(call: Call[ChangeRoleBody, Nothing]) -> RoleAnswer:
    """Other keys end what was issued to everybody who has it."""
    body = call.body
    wish = ChangeRoleKeys(role=_role_id(call), name=body.name, keys=body.keys, description=body.description)
    return _role(call.execute(wish), call)


@routes.delete("/api/v1/roles/{role_id}", "Remove a custom role", uses=RemoveRole, status=204)
def remove_role(call: Call[Nothing, Nothing]) -> None:
    """Refused while somebody has it."""
    call.execute(RemoveRole(role=_role_id(call)))


@routes.get(
    "/api/v1/invitations", "List invitations", query=InvitationsQuery, answers=Page[InvitationAnswer],
    uses=ListInvitations,
)  # fmt: skip
def list_invitations(call: Call[Nothing, InvitationsQuery]) -> Page[InvitationAnswer]:
    """Newest first."""
    asked = call.query
    page = call.ask(ListInvitations(state=asked.state, cursor=asked.cursor, limit=asked.limit))
    return Page(tuple(_invitation(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/invitations", "Invite somebody", body=InviteUser, answers=InvitationAnswer, uses=InviteUser, status=201,
    idempotent=True,
)  # fmt: skip
def invite_user(call: Call[InviteUser, Nothing]) -> InvitationAnswer:
    """A mail with a link goes out. Who is known elsewhere is linked, never overwritten."""
    return _invitation(call.execute(call.body), call)


@routes.get("/api/v1/invitations/{invitation_id}", "Show an invitation", answers=InvitationAnswer, uses=GetInvitation)
def show_invitation(call: Call[Nothing, Nothing]) -> InvitationAnswer:
    return _invitation(call.ask(GetInvitation(invitation=_invitation_id(call))), call)


@routes.post(
    "/api/v1/invitations/{invitation_id}/resend", "Send a new link", answers=InvitationAnswer, uses=ResendInvitation
)
def resend_invitation(call: Call[Nothing, Nothing]) -> InvitationAnswer:
    """Older links end."""
    return _invitation(call.execute(ResendInvitation(invitation=_invitation_id(call))), call)


@routes.post(
    "/api/v1/invitations/{invitation_id}/revoke", "Withdraw an invitation", answers=InvitationAnswer,
    uses=RevokeInvitation, idempotent=True,
)  # fmt: skip
def revoke_invitation(call: Call[Nothing, Nothing]) -> InvitationAnswer:
    return _invitation(call.execute(RevokeInvitation(invitation=_invitation_id(call))), call)


@routes.get(
    "/api/v1/impersonations", "Who acted for whom", query=Paged, answers=Page[ImpersonationAnswer],
    uses=ListImpersonations,
)  # fmt: skip
def list_impersonations(call: Call[Nothing, Paged]) -> Page[ImpersonationAnswer]:
    """Newest first."""
    page = call.ask(ListImpersonations(cursor=call.query.cursor, limit=call.query.limit))
    return Page(tuple(_impersonation(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/patients/{patient_id}/chart/break-glass", "Open a chart in an emergency", body=GlassBody,
    answers=ChartAccessAnswer, uses=BreakGlass, status=201, idempotent=True,
)  # fmt: skip
def break_glass(call: Call[GlassBody, Nothing]) -> ChartAccessAnswer:
    """For an hour, with a reason; the administrators are alerted, and somebody else reviews it."""
    return _access(call.execute(BreakGlass(patient=_patient_id(call), reason=call.body.reason)), call)


@routes.post("/api/v1/patients/{patient_id}/chart/read", "Look behind the broken glass", answers=Patient,
             uses=ReadChart)  # fmt: skip
def read_chart(call: Call[Nothing, Nothing]) -> Patient:
    """Each look leaves an audit entry."""
    return call.execute(ReadChart(patient=_patient_id(call)))


@routes.get(
    "/api/v1/chart-accesses", "Emergency openings of charts", query=ChartsQuery, answers=Page[ChartAccessAnswer],
    uses=ListChartAccesses,
)  # fmt: skip
def list_chart_accesses(call: Call[Nothing, ChartsQuery]) -> Page[ChartAccessAnswer]:
    """Newest first; CLOSED ones wait for their review."""
    asked = call.query
    page = call.ask(ListChartAccesses(state=asked.state, cursor=asked.cursor, limit=asked.limit))
    return Page(tuple(_access(one, call) for one in page.items), page.next)


@routes.post(
    "/api/v1/chart-accesses/{access_id}/close", "The emergency is over", answers=ChartAccessAnswer, uses=CloseChart,
    idempotent=True,
)  # fmt: skip
def close_chart(call: Call[Nothing, Nothing]) -> ChartAccessAnswer:
    return _access(call.execute(CloseChart(access=_access_id(call))), call)


@routes.post(
    "/api/v1/chart-accesses/{access_id}/review", "Judge an emergency", body=ReviewBody, answers=ChartAccessAnswer,
    uses=ReviewChartAccess, idempotent=True,
)  # fmt: skip
def review_chart_access(call: Call[ReviewBody, Nothing]) -> ChartAccessAnswer:
    """By somebody else than who broke the glass."""
    body = call.body
    wish = ReviewChartAccess(access=_access_id(call), judgement=body.judgement, review=body.review)
    return _access(call.execute(wish), call)


@routes.get("/api/v1/people", "Persons of all organizations", query=PeopleQuery, answers=Page[PersonAnswer],
            uses=ListPeople)  # fmt: skip
def list_people(call: Call[Nothing, PeopleQuery]) -> Page[PersonAnswer]:
    """For super admins: by id; those of several clinics, those whose global role is none of theirs."""
    asked = call.query
    wish = ListPeople(several=asked.several, strays=asked.strays, cursor=asked.cursor, limit=asked.limit)
    page = call.ask(wish)
    return Page(tuple(_person(one, call) for one in page.items), page.next)


@routes.post("/api/v1/people/{user_id}/disable", "Turn a login off", answers=PersonAnswer, uses=DisablePerson,
             idempotent=True)  # fmt: skip
def disable_person(call: Call[Nothing, Nothing]) -> PersonAnswer:
    """In all organizations."""
    return _person(call.execute(DisablePerson(user=_id(call))), call)


@routes.post("/api/v1/people/{user_id}/enable", "Turn a login on again", answers=PersonAnswer, uses=EnablePerson,
             idempotent=True)  # fmt: skip
def enable_person(call: Call[Nothing, Nothing]) -> PersonAnswer:
    return _person(call.execute(EnablePerson(user=_id(call))), call)


@routes.post("/api/v1/people/{user_id}/super-admin", "Make a super admin, or not any more", body=SuperAdminBody,
             answers=PersonAnswer, uses=MakeSuperAdmin, idempotent=True)  # fmt: skip
def make_super_admin(call: Call[SuperAdminBody, Nothing]) -> PersonAnswer:
    """Of somebody who is a person of this organization."""
    return _person(call.execute(MakeSuperAdmin(user=_id(call), granted=call.body.granted)), call)


def _user(member: Member, call: Call[Any, Any]) -> UserAnswer:
    user, held = member.user, member.assignment
    state = (("disable", DisableUser),) if held.active else (("enable", EnableUser),)
    changing = (("change", ChangeUser), ("changeRole", ChangeRole), ("assignCustomRole", AssignCustomRole))
    override = (("setOverride", SetOverride),) if call.organization.permissions.overrides else ()
    heir = held.role is Role.ORG_ADMIN and held.active and not held.owner
    more = (("makeOwner", TransferOwnership),) if heir else ()
    acting = (("impersonate", StartImpersonation),) if held.active and not user.super_admin else ()
    own = call.actor.id == str(user.id)
    stays = () if held.owner else state
    possible = (("change", ChangeUser),) if own else (*changing, *override, *stays, *more, *acting)
    return UserAnswer(
        id=user.id,
        assignment=held.id,
        email=user.email,
        name=user.name,
        role=held.role,
        custom_role=held.custom_role,
        overrides=held.overrides,
        active=held.active and user.active,
        owner=held.owner,
        patient=held.patient,
        portal=user.portal,
        portals=PORTALS[held.role],
        landing=landing(held.role, user.portal),
        login_alert=user.login_alert,
        device_alert=user.device_alert,
        second_factor=user.second_factor,
        created_at=held.created_at,
        actions=call.offered(possible),
    )


def _person(user: User, call: Call[Any, Any]) -> PersonAnswer:
    return PersonAnswer(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        super_admin=user.super_admin,
        active=user.active,
        memberships=user.memberships,
        primary=user.primary,
        strays=user.strays,
        created_at=user.created_at,
        actions=call.offered((("disable", DisablePerson) if user.active else ("enable", EnablePerson),)),
    )


def _role(role: OrganizationRole, call: Call[Any, Any]) -> RoleAnswer:
    return RoleAnswer(role=role, actions=call.offered((("change", ChangeRoleKeys), ("remove", RemoveRole))))


def _invitation(one: Invitation, call: Call[Any, Any]) -> InvitationAnswer:
    waits = one.state is InvitationState.PENDING
    return InvitationAnswer(
        id=one.id,
        state=one.state,
        email=one.email,
        name=one.name,
        role=one.role,
        custom_role=one.custom_role,
        patient=one.patient,
        user=one.user,
        invited_by=one.invited_by,
        created_at=one.created_at,
        expires_at=one.expires_at,
        actions=call.offered((("resend", ResendInvitation), ("revoke", RevokeInvitation)) if waits else ()),
    )


def _access(one: ChartAccess, call: Call[Any, Any]) -> ChartAccessAnswer:
    own = call.actor.id == str(one.user)
    reviewed = one.state in (ChartAccessState.JUSTIFIED, ChartAccessState.OBJECTED)
    running = one.running(call.services.clock.now())
    possible = [("close", CloseChart), ("read", ReadChart)] if own and running else []
    if not own and not reviewed:
        possible.append(("review", ReviewChartAccess))
    return ChartAccessAnswer(
        id=one.id,
        state=one.state,
        user=one.user,
        patient=one.patient,
        reason=one.reason,
        opened_at=one.opened_at,
        ends_at=one.ends_at,
        closed_at=one.closed_at,
        reviewed_by=one.reviewed_by,
        review=one.review,
        actions=call.offered(possible),
    )


def _impersonation(one: Impersonation, call: Call[Any, Any]) -> ImpersonationAnswer:
    own = call.actor.id == str(one.actor) and one.running(call.services.clock.now())
    return ImpersonationAnswer(
        id=one.id,
        state=one.state,
        actor=one.actor,
        target=one.target,
        reason=one.reason,
        started_at=one.started_at,
        ends_at=one.ends_at,
        ended_at=one.ended_at,
        actions=("end",) if own else (),
    )


def _id(call: Call[Any, Any]) -> UserId:
    return UserId(call.part("user_id"))


def _role_id(call: Call[Any, Any]) -> RoleId:
    return RoleId(call.part("role_id"))


def _invitation_id(call: Call[Any, Any]) -> InvitationId:
    return InvitationId(call.part("invitation_id"))


def _access_id(call: Call[Any, Any]) -> ChartAccessId:
    return ChartAccessId(call.part("access_id"))


def _patient_id(call: Call[Any, Any]) -> PatientId:
    return PatientId(call.part("patient_id"))
