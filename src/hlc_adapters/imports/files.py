"""Reading a CSV file that may hold anything: rows with their line, or a refusal that says what to mend where."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from attrs import frozen

from hlc_core.kernel.errors import Fault, Invalid, Missing
from hlc_core.kernel.text import counted

LONGEST_CELL = 20_000
"""Characters; a longer one is a quote that nobody closed, or no table at all."""
MOST_FAULTS = 20

_OTHER_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NoSuchFile(Missing):
    """There is no file of that name that can be read."""


class NotATable(Invalid):
    """The file is no CSV table in UTF-8 with the expected header."""


@frozen
class Cells:
    """One row: the line on which it begins, and its cells by column."""

    line: int
    cells: Mapping[str, str]
    shape: str = ""
    """What is wrong with the number of its cells, if anything is."""


@frozen(kw_only=True)
class Table:
    """A CSV file with a checked header. `digest` names its content."""

    path: Path
    digest: str
    rows: int
    columns: tuple[str, ...]

    def __iter__(self) -> Iterator[Cells]:
        """The rows, read anew each time, one after the other. Refuses: NotATable (with the line)."""
        with _opened(self.path) as file:
            reader = _reader(file)
            next(reader)
            yield from _rows(reader, self.columns)


def open_table(path: Path, columns: Sequence[str], required: Iterable[str]) -> Table:
    """The file, read once to its end. Refuses: NoSuchFile, NotATable."""
    digest = _digest(path)
    with _opened(path) as file:
        reader = _reader(file)
        header = tuple(cell.strip() for cell in next(reader, []))
        _check_header(header, columns, tuple(required))
        rows = sum(1 for _ in _rows(reader, header))
    return Table(path=path, digest=digest, rows=rows, columns=header)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            first = file.read(4)
            if first.startswith(_OTHER_MARKS) or first[1:2] == b"\0" or first[:1] == b"\0":
                raise NotATable(
                    "The file is not UTF-8.", Fault("file", "it looks like UTF-16 or UTF-32: save as UTF-8")
                )
            if first.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
                raise NotATable(
                    "The file is no CSV.", Fault("file", "it is a workbook: save the sheet as CSV in UTF-8")
                )
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        why = "it is a folder" if path.is_dir() else (error.strerror or "it cannot be read").lower()
        raise NoSuchFile(f"{path} cannot be read.", Fault("file", why)) from None


def _opened(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def _reader(file: IO[str]) -> Iterator[list[str]]:
    reader = _Lines(file)
    return reader


class _Lines:
    """A CSV reader that turns what can go wrong into refusals, and knows on which line a row began."""

    def __init__(self, file: IO[str]) -> None:
        csv.field_size_limit(LONGEST_CELL)
        self._reader = csv.reader(self._watched(file), strict=True)
        self.line = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> list[str]:
        begins = self._reader.line_num + 1
        try:
            cells = next(self._reader)
        except UnicodeDecodeError as error:
            fault = Fault(f"line {self._reader.line_num + 1}", f"byte {error.object[error.start]:#04x} is not UTF-8")
            raise NotATable("The file is not UTF-8.", fault, Fault("file", "save it as UTF-8")) from None
        except csv.Error as error:
            raise NotATable("The file is no CSV.", Fault(f"line {begins}", _why(str(error)))) from None
        self.line = begins
        return cells

    def _watched(self, file: IO[str]) -> Iterator[str]:
        for number, line in enumerate(file, start=1):
            if "\0" in line:
                raise NotATable("The file is no text.", Fault(f"line {number}", "it holds a NUL byte"))
            yield line


def _why(message: str) -> str:
    if "field larger" in message:
        return f"a cell has more than {LONGEST_CELL} characters; is a quote left open?"
    if "end of data" in message:
        return "a quote is opened here and never closed"
    if "expected after" in message:
        return 'after a closing quote only a comma may follow; write a quote within a cell as ""'
    return message


def _rows(reader: Iterator[list[str]], header: Sequence[str]) -> Iterator[Cells]:
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        shape = "" if len(cells) == len(header) else f"{counted(len(cells), 'cell')}, the header has {len(header)}"
        line = reader.line if isinstance(reader, _Lines) else 0
        yield Cells(line, dict(zip(header, cells, strict=False)), shape)


def _check_header(header: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    expected = f"the first line names columns out of: {', '.join(columns)}"
    if not any(header):
        raise NotATable("The file is empty.", Fault("line 1", expected))
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise NotATable("The columns are not parted by commas.", Fault("line 1", "save it as CSV with commas"))
    faults = [Fault(f"column {name[:40]!r}", "is not known here") for name in header if name not in columns]
    faults += [
        Fault(f"column {name!r}", "stands there twice") for name in dict.fromkeys(header) if header.count(name) > 1
    ]
    faults += [Fault(f"column {name!r}", "is missing") for name in required if name not in header]
    if faults:
        raise NotATable("The header is not as expected.", *faults[:MOST_FAULTS], Fault("line 1", expected))
