"""Sign-ins as administrators see them: tries, sessions, lost second factors, keys of programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from hlc_core.identity.api import (
    ApiKey,
    ListApiKeys,
    ListLoginAttempts,
    ListSessions,
    LoginAttempt,
    LoginOutcome,
    MakeApiKey,
    ResetSecondFactor,
    RevokeApiKey,
    RevokeSessions,
    SendReset,
    SessionLine,
)
from hlc_core.kernel.ids import ApiKeyId, LoginAttemptId, OrganizationId, SessionId, UserId
from hlc_core.kernel.paging import Page
from hlc_http.call import Call
from hlc_http.routes.auth import Ended
from hlc_http.table import Nothing, Routes, Who

routes = Routes("sign-ins", who=Who.STAFF)


@frozen(kw_only=True)
class AttemptsQuery:
    """Which tries."""

    outcome: LoginOutcome | None = None
    user_id: UserId | None = None
    cursor: LoginAttemptId | None = None
    limit: int = 50


@frozen(kw_only=True)
class RevokeBody:
    """One session, or all of the person here."""

    session_id: SessionId | None = None


@frozen(kw_only=True)
class KeyBody:
    """`scopes` are permission keys that you hold yourself; without `days` it lasts a year, with null for ever."""

    name: str
    scopes: tuple[str, ...]
    days: int | None = 365


@frozen(kw_only=True)
class KeyAnswer:
    """A key of a program; never the key itself."""

    id: ApiKeyId
    organization: OrganizationId
    name: str
    scopes: tuple[str, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    actions: tuple[str, ...]


@frozen(kw_only=True)
class MadeKeyAnswer:
    """A fresh key: `key` is shown this one time."""

    key: str = field(repr=False)
    api_key: KeyAnswer


@frozen(kw_only=True)
class Done:
    """It was done."""

    detail: str


@routes.get(
    "/api/v1/login-attempts",
    "Tries to sign in",
    query=AttemptsQuery,
    answers=Page[LoginAttempt],
    uses=ListLoginAttempts,
)
def list_login_attempts(call: Call[Nothing, AttemptsQuery]) -> Page[LoginAttempt]:
    """Newest first, with the address that each came from."""
    asked = call.query
    query = ListLoginAttempts(outcome=asked.outcome, user=asked.user_id, cursor=asked.cursor, limit=asked.limit)
    return call.ask(query)


@routes.get(
    "/api/v1/users/{user_id}/sessions",
    "The sign-ins of a person here",
    answers=tuple[SessionLine, ...],
    uses=ListSessions,
)
def list_sessions(call: Call[Nothing, Nothing]) -> tuple[SessionLine, ...]:
    """Those at this clinic, newest first."""
    return call.ask(ListSessions(user=_user(call)))


@routes.post(
    "/api/v1/users/{user_id}/sessions/revoke",
    "End the sign-ins of a person here",
    body=RevokeBody,
    answers=Ended,
    uses=RevokeSessions,
)
def revoke_sessions(call: Call[RevokeBody, Nothing]) -> Ended:
    """At once: access tokens count no more, either."""
    return Ended(ended=call.execute(RevokeSessions(user=_user(call), session=call.body.session_id)))


@routes.post(
    "/api/v1/users/{user_id}/password-reset",
    "Mail a person a link to set their password",
    answers=Done,
    uses=SendReset,
    status=202,
)
def send_reset(call: Call[Nothing, Nothing]) -> Done:
    """Nobody but them learns the password."""
    call.execute(SendReset(user=_user(call)))
    return Done(detail="The link is on its way.")


@routes.post(
    "/api/v1/users/{user_id}/second-factor/reset",
    "Take away a person's lost authenticator app",
    answers=Done,
    uses=ResetSecondFactor,
)
def reset_second_factor(call: Call[Nothing, Nothing]) -> Done:
    """Codes by mail are asked for as before."""
    had = call.execute(ResetSecondFactor(user=_user(call)))
    return Done(detail="It was taken away." if had else "There was none.")


@routes.get("/api/v1/api-keys", "Keys of programs", answers=tuple[KeyAnswer, ...], uses=ListApiKeys)
def list_api_keys(call: Call[Nothing, Nothing]) -> tuple[KeyAnswer, ...]:
    """Newest first, the ended ones, too."""
    return tuple(_shown(key, call) for key in call.ask(ListApiKeys()))


@routes.post(
    "/api/v1/api-keys", "Make a key for a program", body=KeyBody, answers=MadeKeyAnswer, uses=MakeApiKey, status=201
)
def make_api_key(call: Call[KeyBody, Nothing]) -> MadeKeyAnswer:
    """With some of the permissions that you hold."""
    body = call.body
    made = call.execute(MakeApiKey(name=body.name, scopes=body.scopes, days=body.days))
    return MadeKeyAnswer(key=made.key, api_key=_shown(made.api_key, call))


@routes.delete("/api/v1/api-keys/{key_id}", "End a key of a program", answers=KeyAnswer, uses=RevokeApiKey)
def revoke_api_key(call: Call[Nothing, Nothing]) -> KeyAnswer:
    """At once."""
    return _shown(call.execute(RevokeApiKey(key=ApiKeyId(call.part("key_id")))), call)


def _shown(key: ApiKey, call: Call[Any, Any]) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        organization=key.organization,
        name=key.name,
        scopes=key.scopes,
        made_by=key.made_by,
        made_at=key.made_at,
        expires_at=key.expires_at,
        used_at=key.used_at,
        revoked_at=key.revoked_at,
        actions=("revoke",) if key.opens(call.services.clock.now()) else (),
    )


def _user(call: Call[Any, Any]) -> UserId:
    return UserId(call.part("user_id"))
