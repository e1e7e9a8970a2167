"""Setting a password: with a link, by whoever is signed in, by the operator; and the welcome with the first link.

Hashes come ready made: no password is ever in a command.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from hlc_core.identity.errors import LinkUnusable
from hlc_core.identity.events import PasswordSet, ResetWanted, WelcomeWanted
from hlc_core.identity.machine import SessionTrigger
from hlc_core.identity.model import RESET_MINUTES, WELCOME_DAYS, PasswordReset, ResetPurpose
from hlc_core.identity.ports import Env
from hlc_core.identity.throttle import Pace, cleared, counted, new_lane
from hlc_core.identity.usecases.guessing import account_lane
from hlc_core.identity.usecases.logins import credential_of
from hlc_core.identity.usecases.sessions import end_all, scope_of
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId, ResetId, SessionId, UserId

_MAILS = Pace(free=5, wait=timedelta(minutes=30), longest=timedelta(hours=6), forgotten=timedelta(days=1))
"""How many links one address is sent, whoever asks for them."""


@frozen(kw_only=True)
class AskReset(Command[ResetId]):
    """Somebody forgot a password, or says so. `clinic` is the one on whose pages they said it, if any."""

    email_key: str
    clinic: OrganizationId | None


def ask_reset(command: AskReset, env: Env) -> ResetId:
    """The same answer, row and event whether or not anybody has the address, so that neither tells.

    To one address only so many mails go; who asks more often gets the same answer and no mail.
    """
    now = env.clock.now()
    id = f"reset:{command.email_key}"
    lane = env.lanes.find(id)
    if lane is None:
        lane = new_lane(id, now)
        env.lanes.add(lane)
    user = env.users.with_key(command.email_key)
    silent = now < lane.open_at
    env.lanes.save(lane if silent else counted(lane, _MAILS, now))
    reset = PasswordReset(
        id=ResetId(env.ids.new("rst")),
        user=None if silent or user is None or not user.active else user.id,
        clinic=command.clinic or (None if user is None else user.primary),
        purpose=ResetPurpose.FORGOTTEN,
        asked_at=now,
        expires_at=now + timedelta(minutes=RESET_MINUTES),
        after=_passwords(None if user is None else user.id, env),
    )
    env.resets.add(reset)
    env.outbox.put(ResetWanted(reset=reset.id))
    return reset.id


@frozen(kw_only=True)
class SendReset(Command[ResetId]):
    """Mail a person of this clinic a link to set their password; for administrators, who never learn it."""

    user: UserId


def send_reset(command: SendReset, env: Env) -> ResetId:
    """Refuses: Missing (no such person here, or disabled)."""
    clinic, now = scope_of(command.user, env), env.clock.now()
    if not env.users.get(command.user).active:
        raise Missing("There is no such user.", Fault("user", "one of `hlc users list`"))
    reset = PasswordReset(
        id=ResetId(env.ids.new("rst")),
        user=command.user,
        clinic=clinic,
        purpose=ResetPurpose.FORGOTTEN,
        asked_at=now,
        expires_at=now + timedelta(minutes=RESET_MINUTES),
        after=_passwords(command.user, env),
    )
    env.resets.add(reset)
    env.outbox.put(ResetWanted(reset=reset.id))
    return reset.id


@frozen(kw_only=True)
class FindReset(Query[PasswordReset]):
    """The link that somebody followed."""

    reset: ResetId


def find_reset(query: FindReset, env: Env) -> PasswordReset:
    """Refuses: LinkUnusable (not there, used, too old, or a password was set since)."""
    return _usable(query.reset, env)


@frozen(kw_only=True)
class GetReset(Query[PasswordReset]):
    """A link that is to be mailed."""

    reset: ResetId


def get_reset(query: GetReset, env: Env) -> PasswordReset:
    """Refuses: Missing."""
    return env.resets.get(query.reset)


@frozen(kw_only=True)
class UseReset(Command[UserId]):
    """Set the password with a link; every session of the person ends, and what slowed guesses down is lifted."""

    reset: ResetId
    hashed: str = field(repr=False)


def use_reset(command: UseReset, env: Env) -> UserId:
    """Whose it is. Refuses: LinkUnusable."""
    reset = _usable(command.reset, env)
    env.resets.save(evolve(reset, used_at=env.clock.now()))
    if reset.user is None:
        raise LinkUnusable("This link cannot be used; ask for a new one.")
    return _set(reset.user, command.hashed, None, env)


@frozen(kw_only=True)
class SetPassword(Command[UserId]):
    """Set somebody's password: for what HLC has made sure of itself. All sessions but `keep` end."""

    user: UserId
    hashed: str = field(repr=False)
    keep: SessionId | None = None


def set_password(command: SetPassword, env: Env) -> UserId:
    """Refuses: Missing."""
    env.users.get(command.user)
    return _set(command.user, command.hashed, command.keep, env)


@frozen(kw_only=True)
class ClaimWelcome(Command[bool]):
    """Take the one welcome mail of a person; recorded in the audit trail, which is what guards against a second."""

    reset: ResetId
    delivery: str


def claim_welcome(command: ClaimWelcome, env: Env) -> bool:
    """Whether it is this delivery's to send: nobody took it, or the same one did and was interrupted."""
    reset = env.resets.get(command.reset)
    if reset.claimed_by not in ("", command.delivery):
        return False
    env.resets.save(evolve(reset, claimed_by=command.delivery))
    return True


def welcome(user: UserId, env: Env) -> None:
    """Have a person who is new in this transaction welcomed, with a link to set the first password.

    The id is made from the person's, so that the database refuses a second welcome.
    """
    id, now = ResetId(f"rst_welcome{user.partition('_')[2]}"), env.clock.now()
    env.resets.add(
        PasswordReset(
            id=id,
            user=user,
            clinic=env.organization.id,
            purpose=ResetPurpose.WELCOME,
            asked_at=now,
            expires_at=now + timedelta(days=WELCOME_DAYS),
        )
    )
    env.outbox.put(WelcomeWanted(reset=id, user=user))


def _passwords(user: UserId | None, env: Env) -> int:
    found = None if user is None else env.credentials.find(user)
    return 0 if found is None else found.passwords


def _usable(id: ResetId, env: Env) -> PasswordReset:
    reset = env.resets.find(id)
    if reset is None or not reset.usable(env.clock.now(), _passwords(reset.user, env)):
        raise LinkUnusable("This link cannot be used: it was used, or is too old. Ask for a new one.")
    return reset


def _set(user: UserId, hashed: str, keep: SessionId | None, env: Env) -> UserId:
    now = env.clock.now()
    credential = credential_of(user, env)
    env.credentials.save(
        evolve(credential, password=hashed, password_at=now, passwords=credential.passwords + 1, wrong_codes=0)
    )
    end_all([one for one in env.sessions.open_of(user) if one.id != keep], SessionTrigger.REVOKE, env)
    lane = env.lanes.find(account_lane(env.users.get(user).email_key))
    if lane is not None:
        env.lanes.save(cleared(lane, now))
    env.outbox.put(PasswordSet(user=user, occasion=env.ids.new("rst")))
    return user
