"""The simulator's books in an SQLite file, shared by processes and kept over restarts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from os import PathLike
from threading import RLock
from types import TracebackType

from hlc_adapters.gateways.simulator.ledger import Entry, Kept, Line, RefundLine, Waiting
from hlc_adapters.wire import decode, encode
from hlc_core.kernel.money import Money

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS objects (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " reference TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS objects_reference ON objects (reference)",
    "CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, expires TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS keys_expires ON keys (expires)",
    "CREATE TABLE IF NOT EXISTS charges (position INTEGER PRIMARY KEY, charge_id TEXT NOT NULL UNIQUE,"
    " object_id TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,"
    " at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS refunds (position INTEGER PRIMARY KEY, refund_id TEXT NOT NULL UNIQUE,"
    " object_id TEXT NOT NULL, reference TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,"
    " at TEXT NOT NULL, settled_at TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS refunds_object ON refunds (object_id)",
    "CREATE TABLE IF NOT EXISTS counts (what TEXT PRIMARY KEY, times INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS waiting (position INTEGER PRIMARY KEY, due TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS waiting_due ON waiting (due)",
)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class FileLedger:
    """Books in one SQLite file (write-ahead log). One writer at a time, over all threads and processes.

    `synchronous=NORMAL`: a killed process loses nothing, a power cut may lose the last moments of a simulation.
    """

    def __init__(self, path: str | PathLike[str], patience: float = 30.0) -> None:
        self._lock = RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        with self:
            for statement in _SCHEMA:
                self._connection.execute(statement)

    def close(self) -> None:
        """Close the file; the ledger is of no use afterwards."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> FileLedger:
        self._lock.acquire()
        if self._depth == 0:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                self._lock.release()
                raise
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._lock.release()

    def entry(self, object_id: str) -> Entry | None:
        """See `Ledger.entry`."""
        row = self._connection.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return decode(Entry, row[0]) if row else None

    def entries(self, reference: str) -> Sequence[Entry]:
        """See `Ledger.entries`."""
        rows = self._connection.execute("SELECT body FROM objects WHERE reference = ? ORDER BY position", (reference,))
        return [decode(Entry, row[0]) for row in rows]

    def put(self, entry: Entry) -> None:
        """See `Ledger.put`."""
        self._connection.execute(
            "INSERT INTO objects (id, reference, body) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (entry.id, entry.message.reference, encode(entry)),
        )

    def kept(self, key: str) -> Kept | None:
        """See `Ledger.kept`."""
        row = self._connection.execute("SELECT body FROM keys WHERE key = ?", (key,)).fetchone()
        return decode(Kept, row[0]) if row else None

    def keep(self, key: str, kept: Kept) -> None:
        """See `Ledger.keep`."""
        self._connection.execute(
            "INSERT OR REPLACE INTO keys (key, expires, body) VALUES (?, ?, ?)",
            (key, _text(kept.expires), encode(kept)),
        )

    def forget(self, now: datetime) -> None:
        """See `Ledger.forget`."""
        self._connection.execute("DELETE FROM keys WHERE expires <= ?", (_text(now),))

    def book(self, line: Line) -> None:
        """See `Ledger.book`."""
        self._connection.execute(
            "INSERT INTO charges (charge_id, object_id, reference, amount, currency, at) VALUES (?, ?, ?, ?, ?, ?)",
            (line.charge_id, line.object_id, line.reference, line.amount.amount, line.amount.currency, _text(line.at)),
        )

    def give_back(self, line: RefundLine) -> None:
        """See `Ledger.give_back`."""
        self._connection.execute(
            "INSERT INTO refunds (refund_id, object_id, reference, amount, currency, at, settled_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                line.refund_id,
                line.object_id,
                line.reference,
                line.amount.amount,
                line.amount.currency,
                _text(line.at),
                _text(line.settled_at),
            ),
        )

    def lines(self) -> Iterator[Line]:
        """See `Ledger.lines`."""
        return iter(
            [
                _line(row)
                for row in self._connection.execute(
                    "SELECT charge_id, object_id, reference, amount, currency, at FROM charges ORDER BY position"
                )
            ]
        )

    def line_of(self, object_id: str) -> Line | None:
        """See `Ledger.line_of`."""
        row = self._connection.execute(
            "SELECT charge_id, object_id, reference, amount, currency, at FROM charges WHERE object_id = ?",
            (object_id,),
        ).fetchone()
        return _line(row) if row else None

    def refunds_of(self, object_id: str) -> Sequence[RefundLine]:
        """See `Ledger.refunds_of`."""
        rows = self._connection.execute(
            "SELECT refund_id, object_id, reference, amount, currency, at, settled_at FROM refunds"
            " WHERE object_id = ? ORDER BY position",
            (object_id,),
        )
        return [
            RefundLine(
                refund_id=refund,
                object_id=owner,
                reference=reference,
                amount=Money(amount, currency),
                at=_instant(at),
                settled_at=_instant(settled),
            )
            for refund, owner, reference, amount, currency, at, settled in rows
        ]

    def count(self, what: str) -> int:
        """See `Ledger.count`."""
        row = self._connection.execute(
            "INSERT INTO counts (what, times) VALUES (?, 1)"
            " ON CONFLICT (what) DO UPDATE SET times = times + 1 RETURNING times - 1",
            (what,),
        ).fetchone()
        return int(row[0])

    def wait(self, waiting: Waiting) -> None:
        """See `Ledger.wait`."""
        self._connection.execute(
            "INSERT INTO waiting (due, body) VALUES (?, ?)",
            (_text(waiting.due), encode(waiting)),
        )

    def due(self, now: datetime) -> Waiting | None:
        """See `Ledger.due`."""
        row = self._connection.execute(
            "SELECT position, body FROM waiting WHERE due <= ? ORDER BY due, position LIMIT 1", (_text(now),)
        ).fetchone()
        if row is None:
            return None
        self._connection.execute("DELETE FROM waiting WHERE position = ?", (row[0],))
        return decode(Waiting, row[1])


def _line(row: tuple[str, str, str, int, str, str]) -> Line:
    charge, owner, reference, amount, currency, at = row
    return Line(charge_id=charge, object_id=owner, reference=reference, amount=Money(amount, currency), at=_instant(at))
