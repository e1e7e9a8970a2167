"""How a group of commands is made, and the options that many of them share."""

from __future__ import annotations

from typing import Annotated

import typer

Limit = Annotated[int, typer.Option("--limit", help="How many, 1 to 200.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Go on behind this, as the last page said.")]


def group(help: str) -> typer.Typer:
    """A group of commands; without one it shows its help."""
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode="markdown")
