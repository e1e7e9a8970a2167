"""`hlc users`, `hlc roles`, `hlc invitations`, `hlc charts`: who works here, and what they may."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_cli.output import Fact
from hlc_core.access.api import SENTENCES, Portal, Role
from hlc_core.kernel.errors import Fault, Invalid, Missing
from hlc_core.kernel.ids import ChartAccessId, InvitationId, PatientId, RoleId, UserId
from hlc_core.people.api import (
    AddRole,
    AssignCustomRole,
    ChangeRole,
    ChangeRoleKeys,
    ChangeUser,
    ChartAccess,
    ChartAccessState,
    CreateUser,
    DeleteOverride,
    DisablePerson,
    DisableUser,
    EnablePerson,
    EnableUser,
    GetUser,
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
    OrganizationRole,
    RemoveRole,
    ResendInvitation,
    ReviewChartAccess,
    RevokeInvitation,
    SetOverride,
    Switch,
    TransferOwnership,
    User,
)

users = group("People: who works here and what they are, and the accounts of patients.")
roles = group("Custom roles: sets of keys to which a built-in role is narrowed.")
invitations = group("Invitations: asking somebody to join.")
charts = group("Emergency openings of charts, and their review.")

Who = Annotated[str, typer.Argument(metavar="USER", help="The id (usr_…) or the email address.")]
CustomRole = Annotated[str | None, typer.Option("--custom-role", help="Id or name of the custom role.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="Its id (role_…) or its name.")]

BY_WORD = {"owner": Role.ORG_ADMIN, "admin": Role.ORG_ADMIN, "doctor": Role.CLINICIAN, "receptionist": Role.STAFF}
"""Other words for roles, as other systems have them."""


def find(desk: Desk, word: str) -> UserId:
    """The user of an id or an address. Refuses: Missing."""
    if "@" not in word:
        return UserId(word)
    wanted, cursor = word.strip().casefold(), None
    for patients in (False, True):
        while True:
            page = desk.ask(ListUsers(patients=patients, cursor=cursor, limit=200))
            found = next((one for one in page.items if one.user.email.casefold() == wanted), None)
            if found is not None:
                return found.user.id
            cursor = page.next
            if cursor is None:
                break
    raise Missing("There is no such user here.", Fault("user", "see `hlc users list`"))


def role_of(word: str) -> Role:
    """The role of a word. Refuses: Invalid."""
    role = BY_WORD.get(word.lower())
    if role is None and word.upper() in list(Role):
        role = Role(word.upper())
    if role is None:
        raise Invalid("There is no such role.", Fault("role", f"one of: {', '.join(Role)}, {', '.join(BY_WORD)}"))
    return role


def custom(desk: Desk, word: str | None) -> RoleId | None:
    """The custom role of an id or a name. Refuses: Missing."""
    if word is None or word.startswith("role_"):
        return None if word is None else RoleId(word)
    for role in desk.ask(ListRoles()):
        if role.name.casefold() == word.strip().casefold():
            return role.id
    raise Missing("There is no such custom role.", Fault("role", "see `hlc roles list`"))


@users.command("list")
def list_users(
    context: typer.Context,
    patients: Annotated[bool, typer.Option("--patients", help="The accounts of patients instead.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """Who is here, in the order in which they came."""
    desk = desk_of(context)
    page = desk.ask(ListUsers(patients=patients, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("name", "email", "role", "custom role", "active", "owner", "id"),
        lambda one: (
            one.user.name,
            one.user.email,
            one.assignment.role,
            one.assignment.custom_role,
            one.assignment.active and one.user.active,
            "owner" if one.assignment.owner else "",
            one.user.id,
        ),
    )


@users.command()
def show(context: typer.Context, user: Who) -> None:
    """One person and what they are here."""
    desk = desk_of(context)
    _member(desk, desk.ask(GetUser(user=find(desk, user))))


@users.command()
def create(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="Their address.")],
    name: Annotated[str, typer.Argument(help="Their name.")],
    role: Annotated[str, typer.Option(help="ORG_ADMIN, CLINICIAN, STAFF or PATIENT.")] = "STAFF",
    portal: Annotated[Portal | None, typer.Option(help="Where they land.")] = None,
    custom_role: CustomRole = None,
) -> None:
    """Add somebody whom the platform does not know; whoever is known elsewhere is invited instead."""
    desk = desk_of(context)
    wish = CreateUser(email=email, name=name, role=role_of(role), portal=portal, custom_role=custom(desk, custom_role))
    _member(desk, desk.execute(wish), "Added.")


@users.command()
def change(
    context: typer.Context,
    user: Who,
    portal: Annotated[Portal | None, typer.Option(help="Where they land.")] = None,
    login_alert: Annotated[Switch | None, typer.Option(help="A mail at every login.")] = None,
    device_alert: Annotated[Switch | None, typer.Option(help="A mail at a login from a new device.")] = None,
    second_factor: Annotated[Switch | None, typer.Option(help="A code at each login: forced or exempt.")] = None,
) -> None:
    """Change where somebody lands, and their own answers to the clinic's sign-in settings."""
    desk = desk_of(context)
    wish = ChangeUser(
        user=find(desk, user),
        portal=portal,
        login_alert=login_alert,
        device_alert=device_alert,
        second_factor=second_factor,
    )
    _member(desk, desk.execute(wish), "Changed.")


