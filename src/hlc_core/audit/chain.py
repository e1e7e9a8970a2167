"""The chain of hashes over an organization's entries, and what its breaks mean. Pure; signing is a port."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from attrs import fields, frozen

from hlc_core.audit.model import AuditEntry, Seal, seal_id

START = "0" * 64
"""What the first link follows."""

_MARK = 16
_NAMES = tuple(sorted({field.name for field in fields(AuditEntry)} - {"id", "version"}))


class Breach(StrEnum):
    """In which way the recorded past is not as it was sealed."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    SEAL_MISSING = "seal missing"
    SEAL_CHANGED = "seal changed"
    SIGNATURE_WRONG = "signature wrong"
    CHECKPOINT_MISSING = "checkpoint missing"


@frozen(kw_only=True)
class Broken:
    """One breach: the entry (empty where it is a seal that was touched) and the number of the seal."""

    breach: Breach
    seal: int
    entry: str = ""


def content(entry: AuditEntry) -> str:
    """The hash of all that an entry says, without its id. Fields that are empty do not count, so that fields may be
    added to entries later without breaking the seals of old ones.
    """
    said = hashlib.sha256()
    for name in _NAMES:
        value = getattr(entry, name)
        if value is None or value in ("", ()):
            continue
        text = value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)
        said.update(f"{name}={len(text)}:{text};".encode())
    return said.hexdigest()


def link(previous: str, id: str, said: str) -> str:
    """The next hash of the chain."""
    return hashlib.sha256(f"{previous}|{id}|{said}".encode()).hexdigest()


def sealed(previous: Seal | None, entries: Sequence[AuditEntry], at: datetime) -> Seal:
    """The next seal, over these entries; it is not signed yet."""
    number = 1 if previous is None else previous.number + 1
    said = [(entry.id, content(entry)) for entry in entries]
    return Seal(
        id=seal_id(number),
        organization=entries[0].organization,
        number=number,
        at=at,
        count=len(entries),
        first=entries[0].id,
        last=entries[-1].id,
        marks=tuple(f"{id} {text[:_MARK]}" for id, text in said),
        previous=START if previous is None else previous.hash,
        hash=_end(START if previous is None else previous.hash, said),
    )


def statement(seal: Seal) -> str:
    """What is signed of a seal."""
    return f"{seal.organization}|{seal.number}|{seal.count}|{seal.last}|{seal.previous}|{seal.hash}"


def breaches(seal: Seal, previous: Seal | None, entries: Iterable[AuditEntry]) -> Iterator[Broken]:
    """What is wrong with one seal and the entries that stand between the last of the one before and its own last."""
    number = 1 if previous is None else previous.number + 1
    if seal.number != number:
        yield Broken(breach=Breach.SEAL_MISSING, seal=number)
    elif seal.previous != (START if previous is None else previous.hash):
        yield Broken(breach=Breach.SEAL_CHANGED, seal=seal.number)
    found = [(entry.id, content(entry)) for entry in entries]
    marks = dict(_mark(line) for line in seal.marks)
    here: dict[str, str] = {id: said[:_MARK] for id, said in found}
    yield from _differences(seal.number, marks, here)
    untouched = marks == here and [id for id, _ in found] == [_mark(line)[0] for line in seal.marks]
    said = (len(found), found[-1][0] if found else "", _end(seal.previous, found))
    if untouched and said != (seal.count, seal.last, seal.hash):
        yield Broken(breach=Breach.SEAL_CHANGED, seal=seal.number)


def _differences(number: int, marks: Mapping[str, str], here: Mapping[str, str]) -> Iterator[Broken]:
    for id in marks:
        if id not in here:
            yield Broken(breach=Breach.DELETED, seal=number, entry=id)
    for id in here:
        if id not in marks:
            yield Broken(breach=Breach.INSERTED, seal=number, entry=id)
    changed = [id for id in marks if id in here and marks[id] != here[id]]
    same = sorted(marks[id] for id in changed) == sorted(here[id] for id in changed)
    for id in changed:
        yield Broken(breach=Breach.REORDERED if same else Breach.EDITED, seal=number, entry=id)


def _mark(line: str) -> tuple[str, str]:
    id, _, said = line.partition(" ")
    return id, said


def _end(previous: str, said: Iterable[tuple[str, str]]) -> str:
    for id, text in said:
        previous = link(previous, id, text)
    return previous
