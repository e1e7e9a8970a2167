"""The page on security keeps its word: every test, folder and source that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
_NAMED = re.compile(
    r"`((?:tests|proof)/[\w/]*(?:\.py)?|test_\w+|(?:sql|storage|notifications|hlc_http)/[\w/]+(?:\.py)?)`"
)


def missing(text: str) -> list[str]:
    """What the text names and is not there."""
    tests = "\n".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    found = []
    for name in sorted(set(_NAMED.findall(text))):
        places = [ROOT / name, *(ROOT / "src" / part / name for part in ("", "hlc_adapters", "hlc_core"))]
        if not (f"def {name}(" in tests if name.startswith("test_") else any(place.exists() for place in places)):
            found.append(name)
    return found


def test_what_the_page_names_is_there() -> None:
    """A control that is shown by nothing any more is noticed."""
    assert [] == missing(PAGE.read_text("utf-8"))


def test_the_look_can_fail() -> None:
    """A test, a file and a function that are not there are named."""
    text = "`tests/http/test_nothing.py` `test_that_is_not_there` `tests/http/` `sql/text.py` `proof/gone.py`"

    assert ["proof/gone.py", "test_that_is_not_there", "tests/http/test_nothing.py"] == missing(text)
