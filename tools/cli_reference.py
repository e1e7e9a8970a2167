"""Writes docs/reference/cli.md from the command line itself: `python -m tools.cli_reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from hlc_cli.main import app
from hlc_cli.refusals import EXIT_CODES, STOPPED, UNFORESEEN

PAGE = Path(__file__).parent.parent / "docs/reference/cli.md"

_PASSED_OVER = {"--help", "--install-completion", "--show-completion"}


def page() -> str:
    """The whole page."""
    root: Any = get_command(app)
    lines = [
        "# The command line",
        "",
        "Written by `python -m tools.cli_reference` from the commands themselves. The guides show them at work:",
        "[command line](../guides/cli.md), [imports](../guides/imports.md), [demo](../guides/demo.md).",
        "",
        *_text(root),
        "",
        "## Options of every command",
        "",
        "They may stand anywhere.",
        "",
        *_params(root),
        "",
        "## Exit codes",
        "",
        "| code | means |",
        "| --- | --- |",
        "| 0 | done |",
        *(f"| {code} | {kind.value} |" for kind, code in EXIT_CODES.items()),
        f"| {UNFORESEEN} | something that nobody foresaw; please report it |",
        f"| {STOPPED} | stopped with Ctrl-C |",
        "",
    ]
    for name, command in root.commands.items():
        lines += _section(f"hlc {name}", command, 2)
    return "\n".join(lines).rstrip() + "\n"


def _section(path: str, command: Any, depth: int) -> Iterator[str]:
    yield f"{'#' * depth} {path}"
    yield ""
    yield from _text(command)
    yield ""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield f"`{' '.join([path, *_usage(command)])}`"
        yield ""
        params = [*_params(command)]
        yield from [*params, ""] if params else []
        return
    for name, child in inner.items():
        yield from _section(f"{path} {name}", child, depth + 1)


def _text(command: Any) -> list[str]:
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).split("\n")


def _usage(command: Any) -> Iterator[str]:
    if any(param.param_type_name == "option" for param in _shown(command)):
        yield "[OPTIONS]"
    for param in _shown(command):
        if param.param_type_name == "argument":
            word = param.metavar or param.name.upper()
            yield word if param.required else f"[{word}]"


def _params(command: Any) -> Iterator[str]:
    rows = [_row(param) for param in _shown(command)]
    if rows:
        yield "| | |"
        yield "| --- | --- |"
        yield from rows


def _row(param: Any) -> str:
    is_option = param.param_type_name == "option"
    names = [*param.opts, *param.secondary_opts] if is_option else [param.metavar or param.name.upper()]
    choices = param.type_descriptor.choices or ()
    told = param.help or ""
    if choices:
        told += f" One of: {', '.join(f'`{choice.value}`' for choice in choices)}."
    if is_option and param.required:
        told += " Required."
    default = getattr(param.default, "value", param.default)
    if is_option and default not in (None, "", False, True) and not callable(default):
        told += f" Otherwise `{default}`."
    return f"| {', '.join(f'`{name}`' for name in names)} | {told.strip()} |".replace("|…", "…")


def _shown(command: Any) -> list[Any]:
    return [param for param in command.params if not _PASSED_OVER & set(param.opts)]


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
