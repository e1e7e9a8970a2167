"""The reference says what the command line does."""

from __future__ import annotations

from tools import cli_reference


def test_the_page_is_up_to_date() -> None:
    """`docs/reference/cli.md` is what `python -m tools.cli_reference` would write."""
    assert cli_reference.page() == cli_reference.PAGE.read_text(encoding="utf-8")


def test_every_command_is_on_it_with_its_words() -> None:
    """Commands, options, choices and exit codes."""
    page = cli_reference.page()

    for words in (
        "### hlc billing run",
        "`--override-bound`",
        "`ship_untracked`",
        "| 5 | conflict |",
        "[OPTIONS] ORDER TRIGGER",
    ):
        assert words in page
