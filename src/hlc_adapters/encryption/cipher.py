"""Bodies under AES-256-GCM: a random nonce, and the row's place as associated data."""

from __future__ import annotations

import os
from binascii import Error, a2b_base64, b2a_base64

from attrs import frozen
from cryptography.exceptions import InvalidTag

from hlc_adapters.encryption.master import NONCE
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.storage.cipher import HEAD, SealBroken
from hlc_adapters.storage.session import Session


@frozen
class KeyedCipher:
    """Seals bodies under the active key of their organization. The text names the number of its key."""

    ring: KeyRing

    def seal(self, text: str, organization: str, table: str, id: str, session: Session) -> str:
        """What is stored: the head that names the key, then nonce, ciphertext and tag in base64."""
        keys = self.ring.keys(organization, session)
        if keys is None:
            raise RuntimeError("A transaction that only reads has nothing to seal.")
        nonce = os.urandom(NONCE)
        sealed = keys.seal.encrypt(nonce, text.encode(), place(organization, table, id))
        return keys.head + b2a_base64(nonce + sealed, newline=False).decode("ascii")

    def open(self, sealed: str, organization: str, table: str, id: str, session: Session) -> str | bytes:
        """The text. A body in the clear is only taken where such rows were before there were keys."""
        keys = self.ring.keys(organization, session)
        start = sealed[:HEAD]
        if keys is not None and start not in keys.bodies:  # perhaps a key that was made a moment ago
            if sealed[:1] == "{" and not keys.whole:
                return sealed
            keys = self.ring.read(organization, session)
        key = None if keys is None else keys.bodies.get(start)
        if key is None:
            if sealed[:1] == "{" and (keys is None or not keys.whole):
                return sealed
            raise SealBroken(table, id)
        try:
            raw = a2b_base64(sealed[HEAD:], strict_mode=True)
            rest = len(raw) % 3
            if rest and b2a_base64(raw[-rest:], newline=False).decode("ascii") != sealed[-4:]:
                raise SealBroken(table, id)  # the last letter has bits that decoding passes over
            return key.decrypt(raw[:NONCE], raw[NONCE:], place(organization, table, id))
        except (InvalidTag, Error, ValueError):
            raise SealBroken(table, id) from None


def place(organization: str, table: str, id: str) -> bytes:
    """The associated data of a body. Ids come last and the others cannot hold the divider, so places differ."""
    return f"{organization}\x1f{table}\x1fbody\x1f{id}".encode()
