"""The hashes by which sealed fields are found, and what makes keys: bound to one organization and one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from hlc_adapters.encryption.ring import IndexKey, KeyRing, Keys
from hlc_adapters.storage.session import Backend, Session
from hlc_core.encryption.model import EncryptionKey, KeyPurpose
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM

_NOBODY = "0.none"
"""Equal to no hash: what is looked for where nothing was ever stored."""


@frozen
class Hashes:
    """HMAC-SHA256 under keys derived for each field. `legacy` is the key of installations older than key rings."""

    ring: KeyRing
    organization: str
    session: Session
    legacy: str = field(default="", repr=False)

    def of(self, text: str) -> str:
        """The hash of a text by which it is found in the whole installation."""
        keys = self._keys(PLATFORM)
        return keys[0].hash("anything", text) if keys else _NOBODY

    @property
    def number(self) -> int:
        """The number of the key under which hashes are made now; 0: there is none yet."""
        keys = self._keys(self.organization)
        return keys[0].number if keys else 0

    def key(self, field: str, text: str) -> str:
        """The hash of a field's text in this organization, under the active key."""
        keys = self._keys(self.organization)
        return keys[0].hash(field, text) if keys else _NOBODY

    def keys(self, field: str, text: str) -> tuple[str, ...]:
        """The hashes under every key that rows may still carry, the active one first."""
        found = tuple(key.hash(field, text) for key in self._keys(self.organization))
        if not self.legacy or field != "email":
            return found
        older = hashlib.blake2b(text.encode(), key=self.legacy.encode()[:64], digest_size=16).hexdigest()
        return (*found, older)

    def _keys(self, organization: str) -> Sequence[IndexKey]:
        keys = self.ring.keys(organization, self.session)
        return () if keys is None else keys.indexes


@frozen
class PlatformHashes:
    """The hashes of the whole installation, for what has no transaction of its own: signing in."""

    ring: KeyRing
    backend: Backend

    def of(self, text: str) -> str:
        """The hash of a text by which it is found in the whole installation. Refuses: Unavailable."""
        session = self.backend.begin(write=False)
        try:
            keys = self.ring.keys(PLATFORM, session)
        finally:
            session.rollback()
        return (keys or self._made()).indexes[0].hash("anything", text)

    def _made(self) -> Keys:
        session = self.backend.begin(write=True)
        try:
            keys = self.ring.keys(PLATFORM, session)
            if keys is None:
                raise RuntimeError("A transaction that writes makes the keys that are missing.")
            session.commit()
        except BaseException:
            session.rollback()
            raise
        return keys


@frozen
class RingMaker:
    """Makes the keys of one organization."""

    ring: KeyRing
    organization: str

    def new(self, purpose: KeyPurpose, number: int, now: datetime) -> EncryptionKey:
        """A fresh key; bodies in the clear stay readable until the rotation has sealed them."""
        return evolve(self.ring.new(self.organization, purpose, number, whole=False), made_at=now)

    def wrapped_anew(self, key: EncryptionKey) -> EncryptionKey:
        """The key under the current master key."""
        return self.ring.wrapped_anew(key)


@frozen
class Keyring:
    """What the storage asks for: hashes and makers for a transaction, and what it saw when it was committed."""

    ring: KeyRing
    legacy: str = field(default="", repr=False)

    def hashes(self, organization: str, session: Session) -> Hashes:
        """Bound to the transaction."""
        return Hashes(self.ring, organization, session, self.legacy)

    def maker(self, organization: str) -> RingMaker:
        """Of the organization."""
        return RingMaker(self.ring, organization)

    def keep(self, session: Session) -> None:
        """The transaction was committed."""
        self.ring.keep(session)

    def forget(self) -> None:
        """Keys were changed."""
        self.ring.forget()