@users.command("role")
def change_role(
    context: typer.Context,
    user: Who,
    role: Annotated[str, typer.Argument(help="ORG_ADMIN, CLINICIAN, STAFF or PATIENT.")],
    custom_role: CustomRole = None,
) -> None:
    """Give somebody another role; whatever was issued to them ends."""
    desk = desk_of(context)
    wish = ChangeRole(user=find(desk, user), role=role_of(role), custom_role=custom(desk, custom_role))
    _member(desk, desk.execute(wish), "Changed.")


@users.command("narrow")
def assign_custom_role(
    context: typer.Context,
    user: Who,
    role: Annotated[str | None, typer.Argument(metavar="ROLE", help="Id or name; none takes it off.")] = None,
) -> None:
    """Narrow somebody by a custom role, or take it off."""
    desk = desk_of(context)
    _member(desk, desk.execute(AssignCustomRole(user=find(desk, user), custom_role=custom(desk, role))), "Changed.")


@users.command()
def refuse(
    context: typer.Context,
    user: Who,
    key: Annotated[str, typer.Argument(help="The permission key.")],
    reason: Annotated[str, typer.Option(help="Why; kept.")],
    leave: Annotated[bool, typer.Option("--leave", help="Say expressly that it is left to them.")] = False,
) -> None:
    """Refuse one key to one person, where the clinic turned overrides on."""
    desk = desk_of(context)
    wish = SetOverride(user=find(desk, user), key=key, granted=leave, reason=reason)
    _member(desk, desk.execute(wish), "Kept.")


@users.command()
def restore(context: typer.Context, user: Who, key: Annotated[str, typer.Argument(help="The permission key.")]) -> None:
    """Take the override of a key away."""
    desk = desk_of(context)
    _member(desk, desk.execute(DeleteOverride(user=find(desk, user), key=key)), "Taken away.")


@users.command()
def disable(
    context: typer.Context,
    user: Who,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Turn the login off, at all clinics.")] = False,
) -> None:
    """End somebody's access to this clinic; their past stays."""
    desk = desk_of(context)
    if everywhere:
        _person(desk, desk.execute(DisablePerson(user=find(desk, user))), "Disabled everywhere.")
    else:
        _member(desk, desk.execute(DisableUser(user=find(desk, user))), "Disabled.")


@users.command()
def enable(
    context: typer.Context,
    user: Who,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Turn the login on again.")] = False,
) -> None:
    """Let somebody in again."""
    desk = desk_of(context)
    if everywhere:
        _person(desk, desk.execute(EnablePerson(user=find(desk, user))), "Enabled.")
    else:
        _member(desk, desk.execute(EnableUser(user=find(desk, user))), "Enabled.")


