"""The port behind which stored health and personal data is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from hlc_core.kernel.errors import Conflict, Fault

if TYPE_CHECKING:
    from hlc_adapters.storage.session import Session


HEAD = 10
"""Letters before a sealed body: `hlc1.`, the number of its key in four hexadecimal digits, a dot."""


def head(number: int) -> str:
    """What stands before each body under the key of that number."""
    return f"hlc1.{number:04x}."


def number_of(start: str) -> int:
    """The number of the key that the beginning of a body names; 0: it names none."""
    digits = start[5:9]
    named = start == f"hlc1.{digits}." and len(digits) == 4 and not set(digits) - set("0123456789abcdef")
    return int(digits, 16) if named else 0


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
