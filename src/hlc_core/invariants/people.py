"""Rules about people: what a person's own row says of a clinic is what the clinic's rows say of the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from hlc_core.access.api import Role
from hlc_core.identity.api import Session, SessionState
from hlc_core.invariants.model import Finding
from hlc_core.kernel.ids import OrganizationId, PatientId, RoleId
from hlc_core.people.api import (
    ChartAccess,
    ChartAccessState,
    ClinicAssignment,
    Impersonation,
    ImpersonationState,
    Invitation,
    InvitationState,
    Membership,
    User,
)

LATE = timedelta(days=1)
"""So much later than its time the job that ends a grant must have come by."""


@frozen(kw_only=True)
class Staffed:
    """Some assignments of a clinic, with their persons, the open sessions of those, and what the assignments name."""

    organization: OrganizationId
    assignments: Sequence[ClinicAssignment] = ()
    users: Sequence[User] = ()
    sessions: Sequence[Session] = ()
    roles: frozenset[RoleId] = frozenset()
    patients: frozenset[PatientId] = frozenset()


@frozen(kw_only=True)
class Owned:
    """All administrators of a clinic."""

    organization: OrganizationId
    admins: Sequence[ClinicAssignment] = ()


@frozen(kw_only=True)
class Known:
    """Some persons of the platform, and which of them have an assignment in the clinic."""

    organization: OrganizationId
    users: Sequence[User] = ()
    assignments: Sequence[ClinicAssignment] = ()


@frozen(kw_only=True)
class Granted:
    """Some grants for a time."""

    now: datetime
    invitations: Sequence[Invitation] = ()
    impersonations: Sequence[Impersonation] = ()
    charts: Sequence[ChartAccess] = ()


def memberships_mirror_assignments(facts: Staffed) -> Iterator[Finding]:
    """Who is assigned is a person, whose own row says the same of this clinic: a login reads that row only."""
    users = {user.id: user for user in facts.users}
    for one in facts.assignments:
        user = users.get(one.user)
        expected = Membership(organization=facts.organization, role=one.role, active=one.active)
        if user is None:
            yield _mirror(one, "Nobody stands behind it.")
        elif user.membership(facts.organization) != expected:
            yield _mirror(one, "The person's own row says something else of this clinic.")


def assignments_name_what_is_there(facts: Staffed) -> Iterator[Finding]:
    """Its custom role exists, and so does its patient."""
    for one in facts.assignments:
        if one.custom_role is not None and one.custom_role not in facts.roles:
            yield _named(one, "Its custom role does not exist, so it leaves the person nothing but the floor.")
        if one.patient is not None and one.patient not in facts.patients:
            yield _named(one, "Its patient does not exist.")


def no_session_outlives_its_person(facts: Staffed) -> Iterator[Finding]:
    """Whoever was disabled, or has another role since, has no open session of before."""
    users = {user.id: user for user in facts.users}
    for session in facts.sessions:
        user = users.get(session.user)
        if user is None or (user.active and user.generation == session.generation):
            continue
        if session.state is SessionState.OPEN:
            yield Finding(
                invariant="no_session_outlives_its_person",
                subjects=(session.id, user.id),
                means="It is open, and its person was disabled or made something else since. It lets nobody in.",
                remedy="End it with `hlc sessions revoke`, and find out what changed the person around the use cases.",
            )


def a_clinic_has_one_owner(facts: Owned) -> Iterator[Finding]:
    """Where there are administrators, one of them owns the clinic: active, and narrowed by nothing."""
    active = [one for one in facts.admins if one.active]
    owners = [one for one in facts.admins if one.owner]
    whole = [one for one in owners if one.active and one.role is Role.ORG_ADMIN and one.custom_role is None]
    if (active or owners) and not len(owners) == len(whole) == 1:
        yield Finding(
            invariant="a_clinic_has_one_owner",
            subjects=(facts.organization, *(one.id for one in owners)),
            means=f"Of {len(owners)} owners, {len(whole)} are active administrators whom nothing narrows.",
            remedy="Make an active administrator the owner with `hlc users make-owner`.",
        )


def everybody_belongs_somewhere(facts: Known) -> Iterator[Finding]:
    """A person is a super admin, or of some clinic; and where their row says that it is this one, it is so."""
    assigned = {one.user for one in facts.assignments}
    for user in facts.users:
        if not user.memberships and not user.super_admin:
            yield _person(user, "The person is of no clinic, so nobody looks after the account.")
        if user.membership(facts.organization) is not None and user.id not in assigned:
            yield _person(user, "The person's row names this clinic, and the clinic has no assignment of theirs.")


def no_grant_outlives_its_time(facts: Granted) -> Iterator[Finding]:
    """Invitations, impersonations and emergencies end by themselves; a day later their rows say so."""
    then = facts.now - LATE
    late = (
        *(one.id for one in facts.invitations if one.state is InvitationState.PENDING and one.expires_at < then),
        *(one.id for one in facts.impersonations if one.state is ImpersonationState.ACTIVE and one.ends_at < then),
        *(one.id for one in facts.charts if one.state is ChartAccessState.OPEN and one.ends_at < then),
    )
    for id in late:
        yield Finding(
            invariant="no_grant_outlives_its_time",
            subjects=(id,),
            means="Its time was over more than a day ago. It counts no more, and its row does not say so.",
            remedy="Run `hlc jobs run grants`, and see with `hlc jobs list` why no worker did.",
        )


def _mirror(one: ClinicAssignment, means: str) -> Finding:
    return Finding(
        invariant="memberships_mirror_assignments",
        subjects=(one.id, one.user),
        means=means,
        remedy="Disable and enable the user: that writes both rows. Somebody changed one of them by hand.",
    )


def _named(one: ClinicAssignment, means: str) -> Finding:
    return Finding(
        invariant="assignments_name_what_is_there",
        subjects=(one.id, one.user),
        means=means,
        remedy="Disable the user, or give them another role or custom role.",
    )


def _person(user: User, means: str) -> Finding:
    return Finding(
        invariant="everybody_belongs_somewhere",
        subjects=(user.id,),
        means=means,
        remedy="Invite the person into a clinic, or disable them with `hlc users disable`.",
    )
