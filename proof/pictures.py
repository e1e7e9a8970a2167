"""What a world looks like, without what may differ between two runs: ids, instants, versions, counts of looks."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

import attrs

from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.all import ALL
from support.worlds import World

LEFT_OUT = frozenset(
    {"moves", "audit_entries", "submissions", "processor_events", "billing_runs", "organizations", "jobs"}
) | {"encryption_keys"}
"""Tables that tell how something came about, not what stands; and keys, which are random."""

_FIELDS = frozenset(
    {"version", "check_count", "attempts", "correlation", "error", "fingerprint", "code", "text", "actor", "by"}
)
_ID = re.compile(r"[0-9a-f]{15,}")
_NUMBER = re.compile(r"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b")
_LINK = re.compile(r"(token=|consultation/start/)[\w.~-]+")
"""Links of mails end in secrets, which are random."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.+Z]+")


def picture(world: World) -> Counter[str]:
    """Every row, every message and every line of the bank's books, in words that two runs share."""
    seen: Counter[str] = Counter()
    for shape in ALL:
        if shape.name not in LEFT_OUT:
            seen.update(f"{shape.name} {plain(row)}" for row in _rows(world, shape))
    audit = world.bank.audit
    seen.update(f"charge {line.amount}" for line in audit.charges())
    seen.update(f"refund {line.amount}" for line in audit.refunds())
    seen.update(f"mail {_masked(f'{one.to} {one.subject} {one.text}')}" for one in world.mail.sent.values())
    return seen


def difference(expected: Counter[str], found: Counter[str]) -> tuple[str, ...]:
    """What is missing and what is too much, in words."""
    missing, much = sorted((expected - found).elements()), sorted((found - expected).elements())
    pairs = [(a, b) for a, b in zip(missing, much, strict=False) if a.split()[0] == b.split()[0]]
    told = [f"{a.split()[0]}: {_apart(a, b)}" for a, b in pairs]
    told += [f"missing: {line}" for line in missing[len(pairs) :]]
    return (*told, *(f"too much: {line}" for line in much[len(pairs) :]))


def _apart(a: str, b: str) -> str:
    """The places where two lines differ, with some of what is around them."""
    pieces = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return "; ".join(f"{a[max(0, i - 40) : i]}[{a[i:k]} -> {b[m:n]}]" for tag, i, k, m, n in pieces if tag != "equal")[
        :400
    ]


def plain(value: Any) -> Any:
    """The value without ids, instants and versions."""
    if isinstance(value, datetime):
        return "…"
    if attrs.has(type(value)):
        return {
            name: plain(part)
            for name, part in attrs.asdict(value, recurse=False).items()
            if name not in _FIELDS
            and not isinstance(part, datetime)
            and "hash" not in name
            and not name.endswith("_at")
        }
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return _masked(value) if isinstance(value, str) else value


def _masked(text: str) -> str:
    return _INSTANT.sub("…", _NUMBER.sub("…", _ID.sub("…", _LINK.sub("…", text))))


def _rows(world: World, shape: Shape[Any]) -> list[Any]:
    return world.rows(shape)
