"""Who calls: an API key for each kind of actor, behind the port that the identity context will fill."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

from hlc_core.kernel.commands import Actor, ActorKind
from hlc_core.kernel.errors import Unauthenticated
from hlc_core.kernel.ids import ActorId, OrganizationId

LONGEST_KEY = 200


class Authentication(Protocol):
    """Turns credentials into an actor. Refuses: Unauthenticated; the sentence never says what was wrong with them."""

    def authenticate(self, credentials: str) -> Actor:
        """The actor whose credentials these are."""
        ...


@frozen(kw_only=True)
class KeyHolder:
    """One API key as it is kept: only its SHA-256, never the key itself."""

    digest: str
    kind: ActorKind
    actor: ActorId
    organization: OrganizationId
    permissions: frozenset[str] = frozenset()


class HashedKeys:
    """The shipped adapter: keys `hlc_<kind>_<body>`, found and compared by digest in constant time."""

    def __init__(self, holders: Iterable[KeyHolder]) -> None:
        self._holders = {holder.digest: holder for holder in holders}

    def authenticate(self, credentials: str) -> Actor:
        """The holder of the key. Refuses: Unauthenticated."""
        digest = digest_of(credentials)
        holder = self._holders.get(digest)
        if holder is None or not hmac.compare_digest(holder.digest, digest):
            raise Unauthenticated("That key is not valid here.")
        return Actor(
            kind=holder.kind, id=holder.actor, organization=holder.organization, permissions=holder.permissions
        )


def digest_of(key: str) -> str:
    """What is kept of a key. A key has 256 random bits, so a plain hash is enough: nothing can be guessed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(kind: ActorKind) -> str:
    """A fresh key, to be shown once."""
    return f"hlc_{kind}_{secrets.token_urlsafe(32)}"


def credentials_in(authorization: str | None, api_key: str | None) -> str | None:
    """The key of the two headers, or None where there is none. Refuses: Unauthenticated (another scheme, two keys)."""
    if authorization is None and api_key is None:
        return None
    if authorization is not None and api_key is not None:
        raise Unauthenticated("Send the key once: as a Bearer token or as X-API-Key.")
    scheme, _, token = authorization.partition(" ") if authorization is not None else ("bearer", "", api_key or "")
    if scheme.lower() != "bearer" or not token.strip() or len(token) > LONGEST_KEY:
        raise Unauthenticated("Send the key as `Authorization: Bearer hlc_…` or as `X-API-Key`.")
    return token.strip()
