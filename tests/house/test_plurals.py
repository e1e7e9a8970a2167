"""One row, two rows: numbers in sentences are counted by the one function that knows how."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hlc_core.kernel.text import counted

SOURCE = Path(__file__).parents[2] / "src"
NOUNS = frozenset(
    {"answers", "carts", "cells", "charges", "differences", "dispatches", "entries", "events", "grants", "invariants"}
    | {"items", "keys", "lifecycles", "lines", "messages", "months", "orders", "patients", "payments", "people"}
    | {"prescriptions", "questionnaires", "refills", "rows", "seals", "things", "tries"}
)
"""What is counted in sentences."""
ALWAYS_MANY = {
    "hlc_adapters/wire/__init__.py": "of a list of more than twenty",
    "hlc_cli/doctor.py": "the list of what must be true",
    "hlc_cli/serving.py": "the name of a command",
    "hlc_cli/simulate.py": "a rate",
}
"""Where a number is never one, and why."""
LIMITS = frozenset({"at most ", "has used up its "})


def uncounted(source: str) -> Iterator[str]:
    """Numbers that stand straight before a plural in a text; a limit, which is never one, may."""
    for text in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)):
        before = ""
        for number, noun in zip(text.values, text.values[1:], strict=False):
            limit = before.endswith(tuple(LIMITS)) or _is_constant(number)
            if isinstance(number, ast.FormattedValue) and not limit and _begins_with_plural(noun):
                yield ast.unparse(text)
            before = str(number.value) if isinstance(number, ast.Constant) else ""


def _begins_with_plural(noun: ast.expr) -> bool:
    text = str(noun.value) if isinstance(noun, ast.Constant) else ""
    return text.startswith(" ") and text.split(maxsplit=1)[:1] != [] and text.split()[0].strip(".,;:") in NOUNS


def _is_constant(number: ast.expr) -> bool:
    """A name in capitals: a limit of ours, which is never one."""
    held = number.value if isinstance(number, ast.FormattedValue) else None
    return isinstance(held, ast.Name) and held.id.isupper()


def test_no_sentence_counts_one_rows() -> None:
    """In all that commands, jobs, refusals and pages say."""
    found = {
        str(path.relative_to(SOURCE)): told
        for path in sorted(SOURCE.rglob("*.py"))
        if (told := list(uncounted(path.read_text(encoding="utf-8"))))
    }

    assert {} == {path: told for path, told in found.items() if path not in ALWAYS_MANY}
    assert ALWAYS_MANY.keys() <= found.keys()


def test_a_number_before_a_plural_is_found() -> None:
    """The check can fail."""
    assert ["f'{len(found)} differences'"] == list(uncounted("f'{len(found)} differences'"))
    assert [] == list(uncounted("f'{counted(n, \"row\")} of {name}'"))


def test_one_is_not_many() -> None:
    """Nothing, one, two, and thousands."""
    assert ["0 rows", "1 row", "2 rows", "1,500 rows"] == [counted(number, "row") for number in (0, 1, 2, 1500)]
    assert ["1 person is", "2 people are"] == [counted(number, "person is", "people are") for number in (1, 2)]
