"""Who calls: keys of the settings, keys that a clinic made, access tokens of people who are signed in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from typing import Protocol

from attrs import frozen

from hlc_core.access.api import KEYS
from hlc_core.identity.api import USED_EVERY, NoteKeyUse, OpenWithKey, Porter, key_in
from hlc_core.kernel.commands import Actor, ActorKind, system
from hlc_core.kernel.errors import Fault, Invalid, Unauthenticated
from hlc_core.kernel.ids import ActorId
from hlc_core.organizations.api import Organization
from hlc_http.tenants import OrganizationUnknown, Tenants

LONGEST_KEY = 200
LONGEST_TOKEN = 4096
SHORTEST_SECRET = 16
KINDS = (ActorKind.STAFF, ActorKind.PATIENT, ActorKind.SYSTEM)
FORM = "staff:ORGANIZATION:SECRET, system:ORGANIZATION:SECRET or patient:ORGANIZATION:SECRET:PATIENT_ID"


class Authentication(Protocol):
    """Turns credentials into an actor. Refuses: Unauthenticated; the sentence never says what was wrong with them."""

    def authenticate(self, credentials: str) -> tuple[Actor, Organization]:
        """The actor whose credentials these are, and the organization that it acts for."""
        ...


@frozen(kw_only=True)
class KeyHolder:
    """One API key as it is kept: only its SHA-256. `organization` is a slug; empty means the only one there is."""

    digest: str
    kind: ActorKind
    actor: ActorId
    organization: str


class HashedKeys:
    """The shipped adapter: keys of the settings, found and compared by digest in constant time."""

    def __init__(self, holders: Iterable[KeyHolder], tenants: Tenants) -> None:
        self._holders = {holder.digest: holder for holder in holders}
        self._tenants = tenants

    def authenticate(self, credentials: str) -> tuple[Actor, Organization]:
        """The holder of the key. Refuses: Unauthenticated."""
        digest = digest_of(credentials)
        holder = self._holders.get(digest)
        if holder is None or not hmac.compare_digest(holder.digest, digest):
            raise Unauthenticated(
                "That is neither a key nor an access token that is valid here: sign in, or have a key made."
            )
        try:
            organization = self._tenants.of("", holder.organization)
        except OrganizationUnknown:
            raise Unauthenticated("That key is not valid here.") from None
        permissions = KEYS[holder.kind]
        return (
            Actor(kind=holder.kind, id=holder.actor, organization=organization.id, permissions=permissions),
            organization,
        )


class StoredKeys:
    """Keys that a clinic made for its programs: looked up at each request, so that a revoked one ends at once."""

    def __init__(self, porter: Porter, tenants: Tenants) -> None:
        self._porter, self._tenants = porter, tenants

    def authenticate(self, credentials: str) -> tuple[Actor, Organization]:
        """The program, with the scopes of its key. Refuses: Unauthenticated."""
        told = key_in(credentials)
        if told is None:
            raise Unauthenticated("That key is not valid here.")
        owner, id, secret = told
        try:
            organization = self._tenants.named(owner)
        except OrganizationUnknown:
            raise Unauthenticated("That key is not valid here.") from None
        road, envelope = self._porter.road, system(organization.id, "identity")
        key = road.ask(OpenWithKey(key=id, secret=secret), envelope)
        if key.used_at is None or self._porter.clock.now() - key.used_at >= USED_EVERY:
            road.execute(NoteKeyUse(key=key.id), envelope)
        actor = Actor(
            kind=ActorKind.STAFF,
            id=ActorId(key.id),
            organization=organization.id,
            permissions=frozenset(key.scopes),
        )
        return actor, organization


class Chain:
    """Those of the settings and those that are stored, told apart by their form."""

    def __init__(self, settings: Authentication, stored: Authentication) -> None:
        self._settings, self._stored = settings, stored

    def authenticate(self, credentials: str) -> tuple[Actor, Organization]:
        """The holder of the key. Refuses: Unauthenticated."""
        chosen = self._stored if key_in(credentials) is not None else self._settings
        return chosen.authenticate(credentials)


def is_token(credentials: str) -> bool:
    """Whether it has the form of an access token."""
    return credentials.startswith("eyJ") and credentials.count(".") == 2


def holders_of(entries: Sequence[str]) -> tuple[KeyHolder, ...]:
    """The keys of `HLC_API_KEYS`: `kind:organization:secret[:actor]`, or a bare `hlc_<kind>_<body>` of `hlc keys new`.

    Refuses: Invalid, naming the place of each entry at fault, never its content.
    """
    made: list[KeyHolder] = []
    faults: list[Fault] = []
    for place, entry in enumerate(entries, start=1):
        try:
            made.append(_holder(entry))
        except ValueError as error:
            faults.append(Fault(f"HLC_API_KEYS, entry {place}", str(error)))
    if faults:
        raise Invalid("Some API keys cannot be used.", *faults)
    return tuple(made)


def _holder(entry: str) -> KeyHolder:
    parts = [part.strip() for part in entry.split(":")]
    if len(parts) == 1:
        word = parts[0].removeprefix("hlc_").partition("_")[0] if parts[0].startswith("hlc_") else ""
        parts = [word, "", parts[0]]
    if not 3 <= len(parts) <= 4 or parts[0] not in KINDS:
        raise ValueError(f"write it as {FORM}")
    kind, organization, secret, actor = (*parts, "")[:4]
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_KEY or not secret.isascii():
        raise ValueError(f"the secret has {SHORTEST_SECRET} to {LONGEST_KEY} ASCII characters")
    if kind == ActorKind.PATIENT and not actor:
        raise ValueError("the key of a patient names the patient: patient:ORGANIZATION:SECRET:PATIENT_ID")
    digest = digest_of(secret)
    return KeyHolder(
        digest=digest,
        kind=ActorKind(kind),
        actor=ActorId(actor or f"key-{digest[:8]}"),
        organization=organization,
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
    if scheme.lower() != "bearer" or not token.strip() or len(token) > LONGEST_TOKEN:
        raise Unauthenticated("Send the key as `Authorization: Bearer hlc_…` or as `X-API-Key`.")
    return token.strip()
