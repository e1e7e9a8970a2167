"""Shapes of identity. All but the keys of programs are rows of no clinic, and all that is personal is sealed."""

from __future__ import annotations

from datetime import datetime

from hlc_adapters.storage.shape import Index, Shape, instant, text
from hlc_core.identity.machine import LOGIN, SESSION, LoginState, SessionState
from hlc_core.identity.model import (
    ApiKey,
    Credential,
    KnownDevice,
    Lane,
    Login,
    LoginAttempt,
    Origin,
    PasswordReset,
    Session,
)


def _due(login: Login) -> datetime | None:
    return login.expires_at if login.state in (LoginState.PROVED, LoginState.CHALLENGED) else None


def _login_traced(login: Login) -> datetime | None:
    return login.expires_at if login.origin != Origin() else None


def _session_traced(session: Session) -> datetime | None:
    return session.ended_at if session.origin != Origin() else None


CREDENTIALS: Shape[Credential] = Shape("credentials", Credential, sealed=True, kind="credential", platform=True)

LOGINS: Shape[Login] = Shape(
    "logins",
    Login,
    (text("user_id", "user"), text("state"), instant("due_at", _due), instant("traced_at", _login_traced)),
    indexes=(Index(("due_at",)), Index(("traced_at",))),
    machine=LOGIN,
    sealed=True,
    kind="login",
    platform=True,
)

SESSIONS: Shape[Session] = Shape(
    "sessions",
    Session,
    (text("user_id", "user"), text("state"), instant("ends_at"), instant("traced_at", _session_traced)),
    indexes=(
        Index(("user_id", "id")),
        Index(("state", "user_id"), only=("state", SessionState.OPEN)),
        Index(("state", "ends_at"), only=("state", SessionState.OPEN)),
        Index(("traced_at",)),
    ),
    machine=SESSION,
    sealed=True,
    kind="session",
    listed="sessions at /auth/sessions",
    platform=True,
)

DEVICES: Shape[KnownDevice] = Shape(
    "known_devices",
    KnownDevice,
    (text("user_id", "user"), instant("last_at")),
    indexes=(Index(("user_id",)), Index(("last_at",))),
    sealed=True,
    platform=True,
)

RESETS: Shape[PasswordReset] = Shape(
    "password_resets",
    PasswordReset,
    (instant("expires_at"),),
    indexes=(Index(("expires_at",)),),
    kind="reset",
    platform=True,
)

LANES: Shape[Lane] = Shape("guess_lanes", Lane, (instant("last_at"),), indexes=(Index(("last_at",)),), platform=True)

LOGIN_ATTEMPTS: Shape[LoginAttempt] = Shape(
    "login_attempts",
    LoginAttempt,
    (text("clinic"), text("user_id", "user"), text("outcome"), instant("at")),
    indexes=(Index(("clinic", "id")), Index(("user_id", "id")), Index(("at",))),
    sealed=True,
    platform=True,
)

API_KEYS: Shape[ApiKey] = Shape("api_keys", ApiKey, kind="key", listed="keys at /api-keys")

SHAPES = (CREDENTIALS, LOGINS, SESSIONS, DEVICES, RESETS, LANES, LOGIN_ATTEMPTS, API_KEYS)
