"""Keys, and the rows under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from hlc_adapters.storage.cipher import HEAD, number_of
from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import one_of
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.encryption.model import EncryptionKey, IndexLeak, Tally


@frozen
class StoredEncryptionKeys(Rows[str, EncryptionKey]):
    """The keys of one organization."""

    shape = ENCRYPTION_KEYS

    def all(self) -> Sequence[EncryptionKey]:
        """By purpose and number: the ids are made so."""
        return self.unit.select(self.shape)


@frozen
class StoredSealedRows:
    """The rows under the keys of one organization."""

    unit: UnitOfWork

    def tallies(self) -> Sequence[Tally]:
        """Of every sealed table, by key."""
        return [*self._tallies()]

    def _tallies(self) -> Iterator[Tally]:
        for shape in ALL:
            if shape.sealed:
                for start, rows in self.unit.session.heads(shape, self.unit.organization, HEAD):
                    yield Tally(table=shape.name, number=number_of(start), rows=rows)

    def found_by(self, number: int) -> int:
        """How many patients carry its hashes, or may: those that were written quickly say nothing."""
        return self.unit.count(PATIENTS, one_of("indexed", (0, number)))

    def leaks(self) -> Sequence[IndexLeak]:
        """What each column of hashes tells."""
        return [*self._leaks()]

    def _leaks(self) -> Iterator[IndexLeak]:
        for shape in ALL:
            for column in shape.columns:
                if column.tells:
                    rows, distinct, most = self.unit.session.frequencies(shape, self.unit.organization, column.name)
                    yield IndexLeak(
                        table=shape.name,
                        column=column.name,
                        rows=rows,
                        distinct=distinct,
                        most_frequent=most,
                        tells=column.tells,
                    )
