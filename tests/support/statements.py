"""Every SQL statement of a test run, looked at: none may reach rows without an organization or a named wider scope.

The drivers raise the audit event `hlc.statement` for each statement. The texts are judged here by reading the SQL, with
nothing taken over from the code that made it.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from attrs import define, field

from hlc_adapters.sql.drivers import EVENT
from hlc_adapters.storage.shapes.all import ALL
from hlc_core.kernel.ids import PLATFORM

TABLES = frozenset({*(shape.name for shape in ALL), "numbers"})
SHARED = frozenset({*(shape.name for shape in ALL if shape.shared), "things"})
"""Tables with a cross-organization scope of their own; `things` is one of the storage contract."""

_SPLIT = re.compile(r"\bw\d+ AS \(|\) SELECT 1")
_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|(?<!FOR )UPDATE)\s+(\w+)")
_NO_TABLE = re.compile(r"json_|w\d+$")
_ORGANIZATION = re.compile(r"\b(?:old\.)?organization = (?:\?|\$\d+|new\.organization)")
_CONTROL = re.compile(r"BEGIN( IMMEDIATE)?|COMMIT|ROLLBACK|SELECT set_config\('hlc\.organization', .*")


@cache
def verdict(text: str) -> str:
    """`control`, `scoped`, or the name of the one table that is reached across organizations; else `unscoped`."""
    if _CONTROL.fullmatch(text):
        return "control"
    if not _TABLE.search(text):
        return "control"
    wide: set[str] = set()
    for part in _SPLIT.split(text) if text.startswith("WITH ") else (text,):
        inserted = re.match(r"INSERT INTO (\w+) \(organization,", part)
        tables = set() if inserted else {name for name in _TABLE.findall(part) if not _NO_TABLE.match(name)}
        if tables and not _ORGANIZATION.search(part):
            wide |= tables
    if not wide:
        return "scoped"
    return wide.pop() if len(wide) == 1 and wide <= SHARED else "unscoped"


@define
class Statements:
    """What was run: how many of which verdict, and those that had no scope."""

    counts: Counter[str] = field(factory=Counter)
    unscoped: list[str] = field(factory=list)

    def look(self, text: str, values: Sequence[Any], scope: str) -> None:
        """Judge one statement, run in that scope."""
        found = verdict(text)
        self.counts[found if found in ("control", "scoped", "unscoped") else "across"] += 1
        allowed = found in ("control", "scoped") or scope == f"*{found}"
        if found == "scoped":
            allowed = bool(scope) and _names_the_scope(text, values, scope)
        if not allowed:
            self.unscoped.append(f"in scope {scope!r}: {text[:300]}")

    @property
    def total(self) -> int:
        """All statements that could reach rows."""
        return self.counts.total() - self.counts["control"]


def _names_the_scope(text: str, values: Sequence[Any], scope: str) -> bool:
    """Whether a question asks for the rows of the scope it runs in (or of no clinic)."""
    if scope.startswith("*") or not text.startswith("SELECT"):
        return True
    return bool(values) and values[0] in (scope, PLATFORM)


SEEN = Statements()
"""Of this process."""


def listen() -> None:
    """Look at every statement from now on; there is no way to stop it."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == EVENT:
            SEEN.look(*arguments)

    sys.addaudithook(hook)
