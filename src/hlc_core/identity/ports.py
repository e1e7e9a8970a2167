"""What identity needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from hlc_core.identity.model import (
    ApiKey,
    Credential,
    KnownDevice,
    Lane,
    Login,
    LoginAttempt,
    LoginOutcome,
    PasswordReset,
    Session,
)
from hlc_core.kernel.errors import Unavailable
from hlc_core.kernel.ids import (
    ApiKeyId,
    DeviceId,
    ImpersonationId,
    LoginAttemptId,
    LoginId,
    OrganizationId,
    ResetId,
    SessionId,
    UserId,
)
from hlc_core.kernel.repository import Repository
from hlc_core.people.api import Env as PeopleEnv


class TooManyAtOnce(Unavailable):
    """More passwords are being checked than the machine can bear; the same request may be tried again."""


class Passwords(Protocol):
    """Slow hashes of passwords. Never called inside a transaction. Refuses: TooManyAtOnce."""

    def hash(self, password: str) -> str:
        """The hash to keep."""
        ...

    def verify(self, password: str, hashed: str) -> bool:
        """Whether it is the password; an empty hash takes as long, and is nobody's."""
        ...

    def outdated(self, hashed: str) -> bool:
        """Whether it should be made anew at the next sign-in."""
        ...


class Secrets(Protocol):
    """Secrets derived from the installation's key, so that none has to be stored."""

    def derived(self, purpose: str, *parts: str) -> str:
        """The secret of these parts, the same each time."""
        ...

    def digits(self, purpose: str, *parts: str) -> str:
        """The six digits of these parts."""
        ...

    def same(self, given: str, expected: str) -> bool:
        """Whether they are equal, in constant time."""
        ...

    def digest(self, secret: str) -> str:
        """What is kept of a secret."""
        ...

    def fresh(self) -> str:
        """A random secret."""
        ...


class Addresses(Protocol):
    """Hashes by which a login is found in the whole installation. Refuses: Unavailable."""

    def of(self, text: str) -> str:
        """The hash of the folded text."""
        ...


class AppCodes(Protocol):
    """Codes of authenticator apps."""

    def secret(self) -> str:
        """A fresh secret."""
        ...

    def address(self, secret: str, account: str, clinic: str) -> str:
        """What the app reads from a QR code."""
        ...

    def step(self, secret: str, code: str, now: datetime, after: int) -> int | None:
        """The time step whose code this is, if it is now's and later than `after`."""
        ...


@frozen(kw_only=True)
class Claims:
    """What an access token says. `impersonation` is the grant under which its bearer acts for somebody else."""

    id: str
    user: UserId
    session: SessionId
    clinic: OrganizationId | None
    issued_at: datetime
    expires_at: datetime
    impersonation: ImpersonationId | None = None


class Tokens(Protocol):
    """Access tokens."""

    def write(self, claims: Claims) -> str:
        """The token."""
        ...

    def read(self, token: str, now: datetime) -> Claims:
        """What it says. Refuses: Unauthenticated, whatever is wrong with it."""
        ...


class Credentials(Repository[UserId, Credential], Protocol):
    """One per person."""


class Logins(Repository[LoginId, Login], Protocol):
    """Logins in progress."""

    def due(self, now: datetime, limit: int) -> Sequence[Login]:
        """Those that go on and whose time is over."""
        ...

    def traced(self, before: datetime, limit: int) -> Sequence[Login]:
        """Those that were over by then and still say from where they came."""
        ...


class Sessions(Repository[SessionId, Session], Protocol):
    """Sessions of everybody."""

    def open_of(self, user: UserId) -> Sequence[Session]:
        """The person's open sessions, oldest first; some may have outlived themselves."""
        ...

    def of(self, user: UserId, limit: int) -> Sequence[Session]:
        """The person's sessions, newest first."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Session]:
        """Open ones that have outlived themselves."""
        ...

    def traced(self, before: datetime, limit: int) -> Sequence[Session]:
        """Those that had ended by then and still say from where they came."""
        ...


class Devices(Repository[DeviceId, KnownDevice], Protocol):
    """Devices from which people have signed in."""

    def of(self, user: UserId) -> Sequence[KnownDevice]:
        """The person's devices."""
        ...

    def idle(self, before: datetime, limit: int) -> Sequence[KnownDevice]:
        """Those that were last used before that."""
        ...

    def remove(self, aggregate: KnownDevice) -> None:
        """The device is not known any more."""
        ...


class Resets(Repository[ResetId, PasswordReset], Protocol):
    """Links by which passwords are set."""

    def idle(self, before: datetime, limit: int) -> Sequence[PasswordReset]:
        """Those that ended before that."""
        ...

    def remove(self, aggregate: PasswordReset) -> None:
        """Take it away."""
        ...


class Lanes(Repository[str, Lane], Protocol):
    """Lanes of guesses."""

    def idle(self, before: datetime, limit: int) -> Sequence[Lane]:
        """Those in which nobody has guessed since."""
        ...

    def remove(self, aggregate: Lane) -> None:
        """Take it away: one that is not there is as new."""
        ...


class LoginAttempts(Repository[LoginAttemptId, LoginAttempt], Protocol):
    """The record of tries to sign in."""

    def page(
        self,
        clinic: OrganizationId,
        outcome: LoginOutcome | None,
        user: UserId | None,
        before: LoginAttemptId | None,
        limit: int,
    ) -> Sequence[LoginAttempt]:
        """Tries at the clinic, newest first."""
        ...

    def older(self, clinic: OrganizationId | None, before: datetime, limit: int) -> Sequence[LoginAttempt]:
        """Tries at the clinic, or at none, before that."""
        ...

    def remove(self, aggregate: LoginAttempt) -> None:
        """Take it away."""
        ...


class ApiKeys(Repository[ApiKeyId, ApiKey], Protocol):
    """Keys of one organization's programs."""

    def all(self, limit: int) -> Sequence[ApiKey]:
        """Newest first."""
        ...


class Env(PeopleEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def credentials(self) -> Credentials: ...
    @property
    def logins(self) -> Logins: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def resets(self) -> Resets: ...
    @property
    def lanes(self) -> Lanes: ...
    @property
    def login_attempts(self) -> LoginAttempts: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def proofs(self) -> Secrets: ...
    @property
    def app_codes(self) -> AppCodes: ...
