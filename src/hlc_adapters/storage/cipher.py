"""The port behind which stored health and personal data is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from hlc_core.kernel.errors import Conflict, Fault

if TYPE_CHECKING:
    from hlc_adapters.storage.session import Session


class SealBroken(Conflict):
    """A stored body was not sealed for the place where it stands: it was changed or moved, or its key is gone."""

    def __init__(self, table: str, id: str) -> None:
        super().__init__(
            f"A row of {table} cannot be opened: it was changed, moved, or its key is gone.",
            Fault(id, "restore the row from a backup, and look who can write to the database"),
        )


class Cipher(Protocol):
    """Seals the body of a row for its place: organization, table, id. The keys are read through the open transaction,
    which may also make an organization's first ones. Refuses: SealBroken (open)."""

    def seal(self, text: str, organization: str, table: str, id: str, session: Session) -> str:
        """What is stored of the text."""
        ...

    def open(self, sealed: str, organization: str, table: str, id: str, session: Session) -> str | bytes:
        """The text."""
        ...


@frozen
class ClearCipher:
    """Stores bodies as they are: for backends that keep nothing, and where the operator has allowed it."""

    def seal(self, text: str, organization: str, table: str, id: str, session: Session) -> str:
        """The text itself."""
        return text

    def open(self, sealed: str, organization: str, table: str, id: str, session: Session) -> str | bytes:
        """The text itself. Refuses: SealBroken (it is sealed, and no key is at hand)."""
        if not sealed.startswith("{"):
            raise SealBroken(table, id)
        return sealed
