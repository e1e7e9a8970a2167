"""The documentation keeps its word: its examples run, and its links lead somewhere.

A fenced block that begins with three backticks and `python run` is executed; the blocks of one page share their names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])

_FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)[^)]*\)")


def script(page: str) -> str:
    """The runnable blocks of a page as one script, on the lines where they stand in it."""
    lines = [""] * page.count("\n")
    for block in _FENCE.finditer(page):
        if block["language"].split() == ["python", "run"]:
            first = page.count("\n", 0, block.start("code"))
            code = block["code"].splitlines()
            lines[first : first + len(code)] = code
    return "\n".join(lines).rstrip()


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script in an empty folder, with this source tree."""
    path = folder / "example.py"
    path.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, path], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def dead_links(page: Path) -> list[str]:
    """The relative links of the page to files, or to headings, that are not there."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    dead = []
    for link in _LINK.finditer(prose):
        target = link["target"]
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        file = page.parent / place if place else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    return dead


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ +(.+?) *$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


RUNNABLE = [page for page in PAGES if script(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    """What the page shows as runnable runs to its end."""
    done = run(script(page.read_text(encoding="utf-8")), tmp_path)

    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Every relative link names a file, and every anchor a heading."""
    assert [] == dead_links(page)


def test_a_failing_example_is_noticed(tmp_path: Path) -> None:
    """The blocks of a page run in one go, in order, and the line of a failure is the line of the page."""
    page = (
        "# Page\n\n```python run\nx = 1\n```\n\nThen:\n\n"
        "```python run\nassert x == 2\n```\n\n```python\nnonsense(\n```\n"
    )

    done = run(script(page), tmp_path)

    assert 1 == done.returncode
    assert "line 10" in done.stderr
    assert "AssertionError" in done.stderr


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    """The check for links can fail: a missing file, a missing heading; code and other sites are left alone."""
    page = tmp_path / "page.md"
    page.write_text(
        "# The start\n[a](gone.md) [b](#the-start) [c](#the-end) [d](https://example.org)\n```\n[e](no)\n```\n"
    )

    assert ["gone.md", "#the-end"] == dead_links(page)


def test_pages_are_found() -> None:
    """The list above is not empty by mistake."""
    assert ROOT / "README.md" in PAGES


def unknown_tests(page: str) -> list[str]:
    """The tests, and files of tests, that the page names and that are not there."""
    named = set(re.findall(r"`(test_\w+)`", page))
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", page))
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    known = {name for text in sources for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    return sorted([*(named - known), *(file for file in files if not (ROOT / file).is_file())])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_tests_are_there(page: Path) -> None:
    """What a page says is proved by a test has that test."""
    assert [] == unknown_tests(page.read_text(encoding="utf-8"))


def test_an_unknown_test_is_noticed() -> None:
    """The check above can fail."""
    assert ["test_of_nothing", "tests/no/file.py"] == unknown_tests("`test_of_nothing` in `tests/no/file.py`")
