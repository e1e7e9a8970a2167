"""Sessions: refreshed, ended, looked at, taken to another clinic."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import field, frozen

from hlc_core.identity.errors import ClinicUnknown, NotWhileImpersonating, SecondFactorNeeded
from hlc_core.identity.events import RefreshReplayed
from hlc_core.identity.machine import SessionState, SessionTrigger
from hlc_core.identity.model import GRACE, Session
from hlc_core.identity.ports import Env
from hlc_core.identity.rules import needs_second_factor
from hlc_core.identity.secrets import refresh_token
from hlc_core.identity.usecases.logins import credential_of, role_at
from hlc_core.kernel.commands import STOP_ACTING, Command
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId, SessionId, UserId


class Refreshed(StrEnum):
    """What became of a refresh token."""

    ROTATED = "rotated"
    SHARED = "shared"
    """The token before: its successor, once more, for a tab that raced or an answer that got lost."""
    STOLEN = "stolen"
    OVER = "over"


@frozen(kw_only=True)
class Refresh:
    """The session after a refresh, and what became of the token."""

    outcome: Refreshed
    session: Session | None = None


@frozen(kw_only=True)
class RefreshSession(Command[Refresh]):
    """A refresh token came; `rotation` is the one that it claims."""

    session: SessionId
    rotation: int
    token: str = field(repr=False)


def refresh_session(command: RefreshSession, env: Env) -> Refresh:
    """The current token gets its one successor; the one before it the same, for ten seconds.

    Any older genuine one is a copy in strange hands: the whole family ends and the person is told. What is not
    genuine changes nothing, or else knowing an id would be enough to sign somebody out.
    """
    session, now = env.sessions.find(command.session), env.clock.now()
    if session is None or command.rotation > session.rotation:
        return Refresh(outcome=Refreshed.OVER)
    if not env.proofs.same(command.token, refresh_token(session, command.rotation, env.proofs)):
        return Refresh(outcome=Refreshed.OVER)
    if session.state is not SessionState.OPEN:
        return Refresh(outcome=Refreshed.OVER)
    if not session.alive(now):
        env.sessions.save(session.ended(SessionTrigger.EXPIRE, now))
        return Refresh(outcome=Refreshed.OVER)
    user = env.users.find(session.user)
    if user is None or not user.active or user.generation != session.generation:
        env.sessions.save(session.ended(SessionTrigger.REVOKE, now))
        return Refresh(outcome=Refreshed.OVER)
    digest = env.proofs.digest(command.token)
    if env.proofs.same(digest, session.digest):
        successor = refresh_token(session, session.rotation + 1, env.proofs)
        rotated = session.rotated(env.proofs.digest(successor), now)
        env.sessions.save(rotated)
        return Refresh(outcome=Refreshed.ROTATED, session=rotated)
    if env.proofs.same(digest, session.digest_before) and now - session.rotated_at <= GRACE:
        return Refresh(outcome=Refreshed.SHARED, session=session)
    env.sessions.save(session.ended(SessionTrigger.REPLAY, now))
    env.outbox.put(RefreshReplayed(session=session.id, user=session.user))
    return Refresh(outcome=Refreshed.STOLEN)


@frozen(kw_only=True)
class SignOut(Command[int]):
    """End one session, or with `everywhere` all of its person."""

    session: SessionId
    everywhere: bool = False


def sign_out(command: SignOut, env: Env) -> int:
    """How many ended. Signing out again ends nothing."""
    session = env.sessions.find(command.session)
    if session is None:
        return 0
    ending = env.sessions.open_of(session.user) if command.everywhere else [session]
    return end_all(ending, SessionTrigger.SIGN_OUT, env)


@frozen(kw_only=True)
class EndOtherSessions(Command[int]):
    """End the sessions of the person who asks, but for the one they ask from."""

    keep: SessionId


def end_other_sessions(command: EndOtherSessions, env: Env) -> int:
    """How many ended. Refuses: NotWhileImpersonating."""
    if env.actor.impersonates:
        raise NotWhileImpersonating("Acting for somebody else, you cannot end their sign-ins.", STOP_ACTING)
    others = [one for one in env.sessions.open_of(UserId(env.actor.id)) if one.id != command.keep]
    return end_all(others, SessionTrigger.SIGN_OUT, env)


@frozen(kw_only=True)
class RevokeSessions(Command[int]):
    """End the sessions of a person at this clinic, or one of them; for administrators."""

    user: UserId
    session: SessionId | None = None


def revoke_sessions(command: RevokeSessions, env: Env) -> int:
    """How many ended. Refuses: Missing (no such person here; what they do at other clinics is not ours)."""
    here = scope_of(command.user, env)
    ending = [one for one in env.sessions.open_of(command.user) if one.clinic == here]
    if command.session is not None:
        ending = [one for one in ending if one.id == command.session]
    return end_all(ending, SessionTrigger.REVOKE, env)


@frozen(kw_only=True)
class SwitchClinic(Command[Session]):
    """Take the session to the clinic of the envelope."""

    session: SessionId


def switch_clinic(command: SwitchClinic, env: Env) -> Session:
    """The session there. Refuses: ClinicUnknown, SecondFactorNeeded; the person's primary clinic stays."""
    session = env.sessions.get(command.session)
    user = env.users.get(session.user)
    role = role_at(user, env)
    if not session.alive(env.clock.now()):
        raise ClinicUnknown("You work at no clinic of that name.")
    if not session.second_factor and needs_second_factor(user, role, credential_of(user.id, env), env.organization):
        raise SecondFactorNeeded("This clinic asks for a code at the sign-in: sign in there.")
    switched = evolve(session, clinic=env.organization.id)
    env.sessions.save(switched)
    return switched


def end_all(sessions: Iterable[Session], trigger: SessionTrigger, env: Env) -> int:
    """End those that are open; answers how many."""
    now = env.clock.now()
    ending = [one for one in sessions if one.state is SessionState.OPEN]
    for one in ending:
        env.sessions.save(one.ended(trigger, now))
    return len(ending)


def scope_of(user: UserId, env: Env) -> OrganizationId:
    """The clinic as whose person the user may be looked at. Refuses: Missing (none of this clinic's)."""
    found = env.users.find(user)
    if found is None or found.membership(env.organization.id) is None:
        raise Missing("There is no such user.", Fault("user", "one of `hlc users list`"))
    return env.organization.id
