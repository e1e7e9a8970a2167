"""Speaking to PostgreSQL through libpq itself: values out as text, rows in as values, statements prepared once.

Cursors of psycopg would do the same; between our code and the server they cost as much as the server does.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import psycopg
from attrs import define, field
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

_DONE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})

_NUMBERS = dict.fromkeys((20, 21, 23), int)
_READERS: dict[int, Callable[[str], Any]] = {
    **_NUMBERS,
    16: lambda text: text == "t",
    1082: date.fromisoformat,
    1184: datetime.fromisoformat,
}
"""By the type of a column; what is not named is text. Connections are told to write dates as ISO 8601, in UTC."""


_MOST_PREPARED = 250
_MOST_SEEN = 2000


@define
class Prepared:
    """What was prepared on one connection: a statement that comes a second time. The oldest make room for others."""

    _names: dict[str, bytes] = field(factory=dict, init=False)
    _seen: set[str] = field(factory=set, init=False)
    _count: int = field(default=0, init=False)

    def run(self, line: PGconn, text: str, values: list[bytes | None]) -> PGresult:
        """Run the statement. Refuses: psycopg.Error."""
        name = self._name(line, text)
        if name is None:
            return run(line, text, values)
        return checked(line, line.exec_prepared(name, values))  # type: ignore[arg-type]  # NULL is None here, too

    def run_between(
        self, line: PGconn, before: bytes, text: str, values: list[bytes | None], behind: bytes
    ) -> PGresult:
        """Run the statement with a command before it, behind it or both, without waiting for each: what follows upon a
        failure is not run. Refuses: psycopg.Error.
        """
        name = self._name(line, text)
        line.enter_pipeline_mode()
        try:
            if before:
                line.send_query_params(before, None)
            if name is None:
                line.send_query_params(text.encode(), values)
            else:
                line.send_query_prepared(name, values)
            if behind:
                line.send_query_params(behind, None)
            line.pipeline_sync()
            results = _results(line)
        finally:
            if line.status == ConnStatus.OK:
                line.exit_pipeline_mode()
        for result in results:
            checked(line, result)
        return results[1 if before else 0]

    def _name(self, line: PGconn, text: str) -> bytes | None:
        """Under which it is prepared; None the first time."""
        name = self._names.get(text)
        if name is None and text in self._seen:
            return self._prepare(line, text)
        if name is None:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen.add(text)
        return name

    def _prepare(self, line: PGconn, text: str) -> bytes:
        if len(self._names) >= _MOST_PREPARED:
            say(line, b"DEALLOCATE " + self._names.pop(next(iter(self._names))))
        self._count += 1
        name = b"hlc_%d" % self._count
        checked(line, line.prepare(name, text.encode()))
        self._names[text] = name
        return name


def _results(line: PGconn) -> list[PGresult]:
    """Those of a pipeline, waited for where other threads can go on meanwhile. Refuses: psycopg.OperationalError."""
    found: list[PGresult] = []
    ended = False
    while True:
        if hasattr(select, "poll"):  # where it is missing, other threads wait, too
            _wait(line)
        result = line.get_result()
        if result is None:
            if ended or line.status != ConnStatus.OK:
                raise psycopg.OperationalError("The connection was lost.")
            ended = True
            continue
        ended = False
        if result.status == ExecStatus.PIPELINE_SYNC:
            return found
        found.append(result)


def _wait(line: PGconn) -> None:
    answers = select.poll()
    answers.register(line.socket, select.POLLIN)
    while line.is_busy():
        answers.poll()
        line.consume_input()


def run(line: PGconn, text: str, values: list[bytes | None]) -> PGresult:
    """Run a statement that is planned for these values. Refuses: psycopg.Error."""
    return checked(line, line.exec_params(text.encode(), values))


def say(line: PGconn, command: bytes) -> None:
    """Run a command without values. Refuses: psycopg.Error."""
    checked(line, line.exec_(command))


def commit(line: PGconn) -> None:
    """Keep the transaction. Refuses: psycopg.Error; also where the server says that it undid what had failed."""
    if checked(line, line.exec_(b"COMMIT")).command_status != b"COMMIT":
        raise psycopg.errors.InFailedSqlTransaction("Nothing was kept: a statement of the transaction had failed.")


def checked(line: PGconn, result: PGresult) -> PGresult:
    """The result. Refuses: psycopg.Error."""
    if result.status not in _DONE:
        if line.status != ConnStatus.OK:
            raise psycopg.OperationalError("The connection was lost.")
        raise psycopg.errors.error_from_result(result)
    return result


def told(values: Sequence[Any]) -> list[bytes | None]:
    """Parameters as the server reads them. Refuses: psycopg.DataError (half a letter, a letter of no text)."""
    sent: list[bytes | None] = []
    try:
        for value in values:
            if value is None:
                sent.append(None)
                continue
            written = value.encode() if isinstance(value, str) else _WRITERS[type(value)](value)
            if b"\0" in written:
                raise psycopg.DataError("A text cannot be stored.")
            sent.append(written)
    except UnicodeEncodeError:
        raise psycopg.DataError("A text cannot be stored.") from None
    return sent


def _listed(values: list[Any]) -> bytes:
    """An array; never of texts, see `text.Dialect.value`."""
    return b"{" + b",".join(one or b"NULL" for one in told(values)) + b"}"


_WRITERS: dict[type[Any], Callable[[Any], bytes]] = {
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    datetime: lambda value: value.isoformat().encode(),
    date: lambda value: value.isoformat().encode(),
    list: _listed,
}


def rows(result: PGresult) -> list[tuple[Any, ...]]:
    """The rows of a result."""
    count, value = result.ntuples, result.get_value
    if not count:
        return []
    columns = [(place, _READERS.get(result.ftype(place))) for place in range(result.nfields)]
    return [tuple(_read(value(row, place), reader) for place, reader in columns) for row in range(count)]


def _read(found: bytes | None, reader: Callable[[str], Any] | None) -> Any:
    if found is None:
        return None
    text = found.decode()
    return text if reader is None else reader(text)


def changed(result: PGresult) -> int:
    """How many rows it changed."""
    return result.command_tuples or 0
