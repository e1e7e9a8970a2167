"""Keys for programs of one clinic: made, listed, revoked; each with the scopes that it was given and no more."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from hlc_core.access.api import SELF
from hlc_core.identity.model import ApiKey
from hlc_core.identity.ports import Env
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, Invalid, Unauthenticated
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ApiKeyId, OrganizationId
from hlc_core.kernel.text import line

PREFIX = "hlck"
MOST_DAYS = 730
MOST_KEYS = 200
USED_EVERY = timedelta(hours=1)
"""How exactly it is written down when a key was last used."""


@frozen(kw_only=True)
class MadeKey:
    """A fresh key. `key` is shown this one time and kept nowhere."""

    api_key: ApiKey
    key: str = field(repr=False)


@frozen(kw_only=True)
class MakeApiKey(Command[MadeKey]):
    """A key with these permission keys as its scopes; `days` None never ends."""

    name: str
    scopes: tuple[str, ...]
    days: int | None = 365


def make_api_key(command: MakeApiKey, env: Env) -> MadeKey:
    """Refuses: Invalid (a scope that whoever asks does not hold, name, days)."""
    wanted = tuple(sorted(set(command.scopes)))
    faults = [
        Fault(f"scopes[{at}]", "no permission that you hold, and could hand on")
        for at, scope in enumerate(command.scopes)
        if scope == SELF or not env.actor.may(scope)
    ]
    if not wanted:
        faults.append(Fault("scopes", "at least one permission key"))
    if command.days is not None and not 1 <= command.days <= MOST_DAYS:
        faults.append(Fault("days", f"1 to {MOST_DAYS}, or none for a key that never ends"))
    if faults:
        raise Invalid("That key cannot be made.", *faults)
    now, secret, id = env.clock.now(), env.proofs.fresh(), ApiKeyId(env.ids.new("key"))
    made = ApiKey(
        id=id,
        organization=env.organization.id,
        name=line(command.name, "name", most=80, least=1),
        scopes=wanted,
        digest=env.proofs.digest(secret),
        made_by=env.actor.id,
        made_at=now,
        expires_at=None if command.days is None else now + timedelta(days=command.days),
    )
    env.api_keys.add(made)
    return MadeKey(api_key=made, key=f"{PREFIX}.{env.organization.id}.{id}.{secret}")


@frozen(kw_only=True)
class RevokeApiKey(Command[ApiKey]):
    """End a key at once."""

    key: ApiKeyId


def revoke_api_key(command: RevokeApiKey, env: Env) -> ApiKey:
    """The key. Refuses: Missing. Revoking again changes nothing."""
    key = env.api_keys.get(command.key)
    if key.revoked_at is None:
        key = evolve(key, revoked_at=env.clock.now())
        env.api_keys.save(key)
    return key


@frozen(kw_only=True)
class ListApiKeys(Query[tuple[ApiKey, ...]]):
    """The clinic's keys, newest first; the revoked and expired ones, too."""


def list_api_keys(query: ListApiKeys, env: Env) -> tuple[ApiKey, ...]:
    """At most 200."""
    return tuple(env.api_keys.all(MOST_KEYS))


@frozen(kw_only=True)
class OpenWithKey(Query[ApiKey]):
    """Somebody came with a key of this clinic."""

    key: ApiKeyId
    secret: str = field(repr=False)


def open_with_key(query: OpenWithKey, env: Env) -> ApiKey:
    """The key. Refuses: Unauthenticated (whatever is wrong with it)."""
    found = env.api_keys.find(query.key)
    digest = env.proofs.digest(query.secret)
    if found is None or not env.proofs.same(digest, found.digest) or not found.opens(env.clock.now()):
        raise Unauthenticated("That key is not valid here.")
    return found


@frozen(kw_only=True)
class NoteKeyUse(Command[ApiKey]):
    """Write down that a key was used; once an hour is exact enough."""

    key: ApiKeyId


def note_key_use(command: NoteKeyUse, env: Env) -> ApiKey:
    """Refuses: Missing."""
    key, now = env.api_keys.get(command.key), env.clock.now()
    if key.used_at is None or now - key.used_at >= USED_EVERY:
        key = evolve(key, used_at=now)
        env.api_keys.save(key)
    return key


def key_in(token: str) -> tuple[OrganizationId, ApiKeyId, str] | None:
    """Organization, id and secret of a stored key, if it has the form of one."""
    parts = token.split(".")
    if len(parts) != 4 or parts[0] != PREFIX or not token.isascii() or not all(parts):
        return None
    return OrganizationId(parts[1]), ApiKeyId(parts[2]), parts[3]
