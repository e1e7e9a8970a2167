"""From a refusal to what a terminal sees: a sentence, the fields at fault with their remedy, and an exit code."""

from __future__ import annotations

import json
import traceback
from typing import TextIO

from rich.console import Console
from rich.text import Text

from hlc_core.kernel.errors import HlcError, Kind

EXIT_CODES = {Kind.INVALID: 2, Kind.DENIED: 3, Kind.MISSING: 4, Kind.CONFLICT: 5, Kind.UNAVAILABLE: 6}
"""What the shell gets, by the kind of refusal."""
UNFORESEEN = 70
"""The exit code of what nobody foresaw."""
STOPPED = 130
"""The exit code after Ctrl-C."""
MOST_SHOWN = 50
"""Faults that a terminal shows; JSON has all of them."""


def as_sentences(error: HlcError, console: Console) -> None:
    """The refusal for people."""
    console.print(Text.assemble(("Refused: ", "bold red"), error.detail), soft_wrap=True, highlight=False)
    for fault in error.faults[:MOST_SHOWN]:
        console.print(Text.assemble("  ", (fault.field, "bold"), f": {fault.message}"), soft_wrap=True, highlight=False)
    if len(error.faults) > MOST_SHOWN:
        console.print(f"  and {len(error.faults) - MOST_SHOWN} more", highlight=False)
    if error.retry_after is not None:
        console.print(f"  Try again in {error.retry_after} s.", highlight=False)


def as_json(error: HlcError, stream: TextIO) -> None:
    """The refusal for machines: code, kind, sentence, fields."""
    fields = [{"field": fault.field, "message": fault.message} for fault in error.faults]
    shown = {"code": error.code, "kind": error.kind, "detail": error.detail, "fields": fields}
    stream.write(json.dumps(shown, ensure_ascii=False) + "\n")


def unforeseen(error: Exception, console: Console) -> None:
    """What nobody foresaw: the type and the places, never the message, which may hold personal data."""
    places = [
        f"{frame.filename.rpartition('/src/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    console.print(
        Text.assemble(("Failed: ", "bold red"), "something that nobody foresaw. Please report it with this line:"),
        soft_wrap=True,
    )
    console.print(f"  {type(error).__name__} at {' < '.join(reversed(places[-6:]))}", soft_wrap=True, highlight=False)
