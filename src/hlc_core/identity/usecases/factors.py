"""The second factor that people set up for themselves: an authenticator app, and codes for the day it is lost."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from hlc_core.identity.errors import NoAppPending, NotWhileImpersonating, WrongCode
from hlc_core.identity.model import RECOVERY_CODES, Credential
from hlc_core.identity.ports import Env
from hlc_core.identity.usecases.logins import credential_of
from hlc_core.identity.usecases.sessions import scope_of
from hlc_core.kernel.commands import STOP_ACTING, Command, Query
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import SessionId, UserId


@frozen(kw_only=True)
class AppSecret:
    """What an authenticator app is given, once: the secret to type, and the address that a QR code holds."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


@frozen(kw_only=True)
class RecoveryCodes:
    """Codes that each work once instead of the app's; they are shown this one time."""

    codes: tuple[str, ...] = field(repr=False)


@frozen(kw_only=True)
class EnrolApp(Command[AppSecret]):
    """Begin with an authenticator app. Whatever was enrolled before counts until the new one is confirmed."""


def enrol_app(command: EnrolApp, env: Env) -> AppSecret:
    """Refuses: NotWhileImpersonating, Missing."""
    user = env.users.get(own(env))
    secret = env.app_codes.secret()
    env.credentials.save(evolve(credential_of(user.id, env), totp_pending=secret))
    return AppSecret(secret=secret, address=env.app_codes.address(secret, user.email, env.organization.name))


@frozen(kw_only=True)
class PendingApp(Query[AppSecret]):
    """The app that was begun with and is not confirmed yet, for the page that shows it."""


def pending_app(query: PendingApp, env: Env) -> AppSecret:
    """Refuses: NoAppPending, NotWhileImpersonating."""
    user = env.users.get(own(env))
    secret = credential_of(user.id, env).totp_pending
    if not secret:
        raise NoAppPending("No app waits to be confirmed; enrol one first.")
    return AppSecret(secret=secret, address=env.app_codes.address(secret, user.email, env.organization.name))


@frozen(kw_only=True)
class Security:
    """How somebody signs in: since when with an app, how many recovery codes are left, when the password was set."""

    app_since: datetime | None
    recovery_codes: int
    password_at: datetime | None


@frozen(kw_only=True)
class OwnSecurity(Query[Security]):
    """How the person who asks signs in."""


def own_security(query: OwnSecurity, env: Env) -> Security:
    """Refuses: NotWhileImpersonating."""
    held = credential_of(own(env), env)
    return Security(app_since=held.totp_since, recovery_codes=len(held.recovery), password_at=held.password_at)


@frozen(kw_only=True)
class ConfirmApp(Command[RecoveryCodes]):
    """Prove that the app works: from now on its codes are asked for at every sign-in.

    `session`: the sign-in from which it was proved, which goes on as one with a second factor.
    """

    code: str = field(repr=False)
    session: SessionId | None = None


def confirm_app(command: ConfirmApp, env: Env) -> RecoveryCodes:
    """Refuses: NoAppPending, WrongCode, NotWhileImpersonating."""
    credential = credential_of(own(env), env)
    if not credential.totp_pending:
        raise NoAppPending("No app waits to be confirmed; enrol one first.")
    step = env.app_codes.step(credential.totp_pending, command.code.strip(), env.clock.now(), 0)
    if step is None:
        raise WrongCode("That is not the code that the app shows now.")
    confirmed = evolve(
        credential, totp=credential.totp_pending, totp_pending="", totp_since=env.clock.now(), totp_step=step
    )
    held = None if command.session is None else env.sessions.find(command.session)
    if held is not None and held.user == credential.id and held.alive(env.clock.now()):
        env.sessions.save(evolve(held, second_factor=True))
    return _with_codes(confirmed, env)


@frozen(kw_only=True)
class RenewRecoveryCodes(Command[RecoveryCodes]):
    """New recovery codes; the old ones end. Asks for a code of the app."""

    code: str = field(repr=False)


def renew_recovery_codes(command: RenewRecoveryCodes, env: Env) -> RecoveryCodes:
    """Refuses: NoAppPending (no app is enrolled), WrongCode, NotWhileImpersonating."""
    return _with_codes(_proved(command.code, env), env)


@frozen(kw_only=True)
class DisableApp(Command[bool]):
    """Do without the app from now on. Asks for a code of it, or a recovery code."""

    code: str = field(repr=False)


def disable_app(command: DisableApp, env: Env) -> bool:
    """Refuses: NoAppPending (no app is enrolled), WrongCode, NotWhileImpersonating."""
    env.credentials.save(_without_app(_proved(command.code, env)))
    return True


@frozen(kw_only=True)
class ResetSecondFactor(Command[bool]):
    """An administrator takes away an app that was lost, and the wrong codes; the clinic's own rules stay."""

    user: UserId


def reset_second_factor(command: ResetSecondFactor, env: Env) -> bool:
    """Whether there was anything to take away. Refuses: Missing (no such person here)."""
    scope_of(command.user, env)
    credential = credential_of(command.user, env)
    env.credentials.save(evolve(_without_app(credential), wrong_codes=0))
    return bool(credential.totp or credential.totp_pending or credential.wrong_codes)


def own(env: Env) -> UserId:
    """The person who asks, for themselves. Refuses: NotWhileImpersonating."""
    if env.actor.impersonates:
        raise NotWhileImpersonating("Acting for somebody else, you cannot change how they sign in.", STOP_ACTING)
    return UserId(env.actor.id)


def _proved(code: str, env: Env) -> Credential:
    credential = credential_of(own(env), env)
    if credential.totp_since is None:
        raise NoAppPending("No authenticator app is enrolled.")
    given = code.replace(" ", "").replace("-", "").strip()
    step = env.app_codes.step(credential.totp, given, env.clock.now(), credential.totp_step)
    if step is not None:
        return evolve(credential, totp_step=step)
    digest = env.proofs.digest(given.casefold())
    if digest not in credential.recovery:
        raise WrongCode("That is not the code that the app shows now.")
    return evolve(credential, recovery=tuple(one for one in credential.recovery if one != digest))


def _with_codes(credential: Credential, env: Env) -> RecoveryCodes:
    seed = env.proofs.fresh()
    codes = tuple(_readable(env.proofs.derived("recovery", seed, str(n))) for n in range(RECOVERY_CODES))
    digests = tuple(env.proofs.digest(code.replace("-", "")) for code in codes)
    env.credentials.save(evolve(credential, recovery=digests))
    return RecoveryCodes(codes=codes)


def _readable(secret: str) -> str:
    """Twelve letters and digits of the 256 random bits: about 62 of them, more than can be guessed."""
    letters = "".join(letter for letter in secret.casefold() if letter.isalnum())[:12]
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _without_app(credential: Credential) -> Credential:
    return evolve(credential, totp="", totp_pending="", totp_since=None, totp_step=0, recovery=())
