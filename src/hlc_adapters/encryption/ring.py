"""The keys of organizations, unwrapped and kept in memory for a moment; the first ones are made when first needed."""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Sequence

from attrs import define, field, frozen
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hlc_adapters.encryption.master import BYTES, MasterKeys
from hlc_adapters.storage.cipher import head
from hlc_adapters.storage.session import Session
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_core.audit.model import Move
from hlc_core.encryption.machine import KeyState
from hlc_core.encryption.model import EncryptionKey, KeyPurpose, key_id
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.kernel.time import Clock

FRESH_SECONDS = 5.0
"""So long the keys of an organization are taken to be those that were read."""


@define
class IndexKey:
    """A key of hashes; each field has one of its own, derived from it."""

    number: int
    _key: bytes = field(repr=False)
    _organization: str
    _derived: dict[str, bytes] = field(factory=dict, init=False, repr=False)

    def hash(self, field: str, text: str) -> str:
        """The number of the key, and the hash of the text under it: 32 hexadecimal digits."""
        derived = self._derived.get(field)
        if derived is None:
            info = f"hlc index\x1f{self._organization}\x1f{field}".encode()
            derived = self._derived[field] = HKDF(SHA256(), BYTES, salt=None, info=info).derive(self._key)
        return f"{self.number:x}.{hmac.digest(derived, text.encode(), 'sha256')[:16].hex()}"


@frozen
class Keys:
    """The unwrapped keys of one organization: what seals, what opens by the head of a body, what hashes (newest first).

    `whole`: a body in the clear is refused.
    """

    head: str
    seal: AESGCM = field(repr=False)
    bodies: dict[str, AESGCM] = field(repr=False)
    indexes: tuple[IndexKey, ...] = field(repr=False)
    whole: bool
    until: float


@define
class KeyRing:
    """Unwraps keys once and hands them out. Thread-safe: entries are replaced, never changed."""

    masters: MasterKeys
    clock: Clock
    clear: bool = False
    """Bodies are stored in the clear: keys that are made meanwhile do not refuse such."""
    _known: dict[str, Keys] = field(factory=dict, init=False, repr=False)

    def keys(self, organization: str, session: Session) -> Keys | None:
        """The keys as of a moment ago; None where there are none yet, and this transaction may not make any.

        Refuses: KeyNotHere.
        """
        found: Keys | None = session.keys.get(organization) or self._known.get(organization)
        if found is not None and found.until > time.monotonic():
            return found
        return self.read(organization, session)

    def read(self, organization: str, session: Session) -> Keys | None:
        """The keys as the transaction sees them. What one that writes sees is its own until it is committed: nobody
        else may seal under a key that is rolled back (`keep`).
        """
        rows: Sequence[EncryptionKey] = session.select(ENCRYPTION_KEYS, organization)
        if not rows:
            if not session.writes:
                return None
            rows = self._first(organization, session)
        keys = self._unwrapped(organization, rows)
        (session.keys if session.writes else self._known)[organization] = keys
        return keys

    def keep(self, session: Session) -> None:
        """The transaction was committed: what it saw is so for all."""
        self._known.update(session.keys)

    def forget(self) -> None:
        """Read everything anew: after keys were changed by this process."""
        self._known.clear()

    def new(self, organization: str, purpose: KeyPurpose, number: int, whole: bool) -> EncryptionKey:
        """A fresh random key, wrapped, not stored yet."""
        id = key_id(purpose, number)
        master, wrapped = self.masters.wrap(os.urandom(BYTES), _place(organization, id))
        return EncryptionKey(
            id=id,
            organization=OrganizationId(organization),
            purpose=purpose,
            number=number,
            state=KeyState.ACTIVE,
            wrapped=wrapped,
            master=master,
            made_at=self.clock.now(),
            whole=whole,
        )

    def wrapped_anew(self, key: EncryptionKey) -> EncryptionKey:
        """The key under the current master key."""
        if key.master == self.masters.current.name:
            return key
        place = _place(key.organization, key.id)
        master, wrapped = self.masters.wrap(self.masters.unwrap(key.master, key.wrapped, place), place)
        return evolve(key, master=master, wrapped=wrapped)

    def _first(self, organization: str, session: Session) -> Sequence[EncryptionKey]:
        """An organization's first keys, made in the transaction that needs them: they are kept or undone with it."""
        whole = not self.clear and not any(
            session.bodies(shape, organization, limit=1) for shape in ALL if shape.sealed
        )
        made = [
            evolve(self.new(organization, KeyPurpose.BODY, 1, whole), version=1),
            evolve(self.new(organization, KeyPurpose.INDEX, 1, False), version=1),
        ]
        session.insert(ENCRYPTION_KEYS, made)
        session.insert(MOVES, [_birth(key) for key in made])
        return made

    def _unwrapped(self, organization: str, rows: Sequence[EncryptionKey]) -> Keys:
        bodies: dict[str, AESGCM] = {}
        indexes: list[IndexKey] = []
        active: EncryptionKey | None = None
        for row in sorted(rows, key=lambda row: -row.number):
            if row.state is KeyState.DESTROYED:
                continue
            key = self.masters.unwrap(row.master, row.wrapped, _place(organization, row.id))
            if row.purpose is KeyPurpose.INDEX:
                indexes.append(IndexKey(row.number, key, organization))
                continue
            bodies[head(row.number)] = AESGCM(key)
            active = active or row
        if active is None or not indexes:
            raise ValueError("An organization always has an active key of each purpose.")
        start = head(active.number)
        until = time.monotonic() + FRESH_SECONDS
        return Keys(start, bodies[start], bodies, tuple(indexes), active.whole, until)


def _place(organization: str, id: str) -> str:
    return f"{organization}\x1fencryption_keys\x1fwrapped\x1f{id}"


def _birth(key: EncryptionKey) -> Move:
    return Move(
        id=f"{key.id}:1",
        organization=key.organization,
        machine="encryption_key",
        subject=key.id,
        version=1,
        source=None,
        target=key.state,
        at=key.made_at,
        actor=ActorId("system"),
        cause="FirstKeys",
    )