@users.command("make-owner")
def make_owner(context: typer.Context, user: Who) -> None:
    """Hand the clinic over to another of its administrators."""
    desk = desk_of(context)
    _member(desk, desk.execute(TransferOwnership(user=find(desk, user))), "Handed over.")


@users.command("super-admin")
def super_admin(
    context: typer.Context,
    user: Who,
    take_back: Annotated[bool, typer.Option("--take-back", help="Not any more.")] = False,
) -> None:
    """Make somebody of this clinic a super admin of the platform."""
    desk = desk_of(context)
    _person(desk, desk.execute(MakeSuperAdmin(user=find(desk, user), granted=not take_back)), "Changed.")


@users.command("everyone")
def list_people(
    context: typer.Context,
    several: Annotated[bool, typer.Option("--several", help="Of two or more clinics.")] = False,
    strays: Annotated[bool, typer.Option("--strays", help="Whose global role is none of theirs.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """Persons of all clinics."""
    desk = desk_of(context)
    page = desk.ask(ListPeople(several=several, strays=strays, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("name", "email", "role", "clinics", "active", "id"),
        lambda one: (
            one.name,
            one.email,
            "SUPER_ADMIN" if one.super_admin else one.role,
            tuple(f"{held.organization} {held.role}" for held in one.memberships),
            one.active,
            one.id,
        ),
    )


@users.command("impersonations")
def list_impersonations(context: typer.Context, limit: Limit = 50, cursor: Cursor = None) -> None:
    """Who acted for whom, newest first."""
    desk = desk_of(context)
    desk.out.page(
        desk.ask(ListImpersonations(cursor=cursor, limit=limit)),
        ("actor", "for", "state", "started", "ends", "reason"),
        lambda one: (one.actor, one.target, one.state, one.started_at, one.ended_at or one.ends_at, one.reason),
    )


@roles.command("list")
def list_roles(context: typer.Context) -> None:
    """The custom roles."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListRoles()),
        ("name", "keys", "id"),
        lambda one: (one.name, one.keys, one.id),
        "No custom role yet: `hlc roles add NAME KEY…`.",
    )


@roles.command("keys")
def list_keys(context: typer.Context) -> None:
    """All permission keys, and what each lets somebody do."""
    desk = desk_of(context)
    pairs = tuple({"key": key, "means": SENTENCES[key]} for key in sorted(SENTENCES))
    desk.out.items(pairs, ("key", "means"), lambda one: (one["key"], one["means"]))


@roles.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Such as Billing.")],
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="What it leaves; see `hlc roles keys`.")],
    description: Annotated[str, typer.Option(help="For whom it is.")] = "",
) -> None:
    """Add a custom role."""
    desk = desk_of(context)
    made = desk.execute(AddRole(name=name, keys=tuple(keys), description=description))
    _role(desk, made, "Added.")


@roles.command("change")
def change_keys(
    context: typer.Context,
    role: RoleName,
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY…", help="What it leaves from now on.")] = None,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    description: Annotated[str | None, typer.Option(help="For whom it is.")] = None,
) -> None:
    """Change a custom role; other keys end what was issued to everybody who has it."""
    desk = desk_of(context)
    wish = ChangeRoleKeys(
        role=_role_id(desk, role), name=name, keys=tuple(keys) if keys else None, description=description
    )
    _role(desk, desk.execute(wish), "Changed.")


@roles.command("remove")
def remove_role(context: typer.Context, role: RoleName) -> None:
    """Remove a custom role that nobody has."""
    desk = desk_of(context)
    desk.execute(RemoveRole(role=_role_id(desk, role)))
    desk.out.record({"removed": role}, (), "Removed.")


