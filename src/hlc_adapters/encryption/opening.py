"""The cipher and the key ring that the settings ask for."""

from __future__ import annotations

from hlc_adapters.encryption.cipher import KeyedCipher
from hlc_adapters.encryption.master import MasterKeys, master_keys, open_keys
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.settings import Settings
from hlc_adapters.storage.cipher import Cipher, ClearCipher
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.time import Clock

MEMORY = "memory:"


class NoEncryptionKey(Invalid):
    """A database that keeps what it is given may not be opened without a master key."""


def ring_of(settings: Settings, clock: Clock) -> KeyRing:
    """The key ring. Refuses: NoEncryptionKey, Invalid (what is no key)."""
    return KeyRing(_masters(settings), clock, clear=settings.encryption == "off")


def cipher_of(settings: Settings, ring: KeyRing) -> Cipher:
    """What seals bodies."""
    return ClearCipher() if settings.encryption == "off" else KeyedCipher(ring)


def _masters(settings: Settings) -> MasterKeys:
    named = [text.strip() for text in settings.encryption_key.split(",") if text.strip()]
    if named and settings.encryption == "upgrade":
        return MasterKeys((*master_keys(named).keys, *open_keys(settings.fingerprint_key).keys))
    if named:
        return master_keys(named)
    if settings.encryption == "off" or settings.database_url == MEMORY:
        return open_keys(settings.fingerprint_key)
    raise NoEncryptionKey(
        "This database has no master key: health and personal data would be stored in the clear.",
        Fault(
            "HLC_ENCRYPTION_KEY",
            "make one with `hlc keys new-encryption-key`, keep a copy elsewhere, and set it; "
            "HLC_ENCRYPTION=off does without, on data that is nobody's",
        ),
    )
