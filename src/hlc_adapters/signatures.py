"""Signatures over seals of the audit trail, with keys that are not in the database."""

from __future__ import annotations

import hashlib
import hmac

from attrs import field, frozen

_PURPOSE = b"hlc audit seal"


@frozen
class KeyedSigner:
    """HMAC-SHA256 under the first of the keys; signatures of the others are known, so that keys can be changed."""

    keys: tuple[str, ...] = field(default=(), repr=False)

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        return bool(self.keys)

    def sign(self, text: str) -> str:
        """64 hexadecimal digits; empty without a key."""
        return _signature(self.keys[0], text) if self.keys else ""

    def signed(self, text: str, signature: str) -> bool:
        """Whether one of the keys made it."""
        given = signature.encode()
        return any(hmac.compare_digest(_signature(key, text).encode(), given) for key in self.keys)


def audit_signer(audit_key: str, otherwise: str) -> KeyedSigner:
    """The signer of the settings: keys separated by commas, else one derived from another secret."""
    keys = tuple(key.strip() for key in audit_key.split(",") if key.strip())
    if not keys and otherwise:
        keys = (hmac.new(otherwise.encode(), _PURPOSE, hashlib.sha256).hexdigest(),)
    return KeyedSigner(keys)


def _signature(key: str, text: str) -> str:
    return hmac.new(key.encode(), _PURPOSE + b"|" + text.encode(), hashlib.sha256).hexdigest()