@invitations.command("list")
def list_invitations(
    context: typer.Context,
    state: Annotated[InvitationState | None, typer.Option(help="Of one state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """Invitations, newest first."""
    desk = desk_of(context)
    desk.out.page(
        desk.ask(ListInvitations(state=state, cursor=cursor, limit=limit)),
        ("email", "role", "state", "until", "id"),
        lambda one: (one.email, one.role, one.state, one.expires_at, one.id),
    )


@invitations.command()
def send(
    context: typer.Context,
    email: Annotated[str, typer.Argument(help="Whom.")],
    role: Annotated[str, typer.Option(help="ORG_ADMIN, CLINICIAN, STAFF or PATIENT.")] = "STAFF",
    name: Annotated[str, typer.Option(help="Their name, if you know it.")] = "",
    patient: Annotated[str | None, typer.Option(help="The patient whose account it will be.")] = None,
    custom_role: CustomRole = None,
) -> None:
    """Invite somebody; a mail with a link goes out."""
    desk = desk_of(context)
    wish = InviteUser(
        email=email,
        role=role_of(role),
        name=name,
        custom_role=custom(desk, custom_role),
        patient=None if patient is None else PatientId(patient),
    )
    made = desk.execute(wish)
    facts = (("invitation", made.id), ("email", made.email), ("until", made.expires_at))
    desk.out.record(made, facts, "Invited. The link goes out with the next turn of the worker.")


@invitations.command()
def resend(context: typer.Context, invitation: Annotated[str, typer.Argument(help="Its id (invt_…).")]) -> None:
    """Send a new link; older links end."""
    desk = desk_of(context)
    again = desk.execute(ResendInvitation(invitation=InvitationId(invitation)))
    desk.out.record(again, (("invitation", again.id), ("until", again.expires_at)), "Sent again.")


@invitations.command()
def revoke(context: typer.Context, invitation: Annotated[str, typer.Argument(help="Its id (invt_…).")]) -> None:
    """Withdraw an invitation."""
    desk = desk_of(context)
    gone = desk.execute(RevokeInvitation(invitation=InvitationId(invitation)))
    desk.out.record(gone, (("invitation", gone.id), ("state", gone.state)), "Withdrawn.")


@charts.command("list")
def list_charts(
    context: typer.Context,
    state: Annotated[ChartAccessState | None, typer.Option(help="CLOSED ones wait for their review.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """Emergency openings of charts, newest first."""
    desk = desk_of(context)
    desk.out.page(
        desk.ask(ListChartAccesses(state=state, cursor=cursor, limit=limit)),
        ("user", "patient", "state", "opened", "until", "reason", "id"),
        lambda one: (one.user, one.patient, one.state, one.opened_at, one.closed_at or one.ends_at, one.reason, one.id),
    )


@charts.command()
def review(
    context: typer.Context,
    access: Annotated[str, typer.Argument(help="Its id (glass_…).")],
    judgement: Annotated[Judgement, typer.Argument(help="Whether it was an emergency.")],
    note: Annotated[str, typer.Option(help="What you found.")],
) -> None:
    """Judge an emergency."""
    desk = desk_of(context)
    judged: ChartAccess = desk.execute(
        ReviewChartAccess(access=ChartAccessId(access), judgement=judgement, review=note)
    )
    desk.out.record(judged, (("access", judged.id), ("state", judged.state)), "Reviewed.")


def _member(desk: Desk, member: Member, sentence: str = "") -> None:
    user, held = member.user, member.assignment
    facts: tuple[Fact, ...] = (
        ("user", user.id),
        ("name", user.name),
        ("email", user.email),
        ("role", held.role),
        ("custom role", held.custom_role),
        ("refused", tuple(one.key for one in held.overrides if not one.granted)),
        ("active", held.active and user.active),
        ("owner", "yes" if held.owner else None),
        ("patient", held.patient),
        ("lands on", user.portal),
        ("login alert", user.login_alert),
        ("device alert", user.device_alert),
        ("second factor", user.second_factor),
    )
    desk.out.record(member, facts, sentence)


def _person(desk: Desk, user: User, sentence: str) -> None:
    facts: tuple[Fact, ...] = (("user", user.id), ("name", user.name), ("role", user.role), ("active", user.active))
    desk.out.record(user, facts, sentence)


def _role(desk: Desk, role: OrganizationRole, sentence: str) -> None:
    desk.out.record(role, (("role", role.id), ("name", role.name), ("keys", role.keys)), sentence)


def _role_id(desk: Desk, word: str) -> RoleId:
    found = custom(desk, word)
    return RoleId(word) if found is None else found
