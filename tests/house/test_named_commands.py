"""Refusals and findings name commands as remedies: each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "cli.md"
_NAMED = re.compile(r"`hlc ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")


def test_every_command_that_the_code_names_exists() -> None:
    """By group and command, as the reference lists them, which is written from the program."""
    known = set(re.findall(r"^##+ hlc ([a-z-]+(?: [a-z-]+)?)$", REFERENCE.read_text("utf-8"), re.MULTILINE))
    groups = {one.partition(" ")[0] for one in known if " " in one}
    missing = {
        f"{file.relative_to(ROOT)}: hlc {group} {command}"
        for file in (ROOT / "src").rglob("*.py")
        for group, command in _NAMED.findall(file.read_text("utf-8"))
        if (f"{group} {command}" if command and group in groups else group) not in known
    }

    assert set() == missing
