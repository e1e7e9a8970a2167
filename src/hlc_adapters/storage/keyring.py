"""The port by which transactions reach the keys of their organization."""

from __future__ import annotations

from typing import Protocol

from hlc_adapters.storage.session import Session
from hlc_core.encryption.ports import KeyMaker
from hlc_core.patients.ports import Fingerprints


class Keyring(Protocol):
    """Hashes and key makers for a transaction. Refuses: Unavailable (the master key of these keys is not here)."""

    def hashes(self, organization: str, session: Session) -> Fingerprints:
        """The hashes of the organization, bound to the transaction."""
        ...

    def maker(self, organization: str) -> KeyMaker:
        """What makes the organization's keys."""
        ...

    def keep(self, session: Session) -> None:
        """The transaction was committed: the keys that it read or made stand."""
        ...

    def forget(self) -> None:
        """Keys were changed: read them anew."""
        ...
