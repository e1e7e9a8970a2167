"""Access tokens: short JWTs, one algorithm, claims that must be there, a type of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jwt
from attrs import field, frozen

from hlc_core.identity.ports import Claims
from hlc_core.kernel.errors import Unauthenticated
from hlc_core.kernel.ids import ImpersonationId, OrganizationId, SessionId, UserId

ALGORITHM = "HS256"
TYPE = "at+jwt"
ISSUER = AUDIENCE = "hlc"
LONGEST = 4096
REQUIRED = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]
SKEW = 5
"""Seconds by which a token may come from the future: the clocks of two machines."""


@frozen
class JwtTokens:
    """Writes and reads access tokens under one key."""

    key: bytes = field(repr=False)

    def write(self, claims: Claims) -> str:
        """The token."""
        body: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": claims.user,
            "sid": claims.session,
            "jti": claims.id,
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        }
        if claims.clinic is not None:
            body["org"] = claims.clinic
        if claims.impersonation is not None:
            body["imp"] = claims.impersonation
        return jwt.encode(body, self.key, algorithm=ALGORITHM, headers={"typ": TYPE})

    def read(self, token: str, now: datetime) -> Claims:
        """What it says. Refuses: Unauthenticated, whatever is wrong with it."""
        try:
            return self._read(token, now)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise Unauthenticated("That token is not valid here.") from None

    def _read(self, token: str, now: datetime) -> Claims:
        if len(token) > LONGEST or not token.isascii():
            raise ValueError(token[:0])
        header = jwt.get_unverified_header(token)
        if set(header) != {"alg", "typ"} or header["typ"] != TYPE or header["alg"] != ALGORITHM:
            raise ValueError("header")
        body = jwt.decode(
            token,
            self.key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        issued, expires = _instant(body["iat"]), _instant(body["exp"])
        if not issued.timestamp() - SKEW <= now.timestamp() < expires.timestamp():
            raise ValueError("time")
        return Claims(
            id=_text(body["jti"]),
            user=UserId(_text(body["sub"])),
            session=SessionId(_text(body["sid"])),
            clinic=OrganizationId(_text(body["org"])) if "org" in body else None,
            impersonation=ImpersonationId(_text(body["imp"])) if "imp" in body else None,
            issued_at=issued,
            expires_at=expires,
        )


def _instant(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("instant")
    return datetime.fromtimestamp(value, UTC)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("text")
    return value
