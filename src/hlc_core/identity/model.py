"""What is kept to know people again. Nothing here holds a password, a code or a token in clear."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import field, frozen

from hlc_core.identity.machine import (
    LOGIN,
    SESSION,
    LoginFacts,
    LoginState,
    LoginTrigger,
    SessionFacts,
    SessionState,
    SessionTrigger,
)
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    PLATFORM,
    ApiKeyId,
    DeviceId,
    LoginAttemptId,
    LoginId,
    OrganizationId,
    ResetId,
    SessionId,
    UserId,
)

CODE_MINUTES = 10
CODE_TRIES = 5
MOST_RESENDS = 3
MOST_WRONG_CODES = 100
"""Wrong codes in a row after which only a new password lets anybody try another: a chance of one in ten thousand."""
GRACE = timedelta(seconds=10)
"""For how long the token before the current one still gets the current one: tabs that race, answers that got lost."""
RESET_MINUTES = 60
WELCOME_DAYS = 7
RECOVERY_CODES = 10


class Factor(StrEnum):
    """What is asked for beside the password."""

    EMAIL = "email"
    TOTP = "totp"


@frozen(kw_only=True)
class Credential:
    """How one person proves who they are; its id is the user's.

    `password` is an argon2id hash, empty until the first password is set. `totp` is the secret of an authenticator
    app that was confirmed at `totp_since`, `totp_pending` of one that was not yet; `totp_step` is the last time step
    that was used, so that no code works twice. `recovery` are digests. `wrong_codes` counts second
    factors that failed in a row.
    """

    id: UserId
    organization: OrganizationId = PLATFORM
    password: str = field(default="", repr=False)
    password_at: datetime | None = None
    totp: str = field(default="", repr=False)
    totp_pending: str = field(default="", repr=False)
    totp_since: datetime | None = None
    totp_step: int = 0
    recovery: tuple[str, ...] = field(default=(), repr=False)
    wrong_codes: int = 0
    version: int = 0

    @property
    def factor(self) -> Factor:
        """The second factor that this person would be asked for."""
        return Factor.TOTP if self.totp_since is not None else Factor.EMAIL


class LoginOutcome(StrEnum):
    """How one try to sign in ended."""

    SIGNED_IN = "signed_in"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  # an outcome
    UNKNOWN_ADDRESS = "unknown_address"
    NOT_ALLOWED = "not_allowed"
    WRONG_CODE = "wrong_code"
    CODE_NEEDED = "code_needed"


@frozen(kw_only=True)
class Origin:
    """From where a request comes: the address as the network gave it, and how the browser calls itself."""

    address: str = ""
    agent: str = ""


@frozen(kw_only=True)
class LoginAttempt:
    """One evaluated try to sign in. `clinic` is the one that was chosen or meant; personal: its address is sealed."""

    id: LoginAttemptId
    organization: OrganizationId = PLATFORM
    user: UserId | None
    clinic: OrganizationId | None
    outcome: LoginOutcome
    at: datetime
    origin: Origin = field(repr=False)
    new_device: bool = False
    version: int = 0


@frozen(kw_only=True)
class Login:
    """A login whose password was right, on its way to a session. The code belongs to this login and to no other."""

    id: LoginId
    organization: OrganizationId = PLATFORM
    user: UserId
    state: LoginState = LoginState.PROVED
    clinic: OrganizationId | None = None
    factor: Factor | None = None
    codes: int = 0
    tries: int = 0
    device: DeviceId | None = None
    origin: Origin = field(repr=False)
    opened_at: datetime
    expires_at: datetime
    version: int = 0

    def facts(self, now: datetime) -> LoginFacts:
        """What the machine reads. `tries_left`: another wrong code would leave one to try."""
        return LoginFacts(
            tries_left=self.tries + 1 < CODE_TRIES,
            resends_left=self.factor is Factor.EMAIL and self.codes <= MOST_RESENDS,
            in_time=now < self.expires_at,
        )

    def challenged(self, factor: Factor, clinic: OrganizationId | None, now: datetime) -> Login:
        """The second factor is asked for. Refuses: GuardRefused (too late), IllegalTransition."""
        state = LOGIN.step(self.state, LoginTrigger.CHALLENGE, self.facts(now))
        expires = now + timedelta(minutes=CODE_MINUTES)
        return evolve(self, state=state, factor=factor, clinic=clinic, codes=1, expires_at=expires)

    def resent(self, now: datetime) -> Login:
        """Another code is sent, the one before is void. Refuses: GuardRefused (too late, too often)."""
        state = LOGIN.step(self.state, LoginTrigger.RESEND, self.facts(now))
        return evolve(self, state=state, codes=self.codes + 1)

    def missed(self, now: datetime) -> Login:
        """A wrong code. Refuses: GuardRefused (too late), IllegalTransition."""
        state = LOGIN.step(self.state, LoginTrigger.WRONG_CODE, self.facts(now))
        return evolve(self, state=state, tries=self.tries + 1)

    def finished(self, clinic: OrganizationId | None, now: datetime) -> Login:
        """A session came of it. Refuses: GuardRefused (too late), IllegalTransition."""
        return evolve(self, state=LOGIN.step(self.state, LoginTrigger.FINISH, self.facts(now)), clinic=clinic)

    def abandoned(self, now: datetime) -> Login:
        """Given up. Refuses: IllegalTransition."""
        return evolve(self, state=LOGIN.step(self.state, LoginTrigger.ABANDON, self.facts(now)))


@frozen(kw_only=True)
class Session:
    """One sign-in that lasts: the family of its refresh tokens.

    The token of rotation n is derived from the server's key, the id, `seed` and n; only digests are kept: of the
    current one, and of the one before it while `rotated_at` is less than `GRACE` ago. `generation` is the user's when
    it began: where theirs has moved on, the session counts no more.
    """

    id: SessionId
    organization: OrganizationId = PLATFORM
    user: UserId
    clinic: OrganizationId | None
    generation: int
    state: SessionState = SessionState.OPEN
    seed: str = field(repr=False)
    rotation: int = 0
    digest: str = field(repr=False)
    digest_before: str = field(default="", repr=False)
    rotated_at: datetime
    device: DeviceId | None = None
    origin: Origin = field(repr=False)
    second_factor: bool = False
    opened_at: datetime
    used_at: datetime
    idle_minutes: int
    expires_at: datetime
    ended_at: datetime | None = None
    version: int = 0

    def facts(self, now: datetime) -> SessionFacts:
        """What the machine reads."""
        return SessionFacts(outlived=now >= self.ends_at)

    @property
    def ends_at(self) -> datetime:
        """When it ends if it is not used again, at the latest at its longest age."""
        return min(self.expires_at, self.used_at + timedelta(minutes=self.idle_minutes))

    def alive(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.state is SessionState.OPEN and now < self.ends_at

    def rotated(self, digest: str, now: datetime) -> Session:
        """The successor's digest takes the place of the current one. Refuses: GuardRefused, IllegalTransition."""
        state = SESSION.step(self.state, SessionTrigger.REFRESH, self.facts(now))
        return evolve(
            self,
            state=state,
            rotation=self.rotation + 1,
            digest=digest,
            digest_before=self.digest,
            rotated_at=now,
            used_at=now,
        )

    def ended(self, trigger: SessionTrigger, now: datetime) -> Session:
        """No token of it works any more. Refuses: IllegalTransition (it has ended already)."""
        state = SESSION.step(self.state, trigger, self.facts(now))
        return evolve(self, state=state, ended_at=now)


