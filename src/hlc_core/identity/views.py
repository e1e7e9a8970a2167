"""Questions about who is signed in, and who tried to be."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from hlc_core.access.api import Role
from hlc_core.identity.errors import SecondFactorNeeded, SessionOver
from hlc_core.identity.model import Credential, Login, LoginAttempt, LoginOutcome, Session
from hlc_core.identity.ports import Env
from hlc_core.identity.presence import acting
from hlc_core.identity.rules import needs_second_factor
from hlc_core.identity.usecases.logins import role_at
from hlc_core.identity.usecases.sessions import scope_of
from hlc_core.kernel.commands import Actor, Query
from hlc_core.kernel.ids import (
    PLATFORM,
    ImpersonationId,
    LoginAttemptId,
    LoginId,
    OrganizationId,
    SessionId,
    UserId,
)
from hlc_core.kernel.paging import Page, limited
from hlc_core.people.api import Impersonation, Membership, User


@frozen(kw_only=True)
class Presence:
    """Somebody who is signed in, at the clinic of the question: as whom they act, and under which session."""

    session: Session
    user: User
    role: Role
    actor: Actor
    impersonation: Impersonation | None = None
    target: User | None = None


@frozen(kw_only=True)
class WhoIs(Query[Presence]):
    """Who stands behind a session that an access token names, at the clinic of the envelope."""

    session: SessionId
    user: UserId
    impersonation: ImpersonationId | None = None


def who_is(query: WhoIs, env: Env) -> Presence:
    """Read at every request, so that whatever was taken away is gone with the next one.

    Refuses: SessionOver (signed out, revoked, disabled, older than the user's generation, acting for somebody is
    over), ClinicUnknown, SecondFactorNeeded.
    """
    session, user = env.sessions.find(query.session), env.users.find(query.user)
    if session is None or user is None or session.user != user.id or not session.alive(env.clock.now()):
        raise SessionOver("You are signed out. Sign in again.")
    if not user.active or user.generation != session.generation:
        raise SessionOver("You are signed out. Sign in again.")
    role = role_at(user, env)
    if not session.second_factor and needs_second_factor(user, role, _credential(user, env), env.organization):
        raise SecondFactorNeeded("This clinic asks for a code at the sign-in: sign in there.")
    if query.impersonation is None:
        return Presence(session=session, user=user, role=role, actor=acting(user.id, env))
    grant = env.impersonations.find(query.impersonation)
    if grant is None or grant.actor != user.id or not grant.running(env.clock.now()):
        raise SessionOver("Acting for somebody else is over. Refresh to go on as yourself.")
    target = env.users.get(grant.target)
    actor = acting(target.id, env, by=user.id)
    return Presence(session=session, user=user, role=role, actor=actor, impersonation=grant, target=target)


def _credential(user: User, env: Env) -> Credential:
    return env.credentials.find(user.id) or Credential(id=user.id)


@frozen(kw_only=True)
class RunningImpersonation(Query[Impersonation | None]):
    """For whom the person acts at the clinic of the envelope, if for anybody."""

    user: UserId


def running_impersonation(query: RunningImpersonation, env: Env) -> Impersonation | None:
    """The grant, while it counts."""
    found = env.impersonations.active(query.user)
    return found if found is not None and found.running(env.clock.now()) else None


@frozen(kw_only=True)
class FindUser(Query[User]):
    """A person, wherever they work: for mails about their sign-ins."""

    user: UserId


def find_user(query: FindUser, env: Env) -> User:
    """Refuses: Missing."""
    return env.users.get(query.user)


@frozen(kw_only=True)
class GetLogin(Query[Login]):
    """A login in progress."""

    login: LoginId


def get_login(query: GetLogin, env: Env) -> Login:
    """Refuses: Missing."""
    return env.logins.get(query.login)


@frozen(kw_only=True)
class GetSession(Query[Session]):
    """A session, whoever's."""

    session: SessionId


def get_session(query: GetSession, env: Env) -> Session:
    """Refuses: Missing."""
    return env.sessions.get(query.session)


@frozen(kw_only=True)
class GetAttempt(Query[LoginAttempt]):
    """One try to sign in."""

    attempt: LoginAttemptId


def get_attempt(query: GetAttempt, env: Env) -> LoginAttempt:
    """Refuses: Missing."""
    return env.login_attempts.get(query.attempt)


@frozen(kw_only=True)
class MembershipsOf(Query[tuple[Membership, ...]]):
    """The clinics at which a person works, the primary one first."""

    user: UserId


def memberships_of(query: MembershipsOf, env: Env) -> tuple[Membership, ...]:
    """The active ones; of a super admin also the platform itself. Refuses: Missing."""
    user = env.users.get(query.user)
    if not user.active:
        return ()
    beyond = (Membership(organization=PLATFORM, role=Role.SUPER_ADMIN),) if user.super_admin else ()
    return (*user.clinics, *beyond)


@frozen(kw_only=True)
class SessionLine:
    """One session, as its person and administrators see it."""

    id: SessionId
    clinic: OrganizationId | None
    state: str
    opened_at: datetime
    used_at: datetime
    ends_at: datetime
    address: str = field(repr=False)
    agent: str = field(repr=False)
    second_factor: bool
    actions: tuple[str, ...]


@frozen(kw_only=True)
class ListSessions(Query[tuple[SessionLine, ...]]):
    """A person's sessions at this clinic, newest first; for administrators."""

    user: UserId
    limit: int = 50


def list_sessions(query: ListSessions, env: Env) -> tuple[SessionLine, ...]:
    """Refuses: Missing (no such person here), Invalid (limit)."""
    here = scope_of(query.user, env)
    found = env.sessions.of(query.user, limited(query.limit))
    return tuple(line(one, env.clock.now()) for one in found if one.clinic == here)


@frozen(kw_only=True)
class OwnSessions(Query[tuple[SessionLine, ...]]):
    """The sessions of the person who asks, at all clinics, newest first."""


def own_sessions(query: OwnSessions, env: Env) -> tuple[SessionLine, ...]:
    """At most fifty."""
    found = env.sessions.of(UserId(env.actor.id), 50)
    return tuple(line(one, env.clock.now()) for one in found)


def line(session: Session, now: datetime) -> SessionLine:
    """The session as it is listed; one that has outlived itself counts as expired."""
    alive = session.alive(now)
    outlived = session.state == "open" and not alive
    return SessionLine(
        id=session.id,
        clinic=session.clinic,
        state="expired" if outlived else session.state,
        opened_at=session.opened_at,
        used_at=session.used_at,
        ends_at=session.ended_at or session.ends_at,
        address=session.origin.address,
        agent=session.origin.agent,
        second_factor=session.second_factor,
        actions=("revoke",) if alive else (),
    )


@frozen(kw_only=True)
class ListLoginAttempts(Query[Page[LoginAttempt]]):
    """Who tried to sign in at this clinic, newest first."""

    outcome: LoginOutcome | None = None
    user: UserId | None = None
    cursor: LoginAttemptId | None = None
    limit: int = 50


def list_login_attempts(query: ListLoginAttempts, env: Env) -> Page[LoginAttempt]:
    """Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    found = env.login_attempts.page(env.organization.id, query.outcome, query.user, query.cursor, limit + 1)
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)
