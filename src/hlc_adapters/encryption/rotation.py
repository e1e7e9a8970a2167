"""Sealing rows anew while the service runs: batch after batch, each a transaction, from wherever the last one ended.

Nothing is remembered between batches: what is left is what does not begin with the head of the active key. So an
interrupted rotation goes on when it is called again, by whomever, and two at once only share the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from hlc_adapters.encryption.cipher import KeyedCipher
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.storage.cipher import HEAD, SealBroken, number_of
from hlc_adapters.storage.session import Backend, Body, Session
from hlc_adapters.storage.shape import Shape, eq
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_core.encryption.machine import KeyState
from hlc_core.encryption.model import EncryptionKey, KeyPurpose, Tally
from hlc_core.kernel.errors import Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId

BATCH = 500
SEALED: tuple[Shape[Any], ...] = tuple(shape for shape in ALL if shape.sealed)

Tell = Callable[[int, int], None]
"""Takes rows done and rows planned."""


@frozen(kw_only=True)
class Turn:
    """What one call did: rows sealed anew, and whether any are left."""

    rows: int
    left: int


@frozen(kw_only=True)
class Unopened:
    """A row that cannot be opened where it stands."""

    table: str
    id: str


@frozen
class Rotation:
    """Re-encryption of one organization's rows."""

    backend: Backend
    ring: KeyRing
    batch: int = BATCH
    shapes: tuple[Shape[Any], ...] = SEALED

    def left(self, organization: str) -> int:
        """How many rows are not under the active key."""
        with _reading(self.backend) as session:
            keys = self.ring.read(organization, session)
            if keys is None:
                return 0
            counts = (session.heads(shape, organization, HEAD) for shape in self.shapes)
            return sum(rows for each in counts for start, rows in each if start != keys.head)

    def run(self, organization: str, tell: Tell = lambda done, planned: None, most: int | None = None) -> Turn:
        """Seal rows anew until none is left, or `most` batches are done; then look that none is, and close the door
        for bodies in the clear. Refuses: SealBroken (a row that cannot be opened: nothing of its batch is changed).
        """
        self.ring.forget()
        planned = self.left(organization)
        done = batches = 0
        for shape in self.shapes:
            after = ""
            while True:
                if most is not None and batches >= most:
                    return Turn(rows=done, left=max(0, planned - done))
                rows, after, more = self._batch(shape, organization, after)
                done += rows
                batches += 1
                tell(min(done, planned), planned)
                if not more:
                    break
        left = self.left(organization)
        if not left:
            self._close_door(organization)
        return Turn(rows=done, left=left)

    def broken(self, organization: str, sample: int | None = None) -> Iterator[Unopened]:
        """Rows that do not open where they stand; with `sample`, looks only at the newest so many of each table."""
        cipher = KeyedCipher(self.ring)
        for shape in self.shapes:
            after = ""
            while True:
                with _reading(self.backend) as session:
                    bodies = session.bodies(
                        shape, organization, limit=min(self.batch, sample or self.batch), after=after
                    )
                    for body in bodies:
                        if not _opens(cipher, shape, organization, body, session):
                            yield Unopened(table=shape.name, id=body.id)
                if sample is not None or len(bodies) < self.batch:
                    break
                after = bodies[-1].id

    def counted(self, organization: str, full: bool) -> tuple[list[EncryptionKey], list[Tally]]:
        """The keys, and with `full` how many rows are under which."""
        with _reading(self.backend) as session:
            keys: list[EncryptionKey] = session.select(ENCRYPTION_KEYS, organization)
            heads = [(one, session.heads(one, organization, HEAD)) for one in self.shapes] if full else []
        return keys, [
            Tally(table=shape.name, number=number_of(start), rows=rows) for shape, each in heads for start, rows in each
        ]

    def _batch(self, shape: Shape[Any], organization: str, after: str) -> tuple[int, str, bool]:
        """How many were sealed anew, behind which id to go on, and whether there is more."""
        cipher = KeyedCipher(self.ring)
        session = self.backend.begin(write=True)
        try:
            keys = self.ring.read(organization, session)
            start = "" if keys is None else keys.head
            bodies = [] if keys is None else session.bodies(shape, organization, self.batch, start, after)
            anew = []
            for body in bodies:
                text = cipher.open(body.text, organization, shape.name, body.id, session)
                plain = text.decode() if isinstance(text, bytes) else text
                sealed = cipher.seal(plain, organization, shape.name, body.id, session)
                anew.append(evolve(body, text=sealed))
            count = session.put_bodies(shape, organization, anew)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        behind = bodies[-1].id if bodies else after
        return count, behind, len(bodies) == self.batch

    def _close_door(self, organization: str) -> None:
        """Every row is sealed: from now on a body in the clear is refused."""
        session = self.backend.begin(write=True)
        try:
            where = (eq("purpose", KeyPurpose.BODY), eq("state", KeyState.ACTIVE))
            open_doors = [key for key in session.select(ENCRYPTION_KEYS, organization, where) if not key.whole]
            if open_doors:
                session.update(
                    ENCRYPTION_KEYS, [evolve(key, whole=True, version=key.version + 1) for key in open_doors]
                )
            session.commit()
        except Stale:  # somebody else changed the key: the next turn closes the door
            session.rollback()
        except BaseException:
            session.rollback()
            raise
        self.ring.forget()


def organizations_with_keys(backend: Backend) -> tuple[OrganizationId, ...]:
    """Every organization that has keys, the platform's own among them."""
    with _reading(backend) as session:
        keys: list[EncryptionKey] = session.select(ENCRYPTION_KEYS, None, (eq("purpose", KeyPurpose.BODY),))
    return tuple(dict.fromkeys(key.organization for key in keys))


def _opens(cipher: KeyedCipher, shape: Shape[Any], organization: str, body: Body, session: Session) -> bool:
    try:
        cipher.open(body.text, organization, shape.name, body.id, session)
    except SealBroken:
        return False
    return True


@contextmanager
def _reading(backend: Backend) -> Iterator[Session]:
    """A transaction that only reads."""
    session = backend.begin(write=False)
    try:
        yield session
    finally:
        session.rollback()