@frozen(kw_only=True)
class KnownDevice:
    """A browser or program from which this person has signed in; it brings a token that is derived from the id."""

    id: DeviceId
    organization: OrganizationId = PLATFORM
    user: UserId
    origin: Origin = field(repr=False)
    first_at: datetime
    last_at: datetime
    version: int = 0


@frozen(kw_only=True)
class Lane:
    """One lane of guesses; its id says whose. Until `open_at` the next guess is not looked at. See `throttle.py`."""

    id: str
    organization: OrganizationId = PLATFORM
    guesses: int = 0
    last_at: datetime
    open_at: datetime
    version: int = 0


class ResetPurpose(StrEnum):
    """Why somebody may set a password without knowing the old one."""

    FORGOTTEN = "forgotten"
    WELCOME = "welcome"


@frozen(kw_only=True)
class PasswordReset:
    """A link by which a password can be set once. `user` None: nobody has the address, and nothing is sent."""

    id: ResetId
    organization: OrganizationId = PLATFORM
    user: UserId | None
    clinic: OrganizationId | None
    purpose: ResetPurpose
    asked_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    claimed_by: str = ""
    """The delivery that mails a welcome: no other one does."""
    version: int = 0

    def usable(self, now: datetime, password_at: datetime | None) -> bool:
        """Whether it still opens: unused, in time, and asked for after the password that stands was set."""
        newer = password_at is None or self.asked_at > password_at
        return self.user is not None and self.used_at is None and now < self.expires_at and newer


@frozen(kw_only=True)
class ApiKey:
    """A key by which a program acts for one clinic. `scopes` are permission keys; only the digest is kept."""

    id: ApiKeyId
    organization: OrganizationId
    name: str
    scopes: tuple[str, ...]
    digest: str = field(repr=False)
    made_by: str
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 0

    def opens(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
