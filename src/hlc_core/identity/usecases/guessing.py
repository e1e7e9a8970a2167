"""Passwords that were tried: counted before they are looked at, noted after it.

The hash is computed between two transactions, by whoever drives the login (`signing.py`). All of these are steps that
HLC takes by itself; whoever signs in reaches them only through it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import field, frozen

from hlc_core.identity.errors import TooManyGuesses
from hlc_core.identity.events import GuessesRunOut
from hlc_core.identity.model import CODE_MINUTES, Lane, Login, LoginAttempt, LoginOutcome, Origin
from hlc_core.identity.ports import Env
from hlc_core.identity.throttle import NETWORK, account_pace, cleared, counted, new_lane
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DeviceId, LoginAttemptId, LoginId, OrganizationId, UserId


@frozen(kw_only=True)
class Account:
    """What is behind an address: nobody, or a person with the hash of their password. `device` if it is theirs."""

    user: UserId | None = None
    primary: OrganizationId | None = None
    active: bool = False
    password: str = field(default="", repr=False)
    device: DeviceId | None = None


@frozen(kw_only=True)
class FindAccount(Query[Account]):
    """Who has the address, and whether the device that they come from is known."""

    email_key: str
    device: DeviceId | None = None


def find_account(query: FindAccount, env: Env) -> Account:
    """As much work for an address that nobody has."""
    user = env.users.with_key(query.email_key)
    id = UserId("usr_nobody") if user is None else user.id
    credential = env.credentials.find(id)
    device = env.devices.find(query.device) if query.device is not None else None
    if user is None:
        return Account()
    known = device.id if device is not None and device.user == user.id else None
    return Account(
        user=user.id,
        primary=user.primary,
        active=user.active,
        password="" if credential is None else credential.password,
        device=known,
    )


@frozen(kw_only=True)
class Guess:
    """A guess that may be evaluated now, and how many are free after it."""

    remaining: int
    next_at: datetime
    first_wait: bool
    """Whether waiting begins after it: of the later ones nobody is told, they would be too many."""


@frozen(kw_only=True)
class CountGuess(Command[Guess]):
    """Count a guess before it is evaluated. `account` is the key of the address; `device` a known one of its owner."""

    account: str
    device: DeviceId | None
    network: str
    free: int
    wait: timedelta


def count_guess(command: CountGuess, env: Env) -> Guess:
    """Refuses: TooManyGuesses (with the seconds to wait). A known device is kept apart from the rest of the world."""
    now, pace = env.clock.now(), account_pace(command.free, command.wait)
    lane = _lane(_own_lane(command.account, command.device), now, env)
    shared = env.lanes.find(network_lane(command.network)) if _shares(command.device, command.network) else None
    waits = max([lane.open_at, *([shared.open_at] if shared is not None else [])])
    if waits > now:
        seconds = max(1, int((waits - now).total_seconds()))
        raise TooManyGuesses(
            "Too many tries. Wait, use a device from which you have signed in before, or set a new password by mail.",
            Fault("password", f"try again in {seconds} seconds"),
            retry_after=seconds,
        )
    taken = counted(lane, pace, now)
    env.lanes.save(taken)
    left = pace.free - taken.guesses
    return Guess(remaining=max(0, left), next_at=taken.open_at, first_wait=left == 0)


@frozen(kw_only=True)
class NoteMiss(Command[LoginAttempt]):
    """A guess was wrong. The person is told when one free guess is left, and when none is."""

    user: UserId | None
    clinic: OrganizationId | None
    outcome: LoginOutcome
    origin: Origin = field(repr=False)
    guess: Guess
    network: str = ""
    """The fingerprint of the network that the guess counts for; none where the device is known."""


def note_miss(command: NoteMiss, env: Env) -> LoginAttempt:
    """The record of it. As much work for an address that nobody has."""
    noted = note(command.user, command.clinic, command.outcome, command.origin, env)
    if command.network:
        now = env.clock.now()
        env.lanes.save(counted(_lane(network_lane(command.network), now, env), NETWORK, now))
    remaining, guess = command.guess.remaining, command.guess
    if command.user is not None and (remaining == 1 or guess.first_wait):
        until = guess.next_at if guess.first_wait else None
        env.outbox.put(GuessesRunOut(attempt=noted.id, user=command.user, remaining=remaining, until=until))
    return noted


@frozen(kw_only=True)
class BeginLogin(Command[Login]):
    """The password was right: a login is in progress."""

    user: UserId
    account: str
    device: DeviceId | None
    origin: Origin = field(repr=False)
    rehashed: str = field(default="", repr=False)


def begin_login(command: BeginLogin, env: Env) -> Login:
    """The login. Its lane is as new."""
    now = env.clock.now()
    env.lanes.save(cleared(_lane(_own_lane(command.account, command.device), now, env), now))
    if command.rehashed:
        env.credentials.save(evolve(env.credentials.get(command.user), password=command.rehashed))
    login = Login(
        id=LoginId(env.ids.new("log")),
        user=command.user,
        device=command.device,
        origin=command.origin,
        opened_at=now,
        expires_at=now + timedelta(minutes=CODE_MINUTES),
    )
    env.logins.add(login)
    return login


def note(
    user: UserId | None,
    clinic: OrganizationId | None,
    outcome: LoginOutcome,
    origin: Origin,
    env: Env,
    new_device: bool = False,
) -> LoginAttempt:
    """Write down one evaluated try."""
    noted = LoginAttempt(
        id=LoginAttemptId(env.ids.new("try")),
        user=user,
        clinic=clinic,
        outcome=outcome,
        at=env.clock.now(),
        origin=origin,
        new_device=new_device,
    )
    env.login_attempts.add(noted)
    return noted


def network_lane(network: str) -> str:
    """The lane of an address; `network` is its fingerprint."""
    return f"network:{network}"


def account_lane(account: str) -> str:
    """The lane of everybody who is not on a device that the owner has used."""
    return f"account:{account}"


def _own_lane(account: str, device: DeviceId | None) -> str:
    return account_lane(account) if device is None else f"device:{device}"


def _shares(device: DeviceId | None, network: str) -> bool:
    return device is None and bool(network)


def _lane(id: str, now: datetime, env: Env) -> Lane:
    found = env.lanes.find(id)
    if found is None:
        found = new_lane(id, now)
        env.lanes.add(found)
    return found
