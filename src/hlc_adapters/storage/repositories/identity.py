"""Credentials, logins, sessions, devices, links, lanes of guesses, the record of tries, keys of programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import at_most, below, eq, missing
from hlc_adapters.storage.shapes.identity import (
    API_KEYS,
    CREDENTIALS,
    DEVICES,
    LANES,
    LOGIN_ATTEMPTS,
    LOGINS,
    RESETS,
    SESSIONS,
)
from hlc_core.identity.machine import SessionState
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
from hlc_core.kernel.ids import (
    ApiKeyId,
    DeviceId,
    LoginAttemptId,
    LoginId,
    OrganizationId,
    ResetId,
    SessionId,
    UserId,
)


@frozen
class StoredCredentials(Rows[UserId, Credential]):
    """One per person."""

    shape = CREDENTIALS


@frozen
class StoredLogins(Rows[LoginId, Login]):
    """Logins in progress."""

    shape = LOGINS

    def due(self, now: datetime, limit: int) -> Sequence[Login]:
        """Those that go on and whose time is over."""
        return self.unit.select(self.shape, at_most("due_at", now), order=("due_at",), limit=limit)

    def traced(self, before: datetime, limit: int) -> Sequence[Login]:
        """Those that were over by then and still say from where they came."""
        return self.unit.select(
            self.shape, missing("due_at"), below("traced_at", before), order=("traced_at",), limit=limit
        )


@frozen
class StoredSessions(Rows[SessionId, Session]):
    """Sessions of everybody."""

    shape = SESSIONS

    def open_of(self, user: UserId) -> Sequence[Session]:
        """The person's open sessions, oldest first."""
        return self.unit.select(self.shape, eq("state", SessionState.OPEN), eq("user_id", user))

    def of(self, user: UserId, limit: int) -> Sequence[Session]:
        """The person's sessions, newest first."""
        return self.unit.select(self.shape, eq("user_id", user), order=("-id",), limit=limit)

    def due(self, now: datetime, limit: int) -> Sequence[Session]:
        """Open ones that have outlived themselves."""
        open_, over = eq("state", SessionState.OPEN), at_most("ends_at", now)
        return self.unit.select(self.shape, open_, over, order=("ends_at",), limit=limit)

    def traced(self, before: datetime, limit: int) -> Sequence[Session]:
        """Those that had ended by then and still say from where they came."""
        return self.unit.select(self.shape, below("traced_at", before), order=("traced_at",), limit=limit)


@frozen
class StoredDevices(Rows[DeviceId, KnownDevice]):
    """Devices from which people have signed in."""

    shape = DEVICES

    def of(self, user: UserId) -> Sequence[KnownDevice]:
        """The person's devices."""
        return self.unit.select(self.shape, eq("user_id", user))

    def idle(self, before: datetime, limit: int) -> Sequence[KnownDevice]:
        """Those that were last used before that."""
        return self.unit.select(self.shape, below("last_at", before), order=("last_at",), limit=limit)


@frozen
class StoredResets(Rows[ResetId, PasswordReset]):
    """Links by which passwords are set."""

    shape = RESETS

    def idle(self, before: datetime, limit: int) -> Sequence[PasswordReset]:
        """Those that ended before that."""
        return self.unit.select(self.shape, below("expires_at", before), order=("expires_at",), limit=limit)


@frozen
class StoredLanes(Rows[str, Lane]):
    """Lanes of guesses."""

    shape = LANES

    def idle(self, before: datetime, limit: int) -> Sequence[Lane]:
        """Those in which nobody has guessed since."""
        return self.unit.select(self.shape, below("last_at", before), order=("last_at",), limit=limit)


@frozen
class StoredLoginAttempts(Rows[LoginAttemptId, LoginAttempt]):
    """The record of tries to sign in."""

    shape = LOGIN_ATTEMPTS

    def page(
        self,
        clinic: OrganizationId,
        outcome: LoginOutcome | None,
        user: UserId | None,
        before: LoginAttemptId | None,
        limit: int,
    ) -> Sequence[LoginAttempt]:
        """Tries at the clinic, newest first."""
        where = [eq("clinic", clinic)]
        where += [] if outcome is None else [eq("outcome", outcome)]
        where += [] if user is None else [eq("user_id", user)]
        where += [] if before is None else [below("id", before)]
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def older(self, clinic: OrganizationId | None, before: datetime, limit: int) -> Sequence[LoginAttempt]:
        """Tries at the clinic, or at none, before that."""
        where = missing("clinic") if clinic is None else eq("clinic", clinic)
        return self.unit.select(self.shape, where, below("at", before), order=("at",), limit=limit)


@frozen
class StoredApiKeys(Rows[ApiKeyId, ApiKey]):
    """Keys of one organization's programs."""

    shape = API_KEYS

    def all(self, limit: int) -> Sequence[ApiKey]:
        """Newest first."""
        return self.unit.select(self.shape, order=("-id",), limit=limit)
