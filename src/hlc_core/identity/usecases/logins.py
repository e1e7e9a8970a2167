"""From the right password to a session: the clinic, the second factor."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from hlc_core.access.api import Role
from hlc_core.identity.errors import ClinicUnknown, LoginUnknown, TooManyCodes
from hlc_core.identity.events import CodeWanted, SignedIn
from hlc_core.identity.machine import LoginState
from hlc_core.identity.model import (
    MOST_WRONG_CODES,
    Credential,
    Factor,
    KnownDevice,
    Login,
    LoginOutcome,
    Session,
)
from hlc_core.identity.ports import Env
from hlc_core.identity.rules import lifetime, needs_second_factor, portal_of
from hlc_core.identity.secrets import code_of, refresh_token
from hlc_core.identity.usecases.guessing import note
from hlc_core.identity.usecases.joining import joined_at_sign_in
from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DeviceId, LoginId, SessionId, UserId
from hlc_core.people.api import User

MOST_DEVICES = 20


@frozen(kw_only=True)
class Progress:
    """How far a login has come: a session, or a code that is asked for (`factor`), or a code that was wrong."""

    login: Login
    session: Session | None = None
    wrong: bool = False
    tries_left: int = 0


@frozen(kw_only=True)
class TakeClinic(Command[Progress]):
    """Go on with a login at the clinic of the envelope: its rules say whether a code is asked for."""

    login: LoginId


def take_clinic(command: TakeClinic, env: Env) -> Progress:
    """Refuses: LoginUnknown (not there, too late, clinic chosen already), ClinicUnknown."""
    login, now = _login(command.login, env), env.clock.now()
    if login.state is not LoginState.PROVED:
        raise LoginUnknown("This sign-in went on already; start again.")
    user = env.users.get(login.user)
    role = role_at(user, env)
    credential = credential_of(user.id, env)
    if needs_second_factor(user, role, credential, env.organization):
        challenged = login.challenged(credential.factor, env.organization.id, now)
        env.logins.save(challenged)
        note(user.id, env.organization.id, LoginOutcome.CODE_NEEDED, login.origin, env)
        if challenged.factor is Factor.EMAIL:
            env.outbox.put(CodeWanted(login=login.id, user=user.id, codes=challenged.codes))
        return Progress(login=challenged)
    finished = login.finished(env.organization.id, now)
    env.logins.save(finished)
    return Progress(login=finished, session=_open(finished, user, role, second_factor=False, env=env))


@frozen(kw_only=True)
class TryCode(Command[Progress]):
    """A second factor: six digits of the mail or of the app, or a recovery code. Sent for the login's own clinic."""

    login: LoginId
    code: str = field(repr=False)


def try_code(command: TryCode, env: Env) -> Progress:
    """The session, or one try less. Refuses: LoginUnknown, TooManyCodes."""
    login, now = _login(command.login, env), env.clock.now()
    if login.state is not LoginState.CHALLENGED or login.clinic != env.organization.id:
        raise LoginUnknown("This sign-in is over; start again.")
    user = env.users.get(login.user)
    role = role_at(user, env)
    credential = credential_of(user.id, env)
    if credential.wrong_codes >= MOST_WRONG_CODES:
        raise TooManyCodes("Too many wrong codes in a row. Set a new password by mail, then sign in again.")
    passed = matched(command.code, login, credential, env)
    if passed is None:
        env.credentials.save(evolve(credential, wrong_codes=credential.wrong_codes + 1))
        missed = login.missed(now)
        env.logins.save(missed)
        note(user.id, login.clinic, LoginOutcome.WRONG_CODE, login.origin, env)
        left = 0 if missed.state is LoginState.FAILED else 5 - missed.tries
        return Progress(login=missed, wrong=True, tries_left=left)
    env.credentials.save(evolve(passed, wrong_codes=0))
    finished = login.finished(login.clinic, now)
    env.logins.save(finished)
    return Progress(login=finished, session=_open(finished, user, role, second_factor=True, env=env))


