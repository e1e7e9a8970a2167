"""Which font has a letter: DejaVu for the scripts of Europe and its neighbours, the reader's own for Han and Hangul."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD = "HLC", "HLC-Bold"
_FILES = {PLAIN: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}
_HAN, _HANGUL = "STSong-Light", "HYSMyeongJo-Medium"
_LOCK = threading.Lock()
_MISSING = "\ufffd"


def ready() -> None:
    """Make the fonts known to the writer, once in a process."""
    with _LOCK:
        if PLAIN in pdfmetrics.getRegisteredFontNames():
            return
        for name in (_HAN, _HANGUL):
            pdfmetrics.registerFont(UnicodeCIDFont(name))
        for name in (BOLD, PLAIN):
            pdfmetrics.registerFont(TTFont(name, str(Path(__file__).parent / "fonts" / _FILES[name])))
        pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def markup(text: str, font: str = PLAIN) -> str:
    """The text, escaped for a paragraph, with the font named wherever it is another one.

    Letters are composed first (`e` and its accents become one letter); what no font has is shown as a mark.
    """
    return "".join(
        escape(run) if named == font else f'<font name="{named}">{escape(run)}</font>'
        for named, run in _runs(unicodedata.normalize("NFC", text), font)
    )


def _runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    known = pdfmetrics.getFont(font).face.charToGlyph
    marked = [_placed(letter, font, known) for letter in text]
    for named, run in groupby(marked, key=lambda pair: pair[0]):
        yield named, "".join(letter for _, letter in run)


def _placed(letter: str, font: str, known: Any) -> tuple[str, str]:
    code = ord(letter)
    if code in known:
        return font, letter
    if 0x1100 <= code <= 0x11FF or 0xAC00 <= code <= 0xD7A3:
        return _HANGUL, letter
    if 0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF:
        return _HAN, letter
    return font, " " if letter.isspace() else _MISSING
