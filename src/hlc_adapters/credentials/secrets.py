"""What is derived from the installation's key: codes, links and tokens are made again when needed, never stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from attrs import field, frozen

SHORTEST_KEY = 32


@frozen
class KeyedSecrets:
    """HMAC-SHA256 under the key; each purpose has a key of its own, so that no secret of one serves for another."""

    key: bytes = field(repr=False)

    def derived(self, purpose: str, *parts: str) -> str:
        """The secret of these parts: 43 letters of the URL alphabet, the same each time."""
        return urlsafe_b64encode(self._mac(purpose, parts)).decode().rstrip("=")

    def digits(self, purpose: str, *parts: str) -> str:
        """The six digits of these parts."""
        return f"{int.from_bytes(self._mac(purpose, parts)[:16]) % 1_000_000:06d}"

    def same(self, given: str, expected: str) -> bool:
        """Whether they are equal, in constant time, whatever letters they have."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))

    def digest(self, secret: str) -> str:
        """What is kept of a secret that has many random bits."""
        return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

    def fresh(self) -> str:
        """256 random bits."""
        return secrets.token_urlsafe(32)

    def key_of(self, purpose: str) -> bytes:
        """The key of a purpose, for what signs by itself."""
        return hmac.digest(self.key, f"hlc|{purpose}".encode(), "sha256")

    def _mac(self, purpose: str, parts: tuple[str, ...]) -> bytes:
        text = "\x1f".join(f"{len(part)}:{part}" for part in parts)
        return hmac.digest(self.key_of(purpose), text.encode("utf-8", "surrogatepass"), "sha256")


def keyed_secrets(key: str = "") -> KeyedSecrets:
    """Over the key of the settings; without one, over a random one that ends with the process."""
    return KeyedSecrets(key.encode() or secrets.token_bytes(32))