def matched(code: str, login: Login, credential: Credential, env: Env) -> Credential | None:
    """The credential after that code, so that none works twice; None if it is wrong."""
    given = code.replace(" ", "").replace("-", "").strip()
    if login.factor is Factor.EMAIL:
        return credential if env.proofs.same(given, code_of(login, env.proofs)) else None
    step = env.app_codes.step(credential.totp, given, env.clock.now(), credential.totp_step)
    if step is not None:
        return evolve(credential, totp_step=step)
    digest = env.proofs.digest(given.casefold())
    if digest in credential.recovery:
        return evolve(credential, recovery=tuple(one for one in credential.recovery if one != digest))
    return None


@frozen(kw_only=True)
class ResendCode(Command[Progress]):
    """Mail another code; the one before is void."""

    login: LoginId


def resend_code(command: ResendCode, env: Env) -> Progress:
    """Refuses: LoginUnknown, GuardRefused (too often, or the code comes from an app)."""
    login = _login(command.login, env)
    if login.state is not LoginState.CHALLENGED or login.clinic != env.organization.id:
        raise LoginUnknown("This sign-in is over; start again.")
    resent = login.resent(env.clock.now())
    env.logins.save(resent)
    env.outbox.put(CodeWanted(login=login.id, user=login.user, codes=resent.codes))
    return Progress(login=resent)


def role_at(user: User, env: Env) -> Role:
    """What the person is at the clinic of the transaction. Refuses: ClinicUnknown (nothing, or not any more)."""
    if user.super_admin:
        return Role.SUPER_ADMIN
    held = user.membership(env.organization.id)
    if not user.active or held is None or not held.active:
        raise ClinicUnknown("You work at no clinic of that name.")
    return held.role


def credential_of(user: UserId, env: Env) -> Credential:
    """How the person proves who they are; somebody without a password has an empty one."""
    found = env.credentials.find(user)
    if found is None:
        found = Credential(id=user)
        env.credentials.add(found)
    return found


def _login(id: LoginId, env: Env) -> Login:
    login = env.logins.find(id)
    if login is None or env.clock.now() >= login.expires_at:
        raise LoginUnknown("This sign-in is not there, or too old; start again.")
    return login


def _open(login: Login, user: User, role: Role, *, second_factor: bool, env: Env) -> Session:
    now, seed = env.clock.now(), env.proofs.fresh()
    devices = env.devices.of(user.id)
    known = next((one for one in devices if one.id == login.device), None)
    if known is None:
        for oldest in sorted(devices, key=lambda one: one.last_at)[: max(0, len(devices) - MOST_DEVICES + 1)]:
            env.devices.remove(oldest)
        known = KnownDevice(
            id=DeviceId(env.ids.new("dev")), user=user.id, origin=login.origin, first_at=now, last_at=now
        )
        env.devices.add(known)
    else:
        env.devices.save(evolve(known, origin=login.origin, last_at=now))
    lasts = lifetime(portal_of(user, role), env.organization)
    opened = Session(
        id=SessionId(env.ids.new("ses")),
        user=user.id,
        clinic=env.organization.id,
        generation=user.generation,
        seed=seed,
        digest="",
        rotated_at=now,
        device=known.id,
        origin=login.origin,
        second_factor=second_factor,
        opened_at=now,
        used_at=now,
        idle_minutes=lasts.idle,
        expires_at=now + timedelta(minutes=lasts.longest),
    )
    session = evolve(opened, digest=env.proofs.digest(refresh_token(opened, 0, env.proofs)))
    env.sessions.add(session)
    new = login.device is None and bool(devices)
    note(user.id, env.organization.id, LoginOutcome.SIGNED_IN, login.origin, env, new_device=new)
    env.outbox.put(SignedIn(session=session.id, user=user.id, new_device=new))
    if role is Role.PATIENT:
        joined_at_sign_in(user, env)
    return session
