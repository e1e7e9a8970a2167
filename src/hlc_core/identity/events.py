"""What happened to logins. Ids only: codes, links and tokens are derived again when the mail is written."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import LoginAttemptId, LoginId, ResetId, SessionId, UserId


@frozen(kw_only=True)
class CodeWanted(Event):
    """A code of six digits is to be mailed; `codes` is its number within the login."""

    name: ClassVar[str] = "login.code_wanted"
    login: LoginId
    user: UserId
    codes: int

    @property
    def subject(self) -> str:
        """The login."""
        return self.login


@frozen(kw_only=True)
class SignedIn(Event):
    """A session began."""

    name: ClassVar[str] = "session.opened"
    session: SessionId
    user: UserId
    new_device: bool

    @property
    def subject(self) -> str:
        """The session."""
        return self.session


@frozen(kw_only=True)
class RefreshReplayed(Event):
    """A used refresh token came back; the session was ended."""

    name: ClassVar[str] = "session.stolen"
    session: SessionId
    user: UserId

    @property
    def subject(self) -> str:
        """The session."""
        return self.session


@frozen(kw_only=True)
class GuessesRunOut(Event):
    """Wrong passwords: one free guess is left, or (`until`) the next one has to wait."""

    name: ClassVar[str] = "login.guesses_run_out"
    attempt: LoginAttemptId
    user: UserId
    remaining: int
    until: datetime | None

    @property
    def subject(self) -> str:
        """The person."""
        return self.user


@frozen(kw_only=True)
class ResetWanted(Event):
    """Somebody asked for a link to set a password; nothing is sent where the reset has no user."""

    name: ClassVar[str] = "password.reset_wanted"
    reset: ResetId

    @property
    def subject(self) -> str:
        """The reset."""
        return self.reset


@frozen(kw_only=True)
class WelcomeWanted(Event):
    """A person was made and is to be welcomed, once."""

    name: ClassVar[str] = "login.welcome_wanted"
    reset: ResetId
    user: UserId

    @property
    def subject(self) -> str:
        """The person."""
        return self.user


@frozen(kw_only=True)
class PasswordSet(Event):
    """A password was set or changed; all other sessions were ended. `occasion` makes the mail of each its own."""

    name: ClassVar[str] = "password.set"
    user: UserId
    occasion: str

    @property
    def subject(self) -> str:
        """The person."""
        return self.user
