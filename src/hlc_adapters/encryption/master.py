"""Master keys: they come from the settings, wrap the keys of organizations, and are in no database."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hlc_core.kernel.errors import Fault, Invalid, Unavailable

BYTES = 32
NONCE = 12
_REMEDY = "32 bytes as base64 or hexadecimal; make one with `hlc keys new-encryption-key`"


class KeyNotHere(Unavailable):
    """A key is wrapped by a master key that the settings do not name."""


def new_master_key() -> str:
    """A fresh master key, as it is written into the settings."""
    return base64.urlsafe_b64encode(os.urandom(BYTES)).decode()


def parsed(text: str) -> bytes:
    """The bytes of a master key. Refuses: Invalid; the text is not repeated."""
    try:
        key = bytes.fromhex(text) if len(text) == 2 * BYTES else base64.b64decode(text, b"-_", validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != BYTES:
        raise Invalid("That is no master key.", Fault("HLC_ENCRYPTION_KEY", _REMEDY))
    return key


@frozen
class MasterKey:
    """One master key, and the name by which rows say that it wraps them."""

    name: str
    aead: AESGCM = field(repr=False)


@frozen
class MasterKeys:
    """The current master key, first, and older ones that still open."""

    keys: tuple[MasterKey, ...]

    @property
    def current(self) -> MasterKey:
        """The one that wraps."""
        return self.keys[0]

    def wrap(self, key: bytes, place: str) -> tuple[str, str]:
        """The name of the current master key, and the key wrapped by it for that place."""
        nonce = os.urandom(NONCE)
        sealed = self.current.aead.encrypt(nonce, key, place.encode())
        return self.current.name, base64.b64encode(nonce + sealed).decode()

    def unwrap(self, master: str, wrapped: str, place: str) -> bytes:
        """The key. Refuses: KeyNotHere (another master key, or the wrapping was changed or moved)."""
        for one in self.keys:
            if one.name == master:
                try:
                    raw = base64.b64decode(wrapped, validate=True)
                    return one.aead.decrypt(raw[:NONCE], raw[NONCE:], place.encode())
                except (InvalidTag, ValueError):
                    break
        raise KeyNotHere(
            "The keys of this organization cannot be opened.",
            Fault("HLC_ENCRYPTION_KEY", f"name the master key {master} here, too, behind the current one"),
        )


def master_keys(texts: Sequence[str]) -> MasterKeys:
    """The master keys, the current one first. Refuses: Invalid."""
    return MasterKeys(tuple(_master(parsed(text)) for text in texts))


def open_keys(seed: str) -> MasterKeys:
    """What stands for a master key where encryption is off: nobody is kept out by it."""
    return MasterKeys((_master(hashlib.sha256(b"hlc: not encrypted" + seed.encode()).digest()),))


def _master(key: bytes) -> MasterKey:
    return MasterKey(hashlib.sha256(b"hlc: name of a master key" + key).hexdigest()[:12], AESGCM(key))
