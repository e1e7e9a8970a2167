"""Replacing keys, wrapping them under another master key, destroying them."""

from __future__ import annotations

from attrs import frozen

from hlc_core.encryption.errors import HashesOfLogins, TooManyKeys
from hlc_core.encryption.machine import KeyState
from hlc_core.encryption.model import MOST_KEYS, EncryptionKey, KeyPurpose
from hlc_core.encryption.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM


@frozen(kw_only=True)
class RotateKeys(Command[tuple[EncryptionKey, ...]]):
    """New keys for these purposes; those that were active retire, and their rows are sealed anew by the job."""

    purposes: tuple[KeyPurpose, ...] = (KeyPurpose.BODY,)


def rotate_keys(command: RotateKeys, env: Env) -> tuple[EncryptionKey, ...]:
    """The new keys. Refuses: TooManyKeys, HashesOfLogins (the index key of what belongs to no organization)."""
    if KeyPurpose.INDEX in command.purposes and env.actor.organization == PLATFORM:
        raise HashesOfLogins("The index key of logins is not replaced.")
    now = env.clock.now()
    standing = env.encryption_keys.all()
    made = []
    for purpose in dict.fromkeys(command.purposes):
        earlier = [key for key in standing if key.purpose is purpose]
        number = max((key.number for key in earlier), default=0) + 1
        if number > MOST_KEYS:
            raise TooManyKeys("This organization has used up its keys.")
        active = [key for key in earlier if key.state is KeyState.ACTIVE]
        for key in active:
            env.encryption_keys.save(key.replaced(now))
        made.append(evolve(env.key_maker.new(purpose, number, now), whole=any(key.whole for key in active)))
        env.encryption_keys.add(made[-1])
    return tuple(made)


@frozen(kw_only=True)
class WrapKeys(Command[int]):
    """Wrap every key of the organization under the current master key; its rows stay as they are."""


def wrap_keys(_: WrapKeys, env: Env) -> int:
    """How many were wrapped anew. Refuses: Unavailable (a key that no known master key opens)."""
    count = 0
    for key in env.encryption_keys.all():
        if key.state is not KeyState.DESTROYED:
            anew = env.key_maker.wrapped_anew(key)
            if anew != key:
                env.encryption_keys.save(anew)
                count += 1
    return count


@frozen(kw_only=True)
class DestroySpentKeys(Command[tuple[EncryptionKey, ...]]):
    """Destroy the replaced keys that nothing is under any more and that have rested."""


def destroy_spent_keys(_: DestroySpentKeys, env: Env) -> tuple[EncryptionKey, ...]:
    """Those that were destroyed; a key that rows are under, or that was replaced just now, stays."""
    now = env.clock.now()
    spent = []
    for key in env.encryption_keys.all():
        if key.state is KeyState.RETIRING and key.facts(now, 0).rested:
            rows = rows_under(key, env)
            if rows == 0:
                spent.append(key.destroyed(now, rows))
                env.encryption_keys.save(spent[-1])
    return tuple(spent)


def rows_under(key: EncryptionKey, env: Env) -> int:
    """How many rows need the key."""
    if key.purpose is KeyPurpose.INDEX:
        return env.sealed_rows.found_by(key.number)
    return sum(tally.rows for tally in env.sealed_rows.tallies() if tally.number == key.number)
