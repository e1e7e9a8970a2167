"""What encryption needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hlc_core.encryption.model import EncryptionKey, IndexLeak, KeyPurpose, Tally
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.repository import Repository
from hlc_core.kernel.time import Clock


class EncryptionKeys(Repository[str, EncryptionKey], Protocol):
    """The keys of one organization."""

    def all(self) -> Sequence[EncryptionKey]:
        """All of them, by purpose and number."""
        ...


class KeyMaker(Protocol):
    """Makes and wraps keys. Refuses: Unavailable (a key that no known master key opens)."""

    def new(self, purpose: KeyPurpose, number: int, now: datetime) -> EncryptionKey:
        """A fresh random key of the organization, wrapped by the current master key, not stored yet."""
        ...

    def wrapped_anew(self, key: EncryptionKey) -> EncryptionKey:
        """The key under the current master key; itself if it is already."""
        ...


class SealedRows(Protocol):
    """The rows under the keys."""

    def tallies(self) -> Sequence[Tally]:
        """How many rows of each table are under which body key."""
        ...

    def found_by(self, number: int) -> int:
        """How many rows carry hashes of the index key of that number."""
        ...

    def leaks(self) -> Sequence[IndexLeak]:
        """What each column of hashes tells."""
        ...


class Env(Protocol):
    """What use cases of encryption may touch."""

    @property
    def actor(self) -> Actor: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def encryption_keys(self) -> EncryptionKeys: ...
    @property
    def key_maker(self) -> KeyMaker: ...
    @property
    def sealed_rows(self) -> SealedRows: ...
